import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { actionList } from "../../src/actions/index.ts";
import { nounOf } from "../../src/cli/flow/target.ts";
import type { Config, Edge } from "../../src/config/index.ts";
import { findEntrance } from "../../src/planner/entrances.ts";
import { planContainment } from "../../src/planner/index.ts";
import { saySelection } from "../../src/planner/targets.ts";
import { loadRunbooks } from "../../src/runbooks/index.ts";
import { rangeBench } from "../conformance/range-bench.ts";
import { call } from "../range/open.ts";

const runbooks = await loadRunbooks([join(import.meta.dirname, "../../runbooks")]);
const runbook = runbooks.find(({ id }) => id === "block-internet-gateways") ?? assert.fail();

const FRONT = {
  provider: "aws",
  name: "front",
  account: "123456789012",
  region: "us-east-1",
  internetGateways: true,
} as const satisfies Edge;
const OWN = { ...FRONT, name: "office", internetGateways: false, responderEntrance: true } as const satisfies Edge;
const SUBNET = { subnets: { select: { ids: ["subnet-0app01"] }, lockdownAcl: "lockdown" } };
const JUMP = [{ key: "Name", value: "acme01" }];

/** Plans on a range of its own, in which these were excluded beforehand. */
async function plan(t: TestContext, config: Partial<Config>, exclusions: readonly object[] = []) {
  const { range, clock, scopes } = await rangeBench(t);
  for (const exclusion of exclusions) await call(range, "ec2:CreateVpcBlockPublicAccessExclusion", exclusion);
  await clock.sleep(10_000);
  const target = { kind: "entrance", name: "front" } as const;
  const request = { kind: "contain", runbook, target, params: {}, incident: null, operator: "on-call" } as const;
  const deps = { scopes: scopes(), origin: "o", mode: "drill", clock, tool: "test", auditStores: [] } as const;
  const { changes, header } = await planContainment(request, { ...deps, config: { ...range.config, ...config } });
  const check = header.checks.find(({ id }) => id === "way-in:internet-gateways/us-east-1");
  return { changes, check };
}
const open = (place: object, mode = "allow-bidirectional") => ({ ...place, InternetGatewayExclusionMode: mode });
const lockout = (message: RegExp) => ({ code: "self-lockout", exit: 10, message });

test("only an entrance whose part of the file says so leads to its Region's internet gateways", async (t) => {
  const { range } = await rangeBench(t);
  const { selections } = findEntrance("front", { ...range.config, edge: [FRONT] });
  assert.deepEqual(selections, [
    { kind: "aws.region-internet", entrance: "front", account: "123456789012", region: "us-east-1" },
  ]);
  assert.deepEqual(selections.map(saySelection), ['internet gateways of 123456789012 us-east-1, where "front" is']);
  const not = { ...range.config, edge: [{ ...FRONT, internetGateways: false }] };
  assert.throws(() => findEntrance("front", not), { code: "config-part-missing" });
  assert.equal(nounOf(runbook, actionList), "entrance");
});

test("the Region is cut off in both directions, and it is said when nobody's way in is configured", async (t) => {
  const { changes, check } = await plan(t, { edge: [FRONT] });
  assert.deepEqual(
    changes.map(({ action, before, after }) => [action, before, after]),
    [["aws.ec2.block-public-access", { mode: "off" }, { mode: "block-bidirectional" }]],
  );
  assert.equal(check?.status, "not-checkable");
  const elsewhere = await plan(t, { edge: [FRONT, { ...OWN, region: "eu-west-1" }] });
  assert.equal(elsewhere.check, undefined);
});

test("refuses to lock itself out: what the responders have in the Region needs an exclusion that lets in", async (t) => {
  const host: Partial<Config> = { edge: [FRONT], responderHosts: JUMP };
  const placed: Partial<Config> = { edge: [FRONT, { ...OWN, ...SUBNET }] };
  const edge = lockout(/^subnet "subnet-0edge01" is the responders' own way in, and no exclusion keeps it open/);
  const app = lockout(/^subnet "subnet-0app01" is the responders' own way in/);
  await assert.rejects(plan(t, host), edge);
  await assert.rejects(plan(t, placed), app);
  await assert.rejects(plan(t, host, [open({ SubnetId: "subnet-0edge01" }, "allow-egress")]), edge, "lets out only");
  await assert.rejects(plan(t, placed, [open({ SubnetId: "subnet-0edge01" })]), app, "another subnet");
  for (const [config, place] of [
    [host, { SubnetId: "subnet-0edge01" }],
    [placed, { VpcId: "vpc-0edge" }],
  ] as const) {
    const { changes, check } = await plan(t, config, [open(place)]);
    assert.equal(check?.status, "passed");
    assert.match(changes[0]?.summary ?? "", new RegExp(`, except for ${Object.values(place)[0]}$`));
  }
});

test("an own entrance whose subnets nobody configured is refused without any exclusion, and said to be unknown with one", async (t) => {
  const config: Partial<Config> = { edge: [FRONT, OWN] };
  await assert.rejects(plan(t, config), lockout(/^entrance "office" is the responders' own way in/));
  const { check } = await plan(t, config, [open({ VpcId: "vpc-0edge" })]);
  assert.equal(check?.status, "not-checkable");
  assert.match(check?.detail ?? "", /own entrance "office" is not known/);
  const distributed = await plan(t, { edge: [FRONT, { ...OWN, distribution: { id: "E2EXAMPLE1ABCD" } }] });
  assert.equal(distributed.check?.status, "not-checkable", "which Region CloudFront's origins are in is not known");
});
