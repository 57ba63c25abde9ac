import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, type TestContext, test } from "node:test";
import { Company } from "../cli/company.ts";
import { as } from "./caller.ts";
import { NO_EMULATOR, startEmulator } from "./emulator.ts";

const emulator = await startEmulator({ after });
const options = emulator === null ? { skip: NO_EMULATOR } : {};
const Bucket = "acme-audit";
const KEY = "log/batch/000000000000";

/** An organization whose log stands in a bucket that locks what it gets for seven years, as far as the emulator does. */
async function begin(t: TestContext, Mode = "COMPLIANCE") {
  assert.ok(emulator);
  await emulator.reset();
  const admin = as(emulator.endpoint, { accessKeyId: "testing", secretAccessKey: "testing" });
  t.after(() => admin.close());
  await admin("s3:CreateBucket", { Bucket, ObjectLockEnabledForBucket: true });
  const DefaultRetention = { Mode, Days: 2555 };
  await admin("s3:PutObjectLockConfiguration", {
    Bucket,
    ObjectLockConfiguration: { ObjectLockEnabled: "Enabled", Rule: { DefaultRetention } },
  });
  const company = await Company.found(t);
  company.env = {
    ...{ AWS_ENDPOINT_URL: emulator.endpoint, AWS_ACCESS_KEY_ID: "testing", AWS_SECRET_ACCESS_KEY: "testing" },
    AWS_EC2_METADATA_DISABLED: "true",
  };
  const store = `{ kind: s3, bucket: ${Bucket}, region: us-east-1, prefix: log, role: "arn:aws:iam::123456789012:role/writer" }`;
  writeFileSync(company.config, `${company.text}audit: { stores: [ ${store.replace(/, role: "[^"]+"/, "")} ] }\n`);
  const declared = await company.run(["incident", "declare", "--title", "leak", "--severity", "2"]);
  assert.equal(declared.code, 0, declared.err);
  // The auditor's role is another than the writers', which the file names.
  writeFileSync(company.config, `${company.text}audit: { stores: [ ${store} ] }\n`);
  return { admin, company };
}

let lists = 0;

async function verified(
  company: Company,
  exit: number,
  ...codes: readonly string[]
): Promise<{ findings: { detail: string }[]; notChecked: string[]; checked: string[] }> {
  const out = `versions-${lists++}.ndjson`;
  const listed = await company.run(["audit", "export", "--inventory", "--out", out, "--json"]);
  assert.equal(listed.code, 0, listed.err + listed.out);
  assert.equal(JSON.parse(listed.out).store, `s3:${Bucket}/log/`);
  const bundle = `bundle-${lists}`;
  const exported = await company.run(["audit", "export", "--out", bundle, "--json"]);
  assert.equal(exported.code, 0, exported.err);
  const { code, out: said } = await company.run(["audit", "verify", "--bundle", bundle, "--versions", out, "--json"]);
  const answer = JSON.parse(said);
  assert.equal(code, exit, said);
  assert.deepEqual([...new Set(answer.findings.map((one: { code: string }) => one.code))].sort(), [...codes].sort(), said);
  return answer;
}

test("the versions in a bucket are listed with locks and sums, and hold against the log", options, async (t) => {
  const { company } = await begin(t);
  const { checked, notChecked } = await verified(company, 0);
  assert.match(checked.join("\n"), /\d+ versions of \d+ objects in "acme-audit\/log\/"/);
  assert.doesNotMatch(notChecked.join("\n"), /SHA-256|are locked|long enough/);
  const [head, first] = readFileSync(join(company.folder, `versions-${lists - 1}.ndjson`), "utf8").split("\n");
  assert.deepEqual(JSON.parse(head ?? "").rule, { mode: "COMPLIANCE", days: 2555 });
  assert.match(first ?? "", /^\{"key":"batch\/000000000000",.*"sha256":"[0-9a-f]{64}","lock":\{"mode":"COMPLIANCE","until":"20/);
});

test("what an administrator puts over a batch, hides or leaves unlocked is found", options, async (t) => {
  const { admin, company } = await begin(t);
  await admin("s3:PutObject", { Bucket, Key: KEY, Body: "another history" });
  const over = await verified(company, 30, "slot-overwritten");
  assert.match(over.findings[0]?.detail ?? "", /then version ".+" of 20.* \(15 bytes/);
  await admin("s3:DeleteObject", { Bucket, Key: KEY });
  await verified(company, 30, "delete-marker", "slot-overwritten");
});

test("an object that is locked in governance mode, or for too short, is a gap", options, async (t) => {
  const { company } = await begin(t, "GOVERNANCE");
  const { findings } = await verified(company, 10, "retention");
  assert.match(findings[0]?.detail ?? "", /is locked in mode "GOVERNANCE"/);
  const { company: other } = await begin(t);
  await verified(other, 0);
  const bundle = ["audit", "verify", "--bundle", `bundle-${lists}`, "--versions", `versions-${lists - 1}.ndjson`, "--json"];
  const { code, out } = await other.run([...bundle, "--retention", "4000"]);
  assert.equal(code, 10, out);
  assert.match(out, /is locked until 20[^,]+, not for 4000 days/);
});

test("who may not list is told what a role that reads needs", options, async (t) => {
  const { company } = await begin(t);
  assert.ok(emulator);
  await emulator.enforce();
  t.after(() => emulator.open());
  const { code, out } = await company.run(["audit", "export", "--inventory", "--out", "denied.ndjson", "--json"]);
  const { error } = JSON.parse(out);
  assert.deepEqual([code, error.code], [4, "denied"], out);
  assert.match(error.hints.join("\n"), /s3:ListBucketVersions/);
  const none = await company.run(["audit", "export", "--inventory", "elsewhere", "--out", "x", "--json"]);
  assert.match(JSON.parse(none.out).error.message, /with the bucket "elsewhere" is configured: there are acme-audit/);
});
