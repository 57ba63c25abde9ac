import assert from "node:assert/strict";
import { test } from "node:test";
import { type Change, digestBytes, ErError, type PlanHeader } from "../../src/model/index.ts";
import { decodePlan, planLines, sealPlan } from "../../src/planner/index.ts";

const header: PlanHeader = {
  schema: "soc2-er/plan@1",
  kind: "contain",
  nonce: "00",
  origin: "acme.example",
  mode: "drill",
  incident: "inc-1",
  runbook: { id: "revoke-credentials", digest: digestBytes("runbook") },
  target: "aws:user/zoë",
  params: {},
  operator: "on-call",
  createdAt: "2026-11-26T03:17:00.000Z",
  expiresAt: "2026-11-26T03:47:00.000Z",
  required: [],
  leasesExpireAt: null,
  checks: [],
  skipped: [],
  tool: "test",
};

const change = (id: string): Change => ({
  id,
  step: "deny",
  action: "aws.iam.deny-user",
  resource: { provider: "aws", type: "iam-user-policy", account: "1", region: "global", id: `${id}/p` },
  summary: "deny",
  before: null,
  after: { policy: "{}\n" },
  needs: [],
  reversal: { kind: "restore" },
  bound: { ms: 1, source: "x" },
});

const bytesOf = (lines: Iterable<string>): Buffer => Buffer.from([...lines].join(""));

test("the digest is over the lines that are stored, sorted by the changes' ids, and reading gives the plan back", () => {
  const plan = sealPlan(header, ["c10000", "c002", "c001"].map(change));
  const lines = [...planLines(plan)];
  assert.deepEqual(
    plan.changes.map(({ id }) => id),
    ["c001", "c002", "c10000"],
  );
  assert.equal(lines.length, 4);
  assert.equal(plan.digest, digestBytes(lines.join("")));
  assert.deepEqual(decodePlan(bytesOf(lines), plan.digest), plan);
});

test("what is not exactly those lines is no plan", () => {
  const lines = [...planLines(sealPlan(header, [change("c001"), change("c002")]))];
  const [first = "", second = "", third = ""] = lines;
  const others: Readonly<Record<string, Iterable<string>>> = {
    "something behind the last line": [...lines, "{"],
    "a last line without its end": [first, second, third.slice(0, -1)],
    "an empty line": [first, "\n", second, third],
    "another order": [first, third, second],
    blanks: [first, second.replace(":", ": "), third],
    "one change twice": [first, second, second],
    "no header": [second, third],
    nothing: [],
  };
  for (const [what, other] of Object.entries(others))
    assert.throws(
      () => decodePlan(bytesOf(other)),
      (error) => error instanceof ErError && error.code === "plan-altered",
      what,
    );
  assert.throws(() => decodePlan(Buffer.from([0xff, 0x0a])), { code: "plan-altered" });
});
