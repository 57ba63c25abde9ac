import { GetAccessKeyLastUsedCommand, ListAccessKeysCommand, UpdateAccessKeyCommand } from "@aws-sdk/client-iam";
import * as z from "zod";
import { ErError, type ProposedChange, type ResourceRef, type SelectionOf } from "../../../model/index.ts";
import { orAbsent, type ReadScope } from "../../../providers/index.ts";
import { defineAction } from "../../action.ts";
import { credentialRef, deactivated, deniedWith, partsOf, type Status, settable, verifyStatus } from "./credential.ts";
import { everyPage, iamOf } from "./pages.ts";

type Place = SelectionOf<"aws.user" | "aws.access-key">;
type Key = Status & { readonly id: string };

const TYPE = "iam-access-key";

export const deactivateAccessKeys = defineAction<"aws.user" | "aws.access-key", Record<string, never>, Status>({
  id: "aws.iam.deactivate-access-keys",
  title: "Deactivate access keys",
  description:
    "Sets a user's access keys, or the one named, to Inactive. Keys that are inactive already are held that way. Nothing is deleted: a restore activates the keys that were active before.",
  containment: "access",
  blastRadius:
    "every application and person that signs with one of these keys is refused, wherever it runs; sessions that were issued with a key live on, and the user's console and other credentials are not touched",
  targets: ["aws.user", "aws.access-key"],
  params: z.strictObject({}),
  permissions: {
    read: [
      { service: "iam", operation: "ListAccessKeys", iam: ["iam:ListAccessKeys"] },
      { service: "iam", operation: "GetAccessKeyLastUsed", iam: ["iam:GetAccessKeyLastUsed"] },
    ],
    write: [{ service: "iam", operation: "UpdateAccessKey", iam: ["iam:UpdateAccessKey"] }],
  },
  bound: {
    ms: 300_000,
    source:
      "AWS IAM User Guide, changes are not always immediately visible: a change takes time to reach every endpoint; no figure is given, five minutes are allowed",
  },
  examples: [
    {
      title: "A user with two keys",
      selection: { kind: "aws.user", account: "123456789012", name: "intruder" },
      params: {},
      changes: [exampleOf("AKIAINTRUDER00000001"), exampleOf("AKIAINTRUDER00000002")],
    },
    {
      title: "One key of two",
      selection: { kind: "aws.access-key", account: "123456789012", accessKeyId: "AKIAINTRUDER00000002" },
      params: {},
      changes: [exampleOf("AKIAINTRUDER00000002")],
    },
  ],

  async *plan(scope, selection) {
    const { account } = selection;
    const user = selection.kind === "aws.user" ? selection.name : await ownerOf(scope, selection);
    const all = (await keysOf(scope, account, user)) ?? [];
    const chosen = selection.kind === "aws.user" ? all : all.filter(({ id }) => id === selection.accessKeyId);
    for (const { id, status } of chosen.toSorted((left, right) => (left.id < right.id ? -1 : 1))) {
      const after = deactivated({ status });
      const verb = after.status === status ? `hold ${status.toLowerCase()}` : "deactivate";
      yield {
        key: id,
        resource: credentialRef(TYPE, account, user, id),
        summary: `${verb} access key "${id}" of user "${user}"`,
        before: { status },
        after,
        reversal: { kind: "restore" },
      };
    }
  },

  read,

  async apply(scope, change) {
    const { user, id } = partsOf(change.resource);
    const iam = await iamOf(scope, change.resource);
    await iam.send(new UpdateAccessKeyCommand({ UserName: user, AccessKeyId: id, Status: settable(change) }));
  },

  async verify(scope, change, direction) {
    return verifyStatus(await read(scope, change.resource), change, direction);
  },

  denies: ({ resource }) => [deniedWith(resource, "access key")],

  effects(change) {
    const { account } = change.resource;
    // No permission is needed for this call and no policy can deny it: it fails because of the key or not at all.
    const call = { operation: "sts:GetCallerIdentity", resource: "*" };
    return [{ kind: "aws-call", account, as: { accessKeyId: partsOf(change.resource).id }, ...call }];
  },

  async residual(_scope, change) {
    const { user } = partsOf(change.resource);
    return [
      {
        what: `sessions that were issued with access keys of user "${user}" (GetSessionToken, GetFederationToken)`,
        until: "until they expire, at most 36 hours after their issue, or until the user is denied everything",
        why: "a session is judged by its user's policies and not by the key that asked for it",
      },
      {
        what: `sessions of roles that user "${user}" assumed`,
        until: "until they expire, at most 12 hours after their issue",
        why: "such a session is judged by the role's policies; revoke the role's sessions too",
      },
    ];
  },
});

/** Null when there is no such user. */
async function keysOf(scope: ReadScope, account: string, user: string): Promise<Key[] | null> {
  const iam = await iamOf(scope, { account });
  const found = await orAbsent(() =>
    everyPage(
      (from) => iam.send(new ListAccessKeysCommand({ UserName: user, ...from })),
      ({ AccessKeyMetadata }) => AccessKeyMetadata,
    ),
  );
  if (found === null) return null;
  return found.flatMap(({ AccessKeyId, Status }) =>
    AccessKeyId === undefined || Status === undefined ? [] : [{ id: AccessKeyId, status: Status }],
  );
}

async function ownerOf(scope: ReadScope, { account, accessKeyId }: Extract<Place, { kind: "aws.access-key" }>): Promise<string> {
  const iam = await iamOf(scope, { account });
  const answer = await orAbsent(() => iam.send(new GetAccessKeyLastUsedCommand({ AccessKeyId: accessKeyId })));
  if (answer?.UserName !== undefined) return answer.UserName;
  throw new ErError("unknown-principal", `"aws:key/${accessKeyId}" belongs to no user of account ${account}`, {
    hints: ["a key that begins with ASIA is a session's: revoke the role or the user behind it"],
  });
}

async function read(scope: ReadScope, resource: ResourceRef): Promise<Status | null> {
  const { user, id } = partsOf(resource);
  const key = (await keysOf(scope, resource.account, user))?.find((candidate) => candidate.id === id);
  return key === undefined ? null : { status: key.status };
}

function exampleOf(id: string): Omit<ProposedChange<Status>, "reversal"> {
  return {
    key: id,
    resource: credentialRef(TYPE, "123456789012", "intruder", id),
    summary: `deactivate access key "${id}" of user "intruder"`,
    before: { status: "Active" },
    after: { status: "Inactive" },
  };
}
