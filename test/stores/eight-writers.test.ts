import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { after, type TestContext, test } from "node:test";
import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from "@aws-sdk/client-s3";
import { directoryStore } from "../../src/audit/stores/directory.ts";
import type { Store } from "../../src/audit/stores/store.ts";
import { bench } from "../audit/bench.ts";
import { NO_EMULATOR, startEmulator } from "../emulator/emulator.ts";
import { LEFT_OUT, LONG } from "../emulator/long.ts";
import { linesIn, lockedBucket, storeIn, useEndpoint } from "./bench.ts";
import { Refusal } from "./bucket.ts";
import { type Fault, type Faults, s3Server } from "./s3-server.ts";
import { writeAtOnce } from "./writers.ts";

/** Eight machines that write fifty entries each at once: no entry is lost, none is there twice, and few seals are in vain. */
const server = await s3Server({ after });
const skip = LONG ? false : LEFT_OUT;

async function fifty(t: TestContext, open: () => Promise<Store>): Promise<void> {
  const handed = await writeAtOnce(await bench(t), open);
  t.diagnostic(JSON.stringify(handed));
  assert.ok(handed.batches > 8, "they did take turns");
  assert.ok(handed.signatures < 1.5 * handed.batches, JSON.stringify(handed));
}

function onOurs(t: TestContext, bucket: string, faults: Faults): () => Promise<Store> {
  useEndpoint(server.endpoint);
  server.faults = faults;
  t.after(() => {
    server.faults = () => null;
  });
  return async () => storeIn(t, bucket, 1_000);
}

test("three machines and ten entries each, on our own S3, where answers are lost, late, refused and given to two at once", async (t) => {
  const bucket = lockedBucket(server, "small");
  await writeAtOnce(await bench(t), onOurs(t, "small", stormFrom(7).faults), { writers: 3, notes: 10 });
  const lines = linesIn(bucket);
  assert.equal(new Set(lines).size, lines.length);
});

test("on a shared folder", { skip }, async (t) => {
  const made = await bench(t);
  const folder = made.home("store");
  await mkdir(folder);
  await fifty(t, async () => directoryStore("shared", folder));
});

test("on our own S3", { skip }, async (t) => {
  const bucket = lockedBucket(server, "calm");
  await fifty(
    t,
    onOurs(t, "calm", () => null),
  );
  const lines = linesIn(bucket);
  assert.equal(new Set(lines).size, lines.length);
});

test("on our own S3, where answers are lost, late, refused and given to two at once", { skip }, async (t) => {
  const bucket = lockedBucket(server, "stormy");
  const storm = stormFrom(20_261_129);
  await fifty(t, onOurs(t, "stormy", storm.faults));
  const lines = linesIn(bucket);
  assert.equal(new Set(lines).size, lines.length);
  t.diagnostic(JSON.stringify(storm.count));
  for (const kind of ["lost-answer", "lost-request", "both-first", "sent-twice", "409", "500", "503", "late"])
    assert.ok((storm.count[kind] ?? 0) > 0, `"${kind}" never happened: ${JSON.stringify(storm.count)}`);
});

/** One batch in four meets a fault, of each kind in turn; the same ones in each run as far as their order is the same. */
function stormFrom(seed: number): { readonly faults: Faults; readonly count: Record<string, number> } {
  let state = seed;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const count: Record<string, number> = {};
  let next = 0;
  const kinds: readonly (readonly [string, Fault])[] = [
    ["lost-answer", "lost-answer"],
    ["lost-request", "lost-request"],
    ["both-first", "both-first"],
    ["sent-twice", "sent-twice"],
    ["409", { refused: new Refusal(409, "ConditionalRequestConflict") }],
    ["500", { refused: new Refusal(500, "InternalError") }],
    ["503", { refused: new Refusal(503, "SlowDown") }],
    ["late", { delayMs: 60 }],
  ];
  const faults: Faults = ({ method, key }) => {
    if (random() > 1 / 4 || method !== "PUT" || !key.includes("batch/")) return null;
    const [kind, fault] = kinds[next++ % kinds.length] ?? assert.fail();
    count[kind] = (count[kind] ?? 0) + 1;
    return fault;
  };
  return { faults, count };
}

test("on moto over HTTP, where two may be told that they were first", { skip }, async (t) => {
  const emulator = await startEmulator(t);
  if (emulator === null) return t.skip(NO_EMULATOR);
  useEndpoint(emulator.endpoint);
  const admin = new S3Client({ region: "us-east-1", forcePathStyle: true });
  t.after(() => admin.destroy());
  await admin.send(new CreateBucketCommand({ Bucket: "many" }));
  await admin.send(new PutBucketVersioningCommand({ Bucket: "many", VersioningConfiguration: { Status: "Enabled" } }));
  await fifty(t, async () => storeIn(t, "many", 20_000));
});
