import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Config } from "../../src/config/index.ts";
import type { Target } from "../../src/model/index.ts";
import { type PlanDeps, planContainment } from "../../src/planner/index.ts";
import { guardSessions } from "../../src/planner/session-lockout.ts";
import { loadRunbooks } from "../../src/runbooks/index.ts";
import { rangeBench } from "../conformance/range-bench.ts";

const ACCOUNT = "123456789012";
const runbooks = await loadRunbooks([join(import.meta.dirname, "../../runbooks")]);
type Kind = "aws:session" | "aws:source-identity" | "aws:user";
const principals = (...named: readonly [Kind, string][]): Target => ({
  kind: "principals",
  principals: named.map(([kind, name]) => ({ kind, name })),
});

async function revoke(t: TestContext, target: Target, changed: Partial<Config> = {}) {
  const { range, clock, scopes } = await rangeBench(t);
  const runbook = runbooks.find(({ id }) => id === "revoke-credentials") ?? assert.fail();
  const config = { ...range.config, ...changed };
  const deps: PlanDeps = { config, scopes: scopes(), origin: config.origin, mode: "drill", clock, tool: "test", auditStores: [] };
  return planContainment({ kind: "contain", runbook, target, params: {}, incident: null, operator: "on-call" }, deps);
}

test("a session is denied by its name or its source identity, and nothing else of its role is touched", async (t) => {
  const { changes } = await revoke(t, principals(["aws:session", "app-data/i-0acme01"], ["aws:source-identity", "app-data/ada"]));
  assert.deepEqual(
    changes.map(({ action, summary }) => [action, summary]),
    [
      ["aws.iam.deny-session", 'deny session "i-0acme01" of role "app-data" everything'],
      ["aws.iam.deny-session", 'deny sessions of role "app-data" with source identity "ada" everything'],
    ],
  );
});

test("what names no session is refused with the form; a role that is nowhere is unknown", async (t) => {
  for (const [kind, name, form] of [
    ["aws:session", "app-data", "write aws:session/ROLE/SESSION-NAME"],
    ["aws:session", "app-data/", "write aws:session/ROLE/SESSION-NAME"],
    ["aws:source-identity", "a/b/c", "write aws:source-identity/ROLE/IDENTITY"],
  ] as const)
    await assert.rejects(revoke(t, principals([kind, name])), { code: "unknown-principal", hints: [form] }, name);
  await assert.rejects(revoke(t, principals(["aws:session", "nobody/x1"])), {
    code: "unknown-principal",
    message: /is not in account/,
  });
});

test("refuses to lock itself out: the session that runs the command, and sessions in the name of people", async (t) => {
  const own = principals(["aws:user", "intruder"], ["aws:session", "soc2-er-responder/soc2-er"]);
  await assert.rejects(revoke(t, own), { code: "self-lockout", message: /is who runs this command/ });
  const person = principals(["aws:source-identity", "soc2-er-responder/on-call"]);
  await assert.rejects(revoke(t, person), { code: "self-lockout", message: /"on-call" of the people/ });
  assert.equal((await revoke(t, principals(["aws:session", "soc2-er-responder/stolen"]))).changes.length, 1);
  const sources = [
    { arn: `arn:aws:sts::${ACCOUNT}:assumed-role/jump/operator`, who: "the one whose credentials this command uses" },
  ];
  const session = (role: string, name: string, account = ACCOUNT) =>
    ({ kind: "aws.session", account, role, by: "name", session: name }) as const;
  assert.throws(() => guardSessions([session("jump", "operator")], sources), { code: "self-lockout", exit: 10 });
  guardSessions([session("jump", "other"), session("other", "operator"), session("jump", "operator", "444455556666")], sources);
});
