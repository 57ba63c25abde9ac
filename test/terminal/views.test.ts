import assert from "node:assert/strict";
import { test } from "node:test";
import type { Change } from "../../src/model/index.ts";
import {
  approvalLines,
  differences,
  type PlanFacts,
  planView,
  type RunFacts,
  runView,
  type StatusFacts,
  statusView,
  widthOf,
} from "../../src/terminal/index.ts";
import { plainView } from "./screen.ts";

const digest = `sha256:${"5a".repeat(32)}` as const;
const now = Date.parse("2026-11-26T03:17:00.000Z");

function change(index: number, facts: Partial<Change> = {}): Change {
  return {
    id: `c${String(index).padStart(3, "0")}`,
    step: "guardrail",
    action: "aws.s3.deny-tenant-prefix",
    resource: { provider: "aws", type: "s3-bucket", account: "123456789012", region: "us-east-1", id: `acme-data-${index}` },
    summary: `deny tenants/acme/* on acme-data-${index}`,
    before: { Statement: [{ Sid: "theirs" }] },
    after: { Statement: [{ Sid: "theirs" }, { Sid: "soc2-er-acme" }] },
    needs: [],
    reversal: { kind: "restore" },
    bound: { ms: 1000, source: "x" },
    ...facts,
  };
}

function plan(changes: readonly Change[]): PlanFacts {
  return {
    digest,
    kind: "contain",
    mode: "drill",
    incident: "inc-1126-kovame",
    runbook: { id: "isolate-tenant" },
    target: "acme",
    expiresAt: "2026-11-26T03:47:00.000Z",
    approvals: {
      required: ["security", "engineering"],
      have: [{ role: "security", person: "sec-lead", at: "2026-11-26T03:16:04.000Z" }],
      waiting: ["engineering"],
      findings: [{ code: "approval-self", detail: "on-call planned it" }],
    },
    changes,
    checks: [
      { id: "self-lockout", level: "read-only", status: "passed", detail: "nobody of ours is hit" },
      { id: "quota", level: "provider", status: "failed", detail: "no slot is free" },
    ],
    skipped: [{ resource: null, reason: "eu-west-1 has no bucket" }],
    unreached: [],
  };
}

const blastRadius = new Map([
  ["aws.s3.deny-tenant-prefix", "everybody who reads the tenant's prefix; does not stop pre-fetched copies"],
]);

test("a plan fits 30 lines at 80 columns, however many changes it has, with counts and digest last", () => {
  for (const count of [1, 5, 12, 500]) {
    const lines = planView(plan(Array.from({ length: count }, (_, index) => change(index + 1))), plainView(80), {
      now,
      blastRadius,
    });
    assert.ok(lines.length <= 30, `${count}: ${lines.length} lines`);
    for (const line of lines) assert.ok(widthOf(line) <= 80, line);
    assert.equal(lines.at(-1), digest);
    assert.equal(lines.at(-2), "expires 2026-11-26 03:47:00Z (in 30m); every value: --full");
    assert.equal(lines.at(-3), `${count} change${count === 1 ? "" : "s"}, ${count} restorable exactly, 0 irreversible`);
  }
});

test("what a plan does not show is counted by step, and by account where there are several", () => {
  const many = Array.from({ length: 10_000 }, (_, index) =>
    change(index, {
      step: index % 4 === 0 ? "deny" : "keys",
      resource: { ...change(index).resource, account: index % 2 === 0 ? "1" : "2" },
    }),
  );
  const facts = { ...plan(many), target: many.map(({ id }) => `aws:user/${id}`).join(", ") };
  const lines = planView(facts, plainView(100), { now });
  assert.ok(lines.length <= 30, `${lines.length} lines`);
  assert.match(lines.join("\n"), /… and 9\d+ more in 2 accounts \(keys 7\d+, deny 2\d+\): --full shows all/);
});

test("the plan says who is hit, before and after, who has signed, and what does not count", () => {
  const text = planView(plan([change(1)]), plainView(100), {
    now,
    blastRadius,
    residual: [{ what: "session of intruder", until: "04:00Z", why: "issued before" }],
  }).join("\n");
  assert.match(text, /^DRILL PLAN isolate-tenant: acme {2}\(inc-1126-kovame\)$/m);
  assert.match(text, /1 change by aws\.s3\.deny-tenant-prefix: everybody who reads/);
  assert.match(text, /^~ c001 deny tenants\/acme\/\* on acme-data-1 · s3-bucket acme-data-1 \(123456789012 us-east-1\)$/m);
  assert.match(text, /Statement\[\]: absent → \{"Sid":"soc2-er-acme"\}/);
  assert.match(text, /Approvals 1 of 2: security by sec-lead at 2026-11-26 03:16:04Z/);
  assert.match(text, /waiting for engineering/);
  assert.match(text, /does not count: on-call planned it \[approval-self\]/);
  assert.match(text, /✖ quota \(provider, failed\): no slot is free/);
  assert.match(text, /Left out 1\n {2}eu-west-1 has no bucket/);
  assert.match(text, /Still works afterwards\n {2}session of intruder until 04:00Z: issued before/);
});

test("what cannot be undone comes before the changes", () => {
  const lines = planView(
    plan([change(1), change(2, { reversal: { kind: "none", because: "sessions are gone" } })]),
    plainView(80),
    { now },
  );
  const warned = lines.indexOf("CANNOT BE UNDONE");
  assert.ok(warned >= 0 && warned < lines.findIndex((line) => line.startsWith("~ c001")));
  assert.match(lines[warned + 1] ?? "", /c002 .*sessions are gone/);
  assert.match(lines.join("\n"), /2 changes, 1 restorable exactly, 1 irreversible/);
});

test("--full shows every change with all that it alters; 40 columns lose nothing of the digest", () => {
  const full = planView(plan(Array.from({ length: 40 }, (_, index) => change(index + 1))), plainView(80), { now, full: true });
  for (let index = 1; index <= 40; index++) assert.ok(full.some((line) => line.includes(`acme-data-${index} `)));
  assert.ok(full.includes('      + {"Sid":"soc2-er-acme"}'));
  const narrow = planView(plan([change(1)]), plainView(40), { now, blastRadius });
  for (const line of narrow) assert.ok(widthOf(line) <= 40, line);
  assert.equal(narrow.slice(-2).join(""), digest);
});

test("standing containments, removals and conflicts are marked", () => {
  const same = change(1, { after: { Statement: [{ Sid: "theirs" }] } });
  const gone = change(2, { after: null, conflict: "somebody changed it" });
  const made = change(3, { before: null });
  const lines = planView(plan([same, gone, made]), plainView(120), { now });
  assert.ok(lines.some((line) => line.startsWith("= c001")));
  assert.ok(lines.some((line) => line.startsWith("- c002") && line.endsWith("CONFLICT")));
  assert.ok(lines.some((line) => line.startsWith("+ c003")));
});

test("differences are the smallest places; list members are compared as a set", () => {
  assert.deepEqual(differences({ a: 1, b: [1, 2] }, { a: 1, b: [2, 3], c: null }), [
    { path: "b[]", before: 1 },
    { path: "b[]", after: 3 },
    { path: "c", after: null },
  ]);
  assert.deepEqual(differences(null, { a: 1 }), [{ path: "", after: { a: 1 } }]);
  assert.deepEqual(differences([1, 2], [2, 1]), [{ path: "", before: [1, 2], after: [2, 1] }]);
  assert.deepEqual(differences("x", "x"), []);
});

test("accounts that were not reached are said before anything else, and at the end of the run", () => {
  const reason = "aws.iam ListUsers: AccessDenied";
  const unreached = ["111111111111", "222222222222"].map((account) => ({ account, cause: "denied", reason }));
  const [, first, second] = planView({ ...plan([change(1)]), unreached }, plainView(80), { now: 0 });
  assert.equal(first, "NOT REACHED: nothing is contained in 2 accounts");
  assert.equal(second, "  111111111111 denied: aws.iam ListUsers: AccessDenied");
  assert.ok(runView(run({ unreached }), plainView(80)).includes("  222222222222 denied: aws.iam ListUsers: AccessDenied"));
  const above = { account: "333333333333", part: "organization" as const, cause: "denied", reason };
  const said = (...lost: (typeof above | (typeof unreached)[number])[]) =>
    runView(run({ unreached: lost }), plainView(90)).join("\n");
  assert.match(
    said(...unreached, above),
    /NOT REACHED: nothing is contained in 2 accounts, nobody is denied from above the accounts/,
  );
  assert.match(said(above), /NOT REACHED: nobody is denied from above the accounts\n {2}333333333333 denied: /);
});

test("no approvals needed is said so", () => {
  assert.deepEqual(approvalLines({ required: [], have: [], waiting: [], findings: [] }, plainView(80)), [
    "Approvals none needed",
  ]);
});

function run(facts: Partial<RunFacts> = {}): RunFacts {
  const { resource } = change(1);
  return {
    id: "run-1126-badove",
    mode: "real",
    incident: "inc-1126-kovame",
    target: "acme",
    result: "partial",
    interrupted: false,
    changes: [
      {
        id: "c001",
        action: "a",
        resource,
        outcome: { status: "applied", receipts: [] },
        verification: { verdict: "confirmed", level: "effect" },
      },
      { id: "c002", action: "a", resource, outcome: { status: "refused", why: "denied: AccessDenied", receipts: [] } },
    ],
    clocks: {
      declaredAt: "2026-11-26T03:10:00.000Z",
      approvedAt: null,
      firstIntendedAt: null,
      firstConfirmedAt: null,
      lastConfirmedAt: null,
      timeToContainMs: 200_000,
      simulated: 60,
      legs: [{ leg: "aws", boundMs: 300_000, measuredMs: 200_000, verdict: "met" }],
    },
    residual: [{ what: "session s1", until: "2026-11-26T04:00:00.000Z", why: "issued before" }],
    unreached: [],
    ...facts,
  };
}

test("a run is never more than what was seen: bad news is listed, clocks say when they are simulated", () => {
  const text = runView(run(), plainView(80)).join("\n");
  assert.match(text, /^✖ PARTIAL/);
  assert.match(text, /1 of 2 changes confirmed, 1 by the attacker's own request failing/);
  assert.match(text, /✖ c002 refused \(denied: AccessDenied\)/);
  assert.doesNotMatch(text, /c001/);
  assert.match(text, /time to contain 3m 20s .*simulated\s+clock, ×60/);
  assert.match(text, /aws: 3m 20s of 5m, met/);
  assert.match(text, /Still works\n {2}session s1, until 2026-11-26 04:00:00Z: issued before/);
  for (const line of runView(run(), plainView(40))) assert.ok(widthOf(line) <= 40, line);
  assert.match(
    runView(run({ mode: "drill", result: "contained", interrupted: true }), plainView(80))[0] ?? "",
    /DRILL INTERRUPTED/,
  );
});

test("what hundreds of principals leave in the same way is not hundreds of lines", () => {
  const left = (count: number) =>
    Array.from({ length: count }, (_, index) => [
      { what: `sessions of user "u${index}"`, until: "until they expire", why: "judged by the role" },
      { what: `password of user "u${index}"`, until: "until it is deleted", why: "it cannot be put back" },
    ]).flat();
  const text = runView(run({ residual: left(300) }), plainView(100)).join("\n");
  for (const said of ['sessions of user "u2", until', 'password of user "u2", until', "and 297 more, left in the same way"])
    assert.ok(text.includes(said), said);
  assert.doesNotMatch(text, /"u3"/);
  assert.match(runView(run({ residual: left(4) }), plainView(100)).join("\n"), /sessions of user "u3"/);
  const kinds = Array.from({ length: 40 }, (_, index) => ({ what: `w${index}`, until: "u", why: `y${index}` }));
  assert.match(runView(run({ residual: kinds }), plainView(100)).join("\n"), /w23, u: y23\n {2}and more: .* lists all 40/);
});

test("status shows each incident with what it holds and who must act", () => {
  const status: StatusFacts = {
    mode: "real",
    incidents: [
      {
        id: "inc-1126-kovame",
        title: "leak",
        severity: 1,
        mode: "real",
        tenant: "acme",
        declaredAt: "2026-11-26T03:10:00.000Z",
        declaredBy: "on-call",
        status: "open",
      },
    ],
    leases: [
      {
        id: "l1",
        incident: "inc-1126-kovame",
        action: "aws.s3.deny-tenant-prefix",
        resource: change(1).resource,
        since: "2026-11-26T03:11:00.000Z",
        expires: "2026-11-26T03:15:00.000Z",
      },
      {
        id: "l2",
        incident: "inc-old",
        action: "aws.s3.deny-tenant-prefix",
        resource: change(2).resource,
        since: "2026-11-26T03:11:00.000Z",
        expires: null,
      },
    ],
    waiting: [{ kind: "approval", incident: "inc-1126-kovame", what: digest, roles: ["security", "engineering"] }],
    reviews: [
      {
        ...{ plan: digest, incident: "inc-old", runbook: "lockdown-tenant", target: "acme", by: "on-call" },
        ...{ reviewBy: "2026-11-26T03:00:00.000Z", state: "overdue", waiting: ["security"], untold: ["security"] },
      },
    ],
    remote: { state: "down", lagSeconds: 12 },
  };
  const text = statusView(status, plainView(120), now).join("\n");
  assert.match(text, /^inc-1126-kovame severity 1: leak$/m);
  assert.match(text, /declared 7m ago by on-call/);
  assert.match(text, /holds aws\.s3\.deny-tenant-prefix on s3-bucket acme-data-1 .*review 2m ago/);
  assert.match(text, /1 lease past its review time/);
  assert.match(text, /plan sha256:5a5a5a5a5a5a waits for security and engineering/);
  assert.match(text, /1 lease of closed incidents still hold/);
  assert.match(text, /lockdown-tenant on acme \(inc-old\): EXCEPTION: security did not review it by\s.*; security NOT TOLD/s);
  assert.match(text, /audit stores cannot be reached/);
  assert.deepEqual(
    statusView(
      { ...status, incidents: [], leases: [], waiting: [], reviews: [], remote: { state: "none", lagSeconds: 0 } },
      plainView(80),
      now,
    ),
    ["no incident is open"],
  );
});

const account = "123456789012";
const refused = (principal: string, by = "c001") => ({
  principal,
  account,
  loses: [{ what: "everything", by, shown: "policy" as const }],
});

test("who is denied is a line or two however many they are, and everybody by name with --full", () => {
  const many = Array.from({ length: 10_000 }, (_, index) => refused(`aws:user/u${index}`));
  const accounts = Array.from({ length: 40 }, (_, index) => ({
    ...refused(`aws:account/${index}`),
    account: String(index),
    but: ["arn:aws:iam::123456789012:role/soc2-er-responder"],
  }));
  const strangers = { ...refused("*"), account: null };
  const unjudged = many.map(({ principal }) => ({ principal, account, what: "x", by: "c001", why: "nobody can tell" }));
  const denied = { principals: [...many, ...accounts, strangers], kept: [{ principal: "aws:role/r", account }], unjudged };
  for (const count of [1, 5, 12, 500]) {
    const facts = { ...plan(Array.from({ length: count }, (_, index) => change(index + 1))), denied };
    const lines = planView(facts, plainView(80), { now, blastRadius });
    assert.ok(lines.length <= 30, `${count}: ${lines.length} lines`);
    const at = lines.findIndex((line) => line.startsWith("Denied afterwards"));
    assert.deepEqual(lines.slice(at, at + 2), [
      "Denied afterwards 10000 principals, anybody, anybody of 40 accounts but 1",
      "  spared, 10000 not judged, 1 kept: --full names them",
    ]);
  }
  const full = planView({ ...plan([change(1)]), denied }, plainView(200), { now, full: true });
  assert.ok(full.includes("  aws:user/u9999 (123456789012): everything (c001)"));
  assert.ok(full.includes("  anybody of account 7 but arn:aws:iam::123456789012:role/soc2-er-responder: everything (c001)"));
  assert.ok(full.includes("  anybody: everything (c001)"));
  assert.ok(full.includes("  not judged: aws:user/u0 (123456789012): x (c001), because nobody can tell"));
  assert.ok(full.includes("  kept: aws:role/r (123456789012)"));
});

test("what a setting denies is told from what a policy was seen to deny", () => {
  const key = { what: 'whatever access key "AKIA1" proves', by: "c002", shown: "setting" as const };
  const denied = {
    principals: [{ ...refused("aws:user/intruder"), loses: [...refused("").loses, key] }],
    kept: [],
    unjudged: [],
  };
  const lines = planView({ ...plan([change(1)]), denied }, plainView(120), { now, full: true });
  const said = '  aws:user/intruder (123456789012): everything (c001), whatever access key "AKIA1" proves (c002, by a setting)';
  assert.ok(lines.includes(said), lines.join("\n"));
  const nobody = planView({ ...plan([change(1)]), denied: { ...denied, principals: [] } }, plainView(120), { now });
  assert.doesNotMatch(nobody.join("\n"), /Denied/);
});

test("a run says who is denied now, in a line, and where they are named", () => {
  const denied = { principals: [refused("aws:user/intruder")], kept: [], unjudged: [] };
  assert.ok(runView(run({ denied }), plainView(80)).includes("Denied now 1 principal: --json names them"));
  const full = runView(run({ denied }), plainView(80), { full: true });
  assert.deepEqual(full.slice(full.indexOf("Denied now")).slice(0, 2), [
    "Denied now",
    "  aws:user/intruder (123456789012): everything (c001)",
  ]);
});
