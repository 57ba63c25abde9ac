import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { type Verification, verifyHome } from "../../src/verifier/index.ts";
import { contentDigest, digest, Log, NOW, ORIGIN, publicKey, Session, sshSign, type Value } from "./build-log.ts";
import { codes, folderOf, PLAN, statementOf } from "./story.ts";
import { tokenSignature, weakSignature } from "./tokens.ts";

const bare = (name: string): string => publicKey(name).split(" ").slice(0, 2).join(" ");
const PEOPLE = { ana: ["operator"], ben: ["security"], cy: ["engineering"], dee: ["security", "engineering"] };
const GENESIS = {
  organization: "Acme",
  people: Object.entries(PEOPLE).map(([id, roles]) => ({ id, roles, keys: [publicKey(id)] })),
  policy: { approvals: {} },
};

type Lines = Readonly<Record<string, string>>;
const LEADS = ["ben", "cy"];

/** A log whose keyring changes, on one machine, and all of it read as it stands. */
class Changing {
  readonly log = new Log();
  readonly ana = new Session("ana");
  readonly entries: Buffer[] = [];
  /** Of the last change, as an honest one names it. */
  last: string;

  constructor(genesis: Value = GENESIS) {
    this.add(this.ana.opened());
    const founding = this.ana.entry("genesis", genesis);
    this.add(founding);
    this.log.pin(founding);
    this.last = digest(founding);
  }

  /** How many entries there are. */
  get size(): number {
    return this.entries.length;
  }

  add(entry: Buffer): number {
    this.log.add(entry);
    return this.entries.push(entry) - 1;
  }

  note(session: Session, override: Readonly<Record<string, Value>> = {}): number {
    return this.add(session.entry("note", { text: "a note" }, override));
  }

  opened(session: Session, signer = session.person): Session {
    this.add(session.opened({}, signer));
    return session;
  }

  statement(lines: Lines): string {
    const all: Lines = {
      ...{ origin: ORIGIN, after: this.last, change: "add-key", person: "ana", roles: "none", key: "none" },
      ...{ "good-through": "none", reason: "because", ...lines },
    };
    return `soc2-er keyring v1\n${Object.entries(all)
      .map(([label, value]) => `${label}: ${value}\n`)
      .join("")}`;
  }

  /** Records a change with these signatures; it is said to have taken effect. */
  change(lines: Lines, signers: readonly string[] = LEADS, namespace = "keyring.soc2-er.v1"): number {
    const statement = this.statement(lines);
    return this.record(
      statement,
      signers.map((name) => sshSign(name, namespace, statement)),
    );
  }

  record(statement: string, signatures: readonly string[], by = this.ana): number {
    this.last = digest(statement);
    return this.add(by.entry("keyring.changed", { statement, signatures }));
  }

  async verify(folder: string): Promise<Verification> {
    return verifyHome({ folder: this.log.write(join(folder, "log")) });
  }
}

const addKey = (person: string, key: string): Lines => ({ change: "add-key", person, key: bare(key) });
const revoke = (person: string, goodThrough: number): Lines => ({
  ...{ change: "revoke-key", person, key: bare(person), "good-through": String(goodThrough) },
});

/** The places of the entries in the only segment, in their order. */
function placesOf({ entries }: Changing): string[] {
  let at = 0;
  return entries.map((entry) => {
    const place = `segments/0000000000.wal:${at}`;
    at += entry.length + 27;
    return place;
  });
}

test("keys, people and roles come and go by changes that the leads signed", async (t) => {
  const story = new Changing();
  story.change({ change: "add-person", person: "eve", roles: "operator", key: bare("eve") });
  story.note(story.opened(new Session("eve")));
  story.change({ change: "set-roles", person: "eve", roles: "engineering, operator" }, ["dee", "cy"]);
  story.change(addKey("eve", "eve2"), ["eve", "ben"]);
  const overlapping = story.opened(new Session("eve"));
  story.note(story.opened(new Session("eve"), "eve2"));
  story.change({ change: "retire-key", person: "eve", key: bare("eve") }, ["eve", "dee"]);
  story.note(overlapping);
  story.change(addKey("ana", "ana2"), ["eve2", "ben"]);
  story.change({ change: "remove-person", person: "dee" }, ["ben", "ana"]);
  const verification = await story.verify(folderOf(t));
  assert.deepEqual(verification.findings, []);
  assert.equal(verification.verdict, "verified");
  assert.equal(verification.entries, story.size);
});

test("a change that is not signed by enough people of the old keyring changes nothing, and is found where it stands", async (t) => {
  const cases: Readonly<Record<string, readonly [lines: Lines, signers: readonly string[]]>> = {
    "a key with one signature": [addKey("ana", "eve"), ["ben"]],
    "a key with two signatures of one person": [addKey("ana", "eve"), ["ben", "ben"]],
    "a key by one person of both roles": [addKey("ana", "eve"), ["dee"]],
    "a key by the subject alone": [addKey("ben", "eve"), ["ben"]],
    "a key by the subject and no lead": [addKey("ben", "eve"), ["ben", "ana"]],
    "a key by two leads of one role": [addKey("ana", "eve"), ["ben", "ben"]],
    "a person by one lead and an operator": [
      { change: "add-person", person: "eve", roles: "security", key: bare("eve") },
      ["ben", "ana"],
    ],
    "a person by one who is not there yet": [
      { change: "add-person", person: "eve", roles: "security", key: bare("eve") },
      ["ben", "eve"],
    ],
    "roles by the subject and a lead": [{ change: "set-roles", person: "cy", roles: "security" }, ["cy", "ben"]],
    "a revocation by one lead": [revoke("ana", 1), ["ben"]],
    "a revocation by the subject and an operator": [revoke("ben", 1), ["ben", "ana"]],
    "an unsigned one": [addKey("ana", "eve"), []],
  };
  for (const [what, [lines, signers]] of Object.entries(cases)) {
    const story = new Changing();
    const index = story.change(lines, signers);
    const { findings, verdict } = await story.verify(folderOf(t));
    assert.deepEqual(
      findings.map(({ code, at }) => ({ code, at })),
      [{ code: "keyring", at: placesOf(story)[index] }],
      what,
    );
    assert.equal(verdict, "tampered");
  }
});

test("a change that cannot be is found: names and keys that were there before, weak keys, other logs, other forms", async (t) => {
  const weak = weakSignature();
  const cases: Readonly<Record<string, Lines>> = {
    "a key of somebody else": addKey("ana", "ben"),
    "a key they have": addKey("ana", "ana"),
    "a name that is there": { change: "add-person", person: "ben", roles: "operator", key: bare("eve") },
    "a name that stands for everybody": { change: "add-person", person: "*", roles: "operator", key: bare("eve") },
    "a weak key": { change: "add-key", person: "ana", key: weak.publicKey },
    "an RSA key": { change: "add-key", person: "ana", key: "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAAQM=" },
    "a role twice": { change: "set-roles", person: "ana", roles: "security, security" },
    "a stranger": addKey("eve", "eve"),
    "a retirement of another's key": { change: "retire-key", person: "ana", key: bare("cy") },
    "a revocation from an entry to come": revoke("ana", 2),
    "another log": { ...addKey("ana", "eve"), origin: "other.example/soc2-er/prod" },
    "an unknown change": { change: "set-policy" },
    "roles that are not said": { change: "set-roles", person: "ana" },
    "a key that does not belong there": { change: "remove-person", person: "ana", key: bare("ana") },
  };
  for (const [what, lines] of Object.entries(cases)) {
    const story = new Changing();
    const index = story.change(lines, ["ben", "cy"]);
    const { findings } = await story.verify(folderOf(t));
    assert.deepEqual(
      findings.map(({ code, at }) => ({ code, at })),
      [{ code: "keyring", at: placesOf(story)[index] }],
      what,
    );
  }
  const story = new Changing();
  story.change(addKey("ana", "eve"), LEADS, "approval.soc2-er.v1");
  assert.deepEqual(codes(await story.verify(folderOf(t))), ["keyring"], "signed for another purpose");
});

test("who forges with a weak key of a founding entry gains nothing on any Node", async (t) => {
  const weak = weakSignature();
  const story = new Changing({
    ...GENESIS,
    people: [...GENESIS.people, { id: "eve", roles: ["security"], keys: [weak.publicKey] }],
  });
  const statement = story.statement(addKey("ana", "ana2"));
  story.record(statement, [weak.sign("keyring.soc2-er.v1", statement), sshSign("cy", "keyring.soc2-er.v1", statement)]);
  const { findings } = await story.verify(folderOf(t));
  assert.deepEqual(
    findings.map(({ code }) => code),
    ["keyring", "keyring"],
  );
});

test("a token that was not touched signs no change", async (t) => {
  for (const [flags, found] of [
    [1, []],
    [0, ["keyring"]],
  ] as const) {
    const token = tokenSignature();
    const people = GENESIS.people.map((person) => (person.id === "ben" ? { ...person, keys: [token.publicKey] } : person));
    const story = new Changing({ ...GENESIS, people });
    const statement = story.statement(addKey("ana", "ana2"));
    story.record(statement, [token.sign("keyring.soc2-er.v1", statement, flags), sshSign("cy", "keyring.soc2-er.v1", statement)]);
    assert.deepEqual(codes(await story.verify(folderOf(t))), found, `flags ${flags}`);
  }
});

test("where the log was founded so, a token decides only with its user verified", async (t) => {
  for (const [flags, found] of [
    [5, []],
    [1, ["keyring"]],
  ] as const) {
    const token = tokenSignature();
    const people = GENESIS.people.map((person) => (person.id === "ben" ? { ...person, keys: [token.publicKey] } : person));
    const story = new Changing({ ...GENESIS, people, policy: { approvals: {}, verification: true } });
    const statement = story.statement(addKey("ana", "ana2"));
    const signatures = [token.sign("keyring.soc2-er.v1", statement, flags), sshSign("cy", "keyring.soc2-er.v1", statement)];
    story.record(statement, signatures);
    assert.deepEqual(codes(await story.verify(folderOf(t))), found, `flags ${flags}`);
  }
});

test("an entry by a key that was added later in the log", async (t) => {
  const story = new Changing();
  const opening = story.size;
  story.opened(new Session("ana"), "ana2");
  story.change(addKey("ana", "ana2"));
  const { findings } = await story.verify(folderOf(t));
  assert.deepEqual(
    findings.map(({ code, at }) => [code, at]),
    [["certificate", placesOf(story)[opening]]],
  );
});

test("entries behind a revocation are found, however early they say they are; what a key wrote before it and was not good is listed", async (t) => {
  const story = new Changing();
  const thief = story.opened(new Session("cy"));
  const good = story.note(thief);
  const tainted = [story.note(thief), story.note(thief)];
  story.note(story.ana);
  story.change(revoke("cy", good), ["dee", "ana"]);
  const late = [story.note(thief, { at: "2026-03-01T08:00:03.000Z" })];
  const again = new Session("cy");
  late.push(story.size);
  story.opened(again);
  late.push(story.note(again));
  const { findings, verdict } = await story.verify(folderOf(t));
  const places = placesOf(story);
  const at = (code: string): (string | undefined)[] => findings.filter((one) => one.code === code).map((one) => one.at);
  assert.deepEqual(
    at("key-revoked"),
    late.map((index) => places[index]),
  );
  assert.deepEqual(
    at("tainted"),
    tainted.map((index) => places[index]),
  );
  assert.deepEqual(at("clock-set-back"), [places[late[0] ?? -1]]);
  assert.equal(findings.length, late.length + tainted.length + 1);
  assert.equal(verdict, "tampered");
});

test("a change that a revoked key signed meanwhile is listed, and one that it signs afterwards is none", async (t) => {
  const story = new Changing();
  const signed = story.change(addKey("ana", "ana2"), ["ben", "cy"]);
  story.change(revoke("cy", 1), ["dee", "ana"]);
  const none = story.change(addKey("ana", "eve"), ["ben", "cy"]);
  const { findings } = await story.verify(folderOf(t));
  const places = placesOf(story);
  assert.deepEqual(
    findings.map(({ code, at }) => [code, at]),
    [
      ["keyring", places[none]],
      ["tainted", places[signed]],
    ],
  );
});

test("a key that was retired may not open a session behind it, which is a gap and no forgery", async (t) => {
  const story = new Changing();
  story.change(addKey("ana", "ana2"));
  story.change({ change: "retire-key", person: "ana", key: bare("ana") });
  story.note(story.opened(new Session("ana")));
  const verification = await story.verify(folderOf(t));
  assert.deepEqual(codes(verification), ["key-retired"]);
  assert.equal(verification.verdict, "verified-with-gaps");
});

test("of two changes from one keyring the first in the log counts; the second is listed and changes nothing", async (t) => {
  const story = new Changing();
  const from = story.last;
  story.change(addKey("ana", "ana2"));
  const first = story.last;
  const second = story.change({ ...addKey("ana", "eve"), after: from });
  story.last = first;
  story.change({ change: "retire-key", person: "ana", key: bare("ana2") });
  const { findings, verdict } = await story.verify(folderOf(t));
  assert.deepEqual(
    findings.map(({ code, at }) => [code, at]),
    [["keyring-overtaken", placesOf(story)[second]]],
  );
  assert.equal(verdict, "verified-with-gaps");
});

test("in batches: a change counts in the order of the log, and a revoked key seals no batch behind it", async (t) => {
  const story = new Changing();
  const ben = story.opened(new Session("ben"));
  story.log.seal(story.entries.splice(0), ben, {}, [ben, story.ana]);
  story.change(revoke("ben", 0), ["dee", "cy"]);
  story.log.seal(story.entries.splice(0), ben, {}, [ben, story.ana]);
  assert.deepEqual(codes(await story.verify(folderOf(t))), ["tainted"], "with the revocation of its own sealer");
  story.note(story.ana);
  story.log.seal(story.entries.splice(0), ben, {}, [ben, story.ana]);
  assert.deepEqual(codes(await story.verify(folderOf(t))), ["batch-signature", "key-revoked", "tainted"]);
});

test("a change that is in no batch yet changes nothing where its writer knew of a store", async (t) => {
  const story = new Changing();
  story.log.seal(story.entries.splice(0), story.ana);
  story.change(addKey("ana", "ana2"));
  const session = new Session("ana");
  story.opened(session, "ana2");
  assert.deepEqual(codes(await story.verify(folderOf(t))), ["certificate", "local-only"]);
});

const INCIDENT = { id: "inc-1", title: "a stolen key", severity: 2 };

/** A plan that ben approved, as far as its approval; `rule` rules it. */
function approved(): { story: Changing; rule: () => number } {
  const story = new Changing({ ...GENESIS, policy: { approvals: { lockdown: ["security"] } } });
  const plan = story.log.blob(PLAN);
  const say = (type: string, body: Value): number => story.add(story.ana.entry(type, body));
  say("incident.declared", INCIDENT);
  say("plan.created", {
    ...{ plan, contentDigest: contentDigest(PLAN), kind: "contain", runbook: "lockdown", target: "acme" },
    ...{ expiresAt: "2026-03-01T09:00:00.000Z", required: ["security"], changes: 1 },
  });
  const statement = statementOf(plan);
  const signature = sshSign("ben", "approval.soc2-er.v1", statement);
  say("approval.recorded", { plan, decision: "approve", role: "security", person: "ben", statement, signature });
  const approvals = [{ role: "security", person: "ben", at: NOW() }];
  return { story, rule: () => say("plan.ruled", { plan, ruling: "approved", approvals }) };
}

test("a ruling may not rest on an approval whose key was revoked, or whose role was lost, before it", async (t) => {
  const lost: Readonly<Record<string, Lines>> = {
    revoked: revoke("ben", 4),
    removed: { change: "remove-person", person: "ben" },
    "no lead any more": { change: "set-roles", person: "ben", roles: "operator" },
  };
  for (const [what, lines] of Object.entries(lost)) {
    const { story, rule } = approved();
    story.change(lines, ["dee", "cy"]);
    const ruling = rule();
    const { findings } = await story.verify(folderOf(t));
    assert.deepEqual(
      findings.map(({ code, at }) => [code, at]),
      [["ruling", placesOf(story)[ruling]]],
      what,
    );
  }
  const { story, rule } = approved();
  story.change({ change: "retire-key", person: "ben", key: bare("ben") }, ["dee", "cy"]);
  rule();
  assert.deepEqual(codes(await story.verify(folderOf(t))), [], "a retired key keeps what it signed");
});

test("where the one who ruled could not know of the revocation, the ruling is listed", async (t) => {
  const { story, rule } = approved();
  const dee = story.opened(new Session("dee"));
  story.log.seal(story.entries.splice(0), dee, {}, [dee, story.ana]);
  const statement = story.statement(revoke("ben", 4));
  story.record(
    statement,
    ["dee", "cy"].map((name) => sshSign(name, "keyring.soc2-er.v1", statement)),
    dee,
  );
  story.log.seal(story.entries.splice(0), dee);
  rule();
  story.log.seal(story.entries.splice(0), dee);
  const { findings, verdict } = await story.verify(folderOf(t));
  assert.deepEqual(
    findings.map(({ code, at }) => [code, at]),
    [["tainted", "batches/000000000002#0"]],
  );
  assert.equal(verdict, "verified-with-gaps");
});

test("an approval by a key that was revoked before it is none, whoever records it", async (t) => {
  const story = new Changing();
  const plan = story.log.blob(PLAN);
  story.add(story.ana.entry("incident.declared", INCIDENT));
  story.add(
    story.ana.entry("plan.created", {
      ...{ plan, contentDigest: contentDigest(PLAN), kind: "contain", runbook: "lockdown", target: "acme" },
      ...{ expiresAt: "2026-03-01T09:00:00.000Z", required: ["security"], changes: 1 },
    }),
  );
  story.change(revoke("ben", 1), ["dee", "cy"]);
  const statement = statementOf(plan, { "not-before": "2026-03-01T08:00:00.000Z", "not-after": "2026-03-01T09:00:00.000Z" });
  const signature = sshSign("ben", "approval.soc2-er.v1", statement);
  const body = { plan, decision: "approve", role: "security", person: "ben", statement, signature };
  const index = story.add(story.ana.entry("approval.recorded", body));
  const { findings } = await story.verify(folderOf(t));
  assert.deepEqual(
    findings.map(({ code, at }) => [code, at]),
    [["approval", placesOf(story)[index]]],
  );
});
