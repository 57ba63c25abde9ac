import assert from "node:assert/strict";
import { test } from "node:test";
import { loadAction } from "../../src/actions/index.ts";
import type { SelectionOf } from "../../src/model/index.ts";
import { contain, drive, rollBack } from "../conformance/driver.ts";
import { ACCOUNT, type Ec2Bench, look, openBench, planFor, REGION } from "./ec2.ts";

const action = await loadAction("aws.ec2.swap-network-acl");
const [example, hostsExample] = action.examples;
const SHOP = example.selection as SelectionOf<"aws.entrance-subnets">;
const HOSTS = hostsExample?.selection as SelectionOf<"aws.host-subnets">;

const allow = (bench: Ec2Bench, RuleNumber: number, CidrBlock: string, Egress = false) =>
  bench.ec2("CreateNetworkAclEntry", {
    NetworkAclId: "acl-0lock01",
    RuleNumber,
    Protocol: "-1",
    RuleAction: "allow",
    Egress,
    CidrBlock,
  });

async function association(bench: Ec2Bench): Promise<string | undefined> {
  type Found = { NetworkAcls: { Associations: { SubnetId: string; NetworkAclAssociationId: string }[] }[] };
  const { NetworkAcls } = await bench.ec2<Found>("DescribeNetworkAcls", {});
  const all = NetworkAcls.flatMap(({ Associations }) => Associations);
  return all.find(({ SubnetId }) => SubnetId === "subnet-0shop01")?.NetworkAclAssociationId;
}

test("the way back uses the association that there is then, not the one that was planned with", async (t) => {
  const bench = await openBench(t);
  const before = await association(bench);
  const driven = await contain(bench, action, example);
  const between = await association(bench);
  assert.notEqual(between, before);
  for (const { outcome, verification } of await rollBack(bench, action, driven))
    assert.deepEqual([outcome.status, verification.verdict], ["applied", "confirmed"]);
  assert.ok(![before, between].includes(await association(bench)));
});

test("a network ACL that lets others pass than the responders cuts nothing off", async (t) => {
  const bench = await openBench(t);
  await allow(bench, 10, "198.51.100.0/24");
  const [change] = await planFor(bench, action, SHOP);
  assert.match(change?.summary ?? "", /which lets pass in all 198\.51\.100\.0\/24$/);
  await allow(bench, 11, "0.0.0.0/0", true);
  await assert.rejects(planFor(bench, action, SHOP), {
    code: "lockdown-acl-open",
    exit: 10,
    message: /lets others pass than the responders: it lets pass in all 198\.51\.100\.0\/24, out all 0\.0\.0\.0\/0/,
  });
});

test("a VPC without the network ACL, or with two of its name, is refused", async (t) => {
  const bench = await openBench(t);
  await assert.rejects(planFor(bench, action, { ...SHOP, lockdownAcl: "shut" }), {
    code: "config-part-missing",
    message: /vpc-0edge has no network ACL tagged Name=shut/,
  });
  await bench.ec2("CreateTags", { Resources: ["acl-0edge01"], Tags: [{ Key: "Name", Value: "lockdown" }] });
  await assert.rejects(planFor(bench, action, SHOP), { code: "ambiguous", message: /acl-0edge01, acl-0lock01/ });
});

test("a network ACL that is opened between plan and application is not used, and one that is opened later is found", async (t) => {
  const bench = await openBench(t);
  const [change] = await planFor(bench, action, SHOP);
  assert.ok(change);
  await allow(bench, 10, "0.0.0.0/0");
  const { outcome } = await drive(bench, action, change, "contain", { patienceMs: 0 });
  assert.deepEqual([outcome.status, /^not-as-approved/.test(outcome.why ?? "")], ["refused", true]);
  await bench.ec2("DeleteNetworkAclEntry", { NetworkAclId: "acl-0lock01", RuleNumber: 10, Egress: false });
  await drive(bench, action, change, "contain");
  await allow(bench, 10, "0.0.0.0/0");
  const seen = await look(bench, action, change);
  assert.deepEqual([seen.verdict, /the rules of acl-0lock01 were changed/.test(seen.detail ?? "")], ["contradicted", true]);
});

async function leftOf(bench: Ec2Bench, selection: SelectionOf<"aws.host-subnets">): Promise<string[]> {
  const left = (await action.leaves?.(bench.scopes().read(action.permissions.read), selection as never, {})) ?? [];
  return left.map(({ reason }) => reason);
}

test("a subnet that others are in, too, stays on the network, and it is said who they are", async (t) => {
  const bench = await openBench(t);
  const planned = await planFor(bench, action, HOSTS);
  assert.deepEqual(
    planned.map(({ resource }) => resource.id),
    ["subnet-0app01"],
  );
  assert.deepEqual(await leftOf(bench, HOSTS), [
    "subnet-0edge01 is not cut off: others are in it: eni-0globex01 of i-0globex01; cut its peers off by their addresses: soc2-er block ip ADDRESS",
  ]);
});

test("a tenant's subnets stay where the network ACL is missing, lets others pass or is not one alone, and the reason can be acted on", async (t) => {
  const bench = await openBench(t);
  const all = (await leftOf(bench, { ...HOSTS, lockdownAcl: "shut" })).join("\n");
  assert.match(
    all,
    /subnet-0app01 is not cut off: vpc-0edge has no network ACL tagged Name=shut .*; aws ec2 create-network-acl /,
  );
  assert.deepEqual(await planFor(bench, action, { ...HOSTS, lockdownAcl: "shut" }), []);
  await allow(bench, 11, "0.0.0.0/0", true);
  assert.match((await leftOf(bench, HOSTS)).join("\n"), /subnet-0app01 is not cut off: .* lets others pass than the responders/);
  await bench.ec2("CreateTags", { Resources: ["acl-0edge01"], Tags: [{ Key: "Name", Value: "lockdown" }] });
  assert.match((await leftOf(bench, HOSTS)).join("\n"), /subnet-0app01 is not cut off: .*acl-0edge01, acl-0lock01/);
  assert.deepEqual(await planFor(bench, action, HOSTS), []);
});

test("a tenant without hosts has no subnets", async (t) => {
  const bench = await openBench(t);
  const none = { ...HOSTS, tag: { key: "tenant", value: "initech" } };
  assert.deepEqual([await planFor(bench, action, none), await leftOf(bench, none)], [[], []]);
});

test("a connection that is open outlives the quarantine of its interface, and not that of its subnet", async (t) => {
  const bench = await openBench(t);
  await bench.ec2("CreateTags", { Resources: ["i-0globex01"], Tags: [{ Key: "tenant", Value: "acme" }] });
  const flow = { kind: "flow", provider: "aws", account: ACCOUNT, region: REGION, at: "eni-0acme01", peer: "*" } as const;
  const open = () => bench.range.transport.effects.ask({ ...flow, direction: "both", established: true });
  assert.equal(await open(), "open");
  const quarantine = await loadAction("aws.ec2.quarantine-instances");
  const { lockdownAcl: _acl, responderNetworks: _networks, ...hosts } = HOSTS;
  const tagged = { ...hosts, kind: "aws.tagged-instances", quarantineGroup: "soc2-er-quarantine" };
  for (const change of await planFor(bench, quarantine, tagged)) await drive(bench, quarantine, change, "contain");
  assert.equal(await open(), "open", "it is tracked");
  const cut = await planFor(bench, action, HOSTS);
  assert.deepEqual(
    cut.map(({ resource }) => resource.id),
    ["subnet-0app01", "subnet-0edge01"],
  );
  for (const change of cut) await drive(bench, action, change, "contain");
  assert.equal(await open(), "blocked");
});
