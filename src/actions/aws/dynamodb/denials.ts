import type { SelectionOf } from "../../../model/index.ts";
import { anyoneBut, named, oneOrMany, type Statement } from "../policy-document.ts";

/**
 * Actions that carry `dynamodb:LeadingKeys`, transactions and batches among them (they are authorized as these). `Scan` carries no
 * key: no condition can tell one tenant's part of it, and denying it would hit every tenant.
 */
const DENIED = [
  "dynamodb:BatchGetItem",
  "dynamodb:BatchWriteItem",
  "dynamodb:ConditionCheckItem",
  "dynamodb:DeleteItem",
  "dynamodb:GetItem",
  "dynamodb:PartiQLDelete",
  "dynamodb:PartiQLInsert",
  "dynamodb:PartiQLSelect",
  "dynamodb:PartiQLUpdate",
  "dynamodb:PutItem",
  "dynamodb:Query",
  "dynamodb:UpdateItem",
];

type Place = Pick<SelectionOf<"aws.dynamodb-items">, "account" | "region" | "table" | "leadingKeys" | "exempt">;

export function tableArn({ account, region }: { readonly account: string; readonly region: string }, table: string): string {
  return `arn:aws:dynamodb:${region}:${account}:table/${table}`;
}

/**
 * One statement. `ForAnyValue` holds when any of the request's keys is one of ours and does not hold for a request without keys;
 * `ForAllValues`, which policies that allow need, would hold for the latter and miss a batch with one foreign key in it. Keys are
 * compared as patterns: those without a `*` equal nothing but themselves.
 */
export function denials({ account, region, table, leadingKeys, exempt }: Place, present: readonly Statement[]): Statement[] {
  const arn = tableArn({ account, region }, table);
  // Global tables stop replicating when the role behind them is denied.
  const replication = `arn:aws:iam::${account}:role/aws-service-role/replication.dynamodb.amazonaws.com/AWSServiceRoleForDynamoDBReplication`;
  const statement = {
    Effect: "Deny",
    Principal: "*",
    Action: DENIED,
    Resource: [arn, `${arn}/index/*`],
    Condition: {
      ...anyoneBut([...exempt, replication]),
      "ForAnyValue:StringLike": { "dynamodb:LeadingKeys": oneOrMany(leadingKeys.toSorted()) },
    },
  };
  return [named("Soc2ErItems", statement, present)];
}

/** The tenant's keys that a statement of ours names. */
export function keysAsked(statement: Statement): string[] {
  const condition = statement["Condition"] as
    | { "ForAnyValue:StringLike"?: { "dynamodb:LeadingKeys"?: string | string[] } }
    | undefined;
  return [condition?.["ForAnyValue:StringLike"]?.["dynamodb:LeadingKeys"] ?? []].flat();
}
