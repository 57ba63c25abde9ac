import { GetRoleCommand, UpdateAssumeRolePolicyCommand } from "@aws-sdk/client-iam";
import * as z from "zod";
import { defect, type ResourceRef } from "../../../model/index.ts";
import { orAbsent, type ReadScope } from "../../../providers/index.ts";
import { defineAction } from "../../action.ts";
import { asksOf, named, statementsOf } from "../policy-document.ts";
import { judgeStatements, mergeStatements, type PolicyState, withAsked } from "../shared-statements.ts";
import { textOf } from "./inline-policy.ts";
import { iamOf } from "./pages.ts";
import { checkPath, checkText, EVERYBODY, goneIn, sayGone, toldAs } from "./trust-policy.ts";

const EXAMPLE_TRUST = `{
  "Version": "2012-10-17",
  "Statement": [
    { "Sid": "Tasks", "Effect": "Allow", "Principal": { "Service": "ecs-tasks.amazonaws.com" }, "Action": "sts:AssumeRole" },
    { "Sid": "Exports", "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::123456789012:user/intruder" },
      "Action": ["sts:AssumeRole", "sts:TagSession"] }
  ]
}`;
const EXAMPLE_DENIAL =
  '{"Sid":"Soc2ErTrust3ced6497f7d3","Effect":"Deny","Principal":"*","Action":["sts:AssumeRole","sts:AssumeRoleWithSAML","sts:AssumeRoleWithWebIdentity"]}';

export const freezeRoleTrust = defineAction<"aws.role", Record<string, never>, PolicyState>({
  id: "aws.iam.freeze-role-trust",
  title: "Let nobody assume a role any more",
  description:
    "Adds one Deny statement to the role's trust policy: nobody may assume the role, with credentials of AWS, by SAML or by web identity. Nobody is exempt, the responders neither: the guard against locking oneself out refuses the roles of responders, of people and of the audit store, so a role that responders come through has to be named with them. Statements of other authors stay as they are.",
  containment: "access",
  blastRadius:
    "nobody and nothing gets a new session of this role: people, other accounts, identity providers, pipelines and the responders, and hosts, functions and containers at their next refresh as far as AWS applies the denial to its services; what works in the role breaks when its session ends, hours later perhaps; sessions that were issued before are not stopped",
  targets: ["aws.role"],
  params: z.strictObject({}),
  permissions: {
    read: [{ service: "iam", operation: "GetRole", iam: ["iam:GetRole"] }],
    write: [{ service: "iam", operation: "UpdateAssumeRolePolicy", iam: ["iam:UpdateAssumeRolePolicy"] }],
  },
  bound: {
    ms: 300_000,
    source:
      "AWS IAM User Guide, changes are not always immediately visible: a change takes time to reach every endpoint; no figure is given, five minutes are allowed",
  },
  examples: [
    {
      title: "A role that a service and a user may assume",
      selection: { kind: "aws.role", account: "123456789012", name: "export-jobs" },
      params: {},
      changes: [
        {
          key: "export-jobs",
          resource: trustRef("123456789012", "export-jobs"),
          summary: 'let nobody assume role "export-jobs"',
          before: { policy: EXAMPLE_TRUST },
          after: {
            policy: `{"Version":"2012-10-17","Statement":[{"Sid":"Tasks","Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"},{"Sid":"Exports","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:user/intruder"},"Action":["sts:AssumeRole","sts:TagSession"]},${EXAMPLE_DENIAL}]}`,
          },
          asks: [JSON.parse(EXAMPLE_DENIAL)],
        },
      ],
    },
  ],

  async *plan(scope, { account, name: role }) {
    const iam = await iamOf(scope, { account });
    const { Role } = await iam.send(new GetRoleCommand({ RoleName: role }));
    const path = Role?.Path ?? "/";
    checkPath(role, path);
    const before: PolicyState = { policy: textOf(Role?.AssumeRolePolicyDocument) };
    const told = toldAs(before);
    const asks = [named("Soc2ErTrust", EVERYBODY, statementsOf(told.policy))];
    const wanted = withAsked(told, asks);
    const after = wanted === told ? before : wanted;
    if (after !== before) checkText(role, before.policy, after?.policy ?? "");
    yield {
      key: role,
      resource: trustRef(account, role, path),
      summary: `let nobody assume role "${role}"`,
      before,
      after,
      reversal: { kind: "restore" },
      asks,
    };
  },

  read,

  async apply(scope, { resource, after }) {
    if (after === null) return defect(`role "${resource.id}" cannot be without a trust policy`);
    const iam = await iamOf(scope, resource);
    await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: nameIn(resource), PolicyDocument: after.policy }));
  },

  async verify(scope, change, direction) {
    const now = await read(scope, change.resource);
    // Nobody assumes a role that is gone.
    if (now === null && direction === "contain") return { verdict: "confirmed", level: "configuration" };
    return judgeStatements(direction === "contain" ? toldAs(now) : now, change, direction);
  },

  merge(base, change, now, held) {
    if (now === null) return { state: null };
    const merged = mergeStatements(base, change, toldAs(now), held);
    if (merged.state === null)
      return { state: now, conflict: "our statement is the only one left, and a role needs a trust policy: it stays frozen" };
    const gone = goneIn(merged.state.policy);
    if (gone.length === 0 || merged.state.policy === now.policy) return merged;
    const sids = asksOf(change.asks).map((statement) => `"${statement["Sid"]}"`);
    return {
      state: now,
      conflict: `${sayGone(gone)}; it stays frozen until somebody takes that and our statement ${sids.join(", ")} out`,
    };
  },

  effects({ resource: { account, id } }) {
    const resource = `arn:aws:iam::${account}:role/${id}`;
    return [{ kind: "aws-call", account, as: { anyoneBut: [] }, operation: "sts:AssumeRole", resource }];
  },

  async residual(_scope, { resource }) {
    const role = nameIn(resource);
    return [
      {
        what: `sessions of role "${role}" that were issued before, and those issued until the denial has reached every endpoint`,
        until: "until they expire, at most 12 hours after their issue, or until the role's sessions are revoked",
        why: "a trust policy is judged when a session is issued, not when it is used",
      },
      {
        what: `credentials that AWS services hand out in role "${role}": instance profiles of EC2, functions of Lambda, tasks of ECS, Roles Anywhere`,
        until: "until they expire, and after that as long as the service is seen to renew them",
        why: "AWS documents that a service assumes a role by its trust policy, and does not say that a denial of everybody holds for its own services; we have not measured it",
      },
      {
        what: `whoever may change the trust policy of role "${role}" (iam:UpdateAssumeRolePolicy) may take the denial out`,
        until: "until that permission is denied to them",
        why: "a trust policy does not protect itself",
      },
    ];
  },
});

async function read(scope: ReadScope, resource: ResourceRef): Promise<PolicyState | null> {
  const iam = await iamOf(scope, resource);
  const answer = await orAbsent(() => iam.send(new GetRoleCommand({ RoleName: nameIn(resource) })));
  return answer === null ? null : { policy: textOf(answer.Role?.AssumeRolePolicyDocument) };
}

/** The id is the ARN's: with the path, though names are unique without. */
function trustRef(account: string, role: string, path = "/"): ResourceRef {
  return { provider: "aws", type: "iam-role-trust", account, region: "global", id: `${path.slice(1)}${role}` };
}

function nameIn({ id }: ResourceRef): string {
  return id.split("/").at(-1) ?? id;
}
