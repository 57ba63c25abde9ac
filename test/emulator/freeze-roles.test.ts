import assert from "node:assert/strict";
import { after, type TestContext, test } from "node:test";
import { account } from "./account.ts";
import type { Caller } from "./caller.ts";
import { Job } from "./job.ts";
import { emulatorIfLong } from "./long.ts";
import { policy } from "./seed-identity.ts";

const { emulator, options } = await emulatorIfLong({ after });
const begin = (t: TestContext) => Job.begin(t, emulator ?? assert.fail());

const EXPORT_JOBS = "arn:aws:iam::123456789012:role/export-jobs";
const assume = (who: Caller, RoleArn = EXPORT_JOBS) => who("sts:AssumeRole", { RoleArn, RoleSessionName: "attacker" });
const refused = (call: Promise<unknown>) => assert.rejects(call, { name: "AccessDenied" });

test(
  "in a real account: who could assume a role cannot while it is frozen, and can again after the rollback",
  options,
  async (t) => {
    const job = await begin(t);
    const intruder = job.stolen("AKIAINTRUDER00000001");
    await assume(intruder);
    const session = await job.session("export-jobs").catch(() => null);
    assert.equal(session, null, "the administrator is not trusted, as it is with other roles");
    const before = await account(job.admin);

    const run = await job.through(["run", "freeze-roles", "--param", "principal=aws:role/export-jobs"], "contained");
    await refused(assume(intruder));
    const other = await job.session("app-data");
    await other("s3:GetObject", { Bucket: "acme-data", Key: "tenants/acme/invoices.csv" });
    await assume(job.admin, "arn:aws:iam::123456789012:role/app-data");

    // Who is let in meanwhile is kept, and not let in before the way back.
    const { Role } = await job.admin<{ Role: { AssumeRolePolicyDocument: string } }>("iam:GetRole", { RoleName: "export-jobs" });
    const { Statement } = JSON.parse(decodeURIComponent(Role.AssumeRolePolicyDocument)) as { Statement: object[] };
    const theirs = {
      Sid: "AdminEdit",
      Effect: "Allow",
      Principal: { AWS: "arn:aws:iam::123456789012:user/deploy-bot" },
      Action: "sts:AssumeRole",
    };
    const put = (statements: object[]) =>
      job.admin("iam:UpdateAssumeRolePolicy", { RoleName: "export-jobs", PolicyDocument: policy(statements) });
    await put([...Statement, theirs]);
    const bot = job.stolen("AKIADEPLOYBOT");
    await refused(assume(bot));
    await put(Statement);

    await job.through(["rollback", run["id"]], "rolled-back");
    assert.deepEqual(await account(job.admin), before);
    await assume(intruder);
    await refused(assume(bot));
    await job.run(["audit", "verify"]);
  },
);

test("in a real account: roles of responders and of the log are not frozen", options, async (t) => {
  const job = await begin(t);
  const before = await account(job.admin);
  for (const [name, because] of [
    ["soc2-er-responder", "a responder"],
    ["soc2-er-audit", "the audit store's writer"],
  ] as const) {
    const { error } = await job.run(["run", "freeze-roles", "--param", `principal=aws:role/${name}`], "on-call", 10);
    assert.deepEqual([error.code, error.detail.because], ["self-lockout", because]);
  }
  assert.deepEqual(await account(job.admin), before);
});

test("in a real account: a password and a second factor are gone for good, and the denial is not", options, async (t) => {
  const job = await begin(t);
  const before = await account(job.admin);
  const user = { UserName: "intruder" };
  const devices = async () => (await job.admin<{ MFADevices: object[] }>("iam:ListMFADevices", user)).MFADevices.length;
  assert.equal(await devices(), 1);
  await job.admin("iam:GetLoginProfile", user);
  const run = await job.through(["run", "end-console-access", "--param", "principal=aws:user/intruder"], "contained");
  assert.equal(await devices(), 0);
  await assert.rejects(job.admin("iam:GetLoginProfile", user), { name: "NoSuchEntityException" });
  await refused(job.stolen("AKIAINTRUDER00000001")("iam:EnableMFADevice", { ...user, SerialNumber: "GAHT12345678" }));
  await job.through(["rollback", run["id"]], "rolled-back");
  assert.equal(await devices(), 0);
  await assert.rejects(job.admin("iam:GetLoginProfile", user), { name: "NoSuchEntityException" });
  assert.deepEqual(await account(job.admin), before, "what can be put back is");
  assert.deepEqual((await job.run(["status"]))["leases"], []);
});
