import assert from "node:assert/strict";
import { after, test } from "node:test";
import { TENANT_KEYS } from "../../src/exercise/range/estate/names.ts";
import { account } from "./account.ts";
import type { Caller } from "./caller.ts";
import { NO_EMULATOR, startEmulator } from "./emulator.ts";
import { Job } from "./job.ts";
import { allow, policy } from "./seed-identity.ts";

const emulator = await startEmulator({ after });
const options = emulator === null ? { skip: NO_EMULATOR } : {};
const begin = (t: Parameters<typeof Job.begin>[0]) => {
  assert.ok(emulator);
  return Job.begin(t, emulator);
};

const ACME = { Bucket: "acme-data", Key: "tenants/acme/invoices.csv" };
const GLOBEX = { Bucket: "acme-data", Key: "tenants/globex/invoices.csv" };
const KEYS = ["AKIAINTRUDER00000001", "AKIAINTRUDER00000002"];

/** What is blocked, and what stands in the walls then. */
const BOTH = ["203.0.113.0/24", "2001:db8:bad::/48"];
const BLOCKED = {
  "er-block-ipv4": ["192.0.2.66/32", "203.0.113.0/24"],
  "er-block-ipv6": ["2001:db8:66::/48", "2001:db8:bad::/48"],
};
const DENIED = ["in 2001:db8:bad::/48", "in 203.0.113.0/24", "out 2001:db8:bad::/48", "out 203.0.113.0/24"];

test("an administrator's stolen keys are refused everywhere, and work again after the rollback", options, async (t) => {
  const job = await begin(t);
  const everything = { UserName: "intruder", PolicyName: "administrator", PolicyDocument: policy([allow("*", "*")]) };
  await job.admin("iam:PutUserPolicy", everything);
  const keys = KEYS.map((key) => job.stolen(key));
  for (const key of keys) await works(key, "s3:GetObject", ACME);
  for (const key of keys) await works(key, "ec2:DescribeInstances");
  const before = await account(job.admin);

  const run = await job.through(["revoke", "aws:user/intruder"], "contained");
  for (const key of keys) {
    await refused(key, "s3:GetObject", ACME, /^InvalidAccessKeyId$/);
    await refused(key, "ec2:DescribeInstances", {}, /^AuthFailure$/);
    await refused(key, "iam:CreateAccessKey", { UserName: "intruder" }, /^InvalidClientTokenId$/);
    await refused(key, "wafv2:ListIPSets", { Scope: "REGIONAL" }, /^UnrecognizedClientException$/);
    await refused(key, "sts:GetCallerIdentity", {}, /^InvalidClientTokenId$/);
  }
  const contained = await account(job.admin);
  const { ssh, certificates, service } = contained["credentials"];
  for (const [credential] of [ssh.SSHPublicKeys, certificates.Certificates, service.ServiceSpecificCredentials])
    assert.equal(credential.Status, "Inactive", JSON.stringify(credential));
  await works(await job.session("soc2-er-responder"), "iam:GetUser", { UserName: "intruder" });

  // The denial holds by itself, whatever becomes of the keys.
  const AccessKeyId = job.seeded.here("AKIAINTRUDER00000001");
  await job.admin("iam:UpdateAccessKey", { UserName: "intruder", AccessKeyId, Status: "Active" });
  await refused(keys[0], "s3:GetObject", ACME, /^AccessDenied$/);
  await refused(keys[0], "ec2:DescribeInstances", {}, /^UnauthorizedOperation$/);
  await refused(keys[0], "iam:DeleteUserPolicy", { UserName: "intruder", PolicyName: "soc2-er-deny-user" }, /^AccessDenied$/);
  await job.admin("iam:UpdateAccessKey", { UserName: "intruder", AccessKeyId, Status: "Inactive" });

  await job.through(["rollback", run["id"]], "rolled-back");
  assert.deepEqual(await account(job.admin), before);
  for (const key of keys) await works(key, "s3:GetObject", ACME);
  await job.run(["audit", "verify"]);
});

test("a rollback of a revocation keeps what others did to the user, and says what it left", options, async (t) => {
  const job = await begin(t);
  const before = await account(job.admin);
  const run = await job.through(["revoke", "aws:user/intruder"], "contained");
  const theirs = { UserName: "intruder", PolicyName: "watched", PolicyDocument: policy([allow("s3:ListAllMyBuckets", "*")]) };
  await job.admin("iam:PutUserPolicy", theirs);
  const SSHPublicKeyId = job.seeded.here("APKAINTRUDER00000001");
  await job.admin("iam:DeleteSSHPublicKey", { UserName: "intruder", SSHPublicKeyId });

  const back = await job.through(["rollback", run["id"]], "partial");
  type Change = { resource: { type: string; id: string }; conflict?: string };
  const conflicts = back["changes"].filter(({ conflict }: Change) => conflict !== undefined);
  assert.deepEqual(
    conflicts.map(({ resource }: Change) => [resource.type, resource.id]),
    [["iam-ssh-key", `intruder/${SSHPublicKeyId}`]],
  );
  const next = back["next"].map(({ argv }: { argv: string[] }) => argv.slice(0, 2).join(" "));
  assert.deepEqual(next, ["soc2-er status"], "there is nothing to resume");
  // What is gone holds nothing: all else came back, and the incident can be closed.
  assert.deepEqual((await job.run(["status"]))["leases"], []);
  await job.run(["incident", "close", "--reason", "over"]);
  const left = await account(job.admin);
  const user = ({ identities }: typeof left) =>
    identities.UserDetailList.find(({ UserName }: { UserName: string }) => UserName === "intruder");
  const [restored, original] = [user(left), user(before)];
  const names = restored.UserPolicyList.map(({ PolicyName }: { PolicyName: string }) => PolicyName);
  assert.deepEqual(names.toSorted(), ["own", "watched"]);
  original.UserPolicyList = restored.UserPolicyList;
  assert.deepEqual(left["credentials"].ssh.SSHPublicKeys, []);
  left["credentials"].ssh = before["credentials"].ssh;
  assert.deepEqual(left, before);
  for (const key of KEYS) await works(job.stolen(key), "s3:GetObject", ACME);
  await job.run(["audit", "verify"]);
});

test("sessions of a role end, new ones work, and the rollback gives the old ones back", options, async (t) => {
  const job = await begin(t);
  const session = job.stolen("app-data");
  await works(session, "s3:GetObject", GLOBEX);
  const before = await account(job.admin);
  const run = await job.through(["revoke", "aws:role/app-data"], "contained");
  await refused(session, "s3:GetObject", GLOBEX, /^AccessDenied$/);
  // The moment lies two seconds ahead, and a session is dated to the second.
  await new Promise((resolve) => setTimeout(resolve, 3_050));
  await works(await job.session("app-data"), "s3:GetObject", GLOBEX);
  await job.through(["rollback", run["id"]], "rolled-back");
  assert.deepEqual(await account(job.admin), before);
  await works(session, "s3:GetObject", GLOBEX);
  await job.run(["audit", "verify"]);
});

test("an isolated tenant's objects are the responders' alone; other tenants work on", options, async (t) => {
  const job = await begin(t);
  const [application, responder] = await Promise.all([job.session("app-data"), job.session("soc2-er-responder")]);
  const before = await account(job.admin);
  const run = await job.through(["isolate", "tenant", "acme"], "contained");

  for (const caller of [application, job.stolen("acme-worker"), job.stolen("AKIAACMEPORTAL"), job.admin])
    await refused(caller, "s3:GetObject", ACME, /^AccessDenied$/);
  for (const caller of [application, job.admin]) {
    for (const [name, input] of keyed("acme")) await refused(caller, name, input, /^AccessDeniedException$/);
    for (const [name, input] of keyed("globex")) await works(caller, name, input);
  }
  await refused(application, "s3:PutObject", { ...ACME, Body: "gone" }, /^AccessDenied$/);
  await refused(application, "s3:DeleteObject", ACME, /^AccessDenied$/);
  await refused(application, "s3:ListObjectsV2", { Bucket: "acme-data", Prefix: "tenants/acme/" }, /^AccessDenied$/);
  const copy = { Bucket: "acme-data", Key: "tenants/globex/copy.csv", CopySource: `acme-data/${ACME.Key}` };
  await refused(application, "s3:CopyObject", copy, /^AccessDenied$/);
  await works(responder, "s3:GetObject", ACME);
  await works(application, "s3:GetObject", GLOBEX);
  await works(application, "s3:PutObject", { ...GLOBEX, Key: "tenants/globex/new.csv", Body: "1" });
  await works(application, "s3:ListObjectsV2", { Bucket: "acme-data", Prefix: "tenants/globex/" });
  const contained = await account(job.admin);
  const ours = new Set(["eni-0acme01", "eni-0acme02a", "eni-0acme02b"].map((id) => job.seeded.here(id)));
  const isolated = contained["interfaces"].filter(({ NetworkInterfaceId }: { NetworkInterfaceId: string }) =>
    ours.has(NetworkInterfaceId),
  );
  assert.equal(isolated.length, 3);
  for (const { Groups } of isolated) {
    const names = Groups.map(({ GroupName }: { GroupName: string }) => GroupName);
    assert.deepEqual(names, ["soc2-er-quarantine"]);
  }
  const others = (seen: typeof before) =>
    seen["interfaces"].filter(({ NetworkInterfaceId }: { NetworkInterfaceId: string }) => !ours.has(NetworkInterfaceId));
  assert.equal(others(before).length, 1);
  assert.deepEqual(others(contained), others(before));
  assert.ok(contained["lifecycle"].Rules.every(({ Status }: { Status: string }) => Status === "Disabled"));
  // Whether it bites cannot be seen here: moto decrypts whatever a key's policy says.
  const denialsOfKey = (tenant: keyof typeof TENANT_KEYS): object[] =>
    JSON.parse(contained["keys"][job.seeded.here(TENANT_KEYS[tenant])].policy).Statement.filter(
      ({ Effect }: { Effect: string }) => Effect === "Deny",
    );
  assert.deepEqual(
    denialsOfKey("acme").map((denial) => (denial as { Condition: object }).Condition),
    [{ ArnNotLike: { "aws:PrincipalArn": "arn:aws:iam::123456789012:role/soc2-er-responder" } }],
  );
  assert.deepEqual(denialsOfKey("globex"), []);

  await job.through(["rollback", run["id"]], "rolled-back");
  assert.deepEqual(await account(job.admin), before);
  await works(application, "s3:GetObject", ACME);
  for (const [name, input] of keyed("acme")) await works(application, name, input);
  await job.run(["audit", "verify"]);
});

test("a rollback keeps what others wrote into the same policy and the same lists", options, async (t) => {
  const job = await begin(t);
  const before = await account(job.admin);
  const isolation = await job.through(["isolate", "tenant", "acme"], "contained");
  const block = await job.through(["block", "ip", ...BOTH], "contained");
  const contained = await account(job.admin);
  assert.deepEqual([addresses(contained), denials(contained)], [BLOCKED, DENIED]);

  const statement = {
    Sid: "Auditors",
    Effect: "Allow",
    Principal: { AWS: "arn:aws:iam::123456789012:role/globex-worker" },
    Action: "s3:GetBucketLocation",
    Resource: "arn:aws:s3:::acme-data",
  };
  const edited = JSON.parse(contained["policy"]);
  edited.Statement.push(statement);
  await job.admin("s3:PutBucketPolicy", { Bucket: "acme-data", Policy: JSON.stringify(edited) });
  const rules = { ID: "uploads", Filter: { Prefix: "uploads/" }, Status: "Enabled", Expiration: { Days: 7 } };
  const LifecycleConfiguration = { Rules: [...contained["lifecycle"].Rules, rules] };
  await job.admin("s3:PutBucketLifecycleConfiguration", { Bucket: "acme-data", LifecycleConfiguration });
  await addAddress(job, "er-block-ipv4", "198.51.100.7/32");
  const NetworkAclId = job.seeded.here("acl-0edge01");
  const rule = { NetworkAclId, RuleNumber: 19, Egress: false, Protocol: "-1", RuleAction: "deny", CidrBlock: "198.51.100.0/24" };
  await job.admin("ec2:CreateNetworkAclEntry", rule);

  for (const run of [isolation, block]) await job.through(["rollback", run["id"]], "rolled-back");
  const left = await account(job.admin);
  const original = JSON.parse(before["policy"]);
  assert.deepEqual(JSON.parse(left["policy"]), { ...original, Statement: [...original.Statement, statement] });
  assert.deepEqual(addresses(left), {
    "er-block-ipv4": ["192.0.2.66/32", "198.51.100.7/32"],
    "er-block-ipv6": ["2001:db8:66::/48"],
  });
  assert.deepEqual(denials(left), ["in 198.51.100.0/24"]);
  assert.deepEqual(left["lifecycle"].Rules, [...before["lifecycle"].Rules, rules]);
  const others = { policy: 0, lifecycle: 0, sets: 0, acls: 0 };
  assert.deepEqual({ ...left, ...others }, { ...before, ...others });
  await job.run(["audit", "verify"]);
});

test(
  "blocked networks stand in both walls of both families and go without a trace; a cloud that is not there is no part",
  options,
  async (t) => {
    const job = await begin(t);
    const before = await account(job.admin);
    const run = await job.through(["block", "ip", ...BOTH], "contained");
    const contained = await account(job.admin);
    assert.deepEqual(addresses(contained), BLOCKED);
    assert.deepEqual(denials(contained), DENIED);
    assert.ok(run["changes"].every(({ resource }: { resource: { provider: string } }) => resource.provider === "aws"));
    assert.deepEqual(run["clocks"].legs.map(({ leg }: { leg: string }) => leg).toSorted(), ["aws.ec2", "aws.wafv2"]);
    const [plan] = (await job.run(["plan", "list"]))["items"];
    const { skipped } = await job.run(["plan", "show", plan.digest]);
    assert.deepEqual(
      skipped.map(({ reason }: { reason: string }) => reason),
      [
        'step "network-firewall" has nothing to do: the target has no aws.network-firewall',
        'step "azure-groups" has nothing to do: the target has no azure.nsgs',
      ],
    );
    await job.through(["rollback", run["id"]], "rolled-back");
    assert.deepEqual(await account(job.admin), before);
    await job.run(["audit", "verify"]);
  },
);

/** What reads a tenant's secret, and its items by each form of key. */
function keyed(tenant: string): readonly (readonly [name: string, input: object])[] {
  const item = (TableName: string, key: Record<string, string>) =>
    ["dynamodb:GetItem", { TableName, Key: Object.fromEntries(Object.entries(key).map(([name, S]) => [name, { S }])) }] as const;
  return [
    ["secretsmanager:GetSecretValue", { SecretId: `prod/${tenant}/database` }],
    item("app-items", { pk: `TENANT#${tenant}`, sk: "USER#1" }),
    item("app-events", { tenant }),
    item("app-events", { tenant: `${tenant}#2026` }),
  ];
}

async function works(caller: Caller, name: string, input: object = {}): Promise<void> {
  await assert.doesNotReject(caller(name, input), `${name} ${JSON.stringify(input)}`);
}

async function refused(caller: Caller | undefined, name: string, input: object, code: RegExp): Promise<void> {
  assert.ok(caller);
  await assert.rejects(caller(name, input), { name: code }, `${name} ${JSON.stringify(input)}`);
}

/** Of the sets that blocks are written into. */
function addresses({ sets }: Awaited<ReturnType<typeof account>>): object {
  return Object.fromEntries(
    Object.keys(sets)
      .filter((name) => name.startsWith("er-block-"))
      .sort()
      .map((name) => [name, sets[name].Addresses.toSorted()]),
  );
}

/** Of everybody, beside the last rule that each ACL ends with. */
function denials({ acls }: Awaited<ReturnType<typeof account>>): string[] {
  type Entry = { RuleAction: string; RuleNumber: number; Egress: boolean; CidrBlock?: string; Ipv6CidrBlock?: string };
  return acls
    .flatMap(({ Entries }: { Entries: Entry[] }) => Entries)
    .filter(({ RuleAction, RuleNumber }: Entry) => RuleAction === "deny" && RuleNumber < 32_767)
    .map(({ Egress, CidrBlock, Ipv6CidrBlock }: Entry) => `${Egress ? "out" : "in"} ${CidrBlock ?? Ipv6CidrBlock}`)
    .sort();
}

async function addAddress({ admin }: Job, name: string, address: string): Promise<void> {
  const { IPSets } = await admin<{ IPSets: { Name: string; Id: string }[] }>("wafv2:ListIPSets", { Scope: "REGIONAL" });
  const Id = IPSets.find(({ Name }) => Name === name)?.Id;
  const set = { Name: name, Id, Scope: "REGIONAL" };
  type Got = { IPSet: { Addresses: string[] }; LockToken: string };
  const { IPSet, LockToken } = await admin<Got>("wafv2:GetIPSet", set);
  await admin("wafv2:UpdateIPSet", { ...set, LockToken, Addresses: [...IPSet.Addresses, address] });
}
