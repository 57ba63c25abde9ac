import assert from "node:assert/strict";
import { test } from "node:test";
import { loadAction } from "../../src/actions/index.ts";
import { contain, plan, rollBack } from "../conformance/driver.ts";
import { call } from "../range/open.ts";
import { openBench, planFor } from "./ec2.ts";

const action = await loadAction("aws.elbv2.deregister-targets");
const [example] = action.examples;
const API = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/acme-api/0a1b2c3d4e5f6a70";
const globex = { ...example.selection, tenant: "globex", tag: { key: "tenant", value: "globex" } };

test("a target is found by its instance's id and by its address, other tenants' are left", async (t) => {
  const bench = await openBench(t);
  const planned = await planFor(bench, action, globex);
  assert.deepEqual(
    planned.map(({ summary }) => summary),
    ['take 10.0.1.21:8080 (i-0globex01) out of target group "acme-api"', 'take i-0globex01:443 out of target group "acme-web"'],
  );
});

test("what is out is marked on the instance, so that a second incident can hold it; the mark goes with the rollback", async (t) => {
  const bench = await openBench(t);
  const before = await bench.exists();
  const driven = await contain(bench, action, example);
  type Tagged = { Tags: { Key: string; ResourceId: string }[]; Reservations: { Instances: { Tags: { Key: string }[] }[] }[] };
  const found = await bench.ec2<Tagged>("DescribeInstances", { InstanceIds: ["i-0acme02"] });
  const keys = found.Reservations[0]?.Instances[0]?.Tags.map(({ Key }) => Key).filter((key) => key.startsWith("soc2-er"));
  assert.deepEqual(keys, ["soc2-er:target:acme-web:0a1b2c3d4e5f6a71:i-0acme02:443"]);
  const held = await plan(action, example, bench.scopes());
  assert.deepEqual(new Set(held.map((change) => change.before)), new Set([null]));
  assert.equal(held.length, driven.length);
  await rollBack(bench, action, driven);
  assert.deepEqual(await bench.exists(), before);
});

test("a target of another zone comes back in its zone", async (t) => {
  const bench = await openBench(t);
  const Targets = [{ Id: "10.0.2.12", Port: 443, AvailabilityZone: "all" }];
  await call(bench.range, "elbv2:RegisterTargets", { TargetGroupArn: API, Targets });
  const before = await bench.exists();
  const driven = await contain(bench, action, example);
  assert.ok(driven.some(({ change }) => (change.before as { zone?: string } | null)?.zone === "all"));
  await rollBack(bench, action, driven);
  assert.deepEqual(await bench.exists(), before);
});

test("standby takes an instance out of its group's load balancers; what was planned for it then stands already", async (t) => {
  const bench = await openBench(t);
  const planned = await plan(action, example, bench.scopes());
  const standby = await loadAction("aws.autoscaling.enter-standby");
  await contain(bench, standby, standby.examples[0]);
  const scope = bench.scopes().read(action.permissions.read);
  for (const { resource } of planned) assert.equal(await action.read(scope, resource), null);
});
