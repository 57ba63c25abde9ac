import assert from "node:assert/strict";
import { after, type TestContext, test } from "node:test";
import type { Caller } from "./caller.ts";
import { Job } from "./job.ts";
import { emulatorIfLong } from "./long.ts";
import { respondWith } from "./seed-accounts.ts";
import { allow, MANAGEMENT, policy } from "./seed-identity.ts";

const { emulator, options } = await emulatorIfLong({ after });

const RESPONDER = `arn:aws:iam::${MANAGEMENT}:role/soc2-er-responder`;
const ABOVE = "aws.organizations.deny-principal";
const REVOKE = ["revoke", "aws:user/intruder", "aws:role/app-data"];
type Changed = {
  readonly action: string;
  readonly outcome: { readonly status: string; readonly why?: string };
  readonly verification?: { readonly verdict: string };
};

/** The organization's file names the policy above the account, whose administrator the intruder is. */
async function begin(t: TestContext): Promise<{ job: Job; management: Caller; text: () => Promise<string> }> {
  assert.ok(emulator);
  const job = await Job.prepare(t, emulator, () => true);
  const { management } = job.seeded;
  assert.ok(management);
  for (const UserName of ["operator", "intruder"]) {
    const PolicyDocument = policy([allow(UserName === "operator" ? "sts:AssumeRole" : "*", "*")]);
    await job.admin("iam:PutUserPolicy", { UserName, PolicyName: "own", PolicyDocument });
  }
  await job.editFile((file) =>
    file.replace(
      /^( +- \{ id: "123456789012", .*\n)/m,
      `$1      - { id: "${MANAGEMENT}", name: management, regions: [us-east-1], role: "${RESPONDER}" }
    organization: { account: management, deny-policy: soc2-er-deny }\n`,
    ),
  );
  await job.declare();
  type Described = { Policy: { Content: string } };
  const PolicyId = job.seeded.here("p-soc2deny");
  const text = async () => (await management<Described>("organizations:DescribePolicy", { PolicyId })).Policy.Content;
  return { job, management, text };
}

const refused = (call: Promise<unknown>) =>
  assert.rejects(call, { name: /AccessDenied|InvalidClientTokenId|InvalidAccessKeyId/ });
const byAction = (changes: readonly Changed[]) => ({
  above: changes.filter(({ action }) => action === ABOVE),
  others: changes.filter(({ action }) => action !== ABOVE),
});

test("who rules the account and takes its denials off stays refused, and a release lifts exactly ours", options, async (t) => {
  const { job, text } = await begin(t);
  const before = await text();
  const intruder = job.stolen("AKIAINTRUDER00000001");
  const app = job.stolen("app-data");
  const objects = { Bucket: "acme-data", Prefix: "tenants/acme/" };
  await intruder("iam:ListUsers");
  await app("s3:ListObjectsV2", objects);

  const plan = await job.run([...REVOKE, "--dry-run"]);
  assert.deepEqual([plan["changes"][0].action, plan["changes"][0].needs], [ABOVE, []]);
  await job.through(REVOKE, "contained");
  await refused(app("s3:ListObjectsV2", objects));
  await (await job.session("app-data"))("s3:ListObjectsV2", objects);

  await job.admin("iam:DeleteUserPolicy", { UserName: "intruder", PolicyName: "soc2-er-deny-user" });
  const AccessKeyId = job.seeded.here("AKIAINTRUDER00000001");
  await job.admin("iam:UpdateAccessKey", { UserName: "intruder", AccessKeyId, Status: "Active" });
  const attempts = [
    ["iam:ListUsers", {}],
    ["iam:CreateAccessKey", { UserName: "intruder" }],
    ["iam:PutUserPolicy", { UserName: "intruder", PolicyName: "more", PolicyDocument: policy([allow("*", "*")]) }],
    ["s3:ListObjectsV2", objects],
    ["organizations:DetachPolicy", { PolicyId: job.seeded.here("p-soc2deny"), TargetId: "123456789012" }],
  ] as const;
  for (const [operation, input] of attempts) await refused(intruder(operation, input));
  const { leases } = await job.run(["status", "--verify"], "on-call", 6);
  const verdicts = leases.map((lease: { action: string; check: { verdict: string } }) => [lease.action, lease.check.verdict]);
  assert.deepEqual(
    verdicts.filter(([action]: string[]) => action === ABOVE),
    [[ABOVE, "held"]],
  );

  const [{ incident }] = leases;
  await job.through(["release", incident], "rolled-back");
  assert.equal(await text(), before);
  await intruder("iam:ListUsers");
  await job.run(["audit", "verify"]);
});

test("a denial from above that fails when it is applied holds up none of the others", options, async (t) => {
  const { job, management, text } = await begin(t);
  const before = await text();
  await respondWith(management, [allow(["organizations:Describe*", "organizations:List*"], "*")]);
  const { changes } = await job.through(REVOKE, "partial");
  const { above, others } = byAction(changes);
  assert.match(above[0]?.outcome.why ?? "", /^denied/);
  assert.ok(others.length > 2);
  for (const { action, verification } of others) assert.equal(verification?.verdict, "confirmed", action);
  assert.equal(await text(), before);
  await refused(job.stolen("AKIAINTRUDER00000001")("iam:ListUsers"));
  await refused(job.stolen("app-data")("s3:ListObjectsV2", { Bucket: "acme-data" }));
});

test("without any permission in the management account the plan says so, and contains the rest", options, async (t) => {
  const { job, management } = await begin(t);
  await respondWith(management, [allow("iam:GetUser", "*"), allow("iam:GetRole", "*")]);
  const run = await job.through(REVOKE, "partial");
  const { above, others } = byAction(run["changes"]);
  assert.deepEqual([above, others.length > 2], [[], true]);
  assert.deepEqual(
    run["unreached"].map(({ account, part, cause }: Record<string, string>) => [account, part, cause]),
    [[MANAGEMENT, "organization", "denied"]],
  );
  await refused(job.stolen("AKIAINTRUDER00000001")("iam:ListUsers"));
  const [{ argv }] = run["next"];
  assert.deepEqual(argv.slice(0, 4), ["soc2-er", ...REVOKE]);
  assert.ok(!argv.includes("--account"));
  await respondWith(management, [allow("*", "*")]);
  const again = await job.through(argv.slice(1, argv.indexOf("--config")), "contained");
  assert.equal(byAction(again["changes"]).above[0]?.verification?.verdict, "confirmed");
});
