import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Company } from "../cli/company.ts";
import { lockedBucket, storeIn, useEndpoint } from "./bench.ts";
import { Bucket, Refusal } from "./bucket.ts";
import { s3Server } from "./s3-server.ts";

const server = await s3Server({ after });
useEndpoint(server.endpoint);

const BATCH = "batch/000000000000";
const bytes = Buffer.from("a batch");

test("a bucket with versions and a default retention in compliance mode is said to be safe", async (t) => {
  const bucket = lockedBucket(server, "locked");
  const store = storeIn(t, "locked");
  const before = (await store.safeguards?.()) ?? [];
  assert.deepEqual(
    before.map(({ what, state }) => [what, state]),
    [
      ["versions", "on"],
      ["immutability", "on"],
    ],
  );
  assert.match(before[1]?.detail ?? "", /for 1 days in mode COMPLIANCE; since when, it does not say/);
  await store.create(BATCH, bytes);
  bucket.delete(`log/${BATCH}`, null);
  const [, , first] = (await store.safeguards?.()) ?? [];
  assert.deepEqual([first?.state, first?.detail.slice(0, 31)], ["on", "the first batch is locked until"]);
});

test("what is missing is said, one by one", async (t) => {
  const bucket = new Bucket();
  server.buckets.set("loose", bucket);
  const store = storeIn(t, "loose");
  await store.create(BATCH, bytes);
  const said = async () => (await store.safeguards?.())?.map(({ state, detail }) => `${state}: ${detail}`).join("\n") ?? "";
  assert.match(
    await said(),
    /^off: the bucket keeps no versions.*\noff: Object Lock is off\noff: the first batch is under no lock/,
  );
  bucket.versioning = "Enabled";
  bucket.lock = { retention: null };
  assert.match(await said(), /^on: .*\noff: Object Lock has no default retention/);
  bucket.lock = { retention: { mode: "GOVERNANCE", days: 9 } };
  assert.match(await said(), /off: .* 9 days in mode GOVERNANCE, which s3:BypassGovernanceRetention lifts/);
  bucket.lock = { retention: { mode: "COMPLIANCE", days: 9 } };
  assert.match(await said(), /on: .*COMPLIANCE.*\noff: the first batch is under no lock in mode COMPLIANCE/);
});

test("what may not be seen is unknown, and says which permission shows it; a bucket that is away is an error", async (t) => {
  lockedBucket(server, "secret");
  const store = storeIn(t, "secret");
  t.after(() => {
    server.faults = () => null;
  });
  server.faults = ({ query, method }) =>
    query.has("versioning") || query.has("object-lock") || method === "HEAD"
      ? { refused: new Refusal(403, "AccessDenied") }
      : null;
  await store.create(BATCH, bytes);
  assert.deepEqual(
    (await store.safeguards?.())?.map(({ state, detail }) => `${state} ${detail.split(" ").at(-1)}`),
    ["unknown s3:GetBucketVersioning", "unknown s3:GetBucketObjectLockConfiguration", "unknown s3:GetObjectRetention"],
  );
  server.faults = () => "lost-request";
  await assert.rejects(async () => store.safeguards?.(), /cannot see the versioning in bucket "secret"/);
});

test("doctor says it for the store of the organization's file", async (t) => {
  const bucket = lockedBucket(server, "acme-audit");
  const place = "kind: s3, bucket: acme-audit, region: us-east-1, prefix: log";
  const company = await Company.found(t, `audit: { stores: [ { ${place} } ] }\n`);
  company.env = {
    AWS_ENDPOINT_URL: server.endpoint,
    AWS_ACCESS_KEY_ID: "testing",
    AWS_SECRET_ACCESS_KEY: "testing",
  };
  const declared = await company.run(["incident", "declare", "--title", "x", "--severity", "2"]);
  assert.equal(declared.code, 0, declared.err);
  assert.ok(bucket.keys("log/batch/").length > 0);
  const { out } = await company.run(["doctor"]);
  const flat = out.replace(/\s+/g, " ");
  assert.match(flat, /ok store s3:acme-audit\/log the bucket keeps every version/);
  assert.match(flat, /ok store s3:acme-audit\/log Object Lock keeps what is written for 1 days in mode COMPLIANCE/);
  assert.match(flat, /ok store s3:acme-audit\/log the first batch is locked until/);
  bucket.lock = null;
  assert.match(
    (await company.run(["doctor"])).out.replace(/\s+/g, " "),
    /warn store s3:acme-audit\/log immutability: Object Lock is off/,
  );
});
