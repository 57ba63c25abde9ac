import assert from "node:assert/strict";
import { test } from "node:test";
import { denyTenant } from "../../src/actions/aws/dynamodb/deny-tenant.ts";
import { survivors } from "../../src/actions/aws/dynamodb/survivors.ts";
import type { Action } from "../../src/actions/index.ts";
import type { EffectQuestion } from "../../src/model/index.ts";
import { drive, wayBack } from "../conformance/driver.ts";
import { type KeyedBench, openBench, planFor, policy, RESPONDER } from "./keyed.ts";

const action = denyTenant as unknown as Action;
const arn = (table: string) => `arn:aws:dynamodb:us-east-1:123456789012:table/${table}`;
const items = (table: string, ...leadingKeys: string[]) => ({ kind: "aws.dynamodb-items", table, leadingKeys });
const ITEMS = items("app-items", "TENANT#acme");
const put = (bench: KeyedBench, table: string, Policy: string) =>
  bench.admin<{ RevisionId: string }>("dynamodb:PutResourcePolicy", { ResourceArn: arn(table), Policy });
const theirs = { Effect: "Allow", Principal: "*", Action: "dynamodb:GetItem", Resource: arn("app-items") };

async function contained(bench: KeyedBench, selection: object) {
  const [change] = await planFor(bench, action, selection);
  assert.ok(change);
  return drive(bench, action, change, "contain");
}

/** Whether the application may do it, as it would ask. */
async function ask(bench: KeyedBench, operation: string, table: string, keys: readonly string[] | null, index = "") {
  const question: EffectQuestion = {
    kind: "aws-call",
    account: "123456789012",
    as: { role: "app-data", issuedBefore: "2027-01-01T00:00:00.000Z" },
    operation: `dynamodb:${operation}`,
    resource: `${arn(table)}${index}`,
    ...(keys === null ? {} : { context: { "dynamodb:LeadingKeys": keys } }),
  };
  return bench.range.transport.effects.ask(question);
}

test("one of the tenant's keys is enough in a batch; other tenants, and names that begin alike, are let through", async (t) => {
  const bench = await openBench(t);
  await contained(bench, items("app-events", "acme", "acme#*"));
  for (const keys of [["acme"], ["acme#2026"], ["globex", "acme"]])
    assert.equal(await ask(bench, "GetItem", "app-events", keys), "blocked", keys.join());
  for (const keys of [["globex"], ["acme-labs"], ["acm"]])
    assert.equal(await ask(bench, "GetItem", "app-events", keys), "open", keys.join());
});

test("a key without a star is that key alone, also in an index; a request that names no key passes", async (t) => {
  const bench = await openBench(t);
  await contained(bench, ITEMS);
  const PolicyDocument = policy({ Effect: "Allow", Action: "dynamodb:*", Resource: [`${arn("app-items")}*`] });
  await bench.aws(
    "iam",
    "PutRolePolicy",
    { RoleName: "app-data", PolicyName: "wide", PolicyDocument },
    { account: "123456789012", region: "global" },
  );
  await bench.clock.sleep(10_000);
  assert.equal(await ask(bench, "Query", "app-items", ["TENANT#acme"]), "blocked");
  assert.equal(await ask(bench, "Query", "app-items", ["TENANT#acme"], "/index/by-email"), "blocked");
  assert.equal(await ask(bench, "Query", "app-items", ["ada@acme.example"], "/index/by-email"), "open");
  assert.equal(await ask(bench, "PutItem", "app-items", ["TENANT#acme#x"]), "open");
  assert.equal(await ask(bench, "Scan", "app-items", null), "open");
  assert.equal(await ask(bench, "PartiQLSelect", "app-items", null), "open");
  assert.equal(await ask(bench, "PartiQLSelect", "app-items", ["TENANT#acme"]), "blocked");
});

test("the role that replicates global tables is spared, and no other", async (t) => {
  const [change] = await planFor(await openBench(t), action, ITEMS);
  const [statement] = (change?.asks ?? []) as { Condition: { ArnNotLike: Record<string, string[]> } }[];
  const spared = statement?.Condition.ArnNotLike["aws:PrincipalArn"];
  assert.equal(spared?.length, 2);
  assert.ok(spared.includes(RESPONDER));
  assert.ok(
    spared.some((one) =>
      one.endsWith(":role/aws-service-role/replication.dynamodb.amazonaws.com/AWSServiceRoleForDynamoDBReplication"),
    ),
  );
});

test("a table that is not there has no items; one whose key is no text is refused", async (t) => {
  const bench = await openBench(t);
  assert.deepEqual(await planFor(bench, action, items("app-gone", "acme")), []);
  const table = {
    KeySchema: [{ AttributeName: "n", KeyType: "HASH" }],
    AttributeDefinitions: [{ AttributeName: "n", AttributeType: "N" }],
  };
  const scope = {
    aws: async () => ({ send: async () => ({ Table: table }) }),
  };
  const planned = action.plan(
    scope as never,
    { ...ITEMS, account: "1", region: "r", tenant: "acme", exempt: [RESPONDER] } as never,
    {},
  );
  const all = async () => {
    for await (const change of planned) assert.fail(change.key);
  };
  await assert.rejects(all, { code: "config-invalid", message: /"n" of table "app-items" is no text/ });
});

test("without a responder nothing is denied, and a policy that would be too large is refused", async (t) => {
  const bench = await openBench(t);
  await assert.rejects(planFor(bench, action, { ...ITEMS, exempt: [] }), { code: "self-lockout" });
  await put(bench, "app-items", policy({ ...theirs, Sid: "x".repeat(19_600) }));
  await assert.rejects(planFor(bench, action, ITEMS), { code: "limit-exceeded", message: /takes 20480/ });
  await put(bench, "app-items", policy({ ...theirs, Sid: "x".repeat(18_000) }));
  assert.equal((await planFor(bench, action, ITEMS)).length, 1);
});

for (const [table, edited] of [
  ["app-items", "another policy"],
  ["app-events", "a policy where none was"],
] as const)
  test(`${edited}, written between the look and the write, is not overwritten: the revision is another`, async (t) => {
    const bench = await openBench(t);
    const [change] = await planFor(bench, action, items(table, "TENANT#acme"));
    assert.ok(change);
    const Policy = policy({ ...theirs, Resource: arn(table) });
    // The engine's own look comes first, the action's with the revision second.
    const foreign = { service: "dynamodb", operation: "PutResourcePolicy", input: { ResourceArn: arn(table), Policy } } as const;
    for (const skipped of [
      { operation: "dynamodb:GetResourcePolicy", skip: 1 },
      { operation: "dynamodb:PutResourcePolicy", skip: 0 },
    ]) {
      bench.setFaults?.([{ ...skipped, kind: "move", calls: [foreign] }]);
      const { outcome } = await drive(bench, action, change, "contain", { patienceMs: 0 });
      assert.deepEqual([outcome.status, outcome.why?.split(":")[0]], ["refused", "stale"], outcome.why);
      const left = await bench.admin("dynamodb:GetResourcePolicy", { ResourceArn: arn(table) });
      assert.equal(left["Policy"], Policy);
      bench.setFaults?.([]);
      if (table === "app-events") await bench.admin("dynamodb:DeleteResourcePolicy", { ResourceArn: arn(table) });
      else await put(bench, table, (change.before as { policy: string }).policy);
    }
  });

test("a rollback is refused, too, when somebody wrote in between", async (t) => {
  const bench = await openBench(t);
  const { change } = await contained(bench, items("app-events", "acme"));
  const back = await wayBack(bench, action, change);
  assert.equal(back.after, null);
  const Policy = policy({ ...theirs, Resource: arn("app-events") });
  const foreign = {
    service: "dynamodb",
    operation: "PutResourcePolicy",
    input: { ResourceArn: arn("app-events"), Policy },
  } as const;
  bench.setFaults?.([{ operation: "dynamodb:DeleteResourcePolicy", kind: "move", calls: [foreign] }]);
  const { outcome } = await drive(bench, action, back, "restore", { patienceMs: 0 });
  assert.deepEqual([outcome.status, outcome.why], ["refused", "stale: PolicyNotFoundException"]);
  const left = await bench.admin("dynamodb:GetResourcePolicy", { ResourceArn: arn("app-events") });
  assert.equal(left["Policy"], Policy);
});

test("what survives is said of what the table has, and of nothing else", () => {
  const key = (AttributeName: string) => [{ AttributeName, KeyType: "HASH" as const }];
  const bare = survivors("t", { KeySchema: key("pk") }).map(({ what }) => what);
  assert.deepEqual(
    bare.map((what) => /scans|streams?|backups|index/.exec(what)?.[0]),
    ["scans", "backups"],
  );
  const all = survivors("t", {
    KeySchema: key("pk"),
    GlobalSecondaryIndexes: [
      { IndexName: "same", KeySchema: key("pk") },
      { IndexName: "other", KeySchema: key("email") },
    ],
    StreamSpecification: { StreamEnabled: true },
    Replicas: [{ RegionName: "eu-west-1" }],
  }).map(({ what }) => what);
  assert.equal(all.length, 5);
  assert.ok(all.some((what) => what.includes('index "other"')) && !all.some((what) => what.includes('"same"')));
  assert.ok(all.some((what) => what.includes("eu-west-1")) && all.some((what) => what.includes("stream")));
  assert.equal(survivors("t", null).length, 2);
});
