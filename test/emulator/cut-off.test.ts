import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { after, type TestContext, test } from "node:test";
import { account } from "./account.ts";
import { NO_EMULATOR, startEmulator } from "./emulator.ts";
import { Job } from "./job.ts";

const emulator = await startEmulator({ after });
const options = emulator === null ? { skip: NO_EMULATOR } : {};
const begin = (t: TestContext) => Job.begin(t, emulator ?? assert.fail());

test("in a real account: who responds, approves or keeps the log is not cut off", options, async (t) => {
  const job = await begin(t);
  await job.admin("iam:CreateUser", { UserName: "eng-lead" });
  await job.admin("iam:CreateUser", { UserName: "ms-security" });
  await job.editFile((text) => text.replace("roles: [security]", 'roles: [security], principals: ["aws:user/ms-security"]'));
  const before = await account(job.admin);
  for (const [principal, because] of [
    ["aws:role/soc2-er-responder", "a responder"],
    ["aws:role/soc2-er-audit", "the audit store's writer"],
    ["aws:user/operator", "the one whose credentials this command uses"],
    ["aws:user/eng-lead", '"eng-lead" of the people'],
    ["aws:user/ms-security", '"sec-lead" of the people'],
  ] as const) {
    for (const how of [[], ["--dry-run"]]) {
      const { error } = await job.run(["revoke", "aws:user/intruder", principal, ...how], "on-call", 10);
      assert.equal(error.code, "self-lockout", JSON.stringify(error));
      assert.equal(error.detail.principal, principal);
      assert.equal(error.detail.because, because);
    }
  }
  await job.editFile((text) => text.replace('bucket: acme-data, prefix: "tenants/', 'bucket: acme-audit, prefix: "log/'));
  const { error } = await job.run(["isolate", "tenant", "acme"], "on-call", 10);
  assert.equal(error.code, "self-lockout", JSON.stringify(error));
  assert.match(error.message, /"acme-audit.*" holds the audit log: it must stay writable/);
  assert.deepEqual(await account(job.admin), before);
  assert.deepEqual((await job.run(["plan", "list"]))["items"], []);
});

test("an endpoint that falls silent before the apply: it ends by its deadline, partial, and is resumed", options, async (t) => {
  const job = await begin(t);
  const before = await account(job.admin);
  const plan = await job.run(["revoke", "aws:user/intruder"], "on-call", 8);
  for (const who of ["sec-lead", "eng-lead"] as const) await job.run(["approve", plan["digest"], "--yes"], who);

  const silent = createServer(() => undefined).listen(0, "127.0.0.1");
  await once(silent, "listening");
  t.after(() => silent.close());
  const { endpoint } = job;
  job.endpoint = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const start = performance.now();
  const run = await job.run(["apply", plan["digest"], "--yes", "--deadline", "12s"], "on-call", 6);
  assert.ok(performance.now() - start < 40_000, `${performance.now() - start} ms`);
  assert.equal(run["schema"], "soc2-er/run@1");
  for (const { outcome } of run["changes"]) assert.notEqual(outcome.status, "applied", JSON.stringify(outcome));
  assert.deepEqual(await account(job.admin), before);

  job.endpoint = endpoint;
  const resumed = await job.run(["resume", run["id"], "--yes"]);
  assert.equal(resumed["result"], "contained", JSON.stringify(resumed));
  // The store was out of reach too, from when to when is in the log: a declared gap.
  const { findings } = await job.run(["audit", "verify"], "on-call", 10);
  assert.deepEqual(new Set(findings.map(({ code }: { code: string }) => code)), new Set(["remote-down"]));
});
