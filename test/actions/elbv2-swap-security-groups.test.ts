import assert from "node:assert/strict";
import { test } from "node:test";
import { loadAction } from "../../src/actions/index.ts";
import { digestJson, type SelectionOf } from "../../src/model/index.ts";
import { contain, drive, rollBack } from "../conformance/driver.ts";
import { type Ec2Bench, look, openBench, planFor } from "./ec2.ts";

const action = await loadAction("aws.elbv2.swap-security-groups");
const [example] = action.examples;
const SHOP = example.selection as SelectionOf<"aws.load-balancers">;
const RULES = ["in tcp 443-443 198.51.100.0/24", "out all 0.0.0.0/0", "out all ::/0"];

const letIn = (bench: Ec2Bench, CidrIp: string) =>
  bench.ec2("AuthorizeSecurityGroupIngress", { GroupId: "sg-0lock01", IpProtocol: "tcp", FromPort: 443, ToPort: 443, CidrIp });

test("what has no security groups and can be given none is said, and nothing else is left out", async (t) => {
  const bench = await openBench(t);
  const leave = (selection: object) =>
    action.leaves?.(bench.scopes().read(action.permissions.read), selection as typeof SHOP, {}) ?? [];
  const [left, ...rest] = await leave(SHOP);
  assert.deepEqual([left?.resource?.id, rest], ["net/shop-legacy/2a1b2c3d4e5f6a7b", []]);
  assert.match(left?.reason ?? "", /"shop-legacy" has no security groups and can be given none: it stays open/);
  assert.deepEqual(await leave({ ...SHOP, select: { names: ["shop"] } }), []);
});

test("load balancers are found by name, and one that does not exist is no silence", async (t) => {
  const bench = await openBench(t);
  const changes = await planFor(bench, action, { ...SHOP, select: { names: ["shop"] } });
  assert.deepEqual(
    changes.map(({ resource }) => resource.id),
    ["app/shop/0a1b2c3d4e5f6a7b"],
  );
  await assert.rejects(planFor(bench, action, { ...SHOP, select: { names: ["shop", "shop-tpc"] } }), {
    code: "config-part-missing",
    message: /load balancer "shop-tpc" of entrance "shop" does not exist/,
    hints: ['there is "shop-tcp"'],
  });
});

test("a VPC without the lockdown group closes nothing, and is told how to make one", async (t) => {
  const bench = await openBench(t);
  await assert.rejects(planFor(bench, action, { ...SHOP, lockdownGroup: "shut" }), {
    code: "config-part-missing",
    message: /vpc-0edge has no security group "shut"/,
  });
});

test("the rules are the approved ones, or let in nobody but the responders", async (t) => {
  const bench = await openBench(t);
  const approved = digestJson(RULES);
  assert.equal((await planFor(bench, action, { ...SHOP, approved })).length, 2);
  const open = { code: "lockdown-group-open", exit: 10, message: /lets in tcp 443-443 198\.51\.100\.0\/24/ };
  await assert.rejects(planFor(bench, action, { ...SHOP, responderNetworks: ["198.51.100.0/25"] }), open);
  await assert.rejects(planFor(bench, action, { ...SHOP, responderNetworks: [] }), open);
  assert.equal((await planFor(bench, action, { ...SHOP, responderNetworks: [], approved })).length, 2);

  await letIn(bench, "203.0.113.66/32");
  const drifted = digestJson([...RULES.slice(0, 1), "in tcp 443-443 203.0.113.66/32", ...RULES.slice(1)]);
  await assert.rejects(planFor(bench, action, { ...SHOP, approved }), {
    code: "not-as-approved",
    exit: 10,
    message: /are not the approved ones: it lets in tcp 443-443 198\.51\.100\.0\/24, tcp 443-443 203\.0\.113\.66\/32/,
    hints: [`if they are right, have them approved and write approved: "${drifted}"`],
  });
});

test("a group that is opened between plan and application is not used, and one that is opened later is found", async (t) => {
  const bench = await openBench(t);
  const [first, second] = await planFor(bench, action, SHOP);
  assert.ok(first && second);
  const done = await drive(bench, action, first, "contain");
  assert.equal(done.verification.verdict, "confirmed");
  await letIn(bench, "0.0.0.0/0");
  const { outcome } = await drive(bench, action, second, "contain", { patienceMs: 0 });
  assert.equal(outcome.status, "refused");
  assert.match(outcome.why ?? "", /^not-as-approved/);
  const seen = await look(bench, action, first);
  assert.deepEqual([seen.verdict, /the rules of sg-0lock01 were changed/.test(seen.detail ?? "")], ["contradicted", true]);
  // The way back does not need the group any more.
  for (const { outcome } of await rollBack(bench, action, [done])) assert.equal(outcome.status, "applied");
});

test("with more groups of others than a load balancer takes, it stays as it is and says so", async (t) => {
  const bench = await openBench(t);
  const [driven] = await contain(bench, action, { ...example, selection: { ...SHOP, select: { names: ["shop"] } } });
  assert.ok(driven && action.merge);
  const many = ["sg-1", "sg-2", "sg-3", "sg-4", "sg-5"];
  const now = { groups: ["sg-0lock01", ...many] };
  const { state, conflict } = action.merge({ groups: ["sg-0web01"] }, driven.change, now, []);
  assert.deepEqual([state, /would have 6; a load balancer takes 5/.test(conflict ?? "")], [now, true]);
});
