import assert from "node:assert/strict";
import { after, type TestContext, test } from "node:test";
import { approvalStatement, parseStatement } from "../../src/approvals/index.ts";
import { newNonce } from "../../src/model/index.ts";
import { fileSigner, generateKeyFile } from "../../src/signing/index.ts";
import { account } from "./account.ts";
import { NO_EMULATOR, startEmulator } from "./emulator.ts";
import { Job } from "./job.ts";

/** Persons, keys and roles are in the log since it was begun. What is written into the organization's file later grants nothing. */
const emulator = await startEmulator({ after });
const options = emulator === null ? { skip: NO_EMULATOR } : {};

async function planned(t: TestContext) {
  assert.ok(emulator);
  const job = await Job.begin(t, emulator);
  const { digest } = await job.run(["revoke", "aws:user/intruder"], "on-call", 8);
  const { text } = await job.run(["approve", digest, "--yes"], "eng-lead");
  return { job, digest, text, before: await account(job.admin) };
}

/** Security's approval of what engineering has approved, signed with a key of anybody's. */
async function forged(job: Job, approved: string, person: string, key: string): Promise<string> {
  const signer = await fileSigner(job.key(key));
  const facts = { ...parseStatement(approved), person, role: "security", key: signer.publicKey.fingerprint, nonce: newNonce() };
  const text = approvalStatement(facts);
  return `${text}${await signer.sign("approval.soc2-er.v1", Buffer.from(text))}\n`;
}

async function nothingGained({ job, digest, text, before }: Awaited<ReturnType<typeof planned>>): Promise<void> {
  const { approvals } = await job.run(["apply", digest, "--yes"], "on-call", 8);
  assert.deepEqual(approvals.waiting, ["security"]);
  assert.deepEqual(await account(job.admin), before);
  const { checks } = await job.run(["doctor"]);
  assert.ok(checks.some(({ id, detail }: { id: string; detail: string }) => id === "keyring" && /the log counts/.test(detail)));
  // The file is as it was edited: who is in the log decides all the same, and the same words count with their key.
  await job.run(["approve", "--paste"], "on-call", 0, await forged(job, text, "sec-lead", "sec-lead"));
  assert.equal((await job.run(["apply", digest, "--yes"]))["result"], "contained");
  await job.run(["audit", "verify"]);
}

test("a person added to the file can neither approve nor be approved for", options, async (t) => {
  const setting = await planned(t);
  const { job, digest, text } = setting;
  const { text: key } = await generateKeyFile(job.key("friend"), "friend");
  await job.editFile((file) =>
    file.replace("people:\n", `people:\n  - { id: friend, roles: [security], keys: [${JSON.stringify(key)}] }\n`),
  );
  const own = await job.run(["approve", digest, "--yes"], "friend", 8);
  assert.equal(own["error"].code, "approval-unknown-key");
  const handed = await job.run(["approve", "--paste"], "on-call", 8, await forged(job, text, "friend", "friend"));
  assert.equal(handed["error"].code, "approval-unknown-key");
  await nothingGained(setting);
});

test("a key added to a person of the log does not sign for that person", options, async (t) => {
  const setting = await planned(t);
  const { job, digest, text } = setting;
  const { text: key } = await generateKeyFile(job.key("second"), "second");
  await job.editFile((file) => file.replace(/(id: sec-lead, .* keys: \[)/, `$1${JSON.stringify(key)}, `));
  const own = await job.run(["approve", digest, "--yes"], "second", 8);
  assert.equal(own["error"].code, "approval-unknown-key");
  const handed = await job.run(["approve", "--paste"], "on-call", 8, await forged(job, text, "sec-lead", "second"));
  assert.equal(handed["error"].code, "approval-unknown-key");
  await nothingGained(setting);
});

test("a role added to a person of the log is not theirs", options, async (t) => {
  const setting = await planned(t);
  const { job, digest, text } = setting;
  await job.editFile((file) =>
    file.replace("id: eng-lead, roles: [engineering]", "id: eng-lead, roles: [engineering, security]"),
  );
  const own = await job.run(["approve", digest, "--role", "security", "--yes"], "eng-lead", 8);
  assert.equal(own["error"].code, "approval-role");
  const handed = await job.run(["approve", "--paste"], "on-call", 8, await forged(job, text, "eng-lead", "eng-lead"));
  assert.equal(handed["error"].code, "approval-role");
  await nothingGained(setting);
});

test("a policy that asks for fewer approvals than the log was founded with lowers nothing", options, async (t) => {
  assert.ok(emulator);
  const job = await Job.begin(t, emulator);
  const before = await account(job.admin);
  await job.editFile((file) =>
    file.replace(/approvals: .*/, "approvals: { default: [engineering], revoke-credentials: [engineering] }"),
  );
  const { digest, approvals: asked } = await job.run(["revoke", "aws:user/intruder"], "on-call", 8);
  assert.deepEqual([...asked.required].sort(), ["engineering", "security"]);
  await job.run(["approve", digest, "--yes"], "eng-lead");
  const { approvals } = await job.run(["apply", digest, "--yes"], "on-call", 8);
  assert.deepEqual(approvals.waiting, ["security"]);
  assert.deepEqual(await account(job.admin), before);
});
