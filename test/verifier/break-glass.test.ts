import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Verdict } from "../../src/verifier/index.ts";
import {
  contentDigest,
  fingerprint,
  GENESIS,
  jcs,
  Log,
  type Name,
  ORIGIN,
  publicKey,
  Session,
  sshSign,
  type Value,
} from "./build-log.ts";
import { codes, folderOf, PLAN, RESOURCE, type Statement, verify } from "./story.ts";

const HOUR = 3_600_000;
const REQUIRED = ["security", "engineering"];
const PEOPLE = [
  { id: "ana", roles: ["operator", "security"], keys: [publicKey("ana")] },
  { id: "ben", roles: ["security"], keys: [publicKey("ben")] },
  { id: "eve", roles: ["engineering"], keys: [publicKey("eve")] },
];
const POLICY = {
  approvals: { lockdown: REQUIRED },
  breakGlass: { allowed: ["lockdown"], ratifyWithinMs: 24 * HOUR },
};

type Word = {
  readonly by: Name;
  readonly role: string;
  readonly decision: string;
  readonly at: number;
  readonly said?: Statement;
};

type Told = {
  readonly policy?: Record<string, Value>;
  readonly header?: Record<string, Value>;
  /** What is said otherwise of the ruling. */
  readonly glass?: Record<string, Value>;
  readonly approvals?: readonly Value[];
  readonly notified?: Record<string, Value>;
  readonly words?: readonly Word[];
  /** When the change is intended, and when the log's last entry is written, after the ruling. */
  readonly intendedAfter?: number;
  readonly endsAfter?: number;
  /** A second ruling, so long after the first. */
  readonly again?: number;
  readonly deny?: true;
  readonly forget?: true;
};

const start = Date.parse("2026-03-01T08:00:00.000Z");
const at = (ms: number): string => new Date(start + ms).toISOString();

function statement(plan: string, { by, role, decision, at: when, said }: Word): string {
  const lines: Statement = {
    ...{
      origin: ORIGIN,
      incident: "inc-1",
      action: "lockdown",
      plan,
      summary: "x",
      decision,
      role,
      person: by,
      key: fingerprint(by),
    },
    ...{ "not-before": at(when - 120_000), "not-after": at(when + 3_000_000) },
    ...{ nonce: `${by.charCodeAt(0)}${when}${decision.length}`.padEnd(32, "0"), seen: "none", ...said },
  };
  const text = Object.entries(lines).map(([label, value]) => `${label}: ${value}\n`);
  return `soc2-er approval v1\n${text.join("")}`;
}

/** As `Session.opened`, at a time of the story. */
function opening(session: Session, after: number): Buffer {
  const { person } = session;
  const facts = { person, key: publicKey(person), sessionKey: session.key.publicKey, host: "laptop", tool: "soc2-er/test" };
  const body = { ...facts, expiresAt: at(after + 12 * HOUR) };
  const certificate = sshSign(person, "session.soc2-er.v1", jcs({ origin: ORIGIN, writer: session.writer, body }));
  return session.entry("session.opened", { ...body, certificate }, { at: at(after) });
}

/** ana plans and applies alone, by break-glass; ben and eve were skipped. */
function tell(told: Told = {}): { log: Log } {
  const log = new Log();
  const open = { ana: new Session("ana"), ben: new Session("ben"), eve: new Session("eve") };
  const openedAt = { ana: 0, ben: 0, eve: 0 };
  let entries: Buffer[] = [];
  const say = (made: Buffer): Buffer => {
    entries.push(made);
    log.add(made);
    return made;
  };
  const seal = (): void => {
    if (entries.length === 0) return;
    log.seal(entries, open.ana, {}, Object.values(open));
    entries = [];
  };
  /** A session ends after twelve hours: whoever writes later has another one. */
  const entry = (person: Name, type: string, body: Value, after: number): Buffer => {
    if (after - openedAt[person] > 11 * HOUR) {
      const { seen } = open[person];
      open[person] = new Session(person);
      open[person].seen = seen;
      openedAt[person] = after;
      say(opening(open[person], after));
    }
    return say(open[person].entry(type, body, { at: at(after) }));
  };
  const [first = "", change = ""] = PLAN.split("\n");
  const planned = (nonce: string, after: number): string => {
    const header = { ...JSON.parse(first), nonce, required: REQUIRED, expiresAt: at(99 * HOUR), ...told.header };
    const text = `${jcs(header)}\n${change}\n`;
    const plan = log.blob(text);
    const created = {
      plan,
      contentDigest: contentDigest(text),
      kind: header.kind,
      runbook: "lockdown",
      target: "acme",
      changes: 1,
    };
    entry(
      "ana",
      "plan.created",
      { ...created, expiresAt: at(99 * HOUR), required: REQUIRED, ...(header.of ? { of: header.of } : {}) },
      after,
    );
    return plan;
  };
  const rule = (plan: string, after: number): void => {
    const breakGlass = { reason: "nobody answers", skipped: REQUIRED, until: at(after + HOUR), reviewBy: at(after + 24 * HOUR) };
    const approvals = told.approvals ?? [];
    entry("ana", "plan.ruled", { plan, ruling: "approved", approvals, breakGlass: { ...breakGlass, ...told.glass } }, after);
  };
  const intend = (plan: string, run: string, after: number): void => {
    entry("ana", "run.opened", { run, plan, kind: "contain", leasesExpireAt: null, changes: 1 }, after);
    const intent = { run, change: "c1", action: "aws.iam.cut", resource: RESOURCE, before: null };
    entry("ana", "change.intended", { ...intent, after: { before: at(0), list: [1, "x"] } }, after);
    entry("ana", "change.settled", { run, change: "c1", outcome: { status: "applied", receipts: [] } }, after);
  };
  say(opening(open.ana, 0));
  log.pin(entry("ana", "genesis", { ...GENESIS, people: PEOPLE, policy: { ...POLICY, ...told.policy } }, 0));
  for (const session of [open.ben, open.eve]) say(opening(session, 0));
  entry("ana", "incident.declared", { id: "inc-1", title: "x", severity: 2 }, 0);
  const plan = planned("n1", 0);
  const record = (type: string, word: Word): void => {
    const { by: person, role, decision, at: when } = word;
    const text = statement(plan, word);
    const signature = sshSign(person, "approval.soc2-er.v1", text);
    entry(person, type, { plan, decision, role, person, statement: text, signature }, when);
  };
  if (told.deny) record("approval.recorded", { by: "ben", role: "security", decision: "deny", at: 0 });
  seal();
  if (!told.forget) rule(plan, 0);
  intend(plan, "run-1", told.intendedAfter ?? 60_000);
  const notified = {
    plan,
    told: [{ channel: "chat", roles: ["security"] }],
    failed: [],
    untold: ["engineering"],
    ...told.notified,
  };
  if (!told.forget) entry("ana", "ruling.notified", notified, 60_000);
  seal();
  for (const word of told.words ?? []) record("ruling.reviewed", word);
  seal();
  if (told.again !== undefined) {
    const second = planned("n2", told.again);
    rule(second, told.again);
    seal();
  }
  entry("ana", "note", { text: "the end" }, told.endsAfter ?? 2 * HOUR);
  seal();
  return { log };
}

async function tried(t: TestContext, told: Told, found: readonly string[], verdict: Verdict): Promise<readonly string[]> {
  const verification = await verify(t, tell(told));
  assert.deepEqual(codes(verification), found, JSON.stringify(verification.findings, null, 1));
  assert.equal(verification.verdict, verdict);
  return verification.notChecked;
}

const RATIFIED: readonly Word[] = [
  { by: "ben", role: "security", decision: "ratify", at: HOUR },
  { by: "eve", role: "engineering", decision: "ratify", at: 2 * HOUR },
];
const late = RATIFIED.map((word) => ({ ...word, at: 25 * HOUR }));
const objection: Word = { by: "ben", role: "security", decision: "object", at: HOUR };

test("a break-glass ruling that was ratified is like any other; while there is time, nobody can say", async (t) => {
  await tried(t, { words: RATIFIED, endsAfter: 60 * HOUR, again: 50 * HOUR }, [], "verified");
  assert.doesNotMatch((await tried(t, { words: RATIFIED, endsAfter: 60 * HOUR }, [], "verified")).join(), /ratified/);
  assert.match((await tried(t, {}, [], "verified")).join("\n"), /whether 1 break-glass rulings were ratified in time/);
  await tried(t, { again: HOUR }, [], "verified");
});

test("break-glass rulings are part of the population, with what became of their review", async (t) => {
  const outcomes: readonly (readonly [readonly Word[], string])[] = [
    [[], "open"],
    [RATIFIED.slice(1), "open"],
    [RATIFIED, "ratified"],
    [[...RATIFIED, { ...objection, at: 3 * HOUR }], "objected"],
    [[objection, ...RATIFIED.map((word) => ({ ...word, at: 3 * HOUR }))], "ratified"],
  ];
  for (const [words, outcome] of outcomes) {
    const file = join(folderOf(t), "population.csv");
    const { population } = await verify(t, tell({ words, endsAfter: 5 * HOUR }), { population: file });
    assert.deepEqual(population["break-glass"], { [outcome]: 1 });
    const row = readFileSync(file, "utf8")
      .split("\r\n")
      .find((one) => one.startsWith("break-glass,"));
    assert.match(row ?? "", /,lockdown,acme,sha256:[0-9a-f]{64},"break-glass without [a-z, ]+: nobody answers",/);
  }
});

test("not ratified, too late, or objected to: an exception", async (t) => {
  await tried(t, { endsAfter: 25 * HOUR }, ["unratified"], "verified-with-gaps");
  await tried(t, { words: RATIFIED.slice(1), endsAfter: 25 * HOUR }, ["unratified"], "verified-with-gaps");
  await tried(t, { words: late, endsAfter: 26 * HOUR }, ["unratified"], "verified-with-gaps");
  await tried(
    t,
    { words: [...RATIFIED, { ...objection, at: 3 * HOUR }], endsAfter: 4 * HOUR },
    ["unratified"],
    "verified-with-gaps",
  );
  await tried(t, { words: [objection, ...RATIFIED.map((word) => ({ ...word, at: 3 * HOUR }))] }, [], "verified");
});

const WRONG: Readonly<Record<string, Told>> = {
  "for a runbook that the founding does not name": { policy: { breakGlass: { allowed: ["other"], ratifyWithinMs: 24 * HOUR } } },
  "where the founding knows none": { policy: { breakGlass: undefined } },
  "without a reason": { glass: { reason: " " } },
  "for longer than an hour": { glass: { until: at(HOUR + 1) } },
  "to be reviewed later than the founding says": { glass: { reviewBy: at(25 * HOUR) } },
  "that skips fewer than it says": { glass: { skipped: ["security"] } },
  "and a change after its hour": { intendedAfter: HOUR + 120_000 },
  "and another one while its review is overdue": { again: 25 * HOUR, endsAfter: 25 * HOUR },
  "and another one by whom somebody objected to": { words: [objection], again: 3 * HOUR, endsAfter: 4 * HOUR },
  "of which more are said to be told than were": { notified: { untold: [] } },
};

for (const [what, told] of Object.entries(WRONG))
  test(`a break-glass ruling ${what}`, async (t) => {
    const verification = await verify(t, tell(told));
    assert.ok(codes(verification).includes("break-glass"), JSON.stringify(verification.findings, null, 1));
    assert.equal(verification.verdict, "tampered");
  });

test("a break-glass ruling to undo, and one against a denial", async (t) => {
  const undoing = await verify(t, tell({ header: { kind: "rollback", of: "run-0" } }));
  assert.ok(codes(undoing).includes("break-glass"));
  await tried(t, { deny: true, notified: {} }, ["break-glass", "ruling"], "tampered");
});

const REVIEWS: Readonly<Record<string, Word>> = {
  "by whom it was": { by: "ana", role: "security", decision: "ratify", at: HOUR },
  "signed at another time": {
    ...{ by: "ben", role: "security", decision: "ratify", at: HOUR },
    said: { "not-before": at(-2 * HOUR), "not-after": at(-HOUR) },
  },
  "of another action": { by: "ben", role: "security", decision: "ratify", at: HOUR, said: { action: "other" } },
};

for (const [what, word] of Object.entries(REVIEWS))
  test(`a review ${what}`, async (t) => {
    await tried(t, { words: [word] }, ["break-glass"], "tampered");
  });

test("a review that is an approval, in a role that is not held, or of nothing", async (t) => {
  await tried(t, { words: [{ by: "ben", role: "security", decision: "approve", at: HOUR }] }, ["approval"], "tampered");
  await tried(t, { words: [{ by: "ben", role: "engineering", decision: "ratify", at: HOUR }] }, ["approval"], "tampered");
  await tried(t, { forget: true, words: RATIFIED }, ["break-glass", "ruling-missing"], "tampered");
});
