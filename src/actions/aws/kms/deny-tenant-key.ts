import { GetKeyPolicyCommand, PutKeyPolicyCommand } from "@aws-sdk/client-kms";
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
import { beyondKey, decrypts, KEY_BOUND, keyBehind } from "./keys.ts";

type Place = SelectionOf<"aws.kms-key">;

const LIMIT: Limit = {
  most: 32_768,
  of: "bytes",
  service: "KMS",
  hint: "remove statements that nobody needs from the key's policy, or move them to IAM policies",
};
/** The only name that a key's policy can have. */
const POLICY_NAME = "default";

/**
 * What makes plaintext, ciphertext, keys or signatures, and the grants by which others would be let in again. Nothing that manages
 * the key is here: a key whose policy denied that to everybody could never be managed again. What only checks (Verify, VerifyMac,
 * GetPublicKey) discloses nothing, and what takes grants away helps.
 */
const DENIED = [
  "kms:CreateGrant",
  "kms:Decrypt",
  "kms:DeriveSharedSecret",
  "kms:Encrypt",
  "kms:GenerateDataKey*",
  "kms:GenerateMac",
  "kms:ReEncrypt*",
  "kms:Sign",
];

const EXAMPLE: Place = {
  kind: "aws.kms-key",
  tenant: "acme",
  account: "123456789012",
  region: "us-east-1",
  alias: "alias/acme-data",
  exempt: ["arn:aws:iam::123456789012:role/soc2-er-responder"],
};
const EXAMPLE_KEY = "5d0c61be-0ac3-4e00-8d4a-00000000ac3e";
const EXAMPLE_STATEMENT =
  '{"Sid":"Soc2ErKey53680e23e3b0","Effect":"Deny","Principal":"*","Action":["kms:CreateGrant","kms:Decrypt","kms:DeriveSharedSecret","kms:Encrypt","kms:GenerateDataKey*","kms:GenerateMac","kms:ReEncrypt*","kms:Sign"],"Resource":"*","Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::123456789012:role/soc2-er-responder"}}}';
const EXAMPLE_POLICY = `{
  "Version": "2012-10-17",
  "Id": "tenant-data-key",
  "Statement": [
    { "Sid": "AccountAdministration", "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::123456789012:root" },
      "Action": "kms:*", "Resource": "*" },
    { "Sid": "ApplicationUse", "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::123456789012:role/app-data" },
      "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": "*" }
  ]
}`;

export const denyTenantKey = defineAction<"aws.kms-key", Record<string, never>, PolicyState>({
  id: "aws.kms.deny-tenant-key",
  title: "Deny everyone but the responders the use of a tenant's key",
  description:
    "Adds one Deny statement to the policy of the key that the tenant's alias names: decrypting, encrypting, data keys, signing and new grants. The responders' ARNs are exempt, management of the key is not denied to anybody. Statements of other authors stay as they are.",
  containment: "destination",
  blastRadius:
    "the application, the tenant's own users and AWS services on their behalf can no longer decrypt or write what this key encrypts, wherever it is stored; grants that exist are denied too, since an explicit denial wins, and so the responders decrypt by calls of their own (S3 reads among them) but may be unable to attach volumes or restore databases, which services open by grants; a key that other tenants' data is encrypted with cuts them off as well; data keys and plaintext that were handed out before still work, and whoever may change the key's policy can take the denial away",
  targets: ["aws.kms-key"],
  params: z.strictObject({}),
  permissions: {
    read: [
      { service: "kms", operation: "DescribeKey", iam: ["kms:DescribeKey"] },
      { service: "kms", operation: "GetKeyPolicy", iam: ["kms:GetKeyPolicy"] },
    ],
    write: [{ service: "kms", operation: "PutKeyPolicy", iam: ["kms:PutKeyPolicy"] }],
  },
  bound: KEY_BOUND,
  examples: [
    {
      title: "A key with a policy of the customer's",
      selection: EXAMPLE,
      params: {},
      changes: [
        {
          key: EXAMPLE_KEY,
          resource: policyOf(EXAMPLE, EXAMPLE_KEY),
          summary: 'deny everyone but 1 responder the use of key "alias/acme-data" of tenant "acme"',
          before: { policy: EXAMPLE_POLICY },
          after: {
            policy: `{"Version":"2012-10-17","Id":"tenant-data-key","Statement":[{"Sid":"AccountAdministration","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"kms:*","Resource":"*"},{"Sid":"ApplicationUse","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/app-data"},"Action":["kms:Decrypt","kms:GenerateDataKey"],"Resource":"*"},${EXAMPLE_STATEMENT}]}`,
          },
          asks: [JSON.parse(EXAMPLE_STATEMENT)],
        },
      ],
    },
  ],

  async *plan(scope, selection) {
    refuseUnspared(selection.exempt, `decrypt with key "${selection.alias}"`);
    const key = await keyBehind(scope, selection);
    if (key === null) return;
    const resource = policyOf(selection, key.id);
    const before = await read(scope, resource);
    if (before === null) return;
    const asks = [denial(selection, statementsOf(before.policy))];
    const after = withAsked(before, asks);
    checkSize(after, `key "${selection.alias}"`, LIMIT);
    yield {
      key: key.id,
      resource,
      summary: `deny ${everyoneBut(selection.exempt)} the use of key "${selection.alias}" of tenant "${selection.tenant}"`,
      before,
      after,
      reversal: { kind: "restore" },
      asks,
    };
  },

  read,

  async apply(scope, { resource, after }) {
    const kms = await scope.aws("kms", resource);
    // KMS's own check of whether the caller could put the next policy stays on: it is never asked to leave it out.
    await kms.send(new PutKeyPolicyCommand({ KeyId: resource.id, PolicyName: POLICY_NAME, Policy: after?.policy }));
  },

  async verify(scope, change, direction) {
    return judgeStatements(await read(scope, change.resource), change, direction);
  },

  merge(base, change, now, held) {
    if (now === null) return { state: null, conflict: "the key is gone, and its policy with it" };
    const merged = mergeStatements(base, change, now, held);
    if (merged.state !== null) return merged;
    return { state: now, conflict: "nothing but our statement is left of the key's policy, and a key cannot be without one" };
  },

  effects(change) {
    const [statement] = asksOf(change.asks);
    return statement === undefined ? [] : [decrypts(change.resource, exemptIn(statement))];
  },

  async residual(scope, change) {
    return [
      ...(await beyondKey(scope, change.resource)),
      {
        what: `management of key "${change.resource.id}": whoever may change its policy, disable it or schedule its deletion still may`,
        until: "until their own permissions are taken away",
        why: "denying management could leave a key that nobody can manage again",
      },
    ];
  },
});

/** Null when there is no such key. */
async function read(scope: ReadScope, resource: ResourceRef): Promise<PolicyState | null> {
  const kms = await scope.aws("kms", resource);
  const answer = await orAbsent(() => kms.send(new GetKeyPolicyCommand({ KeyId: resource.id, PolicyName: POLICY_NAME })));
  return answer?.Policy === undefined ? null : { policy: answer.Policy };
}

function policyOf({ account, region }: Pick<Place, "account" | "region">, id: string): ResourceRef {
  return { provider: "aws", type: "kms-key-policy", account, region, id };
}

/** In a key's policy `*` is the key. */
function denial({ exempt }: Place, present: readonly Statement[]): Statement {
  const statement = { Effect: "Deny", Principal: "*", Action: DENIED, Resource: "*", Condition: anyoneBut(exempt) };
  return named("Soc2ErKey", statement, present);
}
