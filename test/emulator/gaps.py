"""What moto 5.2.1 answers otherwise than AWS, beside permissions: refusals in each protocol's form, missing operations."""

import datetime
import json
import re
from xml.sax.saxutils import escape

from flask import request
from moto.cloudfront.models import CloudFrontBackend, random_id
from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.managed_prefixes import ManagedPrefixListBackend
from moto.ec2.models.network_acls import NetworkAclBackend
from moto.ec2.responses.instances import InstanceResponse
from moto.iam.exceptions import NotFoundException
from moto.iam.responses import IamResponse
from moto.moto_api._internal import mock_random
from moto.organizations.models import FakeAccount
from moto.rds.responses import RDSResponse
from moto.s3.responses import ACTION_MAP, S3Response
from moto.ssoadmin.models import PermissionSet, SSOAdminBackend
from moto.ssoadmin.responses import SSOAdminResponse
from werkzeug.exceptions import HTTPException


class Refusal(HTTPException):
    """moto sends `description` as it stands, with status `code`."""

    def __init__(self, status, body):
        super().__init__()
        self.code = status
        self.description = body


def refuse(code, message, status):
    """In the form of the protocol that was spoken."""
    if "X-Amz-Target" in request.headers:
        raise Refusal(400, json.dumps({"__type": code, "message": message}))
    error = f"<Code>{code}</Code><Message>{escape(message)}</Message>"
    if "/ec2/" in request.headers["Authorization"]:
        raise Refusal(status, f"<Response><Errors><Error>{error}</Error></Errors><RequestID>refused</RequestID></Response>")
    raise Refusal(status, f"<ErrorResponse><Error><Type>Sender</Type>{error}</Error><RequestId>refused</RequestId></ErrorResponse>")


def refuse_key(service):
    if service == "ec2":
        refuse("AuthFailure", "AWS was not able to validate the provided access credentials", 401)
    code = "UnrecognizedClientException" if "X-Amz-Target" in request.headers else "InvalidClientTokenId"
    refuse(code, "The security token included in the request is invalid.", 403)


def refuse_call(service, arn, action):
    if service == "ec2":
        refuse("UnauthorizedOperation", f"You are not authorized to perform this operation. User: {arn} is not authorized to perform: {action}", 403)
    code = "AccessDeniedException" if "X-Amz-Target" in request.headers else "AccessDenied"
    refuse(code, f"User: {arn} is not authorized to perform: {action}", 403)


# ---- service-specific credentials of IAM users ----


def create_service_specific_credential(self):
    user = self.backend.get_user(self._get_param("UserName"))
    credential = {
        "UserName": user.name,
        "ServiceName": self._get_param("ServiceName"),
        "ServiceUserName": f"{user.name}-at-{self.current_account}",
        "ServicePassword": mock_random.get_random_hex(40),
        "ServiceSpecificCredentialId": "ACCA" + mock_random.get_random_hex(16).upper(),
        "Status": "Active",
        "CreateDate": datetime.datetime.now(datetime.timezone.utc),
    }
    service_credentials(self.backend).append(credential)
    return ActionResult({"ServiceSpecificCredential": credential})


def list_service_specific_credentials(self):
    user = self.backend.get_user(self._get_param("UserName"))
    found = [credential for credential in service_credentials(self.backend) if credential["UserName"] == user.name]
    metadata = [{key: value for key, value in credential.items() if key != "ServicePassword"} for credential in found]
    return ActionResult({"ServiceSpecificCredentials": metadata})


def update_service_specific_credential(self):
    the_service_credential(self)["Status"] = self._get_param("Status")
    return EmptyResult()


def delete_service_specific_credential(self):
    service_credentials(self.backend).remove(the_service_credential(self))
    return EmptyResult()


def the_service_credential(self):
    wanted, user = self._get_param("ServiceSpecificCredentialId"), self._get_param("UserName")
    for credential in service_credentials(self.backend):
        if credential["ServiceSpecificCredentialId"] == wanted and user in (None, credential["UserName"]):
            return credential
    raise NotFoundException(f"No such credential {wanted} exists")


def service_credentials(backend):
    if not hasattr(backend, "service_specific_credentials"):
        backend.service_specific_credentials = []
    return backend.service_specific_credentials


# ---- rules of network ACLs ----


def finding_the_entry(delete):
    def deleted(self, network_acl_id, rule_number, egress):
        try:
            return delete(self, network_acl_id, rule_number, egress)
        except StopIteration:
            message = f"The network acl entry for rule number {rule_number} does not exist in {network_acl_id}"
            raise EC2ClientError("InvalidNetworkAclEntry.NotFound", message) from None

    return deleted


# ---- settings of instances ----


def setting_shutdown_behavior(handle):
    """moto knows the attribute and not the call that sets it, which it takes for one that empties the security groups."""

    def handled(self):
        behavior = self._get_param("InstanceInitiatedShutdownBehavior.Value")
        if behavior is None:
            return handle(self)
        self.ec2_backend.modify_instance_attribute(
            self._get_param("InstanceId"), "instance_initiated_shutdown_behavior", behavior
        )
        return True

    return handled


# ---- versions of CloudFront distributions ----


def under_its_version(update):
    def updated(self, dist_config, _id, if_match):
        known = self.distributions.get(_id)
        if known is not None and if_match and if_match != known.etag:
            refuse("PreconditionFailed", "The request failed because it didn't meet the preconditions in one or more request-header fields.", 412)
        dist, location, _ = update(self, dist_config, _id, if_match)
        dist.etag, dist._status = random_id(), "InProgress"
        return dist, location, dist.etag

    return updated


# ---- managed prefix lists ----


def of_the_current_version(modify):
    """moto takes any version for the current one, and forgets the name of a list that is not named anew."""

    def modified(self, add_entry, remove_entry, prefix_list_id=None, current_version=None, prefix_list_name=None):
        found = self.managed_prefix_lists[prefix_list_id]
        if current_version is not None and int(current_version) != found.version:
            raise EC2ClientError("PrefixListVersionMismatch", f"The prefix list {prefix_list_id} has version {found.version}")
        return modify(self, add_entry, remove_entry, prefix_list_id, current_version, prefix_list_name or found.prefix_list_name)

    return modified


# ---- settings of buckets and objects ----

# What the policy language calls requests that moto judges as if they listed, made or removed a bucket, or read or wrote an object.
S3_ACTIONS = {
    ("BUCKET", "GET", "publicAccessBlock"): "GetBucketPublicAccessBlock",
    ("BUCKET", "PUT", "publicAccessBlock"): "PutBucketPublicAccessBlock",
    ("BUCKET", "DELETE", "publicAccessBlock"): "PutBucketPublicAccessBlock",
    ("BUCKET", "GET", "replication"): "GetReplicationConfiguration",
    ("BUCKET", "PUT", "replication"): "PutReplicationConfiguration",
    ("BUCKET", "GET", "object-lock"): "GetBucketObjectLockConfiguration",
    ("BUCKET", "PUT", "object-lock"): "PutBucketObjectLockConfiguration",
    ("KEY", "GET", "legal-hold"): "GetObjectLegalHold",
    ("KEY", "PUT", "legal-hold"): "PutObjectLegalHold",
}


def with_rules_as_put(get):
    """moto keeps rules of replication whole and shows all of them with one filter."""

    def got(self):
        stored = self.backend.get_bucket_replication(self.bucket_name)
        if not stored:
            return get(self)
        self.data["Action"] = "GetBucketReplication"
        return self.serialized(ActionResult({"ReplicationConfiguration": {"Role": stored["Role"], "Rules": stored["Rule"]}}))

    return got


# ---- proxies of RDS ----


def modify_db_proxy(self):
    """Of a proxy's settings, its security groups alone are changed."""
    [proxy] = self.backend.describe_db_proxies(self.params["DBProxyName"])
    proxy.vpc_security_group_ids = self.params["SecurityGroups"]
    return ActionResult({"DBProxy": proxy})


# ---- accounts of an organization ----


def named_by_number(make):
    """moto makes up the numbers of accounts. One whose name is a number has that number: so an account that is seeded already can join."""

    def made(self, organization, **options):
        make(self, organization, **options)
        if re.fullmatch(r"\d{12}", options["AccountName"]):
            self.id = options["AccountName"]

    return made


# ---- Identity Center ----


def permission_set_arn(instance_arn):
    """moto's are the instance's with a tail, and no ARNs of permission sets."""
    return f"{instance_arn.replace(':instance/', ':permissionSet/')}/ps-{mock_random.get_random_hex(16)}"


def remembering_the_policy(provision):
    """moto does not keep what a permission set had when it was provisioned."""

    def provisioned(self, instance_arn, permission_set_arn):
        provision(self, instance_arn, permission_set_arn)
        permission_set = self._find_permission_set(instance_arn, permission_set_arn)
        permission_set.provisioned_policy = permission_set.inline_policy

    return provisioned


def of_the_status(list_accounts):
    """moto lists the account whatever status is asked for. Of a permission set only the inline policy is compared."""

    def answered(self):
        wanted = self._get_param("ProvisioningStatus")
        found = self.ssoadmin_backend._find_permission_set(self._get_param("InstanceArn"), self._get_param("PermissionSetArn"))
        behind = found.inline_policy != getattr(found, "provisioned_policy", "")
        status = "LATEST_PERMISSION_SET_NOT_PROVISIONED" if behind else "LATEST_PERMISSION_SET_PROVISIONED"
        return list_accounts(self) if wanted in (None, status) else json.dumps({"AccountIds": []})

    return answered


def close():
    SSOAdminBackend.provision_permission_set = remembering_the_policy(SSOAdminBackend.provision_permission_set)
    SSOAdminResponse.list_accounts_for_provisioned_permission_set = of_the_status(
        SSOAdminResponse.list_accounts_for_provisioned_permission_set
    )
    PermissionSet.generate_id = staticmethod(permission_set_arn)
    FakeAccount.__init__ = named_by_number(FakeAccount.__init__)
    for (kind, method, parameter), action in S3_ACTIONS.items():
        ACTION_MAP[kind][method][parameter] = action
    InstanceResponse._dot_value_instance_attribute_handler = setting_shutdown_behavior(
        InstanceResponse._dot_value_instance_attribute_handler
    )
    S3Response.get_bucket_replication = with_rules_as_put(S3Response.get_bucket_replication)
    IamResponse.create_service_specific_credential = create_service_specific_credential
    IamResponse.list_service_specific_credentials = list_service_specific_credentials
    IamResponse.update_service_specific_credential = update_service_specific_credential
    IamResponse.delete_service_specific_credential = delete_service_specific_credential
    RDSResponse.modify_db_proxy = modify_db_proxy
    CloudFrontBackend.update_distribution = under_its_version(CloudFrontBackend.update_distribution)
    ManagedPrefixListBackend.modify_managed_prefix_list = of_the_current_version(ManagedPrefixListBackend.modify_managed_prefix_list)
    NetworkAclBackend.delete_network_acl_entry = finding_the_entry(NetworkAclBackend.delete_network_acl_entry)
