import { DeleteRolePolicyCommand, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import * as z from "zod";
import { digestJson, type JsonObject, type ResourceRef, type SelectionOf, sameJson } from "../../../model/index.ts";
import type { ReadScope } from "../../../providers/index.ts";
import { defineAction } from "../../action.ts";
import { statementsOf } from "../policy-document.ts";
import { allowedCalls, asksOf, checkSize, nameFor, stoppedBy } from "./inline-policy.ts";
import { iamOf } from "./pages.ts";
import { checkRole, inputOf, policiesOf, policyRef, readText } from "./role-policies.ts";

type Place = SelectionOf<"aws.session">;
/** The policy's exact text. */
type State = { readonly policy: string };

const EXAMPLE = { kind: "aws.session", account: "123456789012", role: "app-data" } as const;

export const denySession = defineAction<"aws.session", Record<string, never>, State>({
  id: "aws.iam.deny-session",
  title: "Deny one session of a role everything",
  description:
    "Gives the role an inline policy that denies every action to one session: by the role's unique id and the name that the session was asked for with (aws:userid), or by the source identity that it carries. Other sessions of the role keep working, and the role's own policies stay as they are.",
  containment: "access",
  blastRadius:
    "whoever and whatever works in this session is refused every call, and so is every later session under the same name or source identity: a host's sessions all have its instance id as name, a function's its name, a person's often the person's; other sessions of the role are not touched, and whoever may assume the role gets in again under another name",
  targets: ["aws.session"],
  params: z.strictObject({}),
  permissions: {
    read: [
      { service: "iam", operation: "GetRole", iam: ["iam:GetRole"] },
      { service: "iam", operation: "ListRolePolicies", iam: ["iam:ListRolePolicies"] },
      { service: "iam", operation: "GetRolePolicy", iam: ["iam:GetRolePolicy"] },
    ],
    write: [
      { service: "iam", operation: "PutRolePolicy", iam: ["iam:PutRolePolicy"] },
      { service: "iam", operation: "DeleteRolePolicy", iam: ["iam:DeleteRolePolicy"] },
    ],
  },
  bound: {
    ms: 300_000,
    source:
      "AWS IAM User Guide, disabling permissions: it might take a few minutes for policy updates to take effect; five minutes are allowed",
  },
  examples: [
    exampleOf(
      "A stolen session, by its name",
      { ...EXAMPLE, by: "name", session: "i-0acme01" },
      "AROAAPPDATA0000000001:i-0acme01",
    ),
    exampleOf("Sessions of a person, by their source identity", { ...EXAMPLE, by: "source-identity", session: "ada" }, "ada"),
  ],

  async *plan(scope, selection) {
    const { account, role } = selection;
    const id = await checkRole(scope, account, role);
    const present = await policiesOf(scope, account, role);
    const policy = documentOf(selection, id);
    const name = nameFor(nameOf(selection), present, (text) => text === policy);
    const stands = present.some((one) => one.name === name);
    if (!stands) {
      const hints = [
        `aws iam list-role-policies --role-name ${role}`,
        `soc2-er revoke aws:role/${role} cuts off all its sessions`,
      ];
      checkSize("role", role, present, { name, text: policy }, hints);
    }
    yield {
      key: `${role}/${selection.by}/${selection.session}`,
      resource: policyRef(account, role, name),
      summary: summaryOf(selection),
      before: stands ? { policy } : null,
      after: { policy },
      reversal: { kind: "restore" },
      asks: asksOf(allowedCalls(present)),
    };
  },

  read,

  async apply(scope, { resource, after }) {
    const iam = await iamOf(scope, resource);
    if (after === null) await iam.send(new DeleteRolePolicyCommand(inputOf(resource)));
    else await iam.send(new PutRolePolicyCommand({ ...inputOf(resource), PolicyDocument: after.policy }));
  },

  async verify(scope, change, direction) {
    if (sameJson(await read(scope, change.resource), change.after)) return { verdict: "confirmed", level: "configuration" };
    const detail =
      direction === "contain"
        ? `policy "${inputOf(change.resource).PolicyName}" does not deny the session everything`
        : "the policy is not the one that was to be put back";
    return { verdict: "contradicted", level: "configuration", detail };
  },

  denies({ after }, { account, role, by, session }) {
    const kind = by === "name" ? "aws:session" : "aws:source-identity";
    const keys = keysIn(after);
    if (after === null || keys === null) return [];
    return [{ principal: `${kind}/${role}/${session}`, account, what: "everything", under: { policy: after.policy, keys } }];
  },

  effects({ resource, after, asks }) {
    const { account } = resource;
    const { RoleName: role } = inputOf(resource);
    const as = sessionIn(after);
    return as === null ? [] : stoppedBy(asks).map((call) => ({ kind: "aws-call", account, as: { role, ...as }, ...call }));
  },

  async residual(_scope, { resource }) {
    const { RoleName: role } = inputOf(resource);
    return [
      {
        what: `other sessions of role "${role}": those that the same attacker asked for under other names, too`,
        until: "until they expire, or are denied themselves",
        why: "only the one name or source identity is denied; to cut off all, revoke the role",
      },
      {
        what: `sessions of other roles that the session of role "${role}" assumed`,
        until: "until they expire, at most an hour after their issue",
        why: "such a session is judged by the other role's policies; deny it there, by the source identity that it kept if it has one",
      },
      {
        what: `what services handed out to the session of role "${role}": sessions of S3 Express (5 minutes), logins to container registries (12 hours), open shells and database connections`,
        until: "until each of them ends",
        why: "they are judged when they begin, not at every use",
      },
    ];
  },
});

async function read(scope: ReadScope, resource: ResourceRef): Promise<State | null> {
  const text = await readText(scope, resource);
  return text === null ? null : { policy: text };
}

/** One policy for each session, so that each is denied and let in again by itself. */
function nameOf({ by, session }: Pick<Place, "by" | "session">): string {
  const digest = digestJson([by, session]);
  return `soc2-er-deny-session-${digest.slice("sha256:".length, "sha256:".length + 12)}`;
}

function documentOf({ by, session }: Place, roleId: string): string {
  const held = by === "name" ? { "aws:userid": `${roleId}:${session}` } : { "aws:SourceIdentity": session };
  return `{"Version":"2012-10-17","Statement":[{"Sid":"DenySession","Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":${JSON.stringify(held)}}}]}`;
}

/** Whom a policy of ours denies, as an attacker would present it. */
function sessionIn(state: State | null): { readonly session: string; readonly sourceIdentity?: string } | null {
  const session = /"aws:userid":"[^":]+:([^"]+)"/.exec(state?.policy ?? "")?.[1];
  if (session !== undefined) return { session };
  const sourceIdentity = /"aws:SourceIdentity":"([^"]+)"/.exec(state?.policy ?? "")?.[1];
  return sourceIdentity === undefined ? null : { session: "any", sourceIdentity };
}

/** The keys by which a policy of ours knows the requests of the session. */
function keysIn(state: State | null): { readonly [key: string]: string } | null {
  const [statement] = statementsOf(state?.policy ?? null);
  return (
    ((statement?.["Condition"] as JsonObject | undefined)?.["StringEquals"] as { [key: string]: string } | undefined) ?? null
  );
}

function summaryOf({ role, by, session }: Place): string {
  return by === "name"
    ? `deny session "${session}" of role "${role}" everything`
    : `deny sessions of role "${role}" with source identity "${session}" everything`;
}

function exampleOf(title: string, selection: Place, held: string) {
  const key = selection.by === "name" ? "aws:userid" : "aws:SourceIdentity";
  return {
    title,
    selection,
    params: {},
    changes: [
      {
        key: `app-data/${selection.by}/${selection.session}`,
        resource: policyRef("123456789012", "app-data", nameOf(selection)),
        summary: summaryOf(selection),
        before: null,
        after: {
          policy: `{"Version":"2012-10-17","Statement":[{"Sid":"DenySession","Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"${key}":"${held}"}}}]}`,
        },
        asks: { stops: [{ operation: "s3:*", resource: "arn:aws:s3:::acme-data/*" }] },
      },
    ],
  };
}
