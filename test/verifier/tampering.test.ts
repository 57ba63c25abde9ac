import assert from "node:assert/strict";
import { test } from "node:test";
import { digest, GENESIS, jcs, ORIGIN, publicKey, Session, sshSign } from "./build-log.ts";
import { at, cases, flipped, NONE, rewrite, wal } from "./cases.ts";
import { codes, RESOURCE, tell, verify } from "./story.ts";

/** The point of order 1. */
const WEAK = sshLine("ssh-ed25519", Buffer.concat([Buffer.of(1), Buffer.alloc(31)]));
const OFF_CURVE = sshLine("ecdsa-sha2-nistp256", Buffer.from("nistp256"), Buffer.concat([Buffer.of(4), Buffer.alloc(64, 7)]));

cases([
  {
    name: "a bit of a payload",
    options: NONE,
    change: (story) =>
      rewrite(story, "incident.declared", (made) => {
        made.payload = flipped(made.payload);
      }),
    found: ["signature"],
  },
  {
    name: "a bit of a signature",
    options: NONE,
    change: (story) =>
      rewrite(story, "incident.declared", ({ signatures: [one] }) => {
        if (one) one.sig = flipped(one.sig);
      }),
    found: ["signature"],
  },
  {
    name: "a bit of a record, whose sum then differs",
    options: NONE,
    change: ({ log }) => {
      const [first, ...others] = log.segments[0] ?? [];
      log.segments[0] = [Buffer.concat([first ?? Buffer.of(), Buffer.from("\n")]), ...others];
    },
    found: ["record", "session-missing", "keyring", "genesis-missing"],
  },
  {
    name: "two entries of one writer swapped",
    options: NONE,
    change: (story) => {
      const place = at(story, "incident.declared");
      wal(story).splice(
        place,
        2,
        ...wal(story)
          .slice(place, place + 2)
          .reverse(),
      );
    },
    found: ["entry-missing", "chain"],
  },
  {
    name: "a middle entry dropped",
    options: NONE,
    change: (story) => void wal(story).splice(at(story, "incident.declared"), 1),
    verdict: "incomplete",
    found: ["entry-missing"],
  },
  {
    name: "an entry twice",
    options: NONE,
    change: (story) => void wal(story).splice(4, 0, wal(story)[3] ?? Buffer.of()),
    found: ["chain"],
  },
  {
    name: "the opening of a session dropped",
    options: NONE,
    change: (story) => void wal(story).splice(at(story, "ben/session.opened"), 1),
    found: ["session", "approval-missing"],
  },
  {
    name: "the tail of the segments dropped, though batches have it",
    change: (story) => void wal(story).splice(-2),
    verdict: "incomplete",
    found: ["segments-short"],
  },
  {
    name: "an entry of the segments dropped, though a batch has it",
    change: (story) => void wal(story).splice(at(story, "run.opened"), 1),
    verdict: "incomplete",
    found: ["segments-short"],
  },
  {
    name: "entries of the segments swapped, though a batch has them in order",
    change: (story) => {
      const place = at(story, "plan.ruled");
      wal(story).splice(
        place,
        2,
        ...wal(story)
          .slice(place, place + 2)
          .reverse(),
      );
    },
    found: ["segments-short", "order"],
  },
  {
    name: "another content of an entry in segments than in the batch, signed well",
    change: (story) => {
      const other = tell({ lies: { "incident.declared": { body: { title: "other" } } } });
      wal(story)[at(story, "incident.declared")] = wal(other)[at(other, "incident.declared")] ?? Buffer.of();
    },
    found: ["segments-short", "order", "session", "local-only"],
  },
  {
    name: "the last batches dropped from the mirror, which later entries saw",
    change: ({ log }) => void log.batches.splice(1),
    verdict: "incomplete",
    found: ["batch-missing", "local-only"],
  },
  {
    name: "a middle batch dropped from the mirror",
    change: (story) => {
      delete story.log.batches[1];
    },
    verdict: "incomplete",
    found: ["batch-missing"],
  },
]);

test("the same forger's log under the same pin", async (t) => {
  const story = tell();
  const other = tell();
  for (const [path, bytes] of story.log.files) other.log.files.set(path, bytes);
  const verification = await verify(t, other);
  assert.deepEqual(codes(verification), ["pin"]);
  assert.equal(verification.verdict, "tampered");
});

cases([
  {
    name: "the certificate of another session",
    options: { ...NONE, lies: { "session.opened": { body: { host: "x" } } } },
    change: (story) => {
      const session = new Session("ana");
      const certificate = sshSign("ana", "session.soc2-er.v1", "something else");
      const { body, ...rest } = session.payload("session.opened", {}) as { body: object };
      const opened = { person: "ana", key: publicKey("ana"), sessionKey: session.key.publicKey, host: "h", tool: "t" };
      const made = { ...rest, body: { ...body, ...opened, expiresAt: "2026-03-01T20:00:00.000Z", certificate } };
      wal(story).push(session.raw(jcs(made)));
    },
    found: ["certificate"],
  },
  {
    name: "a session by a key that is not the person's",
    options: NONE,
    change: (story) => void wal(story).push(new Session("ana").opened({}, "eve")),
    found: ["certificate"],
  },
  {
    name: "a session of one person certified by another of the keyring",
    options: NONE,
    change: (story) => void wal(story).push(new Session("ben").opened({}, "ana")),
    found: ["certificate"],
  },
  {
    name: "an entry after its session ended",
    options: { ...NONE, lies: { "session.opened": { body: { expiresAt: "2026-03-01T08:00:01.000Z" } } } },
    found: ["session"],
  },
  {
    name: "a founder who is not among the people",
    options: { ...NONE, lies: { genesis: { body: { people: GENESIS.people.slice(1) } } } },
    found: ["certificate"],
  },
  {
    name: "one key for two people",
    options: {
      ...NONE,
      lies: { genesis: { body: { people: [...GENESIS.people, { id: "eve", roles: ["security"], keys: [publicKey("ana")] }] } } },
    },
    found: ["keyring"],
  },
  ...[
    { what: "a weak key, under which anybody can sign", key: WEAK },
    { what: "a point that is not on P-256", key: OFF_CURVE },
    { what: "an RSA key", key: "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAAQM= eve" },
    { what: "a name that an allowed_signers file takes for everybody", id: "*" },
    { what: "a name that an allowed_signers file takes for two", id: "eve,ana" },
  ].map(({ what, key = publicKey("eve"), id = "eve" }) => ({
    name: `founded with ${what}`,
    options: {
      ...NONE,
      lies: { genesis: { body: { people: [...GENESIS.people, { id, roles: ["security"], keys: [key] }] } } },
    },
    found: ["keyring"],
  })),
  {
    name: "another pin",
    change: ({ log }) =>
      log.files.set("genesis.json", Buffer.from(jcs({ origin: ORIGIN, mode: "real", genesis: digest("") }))) && undefined,
    found: ["pin"],
  },
  { name: "no pin", change: ({ log }) => void log.files.delete("genesis.json"), verdict: "incomplete", found: ["pin-missing"] },
  { name: "a wrong root", options: { head: { root: "0".repeat(64) } }, found: ["batch-root"] },
  { name: "a wrong size", options: { head: { size: 8 } }, found: ["batch-root"] },
  { name: "a wrong count", options: { head: { count: 1 } }, found: ["batch"] },
  { name: "another number in a batch", options: { head: { n: 2 } }, found: ["batch"] },
  { name: "another batch before", options: { head: { prev: digest("") } }, found: ["batch"] },
  { name: "a batch of another log", options: { head: { origin: "other" } }, found: ["batch"] },
  {
    name: "a batch sealed by another than it says",
    options: { head: { writer: "0123456789abcdef" } },
    found: ["batch-signature"],
  },
  { name: "an unknown member of a batch", options: { head: { more: 1 } }, found: ["form"] },
  {
    name: "batches renumbered",
    change: ({ log }) => void log.batches.reverse(),
    found: ["batch", "batch-signature", "session", "order", "genesis-missing"],
  },
  {
    name: "an unknown type",
    options: { ...NONE, lies: { "incident.declared": { payload: { type: "party" } } } },
    found: ["form"],
  },
  { name: "an unknown member", options: { ...NONE, lies: { "incident.declared": { body: { more: 1 } } } }, found: ["form"] },
  {
    name: "a member of another kind",
    options: { ...NONE, lies: { "incident.declared": { body: { severity: "2" } } } },
    found: ["form"],
  },
  {
    name: "a drill's entry",
    options: { ...NONE, lies: { "incident.declared": { payload: { mode: "drill" } } } },
    found: ["origin"],
  },
  {
    name: "an entry of another log",
    options: { ...NONE, lies: { "incident.declared": { payload: { origin: "x" } } } },
    found: ["origin"],
  },
  {
    name: "an entry of another person",
    options: { ...NONE, lies: { "incident.declared": { payload: { person: "ben" } } } },
    found: ["session"],
  },
  {
    name: "another entry before",
    options: { ...NONE, lies: { "incident.declared": { payload: { prev: digest("") } } } },
    found: ["chain"],
  },
  {
    name: "a batch seen that is another",
    options: { lies: { "run.closed": { payload: { seen: { batch: 1, digest: digest("") } } } } },
    found: ["seen"],
  },
  {
    name: "a batch seen that comes later",
    options: { lies: { "run.opened": { payload: { seen: { batch: 1, digest: digest("") } } } } },
    found: ["seen"],
  },
  {
    name: "fewer batches seen than before",
    options: { lies: { "run.closed": { payload: { seen: { batch: -1, digest: null } } } } },
    found: ["seen"],
  },
  ...[
    { what: "white space", raw: (text: string) => text.replace('"v":1', '"v": 1') },
    { what: "keys in another order", raw: (text: string) => text.replace(/\{("at":"[^"]*"),(.*)\}$/, "{$2,$1}") },
    { what: "a needless escape", raw: (text: string) => text.replace("acme.example", "\\u0061cme.example") },
    { what: "a duplicate key", raw: (text: string) => text.replace('"v":1', '"v":1,"v":1') },
    { what: "a fraction", raw: (text: string) => text.replace('"severity":2', '"severity":2.5') },
    { what: "minus zero", raw: (text: string) => text.replace('"severity":2', '"severity":-0') },
    { what: "a number past 2^53", raw: (text: string) => text.replace('"severity":2', '"severity":9007199254740993') },
    { what: "half a character", raw: (text: string) => text.replace("acme", "\\ud800") },
    {
      what: "deep nesting",
      raw: (text: string) => text.replace('"severity":2', `"severity":${"[".repeat(5000)}${"]".repeat(5000)}`),
    },
    {
      what: "broken UTF-8",
      raw: (text: string) => Buffer.from(Buffer.from(text).toString("latin1").replace("\xc3\x9c", "\xc3"), "latin1"),
    },
  ].map(({ what, raw }) => ({
    name: `signed JSON with ${what}`,
    options: { ...NONE, lies: { "incident.declared": { raw } } },
    found: ["not-canonical"],
  })),
]);

cases([
  {
    name: "a blob altered",
    change: ({ log, plan }) => log.files.set(`blobs/${plan.replace(":", "/")}`, Buffer.from("other")) && undefined,
    found: ["blob", "blob-missing"],
  },
  {
    name: "a blob deleted",
    change: ({ log, plan }) => void log.files.delete(`blobs/${plan.replace(":", "/")}`),
    verdict: "incomplete",
    found: ["blob-missing"],
  },
  { name: "a plan described as another", options: { lies: { "plan.created": { body: { required: [] } } } }, found: ["plan"] },
  {
    name: "a plan that asks for less than the log was founded with",
    options: { lies: { genesis: { body: { policy: { approvals: { lockdown: ["security", "engineering"] } } } } } },
    found: ["ruling"],
  },
  {
    name: "a plan that asks for less than the log was founded with where it says nothing",
    options: { lies: { genesis: { body: { policy: { approvals: {} } } } } },
    found: ["ruling"],
  },
  { name: "an approval signed by another", options: { signer: "ana" }, found: ["approval", "approval-missing"] },
  {
    name: "an approval signed for another purpose",
    options: { namespace: "session.soc2-er.v1" },
    found: ["approval", "approval-missing"],
  },
  { name: "an approval for another plan", options: { statement: { plan: digest("") } }, found: ["approval", "approval-missing"] },
  {
    name: "an approval for another incident",
    options: { statement: { incident: "inc-2" } },
    found: ["approval", "approval-missing"],
  },
  { name: "an approval of another action", options: { statement: { action: "other" } }, found: ["approval", "approval-missing"] },
  {
    name: "an approval in a role that is not held",
    options: { statement: { role: "boss" } },
    found: ["approval", "approval-missing"],
  },
  { name: "an approval without a nonce", options: { statement: { nonce: "" } }, found: ["approval", "approval-missing"] },
  {
    name: "an approval that holds for a day",
    options: { statement: { "not-before": "2026-03-01T00:00:00.000Z", "not-after": "2026-03-02T00:00:00.000Z" } },
    found: ["approval", "approval-missing"],
  },
  {
    name: "an approval of yesterday",
    options: { statement: { "not-before": "2026-02-28T08:00:00.000Z", "not-after": "2026-02-28T09:00:00.000Z" } },
    found: ["ruling"],
  },
  {
    name: "a denied plan ruled approved",
    options: { batches: 1, statement: { decision: "deny" } },
    found: ["ruling", "local-only"],
  },
  {
    name: "an altered statement",
    options: { lies: { "approval.recorded": { body: { statement: "soc2-er approval v1\n" } } } },
    found: ["approval", "approval-missing"],
  },
  {
    name: "an approval left out",
    options: { lies: { "approval.recorded": { skip: true } } },
    verdict: "incomplete",
    found: ["approval-missing"],
  },
  { name: "a ruling without approvals", options: { lies: { "plan.ruled": { body: { approvals: [] } } } }, found: ["ruling"] },
  {
    name: "a run without a ruling",
    options: { lies: { "plan.ruled": { skip: true } } },
    verdict: "incomplete",
    found: ["ruling-missing"],
  },
  {
    name: "an outcome without intent",
    options: { lies: { "change.intended": { skip: true }, "run.closed": { body: { result: "partial" } } } },
    verdict: "incomplete",
    found: ["intent-missing"],
  },
  {
    name: "a look at a lease that nobody intended",
    options: { lies: { "lease.checked": { body: { change: "c2" } } } },
    verdict: "incomplete",
    found: ["intent-missing"],
  },
  {
    name: "a look at a lease that says nothing",
    options: { lies: { "lease.checked": { body: { heldAt: "yesterday" } } } },
    found: ["form"],
  },
  {
    name: "something else done than planned",
    options: { lies: { "change.intended": { body: { resource: { ...RESOURCE, id: "ben" } } } } },
    found: ["run"],
  },
  {
    name: "a change done that the plan does not have",
    options: { lies: { "change.intended": { body: { change: "c2" } } } },
    found: ["run", "intent-missing"],
  },
]);

/** A public key line of the type, of these strings. */
function sshLine(type: string, ...strings: readonly Buffer[]): string {
  const parts = [Buffer.from(type), ...strings].flatMap((bytes) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return [length, bytes];
  });
  return `${type} ${Buffer.concat(parts).toString("base64")}`;
}
