import { DeleteRolePolicyCommand, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import * as z from "zod";
import { AT_APPLY, instant, type ResourceRef, sameJson } from "../../../model/index.ts";
import type { ReadScope } from "../../../providers/index.ts";
import { defineAction } from "../../action.ts";
import { allowedCalls, asksOf, checkSize, nameFor, stoppedBy } from "./inline-policy.ts";
import { iamOf } from "./pages.ts";
import { checkRole, inputOf, policiesOf, policyRef, readText } from "./role-policies.ts";

/**
 * Our policy as the moments in it, oldest lease first; any other text as it is. A session is denied when it was issued before
 * any of the moments, so that the latest counts and each incident can take back its own.
 */
type State = { readonly issuedBefore: readonly string[] } | { readonly policy: string };

const POLICY = "soc2-er-revoke-sessions";
/** As long as any. */
const SOME_MOMENT = instant(0);

export const revokeRoleSessions = defineAction<"aws.role", Record<string, never>, State>({
  id: "aws.iam.revoke-role-sessions",
  title: "Revoke the sessions of a role",
  description:
    "Gives the role an inline policy that denies everything to sessions issued before the moment at which the change is applied. Moments that stand in the policy already stay, so that a later one keeps its effect. Sessions issued afterwards work, and the role's own policies stay as they are.",
  containment: "access",
  blastRadius:
    "everybody and everything that works in this role is refused until it has a new session: people sign in again, functions and containers at their next refresh, hosts possibly only hours later or after a restart, because the instance metadata keeps handing out the refused credentials; whoever may still assume the role gets a new session",
  targets: ["aws.role"],
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
    {
      title: "A role whose session was stolen",
      selection: { kind: "aws.role", account: "123456789012", name: "app-data" },
      params: {},
      changes: [
        {
          key: "app-data",
          resource: policyRef("123456789012", "app-data", POLICY),
          summary: 'deny everything to sessions of role "app-data" that were issued before this is applied',
          before: null,
          after: { issuedBefore: [AT_APPLY] },
          asks: { stops: [{ operation: "s3:*", resource: "arn:aws:s3:::acme-data/*" }] },
        },
      ],
    },
  ],

  async *plan(scope, { account, name: role }) {
    await checkRole(scope, account, role);
    const present = await policiesOf(scope, account, role);
    const name = nameFor(POLICY, present, (text) => momentsIn(text) !== null);
    const standing = present.find((policy) => policy.name === name);
    const moments = (standing && momentsIn(standing.text)) ?? [];
    checkSize("role", role, present, { name, text: documentOf([...moments, SOME_MOMENT]) }, [
      `aws iam list-role-policies --role-name ${role}`,
    ]);
    yield {
      key: role,
      resource: policyRef(account, role, name),
      summary: `deny everything to sessions of role "${role}" that were issued before this is applied`,
      before: standing ? { issuedBefore: moments } : null,
      after: { issuedBefore: [...moments, AT_APPLY] },
      reversal: { kind: "restore" },
      asks: asksOf(allowedCalls(present)),
    };
  },

  read,

  async apply(scope, { resource, after }) {
    const iam = await iamOf(scope, resource);
    if (after === null) await iam.send(new DeleteRolePolicyCommand(inputOf(resource)));
    else {
      const PolicyDocument = "policy" in after ? after.policy : documentOf(after.issuedBefore);
      await iam.send(new PutRolePolicyCommand({ ...inputOf(resource), PolicyDocument }));
    }
  },

  async verify(scope, change, direction) {
    const now = await read(scope, change.resource);
    const wanted = latest(momentsOf(change.after));
    // Another incident's later moment denies the same sessions.
    const denied = wanted !== null && momentsOf(now).some((moment) => moment >= wanted);
    if (direction === "contain" ? denied : sameJson(now, change.after)) return { verdict: "confirmed", level: "configuration" };
    const detail =
      direction === "contain"
        ? `policy "${inputOf(change.resource).PolicyName}" does not deny sessions issued before ${wanted}`
        : "the policy is not the one that was to be put back";
    return { verdict: "contradicted", level: "configuration", detail };
  },

  merge(base, change, now, held) {
    if (now === null) return { state: null };
    if ("policy" in now) return { state: now, conflict: "somebody rewrote the policy since" };
    const stays = new Set([...momentsOf(base), ...held.flatMap(addedBy)]);
    const ours = new Set(addedBy(change).filter((moment) => !stays.has(moment)));
    const moments = now.issuedBefore.filter((moment) => !ours.has(moment));
    return { state: moments.length === 0 ? null : { issuedBefore: moments } };
  },

  denies: (_change, { account, name }) => [
    {
      principal: `aws:role/${name}`,
      account,
      what: "everything in sessions issued before the change is applied",
      under: { policy: documentOf([instant(1_000)]), keys: { "aws:TokenIssueTime": SOME_MOMENT } },
    },
  ],

  effects(change) {
    const { account } = change.resource;
    const { RoleName: role } = inputOf(change.resource);
    const issuedBefore = latest(momentsOf(change.after));
    if (issuedBefore === null || issuedBefore === AT_APPLY) return [];
    return stoppedBy(change.asks).map((call) => ({ kind: "aws-call", account, as: { role, issuedBefore }, ...call }));
  },

  async residual(_scope, change) {
    const { RoleName: role } = inputOf(change.resource);
    return [
      {
        what: `new sessions of role "${role}" for whoever its trust policy lets in`,
        until: "until the trust policy no longer does",
        why: "only sessions issued before the moment are denied",
      },
      {
        what: `sessions of other roles that sessions of role "${role}" assumed`,
        until: "until they expire, at most an hour after their issue",
        why: "such a session is judged by the other role's policies; revoke its sessions too",
      },
      {
        what: `what services handed out to sessions of role "${role}": sessions of S3 Express (5 minutes), logins to container registries (12 hours), open shells and database connections`,
        until: "until each of them ends",
        why: "they are judged when they begin, not at every use",
      },
    ];
  },
});

async function read(scope: ReadScope, resource: ResourceRef): Promise<State | null> {
  const text = await readText(scope, resource);
  if (text === null) return null;
  const issuedBefore = momentsIn(text);
  return issuedBefore === null ? { policy: text } : { issuedBefore };
}

function documentOf(issuedBefore: readonly string[]): string {
  return `{"Version":"2012-10-17","Statement":[{"Sid":"DenyOlderSessions","Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:TokenIssueTime":${JSON.stringify(issuedBefore)}}}}]}`;
}

/** The moments of a text that is ours to the byte; null for any other. */
function momentsIn(text: string): readonly string[] | null {
  const moments = text.match(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g) ?? [];
  return text === documentOf(moments) ? moments : null;
}

function momentsOf(state: State | null): readonly string[] {
  return state !== null && "issuedBefore" in state ? state.issuedBefore : [];
}

/** What a change put into the policy beside what it found there. */
function addedBy({ before, after }: { readonly before: State | null; readonly after: State | null }): readonly string[] {
  const found = new Set(momentsOf(before));
  return momentsOf(after).filter((moment) => !found.has(moment));
}

/** Instants sort as text, and what is to be filled in sorts behind them. */
function latest(moments: readonly string[]): string | null {
  return moments.toSorted().at(-1) ?? null;
}
