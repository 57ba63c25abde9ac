import assert from "node:assert/strict";
import { test } from "node:test";
import { concerned } from "../../src/actions/aws/ec2/acl-slots.ts";
import { loadAction } from "../../src/actions/index.ts";
import { type Change, parseCidr } from "../../src/model/index.ts";
import { contain, drive, plan, rollBack, wayBack } from "../conformance/driver.ts";
import { EDGE_ACL } from "../range/names.ts";
import { opened } from "../range/open.ts";
import { ACCOUNT, type Ec2Bench, look, names, openBench, plain, planFor, REGION, withKeys } from "./ec2.ts";

const action = await loadAction("aws.ec2.block-cidrs");
const [example] = action.examples;
const networks = (...texts: string[]) => texts.map((text) => parseCidr(text) ?? assert.fail(text));
const walls = (cidrs: string[], more: object = {}) => ({
  ...example.selection,
  account: ACCOUNT,
  region: REGION,
  rules: { from: 1, to: 19 },
  cidrs: networks(...cidrs),
  ...more,
});
const entry = {
  NetworkAclId: EDGE_ACL,
  RuleNumber: 1,
  Protocol: "-1",
  RuleAction: "deny",
  Egress: false,
  CidrBlock: "192.0.2.0/24",
};
const add = (bench: Ec2Bench, ...entries: Partial<typeof entry>[]) =>
  Promise.all(entries.map((one) => bench.ec2("CreateNetworkAclEntry", { ...entry, ...one })));
const ids = (changes: readonly Change[]) => changes.map(({ resource }) => resource.id.slice(EDGE_ACL.length + 1));
const code = (wanted: string, message: RegExp, hint: RegExp) => (error: { code: string; message: string; hints: string[] }) => {
  assert.deepEqual([error.code, message.test(error.message)], [wanted, true], error.message);
  assert.match(error.hints.join("\n"), hint);
  return true;
};

test("planning the example in its world gives the example's changes", async (t) => {
  const bench = await openBench(t);
  assert.deepEqual(withKeys(await plan(action, example, bench.scopes()), example), plain(example.changes));
});

test("the attacker's networks are cut off, open connections included, nobody else is, and the way back is exact", async (t) => {
  const bench = await openBench(t);
  const before = await bench.exists();
  const scopes = bench.scopes();
  const driven = await contain(bench, action, example, scopes);
  assert.deepEqual(new Set(driven.map(({ verification }) => verification.level)), new Set(["effect"]));
  assert.deepEqual(names(scopes).filter((name) => name === "CreateNetworkAclEntry").length, 4);
  const shut = await opened(bench.range);
  assert.deepEqual(
    [shut["new-connection-ipv4"], shut["new-connection-ipv6"], shut["open-shell"], shut["open-web-shell"]],
    [false, false, false, false],
  );
  assert.equal(shut["globex-host-works"], true);
  const back = await rollBack(bench, action, driven);
  assert.deepEqual(new Set(back.map(({ outcome }) => outcome.status)), new Set(["applied"]));
  assert.deepEqual(await bench.exists(), before);
});

test("numbers that others took are left to them, in each direction", async (t) => {
  const bench = await openBench(t);
  await add(bench, { RuleNumber: 1 }, { RuleNumber: 3 }, { RuleNumber: 2, Egress: true });
  const planned = await planFor(bench, action, walls(["203.0.113.0/24", "198.18.0.0/15"]));
  assert.deepEqual(ids(planned), ["in/2", "in/4", "out/1", "out/3"]);
  for (const change of planned) assert.equal((await drive(bench, action, change, "contain")).verification.verdict, "confirmed");
});

test("a denial that stands in the range is held; one outside of it is somebody else's", async (t) => {
  const bench = await openBench(t);
  const theirs = { CidrBlock: "203.0.113.0/24" };
  await add(bench, { ...theirs, RuleNumber: 7 }, { ...theirs, RuleNumber: 50, Egress: true });
  const [inbound, outbound] = await planFor(bench, action, walls(["203.0.113.0/24"]));
  assert.ok(inbound && outbound);
  assert.deepEqual(ids([inbound, outbound]), ["in/7", "out/1"]);
  assert.deepEqual(inbound.before, inbound.after);
  assert.equal(outbound.before, null);
  const scopes = bench.scopes();
  const held = await drive(bench, action, inbound, "contain", { scopes });
  assert.deepEqual([held.outcome.status, held.verification.verdict], ["unchanged", "confirmed"]);
  assert.ok(!names(scopes).includes("CreateNetworkAclEntry"));
});

test("a network inside another takes no number, ACLs are found by id, and other pages are read", async (t) => {
  const bench = await openBench(t);
  bench.range.setPageLimit(1);
  const cidrs = ["203.0.113.66/32", "203.0.113.0/24", "203.0.113.0/24"];
  const planned = await planFor(bench, action, walls(cidrs, { select: { ids: [EDGE_ACL, "acl-0app01"] } }));
  assert.deepEqual(
    planned.map(({ resource }) => resource.id),
    ["acl-0app01/in/1", "acl-0app01/out/1", "acl-0edge01/in/1", "acl-0edge01/out/1"],
  );
  assert.deepEqual(await planFor(bench, action, walls(cidrs, { select: { tag: { key: "edge", value: "*" } } })), []);
});

test("IPv6 is not written where the ACL has no rule of it", () => {
  const ipv4 = { RuleNumber: 100, Egress: false, Protocol: "-1", RuleAction: "allow", CidrBlock: "0.0.0.0/0" } as const;
  const both = networks("203.0.113.0/24", "2001:db8:bad::/48");
  assert.deepEqual(
    concerned({ Entries: [ipv4] }, both).map(({ family }) => family),
    [4],
  );
});

test("no free number, or only one behind a rule that lets the network pass, is refused when it is planned", async (t) => {
  const bench = await openBench(t);
  await add(bench, { RuleNumber: 1 }, { RuleNumber: 2 });
  const few = walls(["203.0.113.0/24"], { rules: { from: 1, to: 2 } });
  await assert.rejects(
    planFor(bench, action, few),
    code("no-free-slot", /"acl-0edge01" has no free inbound rule number from 1 to 2 for "203.0.113.0\/24"/, /entrance "public"/),
  );
  const late = walls(["203.0.113.0/24"], { rules: { from: 110, to: 119 } });
  await assert.rejects(planFor(bench, action, late), code("no-free-slot", /is 110, and rule 100 lets/, /allow 0\.0\.0\.0\/0/));
});

test("the quota is counted per direction and family, the final denial included, and may have been raised", async (t) => {
  const bench = await openBench(t);
  const numbers = Array.from({ length: 17 }, (_, index) => ({ RuleNumber: index + 1 }));
  await add(bench, ...numbers, ...numbers.map((one) => ({ ...one, Egress: true })));
  const last = await planFor(bench, action, walls(["203.0.113.0/24", "2001:db8:bad::/48"]));
  assert.deepEqual(ids(last), ["in/18", "in/19", "out/18", "out/19"]);
  // What stands already costs nothing more.
  const held = await planFor(bench, action, walls(["192.0.2.0/24", "203.0.113.0/24"]));
  assert.deepEqual(ids(held), ["in/1", "in/18", "out/1", "out/18"]);
  const more = walls(["203.0.113.0/24", "198.18.0.0/15"]);
  await assert.rejects(
    planFor(bench, action, more),
    code("limit-exceeded", /would have 21 inbound rules for IPv4; its quota is 20/, /rulesPerAcl: "40"/),
  );
  assert.equal((await planFor(bench, action, more, { rulesPerAcl: "40" })).length, 4);
  assert.equal(action.params.safeParse({ rulesPerAcl: "41" }).success, false);
});

test("somebody's rule on our number is kept and reported, and their other rules outlive the rollback", async (t) => {
  const bench = await openBench(t);
  const [inbound, , outbound] = await contain(bench, action, example);
  assert.ok(inbound && outbound);
  await bench.ec2("ReplaceNetworkAclEntry", { ...entry, CidrBlock: "203.0.113.128/25" });
  await add(bench, { RuleNumber: 9, Egress: true });
  assert.match((await wayBack(bench, action, inbound.change)).conflict ?? "", /somebody else/);
  assert.equal((await look(bench, action, inbound.change)).verdict, "contradicted");
  await rollBack(bench, action, [outbound]);
  const { NetworkAcls } = await bench.ec2<{ NetworkAcls: { Entries: { RuleNumber: number; Egress: boolean }[] }[] }>(
    "DescribeNetworkAcls",
    { NetworkAclIds: [EDGE_ACL] },
  );
  const left = NetworkAcls[0]?.Entries.filter(({ RuleNumber }) => RuleNumber < 100).map((one) => [one.Egress, one.RuleNumber]);
  assert.deepEqual(left, [
    [true, 2],
    [true, 9],
    [false, 1],
    [false, 2],
  ]);
});

test("a rule that somebody puts before the denial is not taken for containment", async (t) => {
  const bench = await openBench(t);
  await add(bench, { RuleNumber: 1 });
  const [change] = await planFor(bench, action, walls(["203.0.113.0/24"]));
  assert.ok(change);
  await drive(bench, action, change, "contain");
  await bench.ec2("ReplaceNetworkAclEntry", { ...entry, RuleAction: "allow", CidrBlock: "203.0.113.64/26" });
  const seen = await look(bench, action, change);
  assert.deepEqual(
    [seen.verdict, seen.detail],
    ["contradicted", "rule 1 of acl-0edge01, which is tried before rule 2, is allow all traffic 203.0.113.64/26"],
  );
});

test("a lost answer is settled by looking, a refusal is one, and a number taken meanwhile is stale", async (t) => {
  const bench = await openBench(t);
  const operation = "ec2:CreateNetworkAclEntry";
  const [first, second, third, fourth] = await plan(action, example, bench.scopes());
  assert.ok(first && second && third && fourth);
  bench.range.setFaults([{ operation, kind: "lost-response" }]);
  const lost = await drive(bench, action, first, "contain");
  assert.deepEqual([lost.outcome.status, lost.verification.verdict], ["unknown", "confirmed"]);
  bench.range.setFaults([{ operation, kind: "denied" }]);
  const denied = await drive(bench, action, second, "contain", { patienceMs: 1_000 });
  assert.deepEqual([denied.outcome.status, denied.verification.verdict], ["refused", "contradicted"]);
  await add(bench, { RuleNumber: 1, Egress: true });
  assert.match((await drive(bench, action, third, "contain", { patienceMs: 1_000 })).outcome.why ?? "", /^stale/);
  // Between the look and the call EC2 itself refuses the number.
  const input = { ...entry, RuleNumber: 2, Egress: true };
  bench.range.setFaults([{ operation, kind: "move", calls: [{ service: "ec2", operation: "CreateNetworkAclEntry", input }] }]);
  const raced = await drive(bench, action, fourth, "contain", { patienceMs: 1_000 });
  assert.deepEqual([raced.outcome.status, raced.outcome.why], ["refused", "conflict: NetworkAclEntryAlreadyExists"]);
});

test("a probe asks EC2's own dry run and changes nothing", async (t) => {
  const bench = await openBench(t);
  const before = await bench.exists();
  const scopes = bench.scopes();
  const [change] = await plan(action, example, bench.scopes());
  assert.ok(change);
  const probed = await action.probe?.(scopes.probe(action.permissions), change);
  assert.equal(probed?.status, "passed");
  assert.deepEqual(
    scopes.requests.map(({ operation, dryRun }) => [operation, dryRun]),
    [["CreateNetworkAclEntry", true]],
  );
  assert.deepEqual(await bench.exists(), before);
  bench.range.setFaults([{ operation: "ec2:CreateNetworkAclEntry", kind: "denied" }]);
  await assert.rejects(action.probe?.(scopes.probe(action.permissions), change) ?? Promise.resolve(), { kind: "denied" });
});
