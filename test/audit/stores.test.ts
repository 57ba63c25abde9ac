import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { directoryStore } from "../../src/audit/stores/directory.ts";
import { storesFrom } from "../../src/audit/stores/open.ts";
import { s3Store } from "../../src/audit/stores/s3.ts";
import { type Store, StoreError } from "../../src/audit/stores/store.ts";
import { systemClock } from "../../src/model/index.ts";
import { NO_EMULATOR, startEmulator } from "../emulator/emulator.ts";
import { BATCH, bytes, keepsItsPromises, MOST, readsTheStart, text } from "../stores/promises.ts";

async function folder(t: TestContext): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), "store-"));
  t.after(() => rm(made, { recursive: true, force: true }));
  return made;
}

const refuses = (reason: RegExp) => (error: unknown) => {
  assert.ok(error instanceof StoreError, String(error));
  assert.match(error.message, reason);
  return true;
};

test("a folder", async (t) => {
  const root = await folder(t);
  await keepsItsPromises(t, directoryStore("directory", root));
  await t.test("of a long object the start is read", () => readsTheStart(directoryStore("directory", root)));
  await t.test("has nothing in what is no plain file, and nobody waits for it", async () => {
    const store = directoryStore("directory", root);
    const at = (number: number) => `batch/00000000005${number}`;
    await mkdir(join(root, at(0)));
    await symlink(join(root, BATCH), join(root, at(1)));
    await symlink(join(root, "nowhere"), join(root, at(2)));
    assert.equal(spawnSync("mkfifo", [join(root, at(3))]).status, 0);
    for (const number of [0, 1, 2, 3]) {
      assert.equal(await store.create(at(number), bytes("one")), "exists");
      assert.equal(text(await store.read(at(number), MOST)), "");
    }
  });
  await t.test("that is not there is not made: the share may not be mounted", async () => {
    const lost = directoryStore("directory", join(root, "not-mounted"));
    await assert.rejects(lost.create(BATCH, bytes("one")), refuses(/no such folder .*not-mounted/));
    await assert.rejects(lost.read(BATCH, MOST), refuses(/no such folder/));
  });
  await t.test("that cannot be used says why", async () => {
    await assert.rejects(directoryStore("directory", join(root, BATCH)).create(BATCH, bytes("one")), refuses(/cannot be used/));
    await assert.rejects(
      directoryStore("directory", join(root, BATCH)).read("batch/000000000001", MOST),
      refuses(/cannot be used/),
    );
    await chmod(root, 0o500);
    if (process.getuid?.() !== 0)
      await assert.rejects(directoryStore("directory", root).create("batch/000000000009", bytes("x")), refuses(/permission/));
    await chmod(root, 0o700);
  });
});

const credentials = { AWS_ACCESS_KEY_ID: "testing", AWS_SECRET_ACCESS_KEY: "testing" };

/** The SDK reads the process's environment. */
function environment(t: TestContext, values: Record<string, string>): void {
  for (const [name, value] of Object.entries(values)) {
    const before = process.env[name];
    process.env[name] = value;
    t.after(() => {
      if (before === undefined) delete process.env[name];
      else process.env[name] = before;
    });
  }
}

function bucketStore(t: TestContext, bucket: string, deadlineMs = 5_000): Store {
  const store = s3Store({
    name: `s3:${bucket}`,
    bucket,
    region: "us-east-1",
    prefix: "log/",
    clock: systemClock,
    env: process.env,
    deadlineMs,
  });
  t.after(() => store.close());
  return store;
}

test("a bucket", async (t) => {
  const emulator = await startEmulator(t);
  if (emulator === null) return t.skip(NO_EMULATOR);
  environment(t, { ...credentials, AWS_ENDPOINT_URL: emulator.endpoint });
  const admin = new S3Client({ region: "us-east-1", forcePathStyle: true });
  t.after(() => admin.destroy());
  for (const Bucket of ["plain", "versioned"]) await admin.send(new CreateBucketCommand({ Bucket }));
  await admin.send(new PutBucketVersioningCommand({ Bucket: "versioned", VersioningConfiguration: { Status: "Enabled" } }));
  await t.test("without versions", async (t) => keepsItsPromises(t, bucketStore(t, "plain")));
  await t.test("with versions", async (t) => keepsItsPromises(t, bucketStore(t, "versioned")));
  await t.test("what somebody puts over the first version, or deletes, changes nothing", async (t) => {
    const store = bucketStore(t, "versioned");
    const name = "batch/000000000042";
    await store.create(name, bytes("first"));
    await admin.send(new PutObjectCommand({ Bucket: "versioned", Key: `log/${name}`, Body: "second" }));
    assert.equal(text(await store.read(name, MOST)), "first");
    await admin.send(new DeleteObjectCommand({ Bucket: "versioned", Key: `log/${name}` }));
    assert.equal(text(await store.read(name, MOST)), "first");
    await store.create(name, bytes("third"));
    assert.equal(text(await store.read(name, MOST)), "first");
  });
  await t.test("of a long object the start is read", (t) => readsTheStart(bucketStore(t, "versioned")));
  await t.test("whose versions began later: the first one is still what was there before", async (t) => {
    const [store, name] = [bucketStore(t, "plain"), "batch/000000000043"];
    await store.create(name, bytes("first"));
    await admin.send(new PutBucketVersioningCommand({ Bucket: "plain", VersioningConfiguration: { Status: "Enabled" } }));
    await admin.send(new PutObjectCommand({ Bucket: "plain", Key: `log/${name}`, Body: "second" }));
    assert.equal(text(await store.read(name, MOST)), "first");
  });
  await t.test("that does not exist is named", async (t) => {
    await assert.rejects(
      bucketStore(t, "nowhere").create(BATCH, bytes("one")),
      refuses(/bucket "nowhere".*(NoSuchBucket|not exist)/i),
    );
  });
});

test("an endpoint that never answers, or is not there, ends within its deadline", async (t) => {
  const silent = createServer(() => undefined);
  t.after(() => silent.close());
  const endpoint = await listening(silent);
  environment(t, { ...credentials, AWS_ENDPOINT_URL: endpoint });
  await assert.rejects(bucketStore(t, "silent", 500).create(BATCH, bytes("one")), refuses(/no answer within 0.5 s/));
  const closed = createServer();
  environment(t, { AWS_ENDPOINT_URL: await listening(closed) });
  await new Promise((resolve) => closed.close(resolve));
  await assert.rejects(bucketStore(t, "closed", 5_000).read(BATCH, MOST), refuses(/ECONNREFUSED/));
});

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  return `http://127.0.0.1:${address.port}`;
}

test("stores are named as in the organization's file", () => {
  const opened = storesFrom(
    [
      { kind: "directory", path: "copies" },
      { kind: "s3", bucket: "acme-audit", region: "us-east-1", prefix: "er" },
    ],
    { clock: systemClock, env: {}, base: "/etc/acme" },
  );
  assert.deepEqual(
    opened.map(({ name }) => name),
    ["directory:copies", "s3:acme-audit/er"],
  );
});
