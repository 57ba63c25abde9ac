import assert from "node:assert/strict";
import { test } from "node:test";
import { loadAction } from "../../src/actions/index.ts";
import type { Change, ProposedChange, SelectionOf } from "../../src/model/index.ts";
import type { ReadScope } from "../../src/providers/index.ts";
import { contain, drive } from "../conformance/driver.ts";
import { type Ec2Bench, look, openBench, planFor } from "./ec2.ts";

const action = await loadAction("aws.ec2.block-public-access");
const [example] = action.examples;
const SHOP = example.selection as SelectionOf<"aws.region-internet">;
const INGRESS = { mode: "block-ingress" };

const set = (bench: Ec2Bench, InternetGatewayBlockMode: string) =>
  bench.ec2("ModifyVpcBlockPublicAccessOptions", { InternetGatewayBlockMode });

async function residual(bench: Ec2Bench, change: Change) {
  const left = await action.residual?.(bench.scopes().read(action.permissions.read), change);
  return (left ?? []).map(({ what }) => what);
}

test("a mode that was set is confirmed only when its update is complete", async (t) => {
  const bench = await openBench(t);
  const [change] = await planFor(bench, action, SHOP);
  assert.ok(change);
  await set(bench, "block-bidirectional");
  const running = await look(bench, action, change);
  assert.deepEqual([running.verdict, running.detail], ["inconclusive", "the mode is set, and its update is in progress"]);
  await bench.clock.sleep(10_000);
  assert.equal((await look(bench, action, change)).verdict, "confirmed");
  await set(bench, "off");
  const opened = await look(bench, action, change);
  assert.deepEqual([opened.verdict, opened.detail], ["contradicted", "the mode is off"]);
});

test("a mode that blocks more than was asked for is held as it is, and one that blocks less is raised", async (t) => {
  const bench = await openBench(t);
  await contain(bench, action, example);
  const [held] = await planFor(bench, action, SHOP, INGRESS);
  assert.deepEqual([held?.before, held?.after], [{ mode: "block-bidirectional" }, { mode: "block-bidirectional" }]);
  assert.match(held?.summary ?? "", /^keep all of 123456789012 in us-east-1/);
  await set(bench, "block-ingress");
  await bench.clock.sleep(10_000);
  const [raised] = await planFor(bench, action, SHOP);
  assert.deepEqual([raised?.before, raised?.after], [INGRESS, { mode: "block-bidirectional" }]);
});

test("exclusions are named by the plan and left open; what lets out only adds nothing to a mode that lets out", async (t) => {
  const bench = await openBench(t);
  const exclude = (place: object, InternetGatewayExclusionMode: string) =>
    bench.ec2("CreateVpcBlockPublicAccessExclusion", { ...place, InternetGatewayExclusionMode });
  await exclude({ SubnetId: "subnet-0edge01" }, "allow-bidirectional");
  await exclude({ SubnetId: "subnet-0app01" }, "allow-egress");
  const [both] = await planFor(bench, action, SHOP);
  assert.ok(both);
  assert.match(both.summary, /off from the internet, in both directions, except for subnet-0app01, subnet-0edge01$/);
  const open = await residual(bench, both);
  assert.deepEqual(open.filter((what) => what.includes("subnet-")).sort(), [
    "internet traffic out of subnet-0app01",
    "internet traffic to and from subnet-0edge01",
  ]);
  const [ingress] = await planFor(bench, action, SHOP, INGRESS);
  assert.ok(ingress);
  assert.match(ingress.summary, /coming in from the internet, except for subnet-0edge01$/);
  const outward = await residual(bench, ingress);
  assert.equal(outward.filter((what) => what.includes("subnet-")).length, 1);
  assert.ok(outward.some((what) => what.startsWith("connections outward through NAT gateways")));
});

test("in the mode block-ingress the attacker no longer gets in, and what goes out is not asked about", async (t) => {
  const bench = await openBench(t);
  const [change] = await planFor(bench, action, SHOP, INGRESS);
  assert.ok(change);
  const { verification } = await drive(bench, action, change, "contain");
  assert.deepEqual([verification.verdict, verification.level], ["confirmed", "effect"]);
  const [question] = action.effects?.(change) ?? [];
  assert.equal(question?.kind === "flow" ? question.direction : "", "in");
});

test("a mode that a declarative policy keeps is refused when the plan is made, unless it stands already", async () => {
  const planWith = async (InternetGatewayBlockMode: string) => {
    const options = { VpcBlockPublicAccessOptions: { InternetGatewayBlockMode, ManagedBy: "declarative-policy" } };
    const scope = { aws: async () => ({ send: async () => options }) } as unknown as ReadScope;
    const found: ProposedChange[] = [];
    for await (const change of action.plan(scope, SHOP, { mode: "block-bidirectional" })) found.push(change);
    return found;
  };
  await assert.rejects(planWith("block-ingress"), {
    code: "denied",
    message:
      /^a declarative policy of the organization keeps VPC Block Public Access of 123456789012 in us-east-1 at "block-ingress"$/,
  });
  assert.equal((await planWith("block-bidirectional")).length, 1);
});
