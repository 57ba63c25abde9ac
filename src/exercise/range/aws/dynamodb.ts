import type * as DDB from "@aws-sdk/client-dynamodb";
import { defect } from "../../../model/index.ts";
import type { ContextValues } from "../../../planner/policy/index.ts";
import { PolicyError, parsePolicy } from "../../../planner/policy/index.ts";
import { dynamodb } from "../keys.ts";
import type { ItemRow, TablePolicyRow, TableRow } from "../rows.ts";
import { AwsFault } from "./fault.ts";
import { type Call, type Operation, operation } from "./operation.ts";
import { page } from "./paging.ts";

const POLICY_LIMIT_BYTES = 20_480;

type OnArn = { ResourceArn?: string | undefined };
type OnTable = { TableName?: string | undefined };

/** A table may be named by its ARN everywhere. */
const nameIn = (text: string): string => /^arn:aws:dynamodb:[^:]+:\d{12}:table\/([^/]+)$/.exec(text)?.[1] ?? text;
const arnOf = (call: Call, name: string): string => `arn:aws:dynamodb:${call.region}:${call.account}:table/${name}`;
const byArn = ({ input }: Call<OnArn>): string => input.ResourceArn ?? "*";
const byName = (call: Call<OnTable>): string => arnOf(call, nameIn(call.input.TableName ?? ""));

function findTable(call: Call, name: string): TableRow | null {
  return call.tx.newest<TableRow>(dynamodb.table(call.account, call.region, nameIn(name)));
}

function tableOf(call: Call, name = ""): TableRow {
  const table = findTable(call, name);
  if (table !== null) return table;
  throw new AwsFault("ResourceNotFoundException", 400, `Requested resource not found: Table: ${nameIn(name)} not found`);
}

function noPolicy(arn: string, because = ""): AwsFault {
  return new AwsFault(
    "PolicyNotFoundException",
    400,
    `Resource-based policy not found for the provided ResourceArn: ${arn}${because}`,
  );
}

/** The policy that is there, once it is the one that the caller means to replace. `NO_POLICY` means that none may be there. */
function expectedPolicy(call: Call<OnArn & { ExpectedRevisionId?: string | undefined }>): TablePolicyRow | null {
  const { ResourceArn = "", ExpectedRevisionId: expected } = call.input;
  const { name } = tableOf(call, ResourceArn);
  const policy = call.tx.newest<TablePolicyRow>(dynamodb.policy(call.account, call.region, name));
  const matches = expected === undefined || expected === (policy?.version ?? "NO_POLICY");
  if (!matches) throw noPolicy(ResourceArn, ": its revision is not the expected one");
  return policy;
}

function checkPolicy(call: Call<OnArn>, text: string): void {
  const invalid = (message: string) => new AwsFault("ValidationException", 400, message);
  if (Buffer.byteLength(text) > POLICY_LIMIT_BYTES) throw invalid("Policy document exceeds the maximum size of 20 KB");
  const own = call.input.ResourceArn ?? "";
  try {
    for (const { principal, resource } of parsePolicy(text).statements) {
      if (principal === null) throw invalid("Policy document lacks a Principal");
      if (!resource?.patterns.every((arn) => arn === own || arn.startsWith(`${own}/index/`) || arn === "*"))
        throw invalid("Policy document has a resource other than the table and its indexes");
    }
  } catch (error) {
    if (error instanceof PolicyError) throw invalid(`Policy document is malformed: ${error.message}`);
    throw error;
  }
}

const policyOperations: Operation[] = [
  operation<DDB.GetResourcePolicyCommandInput, DDB.GetResourcePolicyCommandOutput>("dynamodb", "GetResourcePolicy", {
    iam: "dynamodb:GetResourcePolicy",
    resource: byArn,
    answer(call) {
      const policy = expectedPolicy(call);
      if (policy === null) throw noPolicy(call.input.ResourceArn ?? "");
      return { Policy: policy.text, RevisionId: policy.version };
    },
  }),
  operation<DDB.PutResourcePolicyCommandInput, DDB.PutResourcePolicyCommandOutput>("dynamodb", "PutResourcePolicy", {
    iam: "dynamodb:PutResourcePolicy",
    resource: byArn,
    answer(call) {
      const { ResourceArn = "", Policy: text = "" } = call.input;
      const present = expectedPolicy(call);
      checkPolicy(call, text);
      if (present?.text === text) return { RevisionId: present.version };
      const version = call.newId(16);
      call.put("table-policy", dynamodb.policy(call.account, call.region, nameIn(ResourceArn)), { text, version });
      return { RevisionId: version };
    },
  }),
  operation<DDB.DeleteResourcePolicyCommandInput, DDB.DeleteResourcePolicyCommandOutput>("dynamodb", "DeleteResourcePolicy", {
    iam: "dynamodb:DeleteResourcePolicy",
    resource: byArn,
    answer(call) {
      const present = expectedPolicy(call);
      call.put("table-policy", dynamodb.policy(call.account, call.region, nameIn(call.input.ResourceArn ?? "")), null);
      return present === null ? {} : { RevisionId: present.version };
    },
  }),
];

const stringOf = (value: DDB.AttributeValue | undefined): string =>
  value?.S ?? defect("the range knows attributes that are strings, and no others");

function outward(item: ItemRow): Record<string, DDB.AttributeValue> {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, { S: value }]));
}

/** `#pk = :tenant`, the key of a table or of an index. */
function queriedKey(call: Call<DDB.QueryCommandInput>): { readonly attribute: string; readonly value: string } {
  const {
    KeyConditionExpression = "",
    ExpressionAttributeNames: names = {},
    ExpressionAttributeValues: values = {},
  } = call.input;
  const [, name = "", placeholder = ""] = /^\s*(#?\w+)\s*=\s*(:\w+)\s*$/.exec(KeyConditionExpression) ?? [];
  if (name === "") defect(`the range answers queries of one partition, not "${KeyConditionExpression}"`);
  return { attribute: names[name] ?? name, value: stringOf(values[placeholder]) };
}

/** The partition keys that a request asks for: what `dynamodb:LeadingKeys` compares. */
const leadingKeys = (...values: readonly string[]): ContextValues => ({ "dynamodb:LeadingKeys": values });

export const dynamodbOperations: Operation[] = [
  ...policyOperations,
  operation<DDB.DescribeTableCommandInput, DDB.DescribeTableCommandOutput>("dynamodb", "DescribeTable", {
    iam: "dynamodb:DescribeTable",
    resource: byName,
    answer(call) {
      const table = tableOf(call, call.input.TableName);
      const keys = (partition: string, sort: string | null): DDB.KeySchemaElement[] => [
        { AttributeName: partition, KeyType: "HASH" },
        ...(sort === null ? [] : [{ AttributeName: sort, KeyType: "RANGE" as const }]),
      ];
      const named = [table.partitionKey, table.sortKey, ...table.indexes.map(({ partitionKey }) => partitionKey)];
      const attributes = [...new Set(named.filter((name) => name !== null))];
      return {
        Table: {
          TableName: table.name,
          TableArn: arnOf(call, table.name),
          TableStatus: "ACTIVE",
          CreationDateTime: new Date(table.created),
          AttributeDefinitions: attributes.map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
          KeySchema: keys(table.partitionKey, table.sortKey),
          ...(table.indexes.length === 0
            ? {}
            : {
                GlobalSecondaryIndexes: table.indexes.map(({ name, partitionKey }) => ({
                  IndexName: name,
                  KeySchema: keys(partitionKey, null),
                })),
              }),
          ...(table.streamed ? { StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" } } : {}),
          ...(table.replicas.length === 0 ? {} : { Replicas: table.replicas.map((RegionName) => ({ RegionName })) }),
        },
      };
    },
  }),
  operation<DDB.GetItemCommandInput, DDB.GetItemCommandOutput>("dynamodb", "GetItem", {
    iam: "dynamodb:GetItem",
    resource: byName,
    context(call) {
      const key = findTable(call, call.input.TableName ?? "")?.partitionKey;
      return key === undefined ? {} : leadingKeys(stringOf(call.input.Key?.[key]));
    },
    answer(call) {
      const { name, partitionKey, sortKey } = tableOf(call, call.input.TableName);
      const key = [partitionKey, ...(sortKey === null ? [] : [sortKey])].map((part) => stringOf(call.input.Key?.[part]));
      const item = call.tx.newest<ItemRow>(dynamodb.item(call.account, call.region, name, key.join("/")));
      return item === null ? {} : { Item: outward(item) };
    },
  }),
  operation<DDB.QueryCommandInput, DDB.QueryCommandOutput>("dynamodb", "Query", {
    iam: "dynamodb:Query",
    resource: (call) => `${byName(call)}${call.input.IndexName === undefined ? "" : `/index/${call.input.IndexName}`}`,
    context: (call) => leadingKeys(queriedKey(call).value),
    answer(call) {
      const table = tableOf(call, call.input.TableName);
      const { attribute, value } = queriedKey(call);
      const { IndexName } = call.input;
      const index = table.indexes.find(({ name }) => name === IndexName);
      const key = IndexName === undefined ? table.partitionKey : index?.partitionKey;
      if (key !== attribute)
        throw new AwsFault("ValidationException", 400, `Query condition missed key schema element: ${key ?? IndexName}`);
      const items = call.tx
        .list<ItemRow>(dynamodb.item(call.account, call.region, table.name, ""))
        .filter((row) => row.value[attribute] === value);
      const shown = page(items, (row) => row.key, call.pageSize(call.input.Limit, 1_000), undefined);
      if (shown.next !== undefined) defect("the range answers a query in one page");
      return { Items: shown.items.map((row) => outward(row.value)), Count: shown.items.length, ScannedCount: shown.items.length };
    },
  }),
];
