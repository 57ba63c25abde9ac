import assert from "node:assert/strict";
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { verifyHome } from "../../src/verifier/index.ts";
import { contentDigest, digest, jcs, NOW, Session, sshSign } from "./build-log.ts";
import { type Case, cases, NONE, rewrite, wal } from "./cases.ts";
import { codes, folderOf, type Lie, type Lies, PLAN, RESOURCE, type Story, statementOf, tell, tellOn, verify } from "./story.ts";

/** One entry told otherwise by who holds the key of its session, from the beginning: all that follows is signed well over it. */
function lie(name: string, entry: string, told: Lie, ...found: readonly string[]): Case {
  return { name, options: { ...NONE, lies: { [entry]: told } }, found };
}

/** Something more at the end, before the sessions say that they ended. */
function more(name: string, add: (story: Story) => readonly Buffer[], ...found: readonly string[]): Case {
  return { name, options: { ...NONE, lies: OPEN_ENDED }, change: (story) => void wal(story).push(...add(story)), found };
}
const OPEN_ENDED: Lies = { "session.closed": { skip: true }, "ben/session.closed": { skip: true } };

/** The session of whoever has stolen the key of ana's laptop. */
const thief = (...opened: Parameters<Session["opened"]>): { session: Session; opening: Buffer } => {
  const session = new Session("ana");
  return { session, opening: session.opened(...opened) };
};

cases([
  {
    name: "an entry after the end of its session",
    options: NONE,
    change: (story) => void wal(story).push(story.ana.entry("note", { text: "one more" })),
    found: ["session"],
  },
  lie("an end of a session that counts other entries", "session.closed", { body: { entries: 7 } }, "chain"),
  lie("a session that goes on in another process", "incident.declared", { payload: { boot: "other" } }, "session"),
  lie("a clock that runs backwards while its session runs", "lease.checked", { payload: { mono: -1 } }, "chain"),
  {
    ...lie("a time before the one before", "lease.checked", { payload: { at: "2026-03-01T06:00:00.000Z" } }, "clock-set-back"),
    verdict: "verified-with-gaps",
  },
  more("a session for a year", () => [thief({ expiresAt: "2027-03-01T08:00:00.000Z" }).opening], "session"),
  more("a session under the name of another", () => [thief({ person: "ben" }).opening], "certificate"),
]);

const CLOSED = { id: "inc-1", reason: "over" };
const opens = (plan: string, run: string) => ({ run, plan, kind: "contain", leasesExpireAt: null, changes: 1 });

/** What is found besides, where something else rests on the entry that does not hold. */
const CONSEQUENCES: Readonly<Record<string, readonly string[]>> = {
  "plan.ruled": ["incident-missing"],
  "run.opened": ["incident-missing"],
  "change.intended": ["incident-missing", "intent-missing", "run"],
  "change.settled": ["incident-missing", "run"],
  "change.verified": ["incident-missing", "run"],
  "lease.checked": ["incident-missing"],
  "run.closed": ["incident-missing"],
};

cases([
  {
    ...lie("what is done in an incident that nobody declared", "incident.declared", { skip: true }, "incident-missing"),
    verdict: "incomplete",
  },
  lie(
    "an incident that is another than the one it belongs to",
    "incident.declared",
    { payload: { incident: "inc-2" } },
    "incident",
  ),
  ...Object.entries(CONSEQUENCES).map(([entry, consequences]) =>
    lie(`${entry} moved to another incident`, entry, { payload: { incident: "inc-2" } }, "incident", ...consequences),
  ),
  lie("a plan moved to another incident", "plan.created", { payload: { incident: "inc-2" } }, "incident-missing", "plan"),
  more(
    "an incident declared a second time",
    ({ ana }) => [ana.entry("incident.declared", { id: "inc-1", title: "smaller", severity: 4 })],
    "incident",
  ),
  more(
    "a run in an incident that was closed before",
    ({ ana, plan }) => [ana.entry("incident.closed", CLOSED), ana.entry("run.opened", opens(plan, "run-2"))],
    "incident",
  ),
]);

const LATE = { "not-before": "2026-03-01T09:00:00.000Z", "not-after": "2026-03-01T09:50:00.000Z" };

cases([
  lie("another digest of what is planned", "plan.created", { body: { contentDigest: digest("") } }, "plan"),
  lie("another target than the plan's", "plan.created", { body: { target: "globex" } }, "plan"),
  lie("a plan that is said to hold longer", "plan.created", { body: { expiresAt: "2026-03-02T09:00:00.000Z" } }, "plan"),
  lie("a plan that is said to undo something", "plan.created", { body: { of: "run-0" } }, "plan"),
  lie("a run of more changes than planned", "run.opened", { body: { changes: 2 } }, "run"),
  lie("a run of another kind than planned", "run.opened", { body: { kind: "rollback" } }, "run"),
  lie("a run whose leases end otherwise", "run.opened", { body: { leasesExpireAt: "2026-03-01T09:00:00.000Z" } }, "run"),
  lie(
    "an approval that is said to be older",
    "plan.ruled",
    { body: { approvals: [{ role: "security", person: "ben", at: "2026-03-01T07:00:00.000Z" }] } },
    "ruling",
  ),
  {
    name: "a ruling on a plan that had expired",
    options: { ...NONE, statement: LATE, lies: { "plan.ruled": { payload: { at: "2026-03-01T09:30:00.000Z" } } } },
    found: ["clock-set-back", "ruling"],
  },
  more("a change begun after its run had ended", ({ ana }) => [ana.entry("change.intended", intent("run-1"))], "run"),
  lie(
    "a run that says contained though a look showed otherwise",
    "change.verified",
    { body: { verification: { verdict: "contradicted", level: "effect" } } },
    "run",
  ),
  lie("a containment that says it was undone", "run.closed", { body: { result: "rolled-back" } }, "run"),
]);

function intent(run: string): Record<string, unknown> {
  const after = { before: "2026-03-01T08:00:00.000Z", list: [1, "x"] };
  return { run, change: "c1", action: "aws.iam.cut", resource: RESOURCE, before: null, after };
}

/** A second plan of the same, which nobody approved. */
const TWIN = PLAN.replace('"nonce":"n"', '"nonce":"m"');

cases([
  {
    ...more(
      "an approval of a plan with the same content",
      ({ log, ana }) => {
        const plan = log.blob(TWIN);
        const created = { plan, contentDigest: contentDigest(TWIN), kind: "contain", runbook: "lockdown", target: "acme" };
        return [
          ana.entry("plan.created", { ...created, expiresAt: "2026-03-01T09:00:00.000Z", required: ["security"], changes: 1 }),
          ana.entry("plan.ruled", { plan, ruling: "approved", approvals: [{ role: "security", person: "ben", at: NOW() }] }),
          ana.entry("run.opened", opens(plan, "run-2")),
        ];
      },
      "approval-missing",
    ),
    verdict: "incomplete",
  },
  {
    name: "a statement with a blank at the end of a line, signed so",
    options: { ...NONE, statement: { summary: "contain acme: 1 change " } },
    found: ["approval", "approval-missing"],
  },
  {
    name: "a statement with a line too many, signed so",
    options: { ...NONE, statement: { more: "1" } },
    found: ["approval", "approval-missing"],
  },
  {
    name: "a statement that is not ASCII, signed so",
    options: { ...NONE, statement: { summary: "contain \u202eacme" } },
    found: ["approval", "approval-missing"],
  },
  {
    name: "an approval for this plan in another incident",
    options: { ...NONE, statement: { incident: "inc-2" } },
    found: ["approval", "approval-missing"],
  },
  {
    name: "an approval for another log",
    options: { ...NONE, statement: { origin: "acme.example/soc2-er/drill" } },
    found: ["approval", "approval-missing"],
  },
  more(
    "an approval after what it covers",
    ({ ben, plan }) => {
      const text = statementOf(plan, { nonce: "f".repeat(32), role: "boss" });
      const facts = { plan, decision: "approve", role: "boss", person: "ben", statement: text };
      return [ben.entry("approval.recorded", { ...facts, signature: sshSign("ben", "approval.soc2-er.v1", text) })];
    },
    "approval",
  ),
]);

const SETTLED = { status: "applied", receipts: [] };
const CONFIRMED = { verdict: "confirmed", level: "effect" };

cases([
  lie("an outcome that there is not", "change.settled", { body: { outcome: { ...SETTLED, status: "done" } } }, "form", "run"),
  lie("an outcome without receipts", "change.settled", { body: { outcome: { status: "applied" } } }, "form", "run"),
  lie("an unknown member within an outcome", "change.settled", { body: { outcome: { ...SETTLED, by: "me" } } }, "form", "run"),
  lie(
    "a verdict that there is not",
    "change.verified",
    { body: { verification: { ...CONFIRMED, verdict: "fine" } } },
    "form",
    "run",
  ),
  lie("an unknown member of a verdict", "change.verified", { body: { verification: { ...CONFIRMED, by: "me" } } }, "form", "run"),
  lie("a result that there is not", "run.closed", { body: { result: "fine" } }, "form"),
  lie("a ruling that there is not", "plan.ruled", { body: { ruling: "waved through" } }, "form", "ruling-missing"),
  lie("a look that saw what there is not", "lease.checked", { body: { verdict: "fine" } }, "form"),
  lie(
    "an unknown member of a ruling's approval",
    "plan.ruled",
    { body: { approvals: [{ role: "security", person: "ben", at: NOW(), by: "me" }] } },
    ...["form", "ruling-missing"],
  ),
  ...["__proto__", "constructor", "toString"].map((key) =>
    lie(
      `a member ${key}`,
      "incident.declared",
      { raw: (text) => canonicalWith(text, (value) => Object.defineProperty(value.body, key, { value: 1, enumerable: true })) },
      "form",
    ),
  ),
  lie("a type that every object has", "incident.declared", { payload: { type: "constructor" } }, "form"),
  lie(
    "a number larger than any",
    "incident.declared",
    { raw: (text) => text.replace('"severity":2', '"severity":1e999') },
    "not-canonical",
  ),
  lie("a number below all", "run.opened", { body: { changes: -1 } }, "form", "run-missing"),
]);

function canonicalWith(text: string, change: (value: { body: object }) => unknown): string {
  const value = JSON.parse(text);
  change(value);
  return jcs(value);
}

/** Base64 that a lenient decoder takes for the same bytes. */
const SPELLINGS: Readonly<Record<string, (base64: string) => string>> = {
  "without padding": (text) => text.replace(/=+$/, ""),
  "with padding too much": (text) => `${text}=`,
  "in the alphabet of URLs": (text) => text.replaceAll("+", "-").replaceAll("/", "_"),
  "with a blank inside": (text) => `${text.slice(0, 8)} ${text.slice(8)}`,
  "with a line end inside": (text) => `${text.slice(0, 8)}\n${text.slice(8)}`,
  "with other last bits": (text) =>
    text.replace(/(.)(=+)$/, (_, last: string, end: string) => String.fromCharCode(last.charCodeAt(0) + 1) + end),
};

for (const [how, spell] of Object.entries(SPELLINGS))
  test(`a signature in base64 ${how}`, async (t) => {
    const story = tell(NONE);
    // A signature may look the same in both alphabets.
    const name = [...story.entries.keys()].find((one) => {
      const [made] = JSON.parse(String(story.entries.get(one))).signatures;
      return spell(made.sig) !== made.sig;
    });
    rewrite(story, name ?? "", ({ signatures: [one] }) => {
      if (one) one.sig = spell(one.sig);
    });
    const verification = await verify(t, story);
    assert.equal(verification.verdict, "tampered");
    assert.equal(verification.findings[0]?.code, "envelope");
  });

async function inFolder(t: TestContext, change: (folder: string) => void): Promise<ReturnType<typeof codes>> {
  const folder = tell().log.write(join(folderOf(t), "log"));
  change(folder);
  const verification = await verifyHome({ folder });
  assert.equal(verification.verdict, "tampered");
  return codes(verification);
}

for (const [what, place, found] of [
  ["segment", "segments/0000000000.wal", ["form"]],
  ["last batch", "batches/000000000002", ["form", "local-only"]],
  ["first batch", "batches/000000000000", ["batch-missing", "form"]],
] as const) {
  test(`a link in the place of the ${what}`, async (t) => {
    const codesFound = await inFolder(t, (folder) => {
      renameSync(join(folder, place), join(folder, "..", "elsewhere"));
      symlinkSync(join(folder, "..", "elsewhere"), join(folder, place));
    });
    for (const code of found) assert.ok(codesFound.includes(code), codesFound.join());
  });
  test(`a folder in the place of the ${what}`, async (t) => {
    const codesFound = await inFolder(t, (folder) => {
      rmSync(join(folder, place));
      mkdirSync(join(folder, place));
    });
    for (const code of found) assert.ok(codesFound.includes(code), codesFound.join());
  });
}

test("the story that is attacked here is a good one, however it ends", async (t) => {
  for (const story of [tell(), tell(NONE), tellOn()]) {
    const { verdict, findings } = await verifyHome({ folder: story.log.write(join(folderOf(t), "log")) });
    assert.deepEqual([verdict, findings], ["verified", []]);
  }
});

/** Where each class of attacks is tried: the name of a test, or the start of one, by its file. */
const CLASSES: Readonly<Record<string, readonly (readonly [file: string, test: string])[]>> = {
  "a payload bit flipped": [
    ["tampering", "a bit of a payload"],
    ["fuzz", "changed bytes"],
  ],
  "an entry spelled otherwise and signed": [
    ["tampering", "signed JSON with"],
    ["attacks", "a signature in base64"],
  ],
  "a doubled key": [["tampering", "a duplicate key"]],
  "an unknown member, at the top and within": [
    ["tampering", "an unknown member"],
    ["attacks", "an unknown member within"],
  ],
  "half a character, fractions, minus zero, depth": [
    ["tampering", "half a character"],
    ["bytes", "read differently is refused"],
  ],
  "a middle entry removed": [["tampering", "a middle entry dropped"]],
  "a wrong size or root": [
    ["tampering", "a wrong root"],
    ["tampering", "a wrong size"],
  ],
  "the last batches removed": [["tampering", "the last batches dropped from the mirror"]],
  "another batch in a number's place": [
    ["gaps", "shorter, other and longer"],
    ["tampering", "a batch seen that is another"],
  ],
  "two histories": [["tampering", "a batch seen that is another"]],
  "an entry a second time": [["tampering", "an entry twice"]],
  "a key that nobody has": [["tampering", "a session by a key that is not the person's"]],
  "weak keys": [["tampering", "WEAK"]],
  "one key for two people": [["tampering", "one key for two people"]],
  "a plan changed after its approval": [
    ["tampering", "something else done than planned"],
    ["tampering", "an approval for another plan"],
  ],
  "an approval with the content of another": [["attacks", "an approval of a plan with the same content"]],
  "one person as two": [["tampering", "a ruling without approvals"]],
  "an approval out of its time": [
    ["tampering", "an approval of yesterday"],
    ["tampering", "an approval that holds for a day"],
  ],
  "an approval used twice": [["applied-once", "an approval that was used on two laptops"]],
  "a ruling without what it names": [
    ["tampering", "an approval left out"],
    ["tampering", "a ruling without approvals"],
  ],
  "an outcome without an intent": [["tampering", "an outcome without intent"]],
  "an intent of another plan": [["tampering", "something else done than planned"]],
  "an action after its run": [["attacks", "a change begun after its run had ended"]],
  "a result that nobody saw": [["attacks", "a run that says contained"]],
  "torn, corrupt and zeroed segments": [
    ["gaps", "a crash that left"],
    ["gaps", "a missing segment"],
  ],
  "a drill in a real log": [["tampering", "a drill's entry"]],
  "a wrong pin": [
    ["tampering", "another pin"],
    ["bundle", "brings its own pin"],
  ],
  "an entry moved to another incident": [["attacks", "moved to another incident"]],
  "text that steers a terminal or a spreadsheet": [
    ["main", "does not steer the terminal"],
    ["population", "formula"],
  ],
  "links and folders for files": [
    ["attacks", "a link in the place of"],
    ["bundle", "a link for a file"],
  ],
  "a seal by who was not there yet": [["late-sealer", "a seal without"]],
  "the tail cut, each witness alone": [["checkpoints", "a tail that was cut: each witness alone tells"]],
  "two histories, signed": [
    ["checkpoints", "the log key signed both"],
    ["voids", "sealed under its number, on another history, is a fork"],
  ],
  "rubbish in a number's place": [["voids", "a void slot that the next batch names is a gap"]],
  "something put over an object, and a delete marker": [
    ["versions", "what was put over a batch"],
    ["versions", "a delete marker is found"],
  ],
  "objects that are not locked": [["versions", "what is not locked"]],
  "a key before it was added": [["keyring", "an entry by a key that was added later in the log"]],
  "an entry behind a revocation": [["keyring", "entries behind a revocation are found"]],
  "a change of keys by too few": [["keyring", "not signed by enough people"]],
  "a token without a touch": [["keyring", "a token that was not touched"]],
  "forgery with a weak key": [["keyring", "who forges with a weak key"]],
  "an approval by a key that was revoked": [["keyring", "an approval by a key that was revoked before it"]],
  "a signature in advance beyond its limits": [
    ["scopes", "a ruling in spite of"],
    ["scopes", "a scope signed"],
  ],
  "times within a session": [
    ["attacks", "a clock that runs backwards"],
    ["attacks", "a time before the one before"],
  ],
};

for (const [attack, places] of Object.entries(CLASSES))
  test(`there is a test of ${attack}`, () => {
    for (const [file, name] of places)
      assert.ok(readFileSync(join(import.meta.dirname, `${file}.test.ts`), "utf8").includes(name), `${file}: ${name}`);
  });
