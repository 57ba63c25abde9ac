import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectLockConfigurationCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectLockConfigurationCommand,
  PutObjectRetentionCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { NO_EMULATOR, startEmulator } from "../emulator/emulator.ts";
import { s3Server } from "./s3-server.ts";

/** The same is asked of our own server and of moto: where both agree with the service's documentation, a test on ours says something. */
const KEY = "log/batch/000000000000";
const refusal = (status: number, name?: string) => (error: { $metadata?: { httpStatusCode?: number }; name?: string }) => {
  assert.equal(error.$metadata?.httpStatusCode, status, String(error));
  if (name !== undefined) assert.equal(error.name, name);
  return true;
};

function clientOf(t: TestContext, endpoint: string): S3Client {
  const credentials = { accessKeyId: "testing", secretAccessKey: "testing" };
  const client = new S3Client({ endpoint, region: "us-east-1", forcePathStyle: true, maxAttempts: 1, credentials });
  t.after(() => client.destroy());
  return client;
}

async function lockedBucket(client: S3Client, Bucket: string): Promise<void> {
  await client.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
  await client.send(
    new PutObjectLockConfigurationCommand({
      Bucket,
      ObjectLockConfiguration: {
        ObjectLockEnabled: "Enabled",
        Rule: { DefaultRetention: { Mode: "COMPLIANCE", Days: 1 } },
      },
    }),
  );
}

async function text(client: S3Client, input: { Bucket: string; Key: string; VersionId?: string }): Promise<string | undefined> {
  return (await client.send(new GetObjectCommand(input))).Body?.transformToString();
}

async function behaves(t: TestContext, client: S3Client): Promise<void> {
  const at = { Bucket: "locked", Key: KEY };
  const create = (Body: string, where = at) => client.send(new PutObjectCommand({ ...where, Body, IfNoneMatch: "*" }));
  const list = (more: object = {}) => client.send(new ListObjectVersionsCommand({ Bucket: "locked", Prefix: KEY, ...more }));
  await lockedBucket(client, "locked");
  await t.test("nothing is there", async () => {
    await assert.rejects(client.send(new GetObjectCommand(at)), refusal(404, "NoSuchKey"));
    await assert.rejects(client.send(new GetObjectCommand({ ...at, Bucket: "nowhere" })), refusal(404, "NoSuchBucket"));
    assert.deepEqual((await list()).Versions ?? [], []);
  });
  await t.test("a second conditional write is refused with 412", async () => {
    await create("first");
    await assert.rejects(create("second"), refusal(412, "PreconditionFailed"));
    assert.equal(await text(client, at), "first");
  });
  await t.test("what is written gets the bucket's retention, and is not deleted before its end", async () => {
    const { ObjectLockMode, ObjectLockRetainUntilDate, VersionId } = await client.send(new HeadObjectCommand(at));
    assert.equal(ObjectLockMode, "COMPLIANCE");
    assert.ok((ObjectLockRetainUntilDate?.getTime() ?? 0) > Date.now() + 3_600_000);
    await assert.rejects(client.send(new DeleteObjectCommand({ ...at, VersionId })), refusal(403, "AccessDenied"));
  });
  await t.test("an unconditional write adds a version, a delete a marker; the first is beneath them", async () => {
    await client.send(new PutObjectCommand({ ...at, Body: "over it" }));
    await client.send(new DeleteObjectCommand(at));
    await assert.rejects(client.send(new GetObjectCommand(at)), refusal(404, "NoSuchKey"));
    const { Versions = [], DeleteMarkers = [] } = await list();
    assert.deepEqual([Versions.length, DeleteMarkers.length, DeleteMarkers[0]?.IsLatest], [2, 1, true]);
    assert.equal(await text(client, { ...at, VersionId: Versions.at(-1)?.VersionId ?? "" }), "first");
  });
  await t.test("a conditional write over a marker succeeds: its condition looks at the newest version alone", async () => {
    await create("third");
    assert.equal(await text(client, at), "third");
  });
  await t.test("versions are listed newest first, page by page", async () => {
    const seen: (string | undefined)[] = [];
    let page = await list({ MaxKeys: 1 });
    for (let pages = 0; pages < 9; pages++) {
      seen.push(...[...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])].map(({ VersionId }) => VersionId));
      if (!page.IsTruncated) break;
      page = await list({ MaxKeys: 1, KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker });
    }
    assert.equal(new Set(seen).size, 4);
    assert.equal(await text(client, { ...at, VersionId: seen.at(-1) ?? "" }), "first");
  });
  await t.test("the bucket says what it keeps", async () => {
    const { Status } = await client.send(new GetBucketVersioningCommand({ Bucket: "locked" }));
    assert.equal(Status, "Enabled");
    const { ObjectLockConfiguration } = await client.send(new GetObjectLockConfigurationCommand({ Bucket: "locked" }));
    const { Mode, Days } = ObjectLockConfiguration?.Rule?.DefaultRetention ?? {};
    assert.deepEqual([Mode, Days], ["COMPLIANCE", 1]);
    await client.send(new CreateBucketCommand({ Bucket: "plain" }));
    assert.equal((await client.send(new GetBucketVersioningCommand({ Bucket: "plain" }))).Status, undefined);
    await assert.rejects(
      client.send(new GetObjectLockConfigurationCommand({ Bucket: "plain" })),
      refusal(404, "ObjectLockConfigurationNotFoundError"),
    );
  });
  await t.test("without versions, a delete frees the name, and the one version is called null", async () => {
    const plain = { Bucket: "plain", Key: KEY };
    await create("first", plain);
    const { Versions = [] } = await client.send(new ListObjectVersionsCommand({ Bucket: "plain", Prefix: KEY }));
    assert.deepEqual(
      Versions.map(({ VersionId }) => VersionId),
      ["null"],
    );
    await client.send(new DeleteObjectCommand(plain));
    await create("second", plain);
    assert.equal(await text(client, plain), "second");
  });
}

test("our own S3", async (t) => {
  const { endpoint } = await s3Server(t);
  const client = clientOf(t, endpoint);
  await behaves(t, client);
  const at = { Bucket: "locked", Key: KEY };
  await t.test("nobody shortens or loosens a compliance lock, which moto allows", async () => {
    const { VersionId } = await client.send(new HeadObjectCommand(at));
    const retain = (Mode: "COMPLIANCE" | "GOVERNANCE", ms: number) =>
      client.send(
        new PutObjectRetentionCommand({ ...at, VersionId, Retention: { Mode, RetainUntilDate: new Date(Date.now() + ms) } }),
      );
    await assert.rejects(retain("COMPLIANCE", 1_000), refusal(403, "AccessDenied"));
    await assert.rejects(retain("GOVERNANCE", 9 * 86_400_000), refusal(403, "AccessDenied"));
    await retain("COMPLIANCE", 9 * 86_400_000);
    await assert.rejects(client.send(new DeleteObjectCommand({ ...at, VersionId })), refusal(403, "AccessDenied"));
  });
  await t.test("nobody suspends the versions of a bucket with Object Lock, which moto allows", async () => {
    await assert.rejects(
      client.send(new PutBucketVersioningCommand({ Bucket: "locked", VersioningConfiguration: { Status: "Suspended" } })),
      refusal(409, "InvalidBucketState"),
    );
  });
});

test("moto", async (t) => {
  const emulator = await startEmulator(t);
  if (emulator === null) return t.skip(NO_EMULATOR);
  await behaves(t, clientOf(t, emulator.endpoint));
});
