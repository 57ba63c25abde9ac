import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Verification, VerifyOptions } from "../../src/verifier/index.ts";
import { digest, type Log, ORIGIN } from "./build-log.ts";
import { headFile, newSigner, noteOf, type Signer, signatureLine } from "./notes.ts";
import { codes, folderOf, type Options, type Story, tell, verify } from "./story.ts";

const logKey = newSigner();
const stranger = newSigner();

/** The story in a log that was founded with this key. */
function founded(vkey = logKey.vkey, options: Options = {}): Story {
  return tell({ ...options, lies: { ...options.lies, genesis: { body: { logKey: vkey } } } });
}

function put(log: Log, part: "pins" | "checkpoints", size: number, note: string): void {
  log.files.set(headFile(part, size), Buffer.from(note));
}

/** Sizes after the batches of the story. */
function sizes({ log }: Story): number[] {
  let size = 0;
  return log.batches.map((bytes) => {
    size += bytes.toString("latin1").split("\n").length - 2;
    return size;
  });
}

/** Removes the last batches and what of the segments stood in them, as who owns the machine can. */
function cut(story: Story, batches: number): void {
  const size = sizes(story).at(-1 - batches) ?? 0;
  story.log.batches.splice(-batches);
  story.log.segments = [story.log.committed.slice(0, size)];
}

async function found(
  t: TestContext,
  story: Story,
  options: Partial<VerifyOptions> = {},
): Promise<[string, string[], Verification]> {
  const verification = await verify(t, story, { origin: ORIGIN, ...options });
  return [verification.verdict, codes(verification), verification];
}

const given = (note: string) => ({ checkpoints: [{ name: "my.note", bytes: Buffer.from(note) }] });

for (const type of ["ed25519", "p256"] as const)
  test(`a log that continues its checkpoints, pins and the one that the auditor kept (${type})`, async (t) => {
    const signer = newSigner(type);
    const story = founded(signer.vkey);
    const [first = 0, second = 0, third = 0] = sizes(story);
    put(story.log, "checkpoints", first, noteOf(story.log, first, [signer]));
    put(story.log, "checkpoints", second, noteOf(story.log, second, [signer, stranger, newSigner("p256", "witness.example/w1")]));
    put(story.log, "pins", third, noteOf(story.log, third, []));
    const options = { logKey: signer.vkey, ...given(noteOf(story.log, 3, [])) };
    const [verdict, list, { notChecked }] = await found(t, story, options);
    assert.deepEqual([verdict, list], ["verified", []]);
    assert.ok(
      notChecked.some((what) => what === `the last ${third - second} of ${third} entries in batches: no checkpoint is over them`),
    );
    assert.ok(
      !notChecked.some((what) => /founded without a log key|none of yours|--checkpoint/.test(what)),
      notChecked.join("\n"),
    );
  });

test("without a log key and without checkpoints the answer says what nobody vouches for", async (t) => {
  const [verdict, , { notChecked }] = await found(t, tell());
  assert.equal(verdict, "verified");
  assert.ok(notChecked.some((what) => /founded without a log key/.test(what)));
  assert.ok(notChecked.some((what) => /no checkpoint of yours was given/.test(what)));
});

test("a tail that was cut: each witness alone tells", async (t) => {
  const whole = founded();
  const [, , last = 0] = sizes(whole);
  const witnesses: { [what: string]: { add: (story: Story) => void; options?: (story: Story) => Partial<VerifyOptions> } } = {
    "the machine's pin": { add: ({ log }) => put(log, "pins", last, noteOf(log, last, [])) },
    "a checkpoint on the machine": { add: ({ log }) => put(log, "checkpoints", last, noteOf(log, last, [logKey])) },
    "the checkpoint that the auditor kept": { add: () => undefined, options: ({ log }) => given(noteOf(log, last, [logKey])) },
    "the head that the auditor kept, unsigned": { add: () => undefined, options: ({ log }) => given(noteOf(log, last, [])) },
  };
  for (const [what, { add, options }] of Object.entries(witnesses))
    for (const batches of [1, 2])
      await t.test(`${what}, ${batches} batches cut`, async (t) => {
        const story = founded();
        add(story);
        const more = options?.(story) ?? {};
        cut(story, batches);
        const [verdict, list] = await found(t, story, more);
        assert.deepEqual([verdict, list], ["incomplete", ["tail-missing"]]);
      });
  await t.test("a checkpoint in the store, whose batches were cut too", async (t) => {
    const story = founded();
    cut(story, 1);
    const store = story.log.writeStore(join(folderOf(t), "store"));
    mkdirSync(join(store, "checkpoint"));
    writeFileSync(
      join(store, headFile("checkpoints", last).replace("checkpoints", "checkpoint")),
      noteOf(story.log, last, [logKey]),
    );
    const [verdict, list] = await found(t, story, { stores: [{ name: "store", folder: store }] });
    assert.deepEqual([verdict, list], ["incomplete", ["tail-missing"]]);
  });
  await t.test("an entry that saw a batch which was cut", async (t) => {
    const story = founded();
    story.log.batches.splice(-1);
    const later = story.ana.entry("remote.down", { store: "s3", reason: "saw the third batch" });
    story.log.segments = [[...story.log.committed, later]];
    const [verdict, list] = await found(t, story);
    assert.equal(verdict, "incomplete");
    assert.ok(list.includes("batch-missing"), list.join());
  });
  await t.test("none of them: nobody can know", async (t) => {
    const story = founded();
    cut(story, 1);
    assert.equal((await found(t, story))[0], "verified");
  });
});

test("two histories", async (t) => {
  await t.test("the machine pinned another one", async (t) => {
    const story = founded();
    const [first = 0] = sizes(story);
    put(story.log, "pins", first, noteOf(founded().log, first, []));
    const [verdict, list, { findings }] = await found(t, story);
    assert.deepEqual([verdict, list], ["tampered", ["fork"]]);
    assert.equal(findings[0]?.at, headFile("pins", first));
  });
  await t.test("the auditor kept another one", async (t) => {
    const story = founded();
    const [verdict, list, { findings }] = await found(t, story, given(noteOf(founded().log, 5, [logKey])));
    assert.deepEqual([verdict, list], ["tampered", ["fork"]]);
    assert.equal(findings[0]?.at, "my.note");
  });
  await t.test("the log key signed both: a proof that needs no log", async (t) => {
    const story = founded();
    const last = sizes(story).at(-1) ?? 0;
    put(story.log, "checkpoints", last, noteOf(story.log, last, [logKey]));
    const other = noteOf(founded().log, last, [logKey]);
    cut(story, 2);
    const [verdict, list, { findings }] = await found(t, story, given(other));
    assert.deepEqual([verdict, list], ["tampered", ["fork", "tail-missing"]]);
    const { at = "", detail = "" } = findings.find(({ code }) => code === "fork") ?? {};
    assert.equal(at, `${headFile("checkpoints", last)} and my.note`);
    assert.match(detail, /signed two histories of 15 entries: roots [0-9a-f]{64} and [0-9a-f]{64}/);
  });
});

const TAMPERED: { [what: string]: (story: Story, size: number) => string } = {
  "of an edited size": (story, size) => noteOf(story.log, size, [logKey]).replace(`\n${size}\n`, `\n${size - 1}\n`),
  "of an edited root": (story, size) => noteOf(story.log, size, [logKey]).replace(/\n[A-Za-z0-9+/]{4}/, "\nAAAA"),
  "signed by another key under the log's name": (story, size) => noteOf(story.log, size, [stranger]),
  "signed by another key with the log key's id": (story, size) => noteOf(story.log, size, [{ ...stranger, id: logKey.id }]),
  "not signed": (story, size) => noteOf(story.log, size, []),
  "of another log": (story, size) => noteOf(story.log, size, [logKey], { origin: "acme.example/soc2-er/other" }),
  "with a fourth line": (story, size) => noteOf(story.log, size, [logKey]).replace("\n\n", "\nmore\n\n"),
  "that was cut short": (story, size) => noteOf(story.log, size, [logKey]).slice(0, -3),
  "that ends in rubbish": (story, size) => `${noteOf(story.log, size, [logKey])}rubbish\n`,
  "with a good and a bad line of the log key": (story, size) =>
    `${noteOf(story.log, size, [logKey])}${signatureLine("other", logKey)}`,
  "of another size than its name": (story, size) => noteOf(story.log, size - 1, [logKey]),
  "that is empty": () => "",
  "that is too long": (story, size) =>
    noteOf(
      story.log,
      size,
      Array.from({ length: 800 }, () => stranger),
    ),
};

for (const [what, make] of Object.entries(TAMPERED))
  test(`a checkpoint ${what}`, async (t) => {
    const story = founded();
    const size = sizes(story).at(-1) ?? 0;
    put(story.log, "checkpoints", size, make(story, size));
    const [verdict, list] = await found(t, story);
    assert.equal(verdict, "tampered");
    assert.deepEqual(
      list.filter((code) => code !== "form"),
      ["checkpoint"],
    );
  });

test("checkpoints in a log that was founded without a log key", async (t) => {
  const story = tell();
  const size = sizes(story).at(-1) ?? 0;
  put(story.log, "checkpoints", size, noteOf(story.log, size, [logKey]));
  assert.deepEqual((await found(t, story)).slice(0, 2), ["tampered", ["checkpoint"]]);
});

test("another log key than the auditor noted", async (t) => {
  const story = founded();
  assert.deepEqual((await found(t, story, { logKey: stranger.vkey })).slice(0, 2), ["tampered", ["log-key"]]);
  assert.deepEqual((await found(t, tell(), { logKey: logKey.vkey })).slice(0, 2), ["tampered", ["log-key"]]);
  assert.deepEqual((await found(t, story, { logKey: "nonsense" })).slice(0, 2), ["tampered", ["log-key"]]);
});

const weak: Signer = newSigner();
for (const [what, vkey] of Object.entries({
  "of another log": newSigner("ed25519", "acme.example/other").vkey,
  "with another id": logKey.vkey.replace(/\+[0-9a-f]{8}\+/, "+00000000+"),
  "of an unknown type": logKey.vkey.replace(/\+([0-9a-f]{8})\+./, "+$1+C"),
  "that anybody can sign for": `${weak.name}+${weak.id.toString("hex")}+${Buffer.concat([Buffer.of(1, 1), Buffer.alloc(31)]).toString("base64")}`,
  "that is no key": "log key",
}))
  test(`a log founded with a log key ${what}`, async (t) => {
    const [verdict, list] = await found(t, founded(vkey));
    assert.equal(verdict, "tampered");
    assert.ok(list.includes("log-key"), list.join());
  });

test("a store that lost a checkpoint, and one that is ahead of this machine", async (t) => {
  const story = founded();
  const [first = 0, , last = 0] = sizes(story);
  put(story.log, "checkpoints", first, noteOf(story.log, first, [logKey]));
  const store = story.log.writeStore(join(folderOf(t), "store"));
  mkdirSync(join(store, "checkpoint"));
  const stores = [{ name: "store", folder: store }];
  assert.deepEqual((await found(t, story, { stores })).slice(0, 2), ["incomplete", ["store-short"]]);
  const there = join(store, "checkpoint", String(first).padStart(12, "0"));
  writeFileSync(there, noteOf(story.log, first, [logKey]));
  writeFileSync(join(store, "checkpoint", String(last).padStart(12, "0")), noteOf(story.log, last, [logKey]));
  assert.deepEqual((await found(t, story, { stores })).slice(0, 2), ["verified", []]);
  cut(story, 1);
  const [verdict, list, { notChecked }] = await found(t, story, { stores });
  assert.deepEqual([verdict, list], ["verified-with-gaps", ["store-ahead"]]);
  assert.ok(notChecked.some((what) => /^1 checkpoints in stores, over more entries/.test(what)));
});

test("what an approver had seen of the log, on whatever machine", async (t) => {
  const first = digest(tell().log.batches[0] ?? "");
  const honest = tell();
  assert.deepEqual((await found(t, honest)).slice(0, 2), ["verified", []]);
  for (const [what, seen, verdict, list] of [
    ["another batch than the one here", `0 ${first}`, "tampered", ["seen"]],
    ["a batch that was made after the approval", `2 ${first}`, "tampered", ["seen"]],
  ] as const)
    await t.test(what, async (t) => {
      assert.deepEqual((await found(t, tell({ statement: { seen } }))).slice(0, 2), [verdict, list]);
    });
  await t.test("a batch that nobody has any more: the approval alone tells of the tail that was cut", async (t) => {
    const [verdict, list] = await found(t, tell({ statement: { seen: `0 ${first}` }, batches: 0 }));
    assert.deepEqual([verdict, list], ["incomplete", ["batch-missing"]]);
  });
  await t.test("the batch that is there", async (t) => {
    const story = tell({ statementAfter: (log) => ({ seen: `0 ${digest(log.batches[0] ?? "")}` }) });
    assert.deepEqual((await found(t, story)).slice(0, 2), ["verified", []]);
  });
});
