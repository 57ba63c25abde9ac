import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { after, type TestContext, test } from "node:test";
import { ROOT } from "../cli/binary.ts";
import type { Caller } from "./caller.ts";
import { NO_EMULATOR, startEmulator } from "./emulator.ts";
import { gatewayTo } from "./gateway.ts";
import { Job } from "./job.ts";

const emulator = await startEmulator({ after });
const options = emulator === null ? { skip: NO_EMULATOR } : {};
const BUCKET = "acme-audit";
const PREFIX = "log/";
const ACME = { Bucket: "acme-data", Key: "tenants/acme/invoices.csv" };

/** The log's one store is a bucket, and the way to it can be lost. */
async function begin(t: TestContext) {
  assert.ok(emulator);
  const gateway = await gatewayTo(emulator, BUCKET, t);
  const job = await Job.prepare(t, emulator);
  await job.editFile((file) => file.replace(/^ +- \{ kind: directory, .*\n/m, ""));
  job.endpoint = gateway.endpoint;
  await job.declare();
  return { gateway, job };
}

test(
  "what a run logs is in the bucket: approvers sign on machines of their own, the verifier compares with it",
  options,
  async (t) => {
    const { job } = await begin(t);
    const { digest } = await job.run(["revoke", "aws:user/intruder"], "on-call", 8);
    for (const who of ["sec-lead", "eng-lead"]) {
      job.machine = `${who}s-laptop`;
      await job.run(["approve", digest, "--yes"], who);
    }
    job.machine = "appliers-laptop";
    assert.equal((await job.run(["apply", digest, "--yes"]))["result"], "contained");
    const told = (await job.run(["incident", "timeline"]))["items"];
    job.machine = "home";
    assert.deepEqual((await job.run(["incident", "timeline"]))["items"], told);
    const { items } = await job.run(["audit", "log"]);
    const types: string[] = items.map(({ type }: { type: string }) => type);
    assert.equal(types.filter((type) => type === "approval.recorded").length, 2);
    assert.ok(types.includes("change.settled") && types.includes("run.closed"), types.join(" "));
    assert.deepEqual((await job.run(["status"]))["remote"], { state: "up-to-date", lagSeconds: 0 });
    assert.equal((await job.run(["audit", "verify"]))["verdict"], "verified");

    const copy = join(job.folder, "copy");
    const last = (await download(job.admin, copy)).filter((name) => name.startsWith("batch/")).at(-1) ?? "";
    assert.equal(verifier(job, copy), 0);
    await rm(join(copy, last));
    assert.equal(verifier(job, copy), 20, "the verifier looks into the copy");

    for (const machine of ["eng-leads-laptop", "somebody's new laptop"]) {
      job.machine = machine;
      assert.deepEqual((await job.run(["audit", "log"]))["items"], items, machine);
    }
    job.machine = "eng-leads-laptop";
    assert.equal((await job.run(["audit", "verify"]))["verdict"], "verified");
  },
);

for (const [lost, reason] of [
  ["broken", /ECONNRESET|socket hang up/],
  ["silent", /no answer within/],
] as const)
  test(
    `with a ${lost} way to the bucket from before a run to its end: contained, the lag shown, caught up, the gap declared`,
    options,
    async (t) => {
      const { gateway, job } = await begin(t);
      const before = await names(job.admin);
      gateway.lost = lost;
      const plan = await job.run(["isolate", "tenant", "acme"], "on-call", 8);
      for (const who of ["sec-lead", "eng-lead"]) await job.run(["approve", plan["digest"], "--yes"], who);
      const applied = await job.ended(["apply", plan["digest"], "--yes"]);
      assert.equal(JSON.parse(applied.out).result, "contained");
      assert.match(applied.err, /\d+ entries are not in every store yet: soc2-er audit sync/);
      await assert.rejects(job.admin("s3:GetObject", ACME), { name: "AccessDenied" });

      const { remote } = await job.run(["status"]);
      assert.equal(remote.state, "down");
      assert.ok(remote.lagSeconds >= 1, `${remote.lagSeconds} s`);
      const [down] = (await job.run(["audit", "sync"], "on-call", 9))["stores"];
      assert.equal(down.name, "s3:acme-audit/log");
      assert.ok(down.pending > 15, `${down.pending} pending`);
      assert.match(down.reason, reason);
      assert.equal((await job.run(["audit", "verify"], "on-call", 10))["verdict"], "verified-with-gaps");
      assert.deepEqual(await names(job.admin), before);

      gateway.lost = null;
      assert.equal((await job.run(["audit", "sync"]))["pending"], 0);
      assert.ok((await names(job.admin)).length > before.length);
      assert.deepEqual((await job.run(["status"]))["remote"], { state: "up-to-date", lagSeconds: 0 });
      await gapIsDeclared(job, ["run.opened", "run.closed"]);
    },
  );

/** The log says from when to when the bucket was lost, and the verifier repeats it: nothing else is wrong. */
async function gapIsDeclared(job: Job, inside: readonly string[]): Promise<void> {
  const types: string[] = (await job.run(["audit", "log"]))["items"].map(({ type }: { type: string }) => type);
  const gap = types.slice(types.indexOf("remote.down"), types.indexOf("remote.up"));
  assert.notEqual(gap.length, 0, types.join(" "));
  for (const type of inside) assert.ok(gap.includes(type), types.join(" "));
  const { verdict, findings } = await job.run(["audit", "verify"], "on-call", 10);
  assert.equal(verdict, "verified-with-gaps");
  assert.deepEqual(
    findings.map(({ code }: { code: string }) => code),
    ["remote-down"],
  );
  const copy = join(job.folder, "copy");
  await download(job.admin, copy);
  assert.equal(verifier(job, copy), 10);
}

async function names(admin: Caller): Promise<string[]> {
  type Listed = { Contents?: { Key: string }[]; IsTruncated: boolean };
  const { Contents = [], IsTruncated } = await admin<Listed>("s3:ListObjectsV2", { Bucket: BUCKET });
  assert.ok(!IsTruncated);
  return Contents.map(({ Key }) => {
    assert.ok(Key.startsWith(PREFIX), Key);
    return Key.slice(PREFIX.length);
  }).toSorted();
}

/** All that the bucket holds, as a folder. */
async function download(admin: Caller, folder: string): Promise<string[]> {
  const found = await names(admin);
  for (const name of found) {
    const { Body } = await admin<{ Body: Uint8Array }>("s3:GetObject", { Bucket: BUCKET, Key: `${PREFIX}${name}` });
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), Body);
  }
  return found;
}

function verifier(job: Job, copy: string): number | null {
  const program = join(ROOT, "dist/verifier.cjs");
  return spawnSync(process.execPath, [program, join(job.home, "real/log"), "--store", copy]).status;
}
