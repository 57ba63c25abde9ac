import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Verdict, verifyHome } from "../../src/verifier/index.ts";
import { digest, jcs, Log, Session } from "./build-log.ts";
import { codes, folderOf, type Story, tell, verify } from "./story.ts";

/** A story in which somebody put something under the number after its batches, and one more batch stands behind that. */
function withVoid(put: (story: Story) => Buffer, { head = {}, kept = "mark" as "mark" | "bytes" } = {}): Story {
  const story = tell();
  const { log, ana } = story;
  log.void(put(story), kept);
  const ben = new Session("ben");
  const said = [ben.opened(), ben.entry("note", { text: "goes on" })];
  log.add(...said);
  log.seal(said, ben, head, [ana, ben]);
  return story;
}

async function found(t: TestContext, story: Story, verdict: Verdict, ...expected: string[]): Promise<string> {
  const verification = await verify(t, story);
  assert.deepEqual(codes(verification), expected.sort(), JSON.stringify(verification.findings, null, 1));
  assert.equal(verification.verdict, verdict);
  return verification.findings.map(({ at, detail }) => `${at} ${detail}`).join("\n");
}

const rubbish = () => Buffer.from("rubbish");

test("a void slot that the next batch names is a gap, with its number and digest", async (t) => {
  const said = await found(t, withVoid(rubbish), "verified-with-gaps", "void-slot");
  assert.ok(
    said.includes(`batches/000000000003.void number 3 of the store holds no batch of this log, but ${digest("rubbish")}`),
  );
});

test("the object itself may be kept instead of its mark", async (t) => {
  await found(t, withVoid(rubbish, { kept: "bytes" }), "verified-with-gaps", "void-slot");
  await found(
    t,
    withVoid(() => Buffer.alloc(0), { kept: "bytes" }),
    "verified-with-gaps",
    "void-slot",
  );
});

for (const [what, voids] of [
  ["no list of void slots", []],
  ["a void slot with another digest", [{ n: 3, digest: digest("other") }]],
  ["another void slot", [{ n: 2, digest: digest("rubbish") }]],
  ["a void slot too many", [{ n: 3, digest: digest("rubbish") }].concat({ n: 4, digest: digest("rubbish") })],
] as const)
  test(`${what} where there is one`, async (t) => {
    await found(t, withVoid(rubbish, { head: { voids } }), "tampered", "batch", "void-slot");
  });

test("a list of void slots where there is none", async (t) => {
  await found(t, tell({ head: { voids: [{ n: 1, digest: digest("rubbish") }] } }), "tampered", "batch");
  await found(t, tell({ head: { voids: [{ n: 1, digest: "x" }] } }), "tampered", "form");
});

test("an altered mark, or one that is gone", async (t) => {
  const altered = withVoid(rubbish);
  altered.log.voids.set(3, Buffer.from(jcs({ digest: digest("other"), n: 3, void: 1 })));
  await found(t, altered, "tampered", "batch", "void-slot");
  const folder = withVoid(rubbish).log.write(join(folderOf(t), "log"));
  rmSync(join(folder, "batches/000000000003.void"));
  assert.deepEqual(codes(await verifyHome({ folder })), ["batch-missing"]);
});

test("a batch that is kept as void too", async (t) => {
  const folder = tell().log.write(join(folderOf(t), "log"));
  writeFileSync(join(folder, "batches/000000000001.void"), jcs({ digest: digest("x"), n: 1, void: 1 }));
  const verification = await verifyHome({ folder });
  assert.deepEqual([verification.verdict, codes(verification)], ["tampered", ["batch", "void-slot"]]);
});

test("a void slot that no batch names was left by a crash", async (t) => {
  const story = tell();
  story.log.void(rubbish());
  await found(t, story, "verified-with-gaps", "void-slot");
});

test("what a member sealed under its number, on another history, is a fork", async (t) => {
  const other = ({ log, ana }: Story): Buffer => {
    const elsewhere = new Log();
    elsewhere.batches = [...log.batches];
    elsewhere.committed = [...log.committed];
    elsewhere.seal([Buffer.from("{}")], ana, { prev: digest("another") }, []);
    return elsewhere.batches.at(-1) ?? rubbish();
  };
  const said = await found(t, withVoid(other, { kept: "bytes" }), "tampered", "fork", "void-slot");
  assert.match(said, /sealed a batch 3 that is none of this log/);
});

test("a member's batch of another number, or one that a stranger sealed, is no fork", async (t) => {
  await found(
    t,
    withVoid(({ log }) => log.batches[1] ?? rubbish(), { kept: "bytes" }),
    "verified-with-gaps",
    "void-slot",
  );
  const stranger = ({ log }: Story): Buffer => {
    const elsewhere = new Log();
    elsewhere.batches = [...log.batches];
    elsewhere.seal([Buffer.from("{}")], new Session("eve"), {}, []);
    return elsewhere.batches.at(-1) ?? rubbish();
  };
  await found(t, withVoid(stranger, { kept: "bytes" }), "verified-with-gaps", "void-slot");
});

test("a copy of a store is held against the void slots, and what stands behind a free number is named", async (t) => {
  const base = folderOf(t);
  const { log } = withVoid(rubbish);
  const home = log.write(join(base, "home"));
  const store = { name: "s3", folder: log.writeStore(join(base, "store")) };
  const check = async (verdict: Verdict, ...expected: string[]) => {
    const verification = await verifyHome({ folder: home, stores: [store] });
    assert.deepEqual(codes(verification), [...expected, "void-slot"].sort(), JSON.stringify(verification.findings));
    assert.equal(verification.verdict, verdict);
  };
  const put = (number: number, bytes: string) =>
    writeFileSync(join(store.folder, `batch/${String(number).padStart(12, "0")}`), bytes);
  await check("verified-with-gaps");
  put(3, "rubbish");
  await check("verified-with-gaps");
  put(3, "other rubbish");
  await check("tampered", "store-differs");
  rmSync(join(store.folder, "batch/000000000003"));
  await check("incomplete", "store-short");
  put(3, "rubbish");
  put(105, "x");
  await check("verified-with-gaps", "store-stray");
  put(5, "x");
  await check("verified-with-gaps", "store-ahead", "store-stray");
});
