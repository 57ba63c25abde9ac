import { DeleteResourcePolicyCommand, GetResourcePolicyCommand, PutResourcePolicyCommand } from "@aws-sdk/client-secrets-manager";
import * as z from "zod";
import type { ResourceRef, SelectionOf } from "../../../model/index.ts";
import { orAbsent, type ReadScope } from "../../../providers/index.ts";
import { defineAction } from "../../action.ts";
import { anyoneBut, asksOf, exemptIn, named, type Statement, statementsOf } from "../policy-document.ts";
import {
  checkSize,
  everyoneBut,
  judgeStatements,
  type Limit,
  mergeStatements,
  type PolicyState,
  refuseUnspared,
  withAsked,
} from "../shared-statements.ts";
import { secretsAt } from "./secrets.ts";

type Place = SelectionOf<"aws.secret">;

const LIMIT: Limit = {
  most: 20_480,
  of: "characters",
  service: "Secrets Manager",
  hint: "remove statements that nobody needs from the secret's policy",
};

/**
 * What reads the value, changes it, copies it to another Region or takes it away as evidence. Managing the policy stays open to
 * whoever may do so: were the responders' role lost, nobody else could lift the denial.
 */
const DENIED = [
  "secretsmanager:DeleteSecret",
  "secretsmanager:GetSecretValue",
  "secretsmanager:PutSecretValue",
  "secretsmanager:ReplicateSecretToRegions",
  "secretsmanager:RotateSecret",
  "secretsmanager:UpdateSecret",
  "secretsmanager:UpdateSecretVersionStage",
];

const EXAMPLE = {
  kind: "aws.secret",
  tenant: "acme",
  account: "123456789012",
  region: "us-east-1",
  exempt: ["arn:aws:iam::123456789012:role/soc2-er-responder"],
} as const;
const EXAMPLE_POLICY = `{
  "Version": "2012-10-17",
  "Statement": {
    "Sid": "ApplicationReads", "Effect": "Allow",
    "Principal": { "AWS": "arn:aws:iam::123456789012:role/app-data" },
    "Action": "secretsmanager:GetSecretValue", "Resource": "*"
  }
}`;
const EXAMPLE_TEXT = `{"Sid":"Soc2ErSecret3536eba8734e","Effect":"Deny","Principal":"*","Action":["secretsmanager:DeleteSecret","secretsmanager:GetSecretValue","secretsmanager:PutSecretValue","secretsmanager:ReplicateSecretToRegions","secretsmanager:RotateSecret","secretsmanager:UpdateSecret","secretsmanager:UpdateSecretVersionStage"],"Resource":"*","Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::123456789012:role/soc2-er-responder"}}}`;

export const denySecret = defineAction<"aws.secret", Record<string, never>, PolicyState>({
  id: "aws.secretsmanager.deny-secret",
  title: "Deny everyone but the responders a tenant's secrets",
  description:
    "Adds a Deny statement to the policy of each of the tenant's secrets: reading the value, changing, rotating, replicating and deleting it. The responders' ARNs are exempt. Statements of other authors stay as they are. A replica is left to the Region of its primary, whose policy Secrets Manager replicates.",
  containment: "destination",
  blastRadius:
    "the application and every job that fetches the secret fail when they fetch it next, and so does its rotation; what they fetched before goes on working at the database or service that the secret opens; other tenants' secrets are not touched; whoever may change the secret's policy can still take the denial out, and names and tags of the secret stay readable",
  targets: ["aws.secret"],
  params: z.strictObject({}),
  permissions: {
    read: [
      { service: "secretsmanager", operation: "ListSecrets", iam: ["secretsmanager:ListSecrets"] },
      { service: "secretsmanager", operation: "GetResourcePolicy", iam: ["secretsmanager:GetResourcePolicy"] },
    ],
    write: [
      { service: "secretsmanager", operation: "PutResourcePolicy", iam: ["secretsmanager:PutResourcePolicy"] },
      { service: "secretsmanager", operation: "DeleteResourcePolicy", iam: ["secretsmanager:DeleteResourcePolicy"] },
    ],
  },
  bound: {
    ms: 60_000,
    source: "AWS documents no time until a secret's policy takes effect; a minute is allowed",
  },
  examples: [
    {
      title: "A secret with a policy of its own",
      selection: { ...EXAMPLE, name: "prod/acme/database" },
      params: {},
      changes: [exampleChange("prod/acme/database", EXAMPLE_POLICY)],
    },
    {
      title: "All secrets under a prefix, one of them without a policy",
      selection: { ...EXAMPLE, name: "prod/acme/" },
      params: {},
      changes: [exampleChange("prod/acme/database", EXAMPLE_POLICY), exampleChange("prod/acme/mailer", null)],
    },
  ],

  async *plan(scope, selection) {
    refuseUnspared(selection.exempt, `read secret "${selection.name}"`);
    for (const name of await secretsAt(scope, selection)) {
      const resource = policyOf(selection, name);
      const before = await read(scope, resource);
      const asks = [denial(selection, statementsOf(before?.policy ?? null))];
      const after = withAsked(before, asks);
      checkSize(after, `secret "${name}"`, LIMIT);
      yield {
        key: name,
        resource,
        summary: summaryOf(selection, name),
        before,
        after,
        reversal: { kind: "restore" },
        asks,
      };
    }
  },

  read,

  async apply(scope, { resource, after }) {
    const secrets = await scope.aws("secretsmanager", resource);
    const SecretId = resource.id;
    if (after === null) await secrets.send(new DeleteResourcePolicyCommand({ SecretId }));
    else await secrets.send(new PutResourcePolicyCommand({ SecretId, ResourcePolicy: after.policy }));
  },

  async verify(scope, change, direction) {
    return judgeStatements(await read(scope, change.resource), change, direction);
  },

  merge: mergeStatements,

  effects(change) {
    const { account, region, id } = change.resource;
    return asksOf(change.asks).map((statement) => ({
      kind: "aws-call",
      account,
      as: { anyoneBut: exemptIn(statement) },
      operation: "secretsmanager:GetSecretValue",
      resource: `arn:aws:secretsmanager:${region}:${account}:secret:${id}`,
    }));
  },

  async residual(_scope, { resource: { id } }) {
    return [
      {
        what: `whatever secret "${id}" opens, with a value that was fetched before`,
        until: "until the password or key is changed where it is used",
        why: "a policy guards the secret, not what it opens; applications keep values in memory and in caches (an hour by default in AWS's caching clients)",
      },
      {
        what: `replicas of secret "${id}" in other Regions, for a while`,
        until: "until Secrets Manager has replicated the policy",
        why: "replicas take the policy of their primary; AWS does not say how soon, and one that was made a secret of its own no longer does",
      },
      {
        what: `the denial itself, to whoever may change the policy of secret "${id}"`,
        until: "until their permissions are revoked",
        why: "managing the policy is left open, so that a lost responders' role does not lock everybody out",
      },
    ];
  },
});

async function read(scope: ReadScope, resource: ResourceRef): Promise<PolicyState | null> {
  const secrets = await scope.aws("secretsmanager", resource);
  const answer = await orAbsent(() => secrets.send(new GetResourcePolicyCommand({ SecretId: resource.id })));
  return answer?.ResourcePolicy === undefined ? null : { policy: answer.ResourcePolicy };
}

function policyOf({ account, region }: Pick<Place, "account" | "region">, name: string): ResourceRef {
  return { provider: "aws", type: "secret-policy", account, region, id: name };
}

function summaryOf({ tenant, exempt }: Pick<Place, "tenant" | "exempt">, name: string): string {
  return `deny ${everyoneBut(exempt)} secret "${name}" of tenant "${tenant}"`;
}

function denial({ exempt }: Place, present: readonly Statement[]): Statement {
  // The policy is the secret's own: `*` is nothing but this secret.
  const statement = { Effect: "Deny", Principal: "*", Action: DENIED, Resource: "*", Condition: anyoneBut(exempt) };
  return named("Soc2ErSecret", statement, present);
}

function exampleChange(name: string, policy: string | null) {
  const original = policy === null ? "" : `${JSON.stringify(JSON.parse(policy).Statement)},`;
  return {
    key: name,
    resource: policyOf(EXAMPLE, name),
    summary: summaryOf(EXAMPLE, name),
    before: policy === null ? null : { policy },
    after: { policy: `{"Version":"2012-10-17","Statement":[${original}${EXAMPLE_TEXT}]}` },
    asks: JSON.parse(`[${EXAMPLE_TEXT}]`),
  };
}
