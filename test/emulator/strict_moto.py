"""moto 5.2.1 as a server that also refuses what AWS refuses.

    python3 strict_moto.py -H 127.0.0.1 -p PORT

moto itself takes inactive access keys, ignores conditions, session policies and what bucket policies allow, and lacks some
operations (gaps.py). Seed first, then switch enforcement on: POST /moto-api/reset-auth with body 0.

Not judged: presigned requests (refused), permission boundaries, resource control policies, ARNs of EC2 and WAF resources (`*`).
Requests stand for HTTPS ones.

With STRICT_MOTO_ENDS_WITH_STDIN it ends when its input does, so that it never outlives a test, whatever ends that.
"""

import atexit
import datetime
import importlib.metadata
import os
import shutil
import signal
import sys
import tempfile
import threading
from urllib.parse import unquote

# moto reads it when it is imported; what it records would lie in whatever folder this was started in.
recordings = tempfile.mkdtemp(prefix="strict-moto-")
atexit.register(shutil.rmtree, recordings, ignore_errors=True)
os.environ["MOTO_RECORDER_FILEPATH"] = os.path.join(recordings, "requests")

from flask import g, request
from moto import settings
from moto.core.authorization import ActionAuthenticatorMixin
from moto.iam.access_control import AssumedRoleAccessKey, CreateAccessKeyFailure, IAMRequest, IAMUserAccessKey, PermissionResult
from moto.iam.models import iam_backends
from moto.organizations.models import organizations_backends
from moto.s3.exceptions import BucketAccessDeniedError
from moto.s3.models import FakeBucket, s3_backends
from moto.server import main
from moto.sts.models import AssumedRole, sts_backends

import gaps
import keyed
import late
import trail
from judge import decide
from policies import ALLOW, DENY, Caller, document, verdict

PINNED = "5.2.1"
UTC = datetime.timezone.utc


def now():
    return datetime.datetime.now(UTC)


def authorize(self, request_class, resource="*"):
    """Replaces moto's only door. Raises what the service would answer."""
    if ActionAuthenticatorMixin.request_count < settings.INITIAL_NO_AUTH_ACTION_COUNT:
        ActionAuthenticatorMixin.request_count += 1
        return
    if request.headers.get("X-Amz-Target") in ActionAuthenticatorMixin.PUBLIC_OPERATIONS:
        return  # signing in to a user pool and the like
    action = self._get_action()
    if "Authorization" not in self.headers:
        anonymous(getattr(self, "bucket_name", None), f"s3:{action}", resource)
        return
    late.note(self.current_account)
    asked = request_class(
        account_id=self.current_account,
        method=self.method,
        # As it was signed: moto's own copy is decoded already.
        path=request.environ["RAW_URI"],
        data=self.data,
        body=self.raw_body,
        headers=self.headers,
        action=action,
    )
    asked.check_signature()
    g.asked = asked
    judge(asked, resource)


def anonymous(bucket, action, resource):
    policies = bucket_policies(resource)
    if verdict(policies, action, resource, common_context(), Caller()) != ALLOW:
        raise BucketAccessDeniedError(bucket=bucket)


def judge(asked, resource):
    if asked._action == "sts:GetCallerIdentity":
        return
    if asked._action == "s3:DeleteObject" and "/" not in resource:
        return  # a batch: each key is judged in `get_permission`
    if asked._service == "iam" and resource == "*":
        resource = user_arn(asked)
    elif asked._service in keyed.SERVICES:
        resource = keyed.arn(asked)
        g.keyed = keyed.context(asked)
    if asked._action == "sts:AssumeRole":
        permitted = may_assume(asked, resource)
    else:
        permitted = allowed(asked, asked._action, resource)
        source = asked._headers.get("X-Amz-Copy-Source")
        if source is not None:
            permitted = permitted and allowed(asked, "s3:GetObject", f"arn:aws:s3:::{unquote(source).lstrip('/').split('?')[0]}")
    if not permitted:
        asked._raise_access_denied()
    trail.note(asked, identity_of(asked))
    if asked._service == "ec2" and request.form.get("DryRun") == "true":
        gaps.refuse("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412)


def allowed(asked, action, resource):
    session = session_of(asked)
    own = [*bucket_policies(resource), *keyed.policies(asked, resource)]
    policies = {
        "control": control_levels(asked.account_id),
        "identity": identity_policies(asked),
        "session": document(session.policy) if session and session.policy else None,
        "resource": own[0] if own else None,
    }
    who = {"kind": "user", "account": asked.account_id, "arn": owner_of(asked).arn}
    if session is not None:
        who |= {"kind": "role-session", "session": {"arn": asked._access_key.arn}}
    return decide(who, action, resource, context_of(asked), policies) == "allow"


def controlled(asked, action, resource):
    """Whether every level of the organization above the caller's account allows it. Roles of AWS services are bound by none."""
    if ":role/aws-service-role/" in owner_of(asked).arn:
        return True
    return all(verdict(level, action, resource, context_of(asked)) == ALLOW for level in control_levels(asked.account_id))


def control_levels(account):
    """Service control policies of the account, of each unit above it and of the root; none for who is in no organization or manages it."""
    management, _ = organizations_backends.master_accounts.get(account, (None, None))
    organization = management and organizations_backends[management]["aws"]
    if not organization or organization.org is None:
        return []
    levels, place = [], next(one for one in organization.accounts if one.id == account)
    while place is not None:
        levels.append([document(one.content) for one in place.attached_policies if one.type == "SERVICE_CONTROL_POLICY"])
        place = next((unit for unit in organization.ou if unit.id == place.parent_id), None)
    return levels


def may_assume(asked, arn):
    if not controlled(asked, "sts:AssumeRole", arn):
        return False
    account = arn.split(":")[4]
    try:
        role = iam_backends[account]["aws"].get_role_by_arn(arn)
    except Exception:
        return False
    trust = [document(role.assume_role_policy_document)]
    caller = caller_of(asked)
    for action in marks_of(asked):
        own = account == asked.account_id or verdict(identity_policies(asked), action, arn, context_of(asked)) == ALLOW
        if not own or verdict(trust, action, arn, context_of(asked), caller) != ALLOW:
            return False
    identity = verdict(identity_policies(asked), "sts:AssumeRole", arn, context_of(asked))
    if identity == DENY or verdict(trust, "sts:AssumeRole", arn, context_of(asked), caller) != ALLOW:
        return False
    if account != asked.account_id:
        return identity == ALLOW  # from elsewhere, both must permit it
    # Trust in the account is only as good as what the caller's own policies allow; trust in the caller needs no more.
    direct = verdict(trust, "sts:AssumeRole", arn, context_of(asked), Caller(None, caller.arns)) == ALLOW
    return identity == ALLOW or direct


def marks_of(asked):
    """What else a call of sts:AssumeRole wants to be permitted, by the role's trust in any case."""
    named = ["sts:SetSourceIdentity"] if "SourceIdentity" in asked._data else []
    return named + (["sts:TagSession"] if any(name.startswith("Tags.") for name in asked._data) else [])


def identity_policies(asked):
    key, collected = asked._access_key, asked._access_key.collect_policies()
    if isinstance(key, IAMUserAccessKey):
        own = iam_backends[asked.account_id]["aws"].get_user(key._owner_user_name).policies
        # moto puts the user's inline policies first.
        collected = [*late.inline(asked.account_id, key._owner_user_name, own), *collected[len(own) :]]
    return [document(policy) for policy in collected]


def bucket_policies(resource):
    if not resource.startswith("arn:aws:s3:::"):
        return []
    name = resource.removeprefix("arn:aws:s3:::").split("/")[0]
    found = [buckets["aws"].buckets.get(name) for buckets in list(s3_backends.values())]
    return [document(bucket.policy.decode()) for bucket in found if bucket is not None and bucket.policy]


def session_of(asked):
    if not isinstance(asked._access_key, AssumedRoleAccessKey):
        return None
    known = sts_backends[asked.account_id]["aws"].assumed_roles
    return next(role for role in known if role.access_key_id == asked._access_key._access_key_id)


def owner_of(asked):
    """The user, or the role of a session. A role that is gone takes its sessions with it."""
    key, iam = asked._access_key, iam_backends[asked.account_id]["aws"]
    if session_of(asked) is None:
        return iam.get_user(key._owner_user_name)
    try:
        return iam.get_role(key._owner_role_name)
    except Exception:
        asked._raise_access_denied()


def identity_of(asked):
    """As CloudTrail tells who called."""
    owner, session = owner_of(asked), session_of(asked)
    told = {"arn": asked._access_key.arn, "accountId": asked.account_id}
    if session is None:
        return told | {"type": "IAMUser", "userName": owner.name, "accessKeyId": asked._access_key._access_key_id}
    return told | {"type": "AssumedRole", "sessionContext": {"sessionIssuer": {"userName": owner.name}}}


def caller_of(asked):
    return Caller(asked.account_id, {owner_of(asked).arn, asked._access_key.arn})


def context_of(asked):
    owner, session = owner_of(asked), session_of(asked)
    keys = {**common_context(), "aws:PrincipalArn": owner.arn, "aws:PrincipalAccount": asked.account_id}
    if session is None:
        keys |= {"aws:PrincipalType": "User", "aws:username": owner.name, "aws:userid": owner.id}
    else:
        keys |= {
            "aws:PrincipalType": "AssumedRole",
            "aws:userid": f"{owner.id}:{session.session_name}",
            "aws:TokenIssueTime": session.issued.isoformat(),
        }
        if session.source_identity is not None:
            keys["aws:SourceIdentity"] = session.source_identity
    return {name.lower(): values if isinstance(values, list) else [values] for name, values in keys.items()}


def common_context():
    keys = {"aws:CurrentTime": now().isoformat(), "aws:SourceIp": request.remote_addr, "aws:SecureTransport": "true"}
    listed = {f"s3:{name}": request.args.getlist(name) for name in ("prefix", "delimiter") if name in request.args}
    asked = {**keys, **listed, **g.get("keyed", {})}
    return {name.lower(): values if isinstance(values, list) else [values] for name, values in asked.items()}


def user_arn(asked):
    name = asked._data.get("UserName")
    try:
        return iam_backends[asked.account_id]["aws"].get_user(name[0] if isinstance(name, list) else name).arn
    except Exception:
        return "*"


def batch_permission(_bucket, action, resource):
    """moto asks this before it knows the caller, too: then there is nothing to say yet."""
    asked = g.get("asked")
    return PermissionResult.NEUTRAL if asked is None or allowed(asked, action, resource) else PermissionResult.DENIED


def refusing_inactive(make):
    def made(self, account_id, partition, access_key_id, headers):
        make(self, account_id, partition, access_key_id, headers)
        keys = [key for user in self.backend.list_users("/", None, None) for key in user.access_keys]
        status = lambda key: late.key_status(account_id, key.access_key_id, key.status)
        if any(key.access_key_id == access_key_id and status(key) != "Active" for key in keys):
            raise CreateAccessKeyFailure(reason="InvalidId")

    return made


def refusing_expired(make):
    def made(self, account_id, partition, access_key_id, headers):
        make(self, account_id, partition, access_key_id, headers)
        known = sts_backends[account_id][partition].assumed_roles
        session = next(role for role in known if role.access_key_id == access_key_id)
        if session.expiration.replace(tzinfo=UTC) < now():
            raise CreateAccessKeyFailure(reason="InvalidToken")

    return made


def dated(make):
    def made(self, *args, **options):
        make(self, *args, **options)
        self.issued = now().replace(microsecond=0)  # AWS knows the second
        self.source_identity = request.values.get("SourceIdentity")

    return made


IAMUserAccessKey.__init__ = refusing_inactive(IAMUserAccessKey.__init__)
AssumedRoleAccessKey.__init__ = refusing_expired(AssumedRoleAccessKey.__init__)
AssumedRole.__init__ = dated(AssumedRole.__init__)
ActionAuthenticatorMixin._authenticate_and_authorize_action = authorize
IAMRequest._raise_invalid_access_key = lambda self, _reason: gaps.refuse_key(self._service)
IAMRequest._raise_access_denied = lambda self: gaps.refuse_call(self._service, self._access_key.arn, self._action)
FakeBucket.get_permission = batch_permission

def end_with_stdin():
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)  # for which moto's server has an orderly end


if __name__ == "__main__":
    installed = importlib.metadata.version("moto")
    if installed != PINNED:
        sys.exit(f"moto {installed} is installed; what is replaced here is known for moto {PINNED} only")
    gaps.close()
    trail.keep()
    if "STRICT_MOTO_ENDS_WITH_STDIN" in os.environ:
        threading.Thread(target=end_with_stdin, daemon=True).start()
    main(sys.argv[1:])
