import assert from "node:assert/strict";
import { test } from "node:test";
import { loadAction } from "../../src/actions/index.ts";
import type { Change } from "../../src/model/index.ts";
import { contain, drive, plan, rollBack, wayBack } from "../conformance/driver.ts";
import { VPC } from "../range/names.ts";
import { opened } from "../range/open.ts";
import { ACCOUNT, type Ec2Bench, look, names, openBench, plain, planFor, REGION, withKeys } from "./ec2.ts";

const action = await loadAction("aws.ec2.quarantine-instances");
const [example] = action.examples;
const NAME = "soc2-er-quarantine";
const MADE = `${VPC}/${NAME}`;
const tenant = (name: string) => ({
  kind: "aws.tagged-instances",
  tenant: name,
  account: ACCOUNT,
  region: REGION,
  tag: { key: "tenant", value: name },
  quarantineGroup: NAME,
});

type Group = { GroupId: string; GroupName: string; VpcId: string; IpPermissionsEgress: object[]; Tags: object[] };
const groupNamed = async (bench: Ec2Bench, name = NAME) =>
  (await bench.ec2<{ SecurityGroups: Group[] }>("DescribeSecurityGroups", {})).SecurityGroups.find(
    ({ GroupName, VpcId }) => GroupName === name && VpcId === VPC,
  );
const groupsAt = async (bench: Ec2Bench, nic: string): Promise<string[]> => {
  const { NetworkInterfaces } = await bench.ec2<{ NetworkInterfaces: { Groups: { GroupId: string }[] }[] }>(
    "DescribeNetworkInterfaces",
    { NetworkInterfaceIds: [nic] },
  );
  return NetworkInterfaces[0]?.Groups.map(({ GroupId }) => GroupId) ?? [];
};
const move = (bench: Ec2Bench, nic: string, ...Groups: string[]) =>
  bench.ec2("ModifyNetworkInterfaceAttribute", { NetworkInterfaceId: nic, Groups });
const ssh = [{ IpProtocol: "tcp", FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: "203.0.113.0/24" }] }];
const letIn = (bench: Ec2Bench, GroupId: string | undefined) =>
  bench.ec2("AuthorizeSecurityGroupIngress", { GroupId, IpPermissions: ssh });
/** Somebody's own group; `closed` takes its outbound rules away. */
async function theirGroup(bench: Ec2Bench, name: string, closed = true): Promise<string> {
  const { GroupId } = await bench.ec2<Group>("CreateSecurityGroup", { GroupName: name, Description: "ours", VpcId: VPC });
  const group = await groupNamed(bench, name);
  if (closed) await bench.ec2("RevokeSecurityGroupEgress", { GroupId, IpPermissions: group?.IpPermissionsEgress });
  return GroupId;
}
const at = (changes: readonly Change[], id: string): Change =>
  changes.find(({ resource }) => resource.id === id) ?? assert.fail(`no change of ${id}`);

test("planning the example in its world gives the example's changes", async (t) => {
  const bench = await openBench(t);
  assert.deepEqual(withKeys(await plan(action, example, bench.scopes()), example), plain(example.changes));
});

test("nothing new passes, the open shell does and is said to, the neighbor is spared, and the way back is exact", async (t) => {
  const bench = await openBench(t);
  const before = await bench.exists();
  const driven = await contain(bench, action, example);
  assert.deepEqual(
    driven.map(({ verification }) => verification.level),
    ["configuration", "effect", "effect", "effect"],
  );
  const shut = await opened(bench.range);
  assert.deepEqual([shut["new-connection-ipv4"], shut["new-connection-ipv6"], shut["globex-host-works"]], [false, false, true]);
  assert.deepEqual([shut["open-shell"], shut["open-web-shell"]], [true, false], "tracked connections live on, others do not");
  const made = await groupNamed(bench);
  assert.deepEqual([made?.IpPermissionsEgress, made?.Tags], [[], [{ Key: "soc2-er", Value: "quarantine" }]]);
  const back = await rollBack(bench, action, driven);
  assert.deepEqual(new Set(back.map(({ outcome }) => outcome.status)), new Set(["applied"]));
  assert.deepEqual(await groupsAt(bench, "eni-0acme02a"), ["sg-0web01", "sg-0app01"]);
  assert.deepEqual(await bench.exists(), before);
});

test("what survives is listed: tracked connections where there are any, role credentials and the resolver once per host", async (t) => {
  const bench = await openBench(t);
  const driven = await contain(bench, action, example);
  const scope = bench.scopes().read(action.permissions.read);
  const said = await Promise.all(driven.map(({ change }) => action.residual?.(scope, change) ?? []));
  assert.deepEqual(
    said.map((items) => items.map(({ what }) => what.replace(/ (at eni-|that i-|through ).*/, ""))),
    [
      [],
      ["tracked connections that are open", 'credentials of instance profile "acme-worker"', "name resolution"],
      ['credentials of instance profile "acme-worker"', "name resolution"],
      [],
    ],
  );
  const blind = { ...scope, effects: null, aws: scope.aws.bind(scope) };
  const unseen = await action.residual?.(
    blind,
    at(
      driven.map(({ change }) => change),
      "eni-0acme02b",
    ),
  );
  assert.match(unseen?.[0]?.what ?? "", /^connections that were open and tracked at eni-0acme02b/);
  assert.match(unseen?.[0]?.until ?? "", /5 days/);
});

test("a group without rules that is there is taken, held, and left behind", async (t) => {
  const bench = await openBench(t);
  const GroupId = await theirGroup(bench, "jail");
  const before = await bench.exists();
  const scopes = bench.scopes();
  const planned = await planFor(bench, action, tenant("acme"), { group: "jail" });
  assert.deepEqual(at(planned, `${VPC}/jail`).before, { rules: [] });
  assert.deepEqual(at(planned, "eni-0acme01").after, { groups: [GroupId] });
  const driven = [];
  for (const change of planned) driven.push(await drive(bench, action, change, "contain", { scopes }));
  assert.deepEqual(
    driven.map(({ outcome, verification }) => [outcome.status, verification.verdict]),
    [["unchanged", "confirmed"], ...Array(3).fill(["applied", "confirmed"])],
  );
  await rollBack(bench, action, driven, scopes);
  assert.deepEqual(await bench.exists(), before);
  assert.deepEqual(
    new Set(names(scopes).filter((name) => !name.startsWith("Describe"))),
    new Set(["ModifyNetworkInterfaceAttribute"]),
  );
});

test("a group that lets traffic pass, in either direction and family, is refused when it is planned", async (t) => {
  const bench = await openBench(t);
  const GroupId = await theirGroup(bench, NAME, false);
  const refused = (rules: RegExp) => (error: { code: string; message: string; hints: string[] }) => {
    assert.deepEqual([error.code, rules.test(error.message)], ["quarantine-group-open", true], error.message);
    assert.match(error.hints.join("\n"), new RegExp(`--region us-east-1 --filters Name=group-id,Values=${GroupId}`));
    return true;
  };
  const planAcme = () => planFor(bench, action, tenant("acme"));
  await assert.rejects(planAcme(), refused(/out all 0\.0\.0\.0\/0; out all ::\/0/));
  const IpPermissions = [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] }];
  await bench.ec2("RevokeSecurityGroupEgress", { GroupId, IpPermissions });
  await assert.rejects(planAcme(), refused(/pass: out all ::\/0$/));
  await letIn(bench, GroupId);
  await assert.rejects(planAcme(), refused(/in tcp 22-22 203\.0\.113\.0\/24/));
});

test("rules that come into the group after the plan stop the move, and after the move contradict it", async (t) => {
  const bench = await openBench(t);
  const [group, first, second] = await plan(action, example, bench.scopes());
  assert.ok(group && first && second);
  await drive(bench, action, group, "contain");
  assert.equal((await drive(bench, action, first, "contain")).verification.verdict, "confirmed");
  await letIn(bench, (await groupNamed(bench))?.GroupId);
  assert.match((await look(bench, action, first)).detail ?? "", /lets traffic pass: in tcp 22-22 203\.0\.113\.0\/24/);
  const { outcome } = await drive(bench, action, second, "contain", { patienceMs: 1_000 });
  assert.match(outcome.why ?? "", /^quarantine-group-open/);
  assert.deepEqual(await groupsAt(bench, "eni-0acme02a"), ["sg-0web01", "sg-0app01"]);
});

test("a creation that was cut short is completed, and not used before it is", async (t) => {
  const bench = await openBench(t);
  const [group, first] = await plan(action, example, bench.scopes());
  assert.ok(group && first);
  bench.range.setFaults([{ operation: "ec2:RevokeSecurityGroupEgress", kind: "denied" }]);
  const cut = await drive(bench, action, group, "contain", { patienceMs: 1_000 });
  assert.deepEqual([cut.outcome.status, cut.verification.verdict], ["unknown", "contradicted"]);
  assert.match((await drive(bench, action, first, "contain", { patienceMs: 1_000 })).outcome.why ?? "", /^quarantine-group-open/);
  const again = bench.scopes();
  const planned = await plan(action, example, again);
  assert.deepEqual(plain(planned), plain(await plan(action, example, again)));
  assert.equal(at(planned, MADE).before, null);
  const scopes = bench.scopes();
  assert.equal((await drive(bench, action, at(planned, MADE), "contain", { scopes })).outcome.status, "applied");
  assert.ok(!names(scopes).includes("CreateSecurityGroup"));
  assert.equal((await drive(bench, action, at(planned, "eni-0acme01"), "contain")).verification.verdict, "confirmed");
});

test("the outbound rule that a group is born with is a foreign rule once the group is in use", async (t) => {
  const bench = await openBench(t);
  const [group, moved] = await contain(bench, action, example);
  assert.ok(group && moved);
  const IpPermissions = [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] }];
  await bench.ec2("AuthorizeSecurityGroupEgress", { GroupId: (await groupNamed(bench))?.GroupId, IpPermissions });
  const now = await action.read(bench.scopes().read(action.permissions.read), group.change.resource);
  assert.deepEqual(now, { rules: ["out all 0.0.0.0/0"] });
  assert.equal((await look(bench, action, group.change)).verdict, "contradicted");
  assert.match((await look(bench, action, moved.change)).detail ?? "", /lets traffic pass: out all 0\.0\.0\.0\/0/);
});

test("every page is read, a tag is meant as it stands, and no instances are no changes", async (t) => {
  const bench = await openBench(t);
  bench.range.setPageLimit(1);
  const planned = await planFor(bench, action, tenant("acme"));
  assert.deepEqual(
    planned.map(({ resource }) => resource.id),
    [MADE, "eni-0acme01", "eni-0acme02a", "eni-0acme02b"],
  );
  await contain(bench, action, example);
  assert.deepEqual(await planFor(bench, action, tenant("*")), []);
  assert.deepEqual(await planFor(bench, action, tenant("initech")), []);
});

test("a group's name is one that EC2 takes", () => {
  assert.deepEqual(action.params.parse({}), {});
  for (const group of ["", "sg-jail", "a/b|c", "x".repeat(256)])
    assert.equal(action.params.safeParse({ group }).success, false, group);
});

test("the group that was made outlives whoever uses it, and rules that somebody put into it are not swallowed", async (t) => {
  const bench = await openBench(t);
  const driven = await contain(bench, action, example);
  const [group] = driven;
  const made = await groupNamed(bench);
  assert.ok(group && made);
  await move(bench, "eni-0globex01", made.GroupId);
  const [, , , last] = await rollBack(bench, action, driven);
  assert.deepEqual([last?.outcome.status, last?.outcome.why], ["refused", "conflict: DependencyViolation"]);
  await move(bench, "eni-0globex01", "sg-0web01");
  await letIn(bench, made.GroupId);
  const back = await wayBack(bench, action, group.change);
  assert.match(back.conflict ?? "", /somebody else put rules/);
  assert.deepEqual(back.after, { rules: ["in tcp 22-22 203.0.113.0/24"] });
});
