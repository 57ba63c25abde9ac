import {
  DeleteResourcePolicyCommand,
  DescribeTableCommand,
  GetResourcePolicyCommand,
  PutResourcePolicyCommand,
  type TableDescription,
} from "@aws-sdk/client-dynamodb";
import * as z from "zod";
import { ErError, type ResourceRef, type SelectionOf } from "../../../model/index.ts";
import { orAbsent, ProviderError, type ReadScope } from "../../../providers/index.ts";
import { defineAction } from "../../action.ts";
import { asksOf, exemptIn, statementsOf } from "../policy-document.ts";
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
import { denials, keysAsked, tableArn } from "./denials.ts";
import { survivors } from "./survivors.ts";

type Place = SelectionOf<"aws.dynamodb-items">;

/** White space counts. */
const LIMIT: Limit = {
  most: 20_480,
  of: "bytes",
  service: "DynamoDB",
  hint: "remove statements and white space that nobody needs from the table's policy",
};

const EXAMPLE = {
  kind: "aws.dynamodb-items",
  tenant: "acme",
  account: "123456789012",
  region: "us-east-1",
  exempt: ["arn:aws:iam::123456789012:role/soc2-er-responder"],
} as const;
const EXAMPLE_POLICY = `{
  "Version": "2012-10-17",
  "Statement": [
    { "Sid": "ApplicationItems", "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::123456789012:role/app-data" },
      "Action": ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem"],
      "Resource": "arn:aws:dynamodb:us-east-1:123456789012:table/app-items" }
  ]
}`;

export const denyTenant = defineAction<"aws.dynamodb-items", Record<string, never>, PolicyState>({
  id: "aws.dynamodb.deny-tenant",
  title: "Deny everyone but the responders a tenant's items in shared tables",
  description:
    "Adds a Deny statement to the table's resource-based policy, under DynamoDB's optimistic lock: reading and writing items whose partition key is the tenant's, in the table and its indexes. The responders' ARNs and DynamoDB's own replication role are exempt. Statements of other authors stay as they are.",
  containment: "destination",
  blastRadius:
    "the application, the tenant's own users and every job lose the tenant's items in this table; a batch or transaction that holds one of them among others is refused whole; other tenants' items are not touched; scans, PartiQL statements that name no key and queries of indexes with another partition key are not stopped: denying them would hit every tenant; for 15 seconds after each change, DynamoDB takes no other change of the same policy",
  targets: ["aws.dynamodb-items"],
  params: z.strictObject({}),
  permissions: {
    read: [
      { service: "dynamodb", operation: "DescribeTable", iam: ["dynamodb:DescribeTable"] },
      { service: "dynamodb", operation: "GetResourcePolicy", iam: ["dynamodb:GetResourcePolicy"] },
    ],
    write: [
      { service: "dynamodb", operation: "PutResourcePolicy", iam: ["dynamodb:PutResourcePolicy"] },
      { service: "dynamodb", operation: "DeleteResourcePolicy", iam: ["dynamodb:DeleteResourcePolicy"] },
    ],
  },
  bound: {
    ms: 60_000,
    source:
      "Amazon DynamoDB API Reference, PutResourcePolicy and GetResourcePolicy: applied asynchronously and eventually consistent, wait for a few seconds; no figure is given, a minute is allowed",
  },
  examples: [
    {
      title: "A table with a policy of its own",
      selection: { ...EXAMPLE, table: "app-items", leadingKeys: ["TENANT#acme"] },
      params: {},
      changes: [
        exampleChange("app-items", ["TENANT#acme"], EXAMPLE_POLICY, exampleText("5ae083a693ef", "app-items", '"TENANT#acme"')),
      ],
    },
    {
      title: "A table without a policy, in which keys go on after the tenant",
      selection: { ...EXAMPLE, table: "app-events", leadingKeys: ["acme", "acme#*"] },
      params: {},
      changes: [
        exampleChange("app-events", ["acme", "acme#*"], null, exampleText("f6fc0fabe78c", "app-events", '["acme","acme#*"]')),
      ],
    },
  ],

  async *plan(scope, selection) {
    refuseUnspared(selection.exempt, `read the tenant's items in table "${selection.table}"`);
    const table = await describe(scope, selection, selection.table);
    if (table === null) return;
    checkKey(selection.table, table);
    const resource = policyOf(selection, selection.table);
    const before = await read(scope, resource);
    const asks = denials(selection, statementsOf(before?.policy ?? null));
    const after = withAsked(before, asks);
    checkSize(after, `table "${selection.table}"`, LIMIT);
    yield {
      key: selection.table,
      resource,
      summary: summaryOf(selection),
      before,
      after,
      reversal: { kind: "restore" },
      asks,
    };
  },

  read,

  async apply(scope, { resource, before, after }) {
    const dynamodb = await scope.aws("dynamodb", resource);
    const ResourceArn = tableArn(resource, resource.id);
    const answer = await orAbsent(() => dynamodb.send(new GetResourcePolicyCommand({ ResourceArn })));
    // The lock is taken on what was planned with, not on an edit that came in between.
    if ((answer?.Policy ?? null) !== (before?.policy ?? null)) throw changedSince(resource);
    const ExpectedRevisionId = answer?.RevisionId ?? "NO_POLICY";
    if (after !== null)
      await dynamodb.send(new PutResourcePolicyCommand({ ResourceArn, Policy: after.policy, ExpectedRevisionId }));
    else if (before !== null) await dynamodb.send(new DeleteResourcePolicyCommand({ ResourceArn, ExpectedRevisionId }));
  },

  async verify(scope, change, direction) {
    return judgeStatements(await read(scope, change.resource), change, direction);
  },

  merge: mergeStatements,

  effects({ resource, asks }) {
    return asksOf(asks).flatMap((statement) =>
      keysAsked(statement).map((key) => ({
        kind: "aws-call" as const,
        account: resource.account,
        as: { anyoneBut: exemptIn(statement) },
        operation: "dynamodb:GetItem",
        resource: tableArn(resource, resource.id),
        context: { "dynamodb:LeadingKeys": [key.replace(/\*$/, "any-item")] },
      })),
    );
  },

  async residual(scope, { resource }) {
    return survivors(resource.id, await describe(scope, resource, resource.id));
  },
});

type At = { readonly account: string; readonly region: string };

async function describe(scope: ReadScope, { account, region }: At, table: string): Promise<TableDescription | null> {
  const dynamodb = await scope.aws("dynamodb", { account, region });
  const answer = await orAbsent(() => dynamodb.send(new DescribeTableCommand({ TableName: table })));
  return answer?.Table ?? null;
}

async function read(scope: ReadScope, resource: ResourceRef): Promise<PolicyState | null> {
  const dynamodb = await scope.aws("dynamodb", resource);
  const ResourceArn = tableArn(resource, resource.id);
  const answer = await orAbsent(() => dynamodb.send(new GetResourcePolicyCommand({ ResourceArn })));
  return answer?.Policy === undefined ? null : { policy: answer.Policy };
}

function policyOf({ account, region }: At, table: string): ResourceRef {
  return { provider: "aws", type: "dynamodb-table-policy", account, region, id: table };
}

function summaryOf({ tenant, table, leadingKeys, exempt }: Omit<Place, "kind">): string {
  const keys = leadingKeys.map((key) => `"${key}"`).join(", ");
  return `deny ${everyoneBut(exempt)} the items of tenant "${tenant}" under ${keys} in table "${table}"`;
}

/** A denial of a text would never meet a number or bytes, and nobody would notice. */
function checkKey(name: string, { KeySchema = [], AttributeDefinitions = [] }: TableDescription): void {
  const key = KeySchema.find(({ KeyType }) => KeyType === "HASH")?.AttributeName;
  const type = AttributeDefinitions.find(({ AttributeName }) => AttributeName === key)?.AttributeType;
  if (type === "S") return;
  throw new ErError(
    "config-invalid",
    `the partition key "${key}" of table "${name}" is no text: it cannot hold a tenant's name`,
    {
      hints: ["name only tables whose partition key begins with the tenant under `tenancy.dynamodb` in soc2-er.yaml"],
    },
  );
}

function changedSince({ id }: ResourceRef): ProviderError {
  return new ProviderError("stale", {
    service: "aws.dynamodb",
    operation: "PutResourcePolicy",
    providerCode: "PolicyNotFoundException",
    status: null,
    requestId: null,
    message: `the policy of table "${id}" was changed since it was read`,
  });
}

function exampleText(sid: string, table: string, keys: string): string {
  const arn = `arn:aws:dynamodb:us-east-1:123456789012:table/${table}`;
  return `{"Sid":"Soc2ErItems${sid}","Effect":"Deny","Principal":"*","Action":["dynamodb:BatchGetItem","dynamodb:BatchWriteItem","dynamodb:ConditionCheckItem","dynamodb:DeleteItem","dynamodb:GetItem","dynamodb:PartiQLDelete","dynamodb:PartiQLInsert","dynamodb:PartiQLSelect","dynamodb:PartiQLUpdate","dynamodb:PutItem","dynamodb:Query","dynamodb:UpdateItem"],"Resource":["${arn}","${arn}/index/*"],"Condition":{"ArnNotLike":{"aws:PrincipalArn":["arn:aws:iam::123456789012:role/aws-service-role/replication.dynamodb.amazonaws.com/AWSServiceRoleForDynamoDBReplication","arn:aws:iam::123456789012:role/soc2-er-responder"]},"ForAnyValue:StringLike":{"dynamodb:LeadingKeys":${keys}}}}`;
}

function exampleChange(table: string, leadingKeys: readonly string[], policy: string | null, text: string) {
  const original = policy === null ? "" : `${JSON.stringify(JSON.parse(policy).Statement[0])},`;
  return {
    key: table,
    resource: policyOf(EXAMPLE, table),
    summary: summaryOf({ ...EXAMPLE, table, leadingKeys }),
    before: policy === null ? null : { policy },
    after: { policy: `{"Version":"2012-10-17","Statement":[${original}${text}]}` },
    asks: JSON.parse(`[${text}]`),
  };
}
