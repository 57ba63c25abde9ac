import {
  ListServiceSpecificCredentialsCommand,
  ListSigningCertificatesCommand,
  ListSSHPublicKeysCommand,
  type StatusType,
  UpdateServiceSpecificCredentialCommand,
  UpdateSigningCertificateCommand,
  UpdateSSHPublicKeyCommand,
} from "@aws-sdk/client-iam";
import * as z from "zod";
import { defect, type ProposedChange, type ResourceRef } from "../../../model/index.ts";
import { orAbsent, type ReadScope } from "../../../providers/index.ts";
import { defineAction } from "../../action.ts";
import {
  credentialRef,
  deactivated,
  deniedWith,
  partsOf,
  passwordOf,
  type Status,
  settable,
  verifyStatus,
} from "./credential.ts";
import { everyPage, type Iam, iamOf } from "./pages.ts";

type Credential = Status & { readonly id: string };
/** A sort of credential that has a status. */
type Sort = {
  readonly type: string;
  readonly noun: string;
  list(iam: Iam, user: string): Promise<{ id: string | undefined; status: StatusType | undefined }[]>;
  update(iam: Iam, user: string, id: string, status: StatusType): Promise<unknown>;
};

const SERVICE: Sort = {
  type: "iam-service-credential",
  noun: "service credential",
  list: async (iam, UserName) =>
    (
      await everyPage(
        (from) => iam.send(new ListServiceSpecificCredentialsCommand({ UserName, ...from })),
        (page) => page.ServiceSpecificCredentials,
      )
    ).map(({ ServiceSpecificCredentialId: id, Status: status }) => ({ id, status })),
  update: (iam, UserName, ServiceSpecificCredentialId, Status) =>
    iam.send(new UpdateServiceSpecificCredentialCommand({ UserName, ServiceSpecificCredentialId, Status })),
};

const CERTIFICATE: Sort = {
  type: "iam-signing-certificate",
  noun: "signing certificate",
  list: async (iam, UserName) =>
    (
      await everyPage(
        (from) => iam.send(new ListSigningCertificatesCommand({ UserName, ...from })),
        (page) => page.Certificates,
      )
    ).map(({ CertificateId: id, Status: status }) => ({ id, status })),
  update: (iam, UserName, CertificateId, Status) =>
    iam.send(new UpdateSigningCertificateCommand({ UserName, CertificateId, Status })),
};

const SSH_KEY: Sort = {
  type: "iam-ssh-key",
  noun: "SSH key",
  list: async (iam, UserName) =>
    (
      await everyPage(
        (from) => iam.send(new ListSSHPublicKeysCommand({ UserName, ...from })),
        (page) => page.SSHPublicKeys,
      )
    ).map(({ SSHPublicKeyId: id, Status: status }) => ({ id, status })),
  update: (iam, UserName, SSHPublicKeyId, Status) =>
    iam.send(new UpdateSSHPublicKeyCommand({ UserName, SSHPublicKeyId, Status })),
};

const SORTS: readonly Sort[] = [SERVICE, CERTIFICATE, SSH_KEY];

export const deactivateOtherCredentials = defineAction<"aws.user", Record<string, never>, Status>({
  id: "aws.iam.deactivate-other-credentials",
  title: "Deactivate a user's credentials other than access keys",
  description:
    "Sets the user's service-specific credentials (git over HTTPS, Cassandra, API keys of Bedrock and others), signing certificates and SSH public keys to Inactive. Those that are inactive already are held that way. The console password and MFA devices stay: deleting them could not be undone.",
  containment: "access",
  blastRadius:
    "whoever uses these credentials is refused: git over HTTPS and SSH, API keys of single services, signed requests by certificate; the console password and MFA devices are not touched",
  targets: ["aws.user"],
  params: z.strictObject({}),
  permissions: {
    read: [
      { service: "iam", operation: "ListServiceSpecificCredentials", iam: ["iam:ListServiceSpecificCredentials"] },
      { service: "iam", operation: "ListSigningCertificates", iam: ["iam:ListSigningCertificates"] },
      { service: "iam", operation: "ListSSHPublicKeys", iam: ["iam:ListSSHPublicKeys"] },
    ],
    write: [
      { service: "iam", operation: "UpdateServiceSpecificCredential", iam: ["iam:UpdateServiceSpecificCredential"] },
      { service: "iam", operation: "UpdateSigningCertificate", iam: ["iam:UpdateSigningCertificate"] },
      { service: "iam", operation: "UpdateSSHPublicKey", iam: ["iam:UpdateSSHPublicKey"] },
    ],
  },
  bound: {
    ms: 300_000,
    source:
      "AWS IAM User Guide, changes are not always immediately visible: a change takes time to reach every endpoint; no figure is given, five minutes are allowed",
  },
  examples: [
    {
      title: "A user with one credential of each sort",
      selection: { kind: "aws.user", account: "123456789012", name: "intruder" },
      params: {},
      changes: [
        exampleOf(SERVICE, "ACCAINTRUDER00000001"),
        exampleOf(CERTIFICATE, "CERTINTRUDER000000000001"),
        exampleOf(SSH_KEY, "APKAINTRUDER00000001"),
      ],
    },
    {
      title: "A user without any",
      selection: { kind: "aws.user", account: "123456789012", name: "deploy-bot" },
      params: {},
      changes: [],
    },
  ],

  async *plan(scope, { account, name: user }) {
    const found = await Promise.all(SORTS.map(async (sort) => ({ sort, all: await credentialsOf(scope, account, user, sort) })));
    for (const { sort, all } of found)
      for (const { id, status } of all.toSorted((left, right) => (left.id < right.id ? -1 : 1))) {
        const after = deactivated({ status });
        const verb = after.status === status ? `hold ${status.toLowerCase()}` : "deactivate";
        yield {
          key: keyOf(sort, id),
          resource: credentialRef(sort.type, account, user, id),
          summary: `${verb} ${sort.noun} "${id}" of user "${user}"`,
          before: { status },
          after,
          reversal: { kind: "restore" },
        };
      }
  },

  read,

  async apply(scope, change) {
    const { user, id } = partsOf(change.resource);
    await sortOf(change.resource).update(await iamOf(scope, change.resource), user, id, settable(change));
  },

  async verify(scope, change, direction) {
    return verifyStatus(await read(scope, change.resource), change, direction);
  },

  denies: ({ resource }) => [deniedWith(resource, sortOf(resource).noun)],

  async residual(_scope, change) {
    return [passwordOf(partsOf(change.resource).user)];
  },
});

/** None when there is no such user. */
async function credentialsOf(scope: ReadScope, account: string, user: string, sort: Sort): Promise<Credential[]> {
  const iam = await iamOf(scope, { account });
  const found = (await orAbsent(() => sort.list(iam, user))) ?? [];
  return found.flatMap(({ id, status }) => (id === undefined || status === undefined ? [] : [{ id, status }]));
}

async function read(scope: ReadScope, resource: ResourceRef): Promise<Status | null> {
  const { user, id } = partsOf(resource);
  const all = await credentialsOf(scope, resource.account, user, sortOf(resource));
  const found = all.find((credential) => credential.id === id);
  return found === undefined ? null : { status: found.status };
}

function sortOf({ type }: ResourceRef): Sort {
  return SORTS.find((sort) => sort.type === type) ?? defect(`"${type}" is no sort of credential`);
}

function keyOf({ type }: Sort, id: string): string {
  return `${type}/${id}`;
}

function exampleOf(sort: Sort, id: string): Omit<ProposedChange<Status>, "reversal"> {
  return {
    key: keyOf(sort, id),
    resource: credentialRef(sort.type, "123456789012", "intruder", id),
    summary: `deactivate ${sort.noun} "${id}" of user "intruder"`,
    before: { status: "Active" },
    after: { status: "Inactive" },
  };
}
