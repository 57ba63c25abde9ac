import assert from "node:assert/strict";
import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { availableParallelism } from "node:os";
import { type TestContext, test } from "node:test";
import type { Verification } from "../../src/verifier/index.ts";
import { inPlace } from "../../src/verifier/signatures.ts";
import { InThreads } from "../../src/verifier/threads.ts";
import { codes, type Story, tell, tellOn, verify } from "./story.ts";

const keys = Array.from({ length: 3 }, () => generateKeyPairSync("ed25519"));

function signed(length: number, by = 0) {
  const { privateKey, publicKey } = keys[by % keys.length] as (typeof keys)[number];
  const text = randomBytes(length);
  return { envelope: { signed: text, signature: sign(null, text, privateKey) }, publicKey };
}

async function inThreads<T>(work: (threads: InThreads) => Promise<T>): Promise<T> {
  const threads = await InThreads.start(2);
  try {
    return await work(threads);
  } finally {
    await threads.end();
  }
}

const LENGTHS = [
  0,
  1,
  700,
  90_000,
  2 * 1024 * 1024,
  3 * 1024 * 1024,
  ...Array.from({ length: 2_100 }, (_, index) => index % 300),
];

test("signatures of all lengths, by several keys, are found to hold in threads", () =>
  inThreads(async (threads) => {
    for (const [index, length] of LENGTHS.entries()) {
      const { envelope, publicKey } = signed(length, index);
      assert.ok(threads.hold(envelope, publicKey));
      await threads.room();
    }
    assert.equal(await threads.allHeld(), true);
  }));

for (const wrong of [0, 2_047, 2_048])
  test(`one wrong signature, number ${wrong} of many, is found`, () =>
    inThreads(async (threads) => {
      for (let index = 0; index < LENGTHS.length; index++) {
        const { envelope } = signed(64, index);
        const publicKey = keys[(index + (index === wrong ? 1 : 0)) % keys.length]?.publicKey;
        assert.ok(publicKey !== undefined && threads.hold(envelope, publicKey));
        await threads.room();
      }
      assert.equal(await threads.allHeld(), false);
    }));

test("a signature of another length is none, in threads as in place", () =>
  inThreads(async (threads) => {
    const { envelope, publicKey } = signed(10);
    for (const signature of [Buffer.alloc(0), envelope.signature.subarray(1), Buffer.concat([envelope.signature, Buffer.of(0)])])
      for (const way of [threads, inPlace]) assert.equal(way.hold({ ...envelope, signature }, publicKey), false);
  }));

test("a thread that dies is an error, not an answer", () =>
  inThreads(async (threads) => {
    const { envelope, publicKey } = signed(10);
    assert.ok(threads.hold(envelope, publicKey));
    await threads.end();
    await assert.rejects(threads.allHeld(), /ended/);
  }));

/** A log that is large enough for threads, in few entries. */
function large(): Story {
  const story = tellOn();
  const { log, ana, ben } = story;
  for (const [index, session] of [ana, ben, ana, ben, ana].entries()) {
    const entry = session.entry("note", { text: `${index}`.repeat(900_000) });
    log.add(entry);
    log.seal([entry], session);
  }
  return story;
}

async function threadsOf(work: () => Promise<Verification>): Promise<{ verification: Verification; started: number }> {
  let started = 0;
  const count = () => started++;
  process.on("worker", count);
  try {
    return { verification: await work(), started };
  } finally {
    process.off("worker", count);
  }
}

const ALONE = availableParallelism() === 1 ? "NOT RUN: one processor alone needs no threads" : false;

async function tampered(t: TestContext, change: (story: Story) => void): Promise<Verification> {
  const story = large();
  change(story);
  const { verification, started } = await threadsOf(() => verify(t, story));
  assert.ok(started > 1);
  return verification;
}

test("a large log is verified in threads, a small one without", { skip: ALONE }, async (t) => {
  const { verification, started } = await threadsOf(() => verify(t, large()));
  assert.deepEqual([verification.verdict, verification.findings, verification.entries], ["verified", [], 18]);
  assert.ok(started > 1);
  assert.equal((await threadsOf(() => verify(t, tell()))).started, 0);
});

test("what threads find in a large log is told as if one thread had read it", { skip: ALONE }, async (t) => {
  const verification = await tampered(t, ({ log }) => {
    const batch = log.batches[5] ?? Buffer.of();
    const at = batch.lastIndexOf('"sig":"') + 20;
    batch[at] = batch[at] === 0x41 ? 0x42 : 0x41;
  });
  assert.equal(verification.verdict, "tampered");
  assert.ok(codes(verification).includes("signature"), JSON.stringify(verification.findings));
  assert.equal(verification.findings.find(({ code }) => code === "signature")?.at, "batches/000000000005#0");
});
