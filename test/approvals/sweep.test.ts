import assert from "node:assert/strict";
import { test } from "node:test";
import { judgeSweep } from "../../src/approvals/index.ts";
import {
  type Change,
  canonicalize,
  type Json,
  type Plan,
  type PlanHeader,
  type SweepClause,
  type SweepFinding,
} from "../../src/model/index.ts";
import { sealPlan } from "../../src/planner/index.ts";
import { readPlan } from "../../src/verifier/plan.ts";
import { sweepFault } from "../../src/verifier/sweep.ts";

const ACCOUNT = "123456789012";
const OPENED = "2026-11-26T03:10:00.000Z";
const at = (minutes: number): number => Date.parse(OPENED) + minutes * 60_000;
const user = (name: string) => ({ kind: "user", account: ACCOUNT, name }) as const;
const intruder = user("intruder");

const CLAUSE: SweepClause = {
  seeds: [intruder],
  steps: [{ step: "deny", action: "aws.iam.deny-user", with: {}, needs: [] }],
  relations: ["itself", "created"],
  atMost: 2,
  forMs: 30 * 60_000,
};

function changeOn(id: string, resource: string, action = "aws.iam.deny-user", type = "iam-user-policy"): Change {
  return {
    ...{ id, step: "deny", action, summary: "deny", before: null, after: {}, needs: [] },
    resource: { provider: "aws", type, account: ACCOUNT, region: "global", id: resource },
    reversal: { kind: "restore" },
    bound: { ms: 1, source: "assumed" },
  };
}

function header(more: Partial<PlanHeader>): PlanHeader {
  return {
    ...{ schema: "soc2-er/plan@1", kind: "contain", nonce: "0".repeat(32), origin: "acme.example/soc2-er/prod", mode: "real" },
    ...{
      incident: "inc-1",
      runbook: { id: "revoke-credentials", digest: `sha256:${"0".repeat(64)}` },
      target: "aws:user/intruder",
    },
    ...{ params: {}, operator: "on-call", createdAt: OPENED, expiresAt: "2026-11-26T03:40:00.000Z", required: [] },
    ...{ leasesExpireAt: null, checks: [], skipped: [], tool: "soc2-er/0.0.0" },
    ...more,
  } as PlanHeader;
}

const APPROVED = sealPlan(header({ sweep: CLAUSE }), [changeOn("c001", "intruder/soc2-er-deny-user")]);
const CREATED: SweepFinding = { subject: user("backdoor"), relation: "created", by: intruder, evidence: "CloudTrail" };
const sweepOf = (found: readonly SweepFinding[], changes: readonly Change[], more: Partial<PlanHeader> = {}): Plan =>
  sealPlan(header({ kind: "sweep", of: "run-1", found, ...more }), changes);

/** What the engine says before, and the verifier afterwards by its own reading. */
function judged(
  sweep: Plan,
  { approved = APPROVED, minutes = 1, swept = [] as readonly Change[] } = {},
): readonly (string | null)[] {
  const bytes = (plan: Plan) =>
    Buffer.from([plan.header, ...plan.changes].map((line) => `${canonicalize(line as Json)}\n`).join(""));
  const others = new Set(
    swept
      .filter(({ resource }) => !resource.id.startsWith("intruder/"))
      .map(({ action, resource }) => canonicalize([action, resource] as Json)),
  );
  const run = { run: "run-1", header: readPlan(bytes(approved)).header, openedAt: Date.parse(OPENED), others };
  const later = sweepFault(readPlan(bytes(sweep)), run, at(minutes));
  try {
    judgeSweep(sweep, { run: "run-1", plan: approved, openedAt: OPENED, swept }, at(minutes));
    return [null, later];
  } catch (error) {
    assert.equal((error as { code?: string }).code, "sweep-outside");
    return [(error as Error).message, later];
  }
}

const allowed = (sweep: Plan, more: Parameters<typeof judged>[1] = {}): void =>
  assert.deepEqual(judged(sweep, more), [null, null]);
const refused = (sweep: Plan, more: Parameters<typeof judged>[1] = {}): void => {
  const [engine, verifier] = judged(sweep, more);
  assert.ok(typeof engine === "string" && typeof verifier === "string", `${engine}, ${verifier}`);
};

test("a sweep of what a seed has and created is within the clause", () => {
  const itself: SweepFinding = { subject: intruder, relation: "itself", by: intruder, evidence: "in the plan" };
  allowed(sweepOf([itself, CREATED], [changeOn("c001", "intruder/again"), changeOn("c002", "backdoor/soc2-er-deny-user")]));
});

test("no clause, another incident and a time that is over admit nothing", () => {
  const sweep = sweepOf([CREATED], [changeOn("c001", "backdoor/soc2-er-deny-user")]);
  refused(sweep, { approved: sealPlan(header({}), APPROVED.changes) });
  refused(sweepOf([CREATED], [changeOn("c001", "backdoor/x")], { incident: "inc-2" }));
  refused(sweep, { minutes: 31 });
});

test("another relation, another maker, another action and another's resource are outside", () => {
  const deny = changeOn("c001", "backdoor/soc2-er-deny-user");
  refused(sweepOf([{ ...CREATED, relation: "changed" }], [deny]));
  refused(sweepOf([{ ...CREATED, by: user("backdoor") }], [deny]));
  refused(sweepOf([{ ...CREATED, by: null }], [deny]));
  refused(sweepOf([{ ...CREATED, relation: "itself" }], [deny]));
  refused(sweepOf([CREATED], [changeOn("c001", "backdoor/AKIA", "aws.iam.deactivate-access-keys", "iam-access-key")]));
  refused(sweepOf([CREATED], [changeOn("c001", "acme-portal/soc2-er-deny-user")]));
  refused(sweepOf([CREATED], [changeOn("c001", "backdoor/x", "aws.iam.deny-user", "iam-role-policy")]));
});

test("the ceiling counts resources of others over all sweeps of the run, each once, and none of the seeds' own", () => {
  const earlier = [changeOn("c001", "one/x"), changeOn("c002", "backdoor/x"), changeOn("c003", "intruder/y")];
  allowed(sweepOf([CREATED], [changeOn("c001", "backdoor/x")]), { swept: earlier });
  refused(sweepOf([CREATED], [changeOn("c001", "backdoor/z")]), { swept: earlier });
});
