import { dynamodb, secretsmanager } from "../keys.ts";
import type { ItemRow, SecretRow, TableRow } from "../rows.ts";
import { ACCOUNT, type EstateRow, REGION } from "./names.ts";

const CREATED = "2026-03-02T09:00:00.000Z";

/** As the customer wrote them, spaces and all: a restore has to give these bytes back. */
export const SECRET_POLICY = `{
  "Version": "2012-10-17",
  "Statement": {
    "Sid": "ApplicationReads", "Effect": "Allow",
    "Principal": { "AWS": "arn:aws:iam::${ACCOUNT}:role/app-data" },
    "Action": "secretsmanager:GetSecretValue", "Resource": "*"
  }
}`;
export const TABLE_POLICY = `{
  "Version": "2012-10-17",
  "Statement": [
    { "Sid": "ApplicationItems", "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::${ACCOUNT}:role/app-data" },
      "Action": ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem"],
      "Resource": "arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/app-items" }
  ]
}`;

/** Secrets of each tenant, and tables that all tenants share: items are told apart by their partition key. */
export function keyedRows(): EstateRow[] {
  return [
    secret("prod/acme/database", "Ac3meD", '{"username":"acme","password":"drill-acme"}'),
    { key: secretsmanager.policy(ACCOUNT, REGION, "prod/acme/database"), value: { text: SECRET_POLICY } },
    secret("prod/acme/mailer", "Ac3meM", "drill-acme-mailer"),
    secret("prod/globex/database", "Gl0bex", '{"username":"globex","password":"drill-globex"}'),
    secret("rotated/acme/api", "R0tAc3", "drill-acme-api"),
    {
      key: secretsmanager.rotation(ACCOUNT, REGION, "rotated/acme/api"),
      value: { current: "5ec7e701-0ac3-4e00-8000-00000000a491", previous: null },
    },
    secret("rotated/acme/token", "R0tAcT", "drill-acme-token"),
    table({ name: "app-items", partitionKey: "pk", sortKey: "sk", indexes: [{ name: "by-email", partitionKey: "email" }] }),
    { key: dynamodb.policy(ACCOUNT, REGION, "app-items"), value: { text: TABLE_POLICY, version: "1" } },
    item("app-items", "TENANT#acme/USER#1", { pk: "TENANT#acme", sk: "USER#1", email: "ada@acme.example" }),
    item("app-items", "TENANT#acme/USER#2", { pk: "TENANT#acme", sk: "USER#2", email: "bo@acme.example" }),
    item("app-items", "TENANT#globex/USER#7", { pk: "TENANT#globex", sk: "USER#7", email: "cleo@globex.example" }),
    table({ name: "app-events", partitionKey: "tenant", sortKey: null, streamed: true, replicas: ["eu-west-1"] }),
    item("app-events", "acme", { tenant: "acme", last: "signed in" }),
    item("app-events", "acme#2026", { tenant: "acme#2026", last: "signed out" }),
    item("app-events", "globex", { tenant: "globex", last: "signed in" }),
  ];
}

function secret(name: string, suffix: string, value: string): EstateRow {
  const arn = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:${name}-${suffix}`;
  const row: SecretRow = { name, arn, value, primaryRegion: null, deleted: false };
  return { key: secretsmanager.secret(ACCOUNT, REGION, name), value: row };
}

function table(facts: Pick<TableRow, "name" | "partitionKey" | "sortKey"> & Partial<TableRow>): EstateRow {
  const value: TableRow = { created: CREATED, indexes: [], streamed: false, replicas: [], ...facts };
  return { key: dynamodb.table(ACCOUNT, REGION, value.name), value };
}

function item(table: string, key: string, value: ItemRow): EstateRow {
  return { key: dynamodb.item(ACCOUNT, REGION, table, key), value };
}
