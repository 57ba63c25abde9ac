import assert from "node:assert/strict";
import { test } from "node:test";
import { type Change, digestJson, type PlanHeader } from "../../src/model/index.ts";
import { comparePlans, sealPlan } from "../../src/planner/index.ts";

const HEADER: PlanHeader = {
  schema: "soc2-er/plan@1",
  kind: "contain",
  nonce: "n",
  origin: "acme.example/test",
  mode: "real",
  incident: "inc-1",
  runbook: { id: "revoke-credentials", digest: digestJson(null) },
  target: "aws:user/u",
  params: {},
  operator: "on-call",
  createdAt: "2026-01-01T00:00:00.000Z",
  expiresAt: "2026-01-01T00:30:00.000Z",
  required: ["security", "engineering"],
  leasesExpireAt: null,
  checks: [],
  skipped: [],
  tool: "soc2-er/test",
};
const change = (id: string, user: string, more: Partial<Change> = {}): Change => ({
  id,
  step: "keys",
  action: "aws.iam.deactivate-access-keys",
  resource: { provider: "aws", type: "iam-access-key", account: "1", region: "global", id: user },
  summary: "deactivate",
  before: { status: "Active" },
  after: { status: "Inactive" },
  needs: [],
  reversal: { kind: "restore" },
  bound: { ms: 1, source: "test" },
  ...more,
});
const plan = (changes: readonly Change[], header: Partial<PlanHeader> = {}) => sealPlan({ ...HEADER, ...header }, changes);
const OWN = plan([change("c1", "u"), change("c2", "v")]);

test("the same plan, made at another time with its changes in another order, does not differ", () => {
  const again = plan([change("c1", "v"), change("c2", "u")], { nonce: "other", createdAt: "2026-01-01T00:05:00.000Z" });
  assert.deepEqual(comparePlans(again, OWN), { beyond: [], lacking: [], unseen: 0, unreached: [] });
});

for (const { what, made, says } of [
  { what: "a change more", made: plan([...OWN.changes, change("c3", "w")]), says: /^c3 .* on w: nothing here asks for it$/ },
  { what: "another state", made: plan([change("c1", "u", { after: null }), change("c2", "v")]), says: /^c1 .* another after$/ },
  { what: "another summary", made: plan([change("c1", "u", { summary: "look" }), change("c2", "v")]), says: /another summary$/ },
  {
    what: "a way back that is none",
    made: plan([change("c1", "u", { reversal: { kind: "none", because: "x" } }), change("c2", "v")]),
    says: /reversal$/,
  },
  { what: "fewer approvals", made: plan(OWN.changes, { required: ["engineering"] }), says: /does not ask for security/ },
  { what: "approvals in advance", made: plan(OWN.changes, { preapproved: true }), says: /in advance/ },
  {
    what: "a sweep",
    made: plan(OWN.changes, { sweep: { seeds: [], steps: [], relations: [], atMost: 5, forMs: 1 } }),
    says: /another sweep/,
  },
]) {
  test(`${what} is beyond what the other machine would do`, () => {
    const { beyond } = comparePlans(made, OWN);
    assert.equal(beyond.length, 1, JSON.stringify(beyond));
    assert.match(beyond[0] ?? "", says);
  });
}

test("where two leases hold one thing, each is compared with itself; one that is lifted otherwise is beyond", () => {
  const lifted = (id: string, undoes: string, after: string | null) =>
    change(id, "u", { undoes, after: after && { status: after } });
  const own = plan([lifted("c1", "run-1.c1", "Inactive"), lifted("c2", "run-2.c1", "Active")], { kind: "release", of: "inc-1" });
  assert.deepEqual(comparePlans(own, own).beyond, []);
  const again = plan([lifted("c1", "run-2.c1", "Active"), lifted("c2", "run-1.c1", "Inactive")], {
    kind: "release",
    of: "inc-1",
  });
  assert.deepEqual(comparePlans(again, own).beyond, []);
  const more = plan([...own.changes, lifted("c3", "run-3.c1", "Active")], { kind: "release", of: "inc-1" });
  assert.match(comparePlans(more, own).beyond.join(), /^c3 .*nothing here asks for it$/);
});

test("a change less, more approvals and no sweep are not beyond it", () => {
  const made = plan([change("c1", "u")], { required: ["security", "engineering", "legal"] });
  const own = plan(OWN.changes, { sweep: { seeds: [], steps: [], relations: [], atMost: 5, forMs: 1 } });
  assert.deepEqual(comparePlans(made, own), {
    beyond: [],
    lacking: ["c2 aws.iam.deactivate-access-keys on v"],
    unseen: 0,
    unreached: [],
  });
});

test("what lies in accounts that could not be looked at is counted, not judged", () => {
  const own = plan([change("c1", "v")], { unreached: [{ account: "1", cause: "denied", reason: "no role" }] });
  const elsewhere = { provider: "aws", type: "iam-user", account: "2", region: "global", id: "x" } as const;
  const made = plan([...OWN.changes, change("c3", "x", { resource: elsewhere })]);
  const { beyond, unseen, unreached } = comparePlans(made, own);
  assert.deepEqual([beyond.length, unseen, unreached], [1, 2, ["1 denied: no role"]]);
});
