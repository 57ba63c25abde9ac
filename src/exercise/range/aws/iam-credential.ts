import type * as IAM from "@aws-sdk/client-iam";
import { instant } from "../../../model/index.ts";
import { iam } from "../keys.ts";
import type { AccessKeyRow, CertificateRow, ServiceCredentialRow, SshKeyRow, Status } from "../rows.ts";
import { AwsFault } from "./fault.ts";
import { iamPage, noSuchEntity, userOf, userResource } from "./iam-common.ts";
import { type Call, type Operation, operation } from "./operation.ts";

function statusOf(asked: string | undefined): Status {
  if (asked === "Active" || asked === "Inactive") return asked;
  throw new AwsFault(
    "ValidationError",
    400,
    `Value '${asked}' at 'status' failed to satisfy constraint: Member must satisfy enum value set`,
  );
}

function keysOf(call: Call, user: string): AccessKeyRow[] {
  return call.tx
    .list<AccessKeyRow>(iam.accessKey(call.account, ""))
    .map((row) => row.value)
    .filter((key) => key.user === user);
}

/** Sets the status of a credential that has one. Setting it to what it is already succeeds. */
function setStatus(call: Call, key: string, what: string, status: string | undefined): Record<string, never> {
  const row = call.tx.newest<{ readonly status: Status }>(key);
  if (row === null) throw noSuchEntity(`The ${what} cannot be found.`);
  call.put("iam", key, { ...row, status: statusOf(status) });
  return {};
}

/** Takes a credential away; there is no way back. */
function remove(call: Call, key: string, what: string): Record<string, never> {
  if (call.tx.newest(key) === null) throw noSuchEntity(`The ${what} cannot be found.`);
  call.put("iam", key, null);
  return {};
}

const deletions: Operation[] = [
  operation<IAM.DeleteAccessKeyCommandInput, IAM.DeleteAccessKeyCommandOutput>("iam", "DeleteAccessKey", {
    iam: "iam:DeleteAccessKey",
    resource: userResource,
    answer(call) {
      const { name } = userOf(call, call.input.UserName);
      const id = call.input.AccessKeyId ?? "";
      if (!keysOf(call, name).some((key) => key.id === id)) throw noSuchEntity(`The Access Key with id ${id} cannot be found.`);
      return remove(call, iam.accessKey(call.account, id), `Access Key with id ${id}`);
    },
  }),
  operation<IAM.DeleteSSHPublicKeyCommandInput, IAM.DeleteSSHPublicKeyCommandOutput>("iam", "DeleteSSHPublicKey", {
    iam: "iam:DeleteSSHPublicKey",
    resource: userResource,
    answer(call) {
      const id = call.input.SSHPublicKeyId ?? "";
      return remove(call, iam.sshKey(call.account, userOf(call, call.input.UserName).name, id), `Public Key with id ${id}`);
    },
  }),
  operation<IAM.DeleteSigningCertificateCommandInput, IAM.DeleteSigningCertificateCommandOutput>(
    "iam",
    "DeleteSigningCertificate",
    {
      iam: "iam:DeleteSigningCertificate",
      resource: userResource,
      answer(call) {
        const id = call.input.CertificateId ?? "";
        return remove(
          call,
          iam.certificate(call.account, userOf(call, call.input.UserName).name, id),
          `Certificate with id ${id}`,
        );
      },
    },
  ),
  operation<IAM.DeleteServiceSpecificCredentialCommandInput, IAM.DeleteServiceSpecificCredentialCommandOutput>(
    "iam",
    "DeleteServiceSpecificCredential",
    {
      iam: "iam:DeleteServiceSpecificCredential",
      resource: userResource,
      answer(call) {
        const id = call.input.ServiceSpecificCredentialId ?? "";
        const key = iam.serviceCredential(call.account, userOf(call, call.input.UserName).name, id);
        return remove(call, key, `Service Specific Credential with id ${id}`);
      },
    },
  ),
];

const accessKeys: Operation[] = [
  operation<IAM.ListAccessKeysCommandInput, IAM.ListAccessKeysCommandOutput>("iam", "ListAccessKeys", {
    iam: "iam:ListAccessKeys",
    resource: userResource,
    answer(call) {
      const { name } = userOf(call, call.input.UserName);
      const { items, rest } = iamPage(call, keysOf(call, name), (key) => key.id);
      const AccessKeyMetadata = items.map((key) => ({
        UserName: name,
        AccessKeyId: key.id,
        Status: key.status,
        CreateDate: new Date(key.created),
      }));
      return { AccessKeyMetadata, ...rest };
    },
  }),
  operation<IAM.UpdateAccessKeyCommandInput, IAM.UpdateAccessKeyCommandOutput>("iam", "UpdateAccessKey", {
    iam: "iam:UpdateAccessKey",
    resource: userResource,
    answer(call) {
      const { name } = userOf(call, call.input.UserName);
      const id = call.input.AccessKeyId ?? "";
      const owned = keysOf(call, name).some((key) => key.id === id);
      if (!owned) throw noSuchEntity(`The Access Key with id ${id} cannot be found.`);
      return setStatus(call, iam.accessKey(call.account, id), `Access Key with id ${id}`, call.input.Status);
    },
  }),
  operation<IAM.GetAccessKeyLastUsedCommandInput, IAM.GetAccessKeyLastUsedCommandOutput>("iam", "GetAccessKeyLastUsed", {
    iam: "iam:GetAccessKeyLastUsed",
    answer(call) {
      const key = call.tx.newest<AccessKeyRow>(iam.accessKey(call.account, call.input.AccessKeyId ?? ""));
      // AWS does not say "not found" here: it refuses, as for a key of another account.
      if (key === null)
        throw new AwsFault("AccessDenied", 403, `${call.caller} is not authorized to perform: iam:GetAccessKeyLastUsed`);
      const used = key.lastUsed;
      const AccessKeyLastUsed = used
        ? { LastUsedDate: new Date(used.at), ServiceName: used.service, Region: used.region }
        : { LastUsedDate: undefined, ServiceName: "N/A", Region: "N/A" };
      return { UserName: key.user, AccessKeyLastUsed };
    },
  }),
  operation<IAM.CreateAccessKeyCommandInput, IAM.CreateAccessKeyCommandOutput>("iam", "CreateAccessKey", {
    iam: "iam:CreateAccessKey",
    resource: userResource,
    answer(call) {
      const { name } = userOf(call, call.input.UserName);
      if (keysOf(call, name).length >= 2) {
        throw new AwsFault("LimitExceededException", 409, "Cannot exceed quota for AccessKeysPerUser: 2", "LimitExceeded");
      }
      const key: AccessKeyRow = {
        id: `AKIA${call.newId(16).toUpperCase()}`,
        user: name,
        status: "Active",
        created: instant(call.tx.now),
        lastUsed: null,
      };
      call.put("iam", iam.accessKey(call.account, key.id), key);
      // Nobody signs with it here: the range knows callers by the key's id.
      const SecretAccessKey = call.newId(40);
      return {
        AccessKey: {
          UserName: name,
          AccessKeyId: key.id,
          Status: key.status,
          SecretAccessKey,
          CreateDate: new Date(key.created),
        },
      };
    },
  }),
];

export const iamCredentialOperations: Operation[] = [
  ...accessKeys,
  ...deletions,
  operation<IAM.ListSSHPublicKeysCommandInput, IAM.ListSSHPublicKeysCommandOutput>("iam", "ListSSHPublicKeys", {
    iam: "iam:ListSSHPublicKeys",
    resource: userResource,
    answer(call) {
      const { name } = userOf(call, call.input.UserName);
      const rows = call.tx.list<SshKeyRow>(iam.sshKey(call.account, name, "")).map((row) => row.value);
      const { items, rest } = iamPage(call, rows, (key) => key.id);
      const SSHPublicKeys = items.map((key) => ({
        UserName: name,
        SSHPublicKeyId: key.id,
        Status: key.status,
        UploadDate: new Date(key.uploaded),
      }));
      return { SSHPublicKeys, ...rest };
    },
  }),
  operation<IAM.UpdateSSHPublicKeyCommandInput, IAM.UpdateSSHPublicKeyCommandOutput>("iam", "UpdateSSHPublicKey", {
    iam: "iam:UpdateSSHPublicKey",
    resource: userResource,
    answer(call) {
      const id = call.input.SSHPublicKeyId ?? "";
      const key = iam.sshKey(call.account, userOf(call, call.input.UserName).name, id);
      return setStatus(call, key, `Public Key with id ${id}`, call.input.Status);
    },
  }),
  operation<IAM.ListSigningCertificatesCommandInput, IAM.ListSigningCertificatesCommandOutput>("iam", "ListSigningCertificates", {
    iam: "iam:ListSigningCertificates",
    resource: userResource,
    answer(call) {
      const { name } = userOf(call, call.input.UserName);
      const rows = call.tx.list<CertificateRow>(iam.certificate(call.account, name, "")).map((row) => row.value);
      const { items, rest } = iamPage(call, rows, (certificate) => certificate.id);
      const Certificates = items.map((certificate) => ({
        UserName: name,
        CertificateId: certificate.id,
        CertificateBody: certificate.body,
        Status: certificate.status,
        UploadDate: new Date(certificate.uploaded),
      }));
      return { Certificates, ...rest };
    },
  }),
  operation<IAM.UpdateSigningCertificateCommandInput, IAM.UpdateSigningCertificateCommandOutput>(
    "iam",
    "UpdateSigningCertificate",
    {
      iam: "iam:UpdateSigningCertificate",
      resource: userResource,
      answer(call) {
        const id = call.input.CertificateId ?? "";
        const key = iam.certificate(call.account, userOf(call, call.input.UserName).name, id);
        return setStatus(call, key, `Certificate with id ${id}`, call.input.Status);
      },
    },
  ),
  operation<IAM.ListServiceSpecificCredentialsCommandInput, IAM.ListServiceSpecificCredentialsCommandOutput>(
    "iam",
    "ListServiceSpecificCredentials",
    {
      iam: "iam:ListServiceSpecificCredentials",
      resource: userResource,
      answer(call) {
        const { name } = userOf(call, call.input.UserName);
        const rows = call.tx
          .list<ServiceCredentialRow>(iam.serviceCredential(call.account, name, ""))
          .map((row) => row.value)
          .filter((row) => call.input.ServiceName === undefined || row.service === call.input.ServiceName);
        const { items, rest } = iamPage(call, rows, (credential) => credential.id);
        const ServiceSpecificCredentials = items.map((credential) => ({
          UserName: name,
          Status: credential.status,
          ServiceUserName: credential.serviceUserName,
          CreateDate: new Date(credential.created),
          ServiceSpecificCredentialId: credential.id,
          ServiceName: credential.service,
        }));
        return { ServiceSpecificCredentials, ...rest };
      },
    },
  ),
  operation<IAM.UpdateServiceSpecificCredentialCommandInput, IAM.UpdateServiceSpecificCredentialCommandOutput>(
    "iam",
    "UpdateServiceSpecificCredential",
    {
      iam: "iam:UpdateServiceSpecificCredential",
      resource: userResource,
      answer(call) {
        const id = call.input.ServiceSpecificCredentialId ?? "";
        const key = iam.serviceCredential(call.account, userOf(call, call.input.UserName).name, id);
        return setStatus(call, key, `Service Specific Credential with id ${id}`, call.input.Status);
      },
    },
  ),
];
