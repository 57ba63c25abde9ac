import { SECRET_POLICY, TABLE_POLICY } from "../../src/exercise/range/estate/keyed.ts";
import type { Caller } from "./caller.ts";

export const SECRETS = ["prod/acme/database", "prod/acme/mailer", "prod/globex/database"] as const;
export const TABLES = ["app-items", "app-events"] as const;

const text = (values: Record<string, string>) => Object.fromEntries(Object.entries(values).map(([name, S]) => [name, { S }]));

/** Secrets and shared tables as in the range's estate. */
export async function seedKeyed(call: Caller): Promise<void> {
  for (const Name of SECRETS) await call("secretsmanager:CreateSecret", { Name, SecretString: `drill of ${Name}` });
  await call("secretsmanager:PutResourcePolicy", { SecretId: "prod/acme/database", ResourcePolicy: SECRET_POLICY });
  for (const Name of ["rotated/acme/api", "rotated/acme/token"])
    await call("secretsmanager:CreateSecret", { Name, SecretString: `drill of ${Name}` });
  await call("secretsmanager:RotateSecret", {
    SecretId: "rotated/acme/api",
    ClientRequestToken: "5ec7e701-0ac3-4e00-8000-00000000a491",
    RotationRules: { AutomaticallyAfterDays: 30 },
  });
  await table(call, "app-items", "pk", "sk");
  await table(call, "app-events", "tenant");
  const ResourceArn = "arn:aws:dynamodb:us-east-1:123456789012:table/app-items";
  await call("dynamodb:PutResourcePolicy", { ResourceArn, Policy: TABLE_POLICY });
  for (const tenant of ["acme", "globex"]) {
    await call("dynamodb:PutItem", { TableName: "app-items", Item: text({ pk: `TENANT#${tenant}`, sk: "USER#1" }) });
    for (const key of [tenant, `${tenant}#2026`])
      await call("dynamodb:PutItem", { TableName: "app-events", Item: text({ tenant: key, last: "signed in" }) });
  }
}

async function table(call: Caller, TableName: string, ...keys: string[]): Promise<void> {
  await call("dynamodb:CreateTable", {
    TableName,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: keys.map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
    KeySchema: keys.map((AttributeName, index) => ({ AttributeName, KeyType: index === 0 ? "HASH" : "RANGE" })),
  });
}
