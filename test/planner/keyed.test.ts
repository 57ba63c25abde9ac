import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Config } from "../../src/config/index.ts";
import type { Change, Selection } from "../../src/model/index.ts";
import { planContainment } from "../../src/planner/index.ts";
import { guardChanges } from "../../src/planner/self-lockout.ts";
import { loadRunbooks } from "../../src/runbooks/index.ts";
import { rangeBench } from "../conformance/range-bench.ts";

const runbooks = await loadRunbooks([join(import.meta.dirname, "../../runbooks")]);
const HERE = { account: "123456789012", region: "us-east-1" };
const RESPONDER = "arn:aws:iam::123456789012:role/soc2-er-responder";
const KEYED = {
  secrets: [{ ...HERE, name: "prod/{tenant}/" }],
  dynamodb: [
    { ...HERE, table: "app-events", leadingKey: "{tenant}#*" },
    { ...HERE, table: "app-items", leadingKey: "TENANT#{tenant}" },
    { ...HERE, table: "app-events", leadingKey: "{tenant}" },
  ],
};
const NOTHING_ELSE = { s3: [], principals: [], kms: [], postgres: [], lockdown: [], dynamodb: [], secrets: [] };

/** Plans to isolate a tenant of the embedded estate, whose organization says more, or something else, about where tenants are. */
async function isolate(t: TestContext, name: string, tenancy: Partial<Config["tenancy"]> | Config["tenancy"], region?: string) {
  const { range, clock, scopes } = await rangeBench(t);
  const runbook = runbooks.find(({ id }) => id === "isolate-tenant") ?? assert.fail();
  const whole =
    "s3" in tenancy && tenancy.s3?.length === 0 ? (tenancy as Config["tenancy"]) : { ...range.config.tenancy, ...tenancy };
  const config = { ...range.config, tenancy: whole };
  const request = {
    kind: "contain",
    runbook,
    target: { kind: "tenant", name },
    params: {},
    incident: null,
    operator: "on-call",
  } as const;
  const deps = { config, scopes: scopes(), origin: config.origin, mode: "drill", clock, tool: "test", auditStores: [] } as const;
  return planContainment({ ...request, ...(region === undefined ? {} : { region }) }, deps);
}

const keyed = (changes: readonly Change[]) =>
  changes.flatMap(({ step, resource }) => (step === "secrets" || step === "items" ? [`${step}: ${resource.id}`] : []));

test("a tenant's secrets and items are found by the organization's file; a table is one place with all its keys", async (t) => {
  const { changes, header } = await isolate(t, "acme", KEYED);
  assert.deepEqual(keyed(changes).toSorted(), [
    "items: app-events",
    "items: app-items",
    "secrets: prod/acme/database",
    "secrets: prod/acme/mailer",
  ]);
  const events = changes.find(({ resource }) => resource.id === "app-events");
  assert.match(events?.summary ?? "", /"acme", "acme#\*" in table "app-events"/);
  assert.deepEqual(
    header.skipped.filter(({ reason }) => /secrets|items/.test(reason)),
    [],
  );
  const unseen = header.checks.filter(({ id }) => id.startsWith("items:"));
  assert.deepEqual(
    unseen.map(({ id, status }) => `${id} ${status}`),
    ["items:app-events not-checkable", "items:app-items not-checkable"],
  );
});

test("where the file names none, both steps say that they have nothing to do", async (t) => {
  const { changes, header } = await isolate(t, "acme", {});
  assert.deepEqual(keyed(changes), []);
  const reasons = header.skipped.map(({ reason }) => reason);
  for (const [step, kind] of [
    ["secrets", "aws.secret"],
    ["items", "aws.dynamodb-items"],
  ])
    assert.ok(reasons.includes(`step "${step}" has nothing to do: the target has no ${kind}`), reasons.join("\n"));
});

test("another Region's are left out of a narrowed plan; a secret that is not there is said", async (t) => {
  const elsewhere = { ...HERE, region: "eu-west-1" };
  const secrets = [{ ...elsewhere, name: "prod/{tenant}/" }, ...KEYED.secrets];
  const { changes } = await isolate(t, "acme", { ...KEYED, secrets }, "us-east-1");
  assert.equal(keyed(changes).length, 4);
  const { header } = await isolate(t, "acme", { ...KEYED, secrets });
  assert.ok(header.skipped.some(({ reason }) => reason === "nothing found at secret prod/acme/… in 123456789012 eu-west-1"));
});

test("a secret shows that a tenant is there, a table's guardrail does not; but nobody looks into tables", async (t) => {
  const found = await isolate(t, "acme", { ...NOTHING_ELSE, secrets: KEYED.secrets });
  assert.equal(found.changes.length, 2);
  await assert.rejects(isolate(t, "initech", { ...NOTHING_ELSE, secrets: KEYED.secrets }), { code: "empty-target" });
  await assert.rejects(isolate(t, "initech", { secrets: KEYED.secrets }), { code: "empty-target" });
  const guarded = await isolate(t, "initech", { dynamodb: KEYED.dynamodb });
  assert.deepEqual(keyed(guarded.changes), ["items: app-events", "items: app-items"]);
});

const SECRET: Selection = { kind: "aws.secret", tenant: "t", ...HERE, name: "s/t/", exempt: [] };
const ITEMS: Selection = {
  kind: "aws.dynamodb-items",
  tenant: "t",
  ...HERE,
  table: "items",
  leadingKeys: ["T#t", "T#t#*"],
  exempt: [],
};
const TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/items";
const KEYS = { "ForAnyValue:StringLike": { "dynamodb:LeadingKeys": "T#t" } };
const spares = { ArnNotLike: { "aws:PrincipalArn": RESPONDER } };
const protection = { guarded: [], responders: [RESPONDER], callers: ["arn:aws:iam::123456789012:user/operator"], stores: [] };

function guard(selection: Selection, type: string, id: string, statement: object) {
  const after = {
    policy: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Deny", Principal: "*", ...statement }] }),
  };
  const resource = { provider: "aws", type, ...HERE, id } as const;
  const rest = { summary: "", needs: [], reversal: { kind: "restore" }, bound: { ms: 0, source: "" } } as const;
  const change: Change = { id: "c001", step: "a", action: "x", resource, before: null, after, ...rest };
  return guardChanges([change], protection, () => selection);
}

for (const [what, selection, type, id, read, undo] of [
  ["a secret", SECRET, "secret-policy", "s/t/database", "secretsmanager:GetSecretValue", "secretsmanager:PutResourcePolicy"],
  ["a table", ITEMS, "dynamodb-table-policy", "items", "dynamodb:GetItem", "dynamodb:DeleteResourcePolicy"],
] as const)
  test(`a policy of ${what} that denies a responder the data, or anybody of us the way back, is refused`, () => {
    const Resource = type === "secret-policy" ? "*" : TABLE;
    const condition = type === "secret-policy" ? {} : KEYS;
    const reading = { Action: read, Resource };
    assert.throws(() => guard(selection, type, id, { ...reading, Condition: condition }), {
      code: "self-lockout",
      message: new RegExp(`would deny a responder .* ${read}`),
    });
    assert.throws(() => guard(selection, type, id, { Action: undo, Resource }), {
      code: "self-lockout",
      message: new RegExp(undo),
    });
    // The operator may be denied the data, and not the way back.
    assert.throws(() => guard(selection, type, id, { Action: undo, Resource, Condition: spares }), {
      code: "self-lockout",
      message: /who runs this command/,
    });
    const passed = guard(selection, type, id, { ...reading, Condition: { ...spares, ...condition } });
    assert.equal(passed.at(-1)?.status, "passed");
  });

test("a policy that cannot be judged is said, and not taken for harmless", () => {
  const [first] = guard(ITEMS, "dynamodb-table-policy", "items", {
    Action: "dynamodb:GetItem",
    Resource: TABLE,
    Condition: { StringSoundsLike: { "aws:username": "x" } },
  });
  assert.deepEqual([first?.id, first?.status], ["access:items", "not-checkable"]);
});
