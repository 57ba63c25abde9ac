import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { actionList } from "../../src/actions/index.ts";
import { nounOf } from "../../src/cli/flow/target.ts";
import type { Edge } from "../../src/config/index.ts";
import { ESTATE_PEOPLE, estateConfig } from "../../src/exercise/range/estate-config.ts";
import { findEntrance } from "../../src/planner/entrances.ts";
import { planContainment, readCidrs } from "../../src/planner/index.ts";
import { readParams } from "../../src/planner/params.ts";
import { saySelection } from "../../src/planner/targets.ts";
import { loadRunbooks } from "../../src/runbooks/index.ts";
import { rangeBench } from "../conformance/range-bench.ts";

const embedded = estateConfig(Object.fromEntries(ESTATE_PEOPLE.map((id) => [id, ""])) as never, "/nowhere", "/nowhere");
const balanced: Edge = {
  provider: "aws",
  name: "front",
  account: "123456789012",
  region: "us-east-1",
  loadBalancers: { select: { names: ["web"] }, lockdownGroup: "lockdown" },
};
const config = { ...embedded, edge: [...embedded.edge, balanced] };

test("an entrance is found by its name, with all that closes it as a whole and no wall that takes networks", () => {
  assert.deepEqual(findEntrance("front", config).selections, [
    {
      kind: "aws.load-balancers",
      entrance: "front",
      account: "123456789012",
      region: "us-east-1",
      select: { names: ["web"] },
      lockdownGroup: "lockdown",
      responderNetworks: ["198.51.100.0/24"],
    },
  ]);
});

test("an entrance that nobody configured is refused, and so is one that nothing closes", () => {
  const hints = (hint: string) => ({ code: "unknown-entrance", exit: 2, hints: [hint] });
  assert.throws(() => findEntrance("frnt", config), hints('did you mean "front"?'));
  assert.throws(() => findEntrance("elsewhere", config), hints("known are public, shop, azure-front, front"));
  assert.throws(() => findEntrance("front", { ...config, edge: [] }), hints("add edge to range"));
  for (const name of ["public", "azure-front"]) assert.throws(() => findEntrance(name, config), { code: "config-part-missing" });
});

test("a runbook's parameter may name an entrance", () => {
  const param = { description: "", type: "entrance", required: true } as const;
  const runbook = { id: "a", params: { at: param } } as never;
  assert.deepEqual(readParams(runbook, { at: "front" }).get("at"), {
    text: "front",
    value: "front",
    target: { kind: "entrance", name: "front" },
  });
});

test("a lockdown of an entrance is planned from the organization's file, and says what stays open", async (t) => {
  const { range, clock, scopes } = await rangeBench(t);
  const runbooks = await loadRunbooks([join(import.meta.dirname, "../../runbooks")]);
  const runbook = runbooks.find(({ id }) => id === "lockdown-entrance") ?? assert.fail();
  const shop: Edge = {
    provider: "aws",
    name: "shop",
    account: "123456789012",
    region: "us-east-1",
    loadBalancers: { select: { tag: { key: "entrance", value: "shop" } }, lockdownGroup: "lockdown" },
  };
  const deps = { scopes: scopes(), origin: "o", mode: "drill", clock, tool: "test", auditStores: [] } as const;
  const request = { kind: "contain", runbook, params: {}, incident: null, operator: "on-call" } as const;
  const { changes, header } = await planContainment(
    { ...request, target: { kind: "entrance", name: "shop" } },
    { ...deps, config: { ...range.config, edge: [shop] } },
  );
  assert.deepEqual(
    changes.map(({ resource }) => resource.id),
    ["app/shop/0a1b2c3d4e5f6a7b", "net/shop-tcp/1a1b2c3d4e5f6a7b"],
  );
  assert.equal(header.target, "shop");
  assert.deepEqual(
    header.skipped.flatMap(({ resource }) => resource?.id ?? []),
    ["net/shop-legacy/2a1b2c3d4e5f6a7b"],
  );
  assert.equal(nounOf(runbook, actionList), "entrance");
});

test("an entrance's web ACL is closed, and its emergency rules are activated, each by a step of its own", () => {
  const webAcl = { scope: "CLOUDFRONT", name: "edge", response: "sorry", ruleset: { ruleGroup: "emergency" } } as const;
  const { loadBalancers: _none, ...place } = balanced;
  const { selections } = findEntrance("front", { ...embedded, edge: [{ ...place, webAcl }] });
  const common = { entrance: "front", account: "123456789012", region: "us-east-1", scope: "CLOUDFRONT", name: "edge" } as const;
  assert.deepEqual(selections, [
    { kind: "aws.web-acl", ...common, response: "sorry", responderNetworks: ["198.51.100.0/24"] },
    { kind: "aws.web-acl-ruleset", ...common, ruleGroup: "emergency" },
  ]);
  assert.deepEqual(selections.map(saySelection), [
    'web ACL "edge" of "front"',
    'rule group "emergency" in web ACL "edge" of "front"',
  ]);
});

test("an entrance's distribution is closed with the web ACL that the file names, or switched off", () => {
  const { loadBalancers: _none, ...place } = balanced;
  const at = (distribution: { id: string; lockdownWebAcl?: string }, responderEntrance = false) =>
    findEntrance("front", { ...embedded, edge: [{ ...place, responderEntrance, distribution }] }).selections;
  const common = { entrance: "front", account: "123456789012", id: "E2EXAMPLE1ABCD" } as const;
  const off = { kind: "aws.distribution", ...common, own: false };
  assert.deepEqual(at({ id: "E2EXAMPLE1ABCD" }), [off]);
  assert.deepEqual(at({ id: "E2EXAMPLE1ABCD" }, true), [{ ...off, own: true }]);
  const both = at({ id: "E2EXAMPLE1ABCD", lockdownWebAcl: "shut" });
  const swap = { kind: "aws.distribution-web-acl", ...common, lockdownWebAcl: "shut", responderNetworks: ["198.51.100.0/24"] };
  assert.deepEqual(both, [off, swap]);
  const said = ['distribution E2EXAMPLE1ABCD of "front"', 'web ACL of distribution E2EXAMPLE1ABCD of "front"'];
  assert.deepEqual(both.map(saySelection), said);
});

test("networks are withdrawn from the lists that the organization's file names, and from nothing else", async (t) => {
  const { range, clock, scopes } = await rangeBench(t);
  const runbooks = await loadRunbooks([join(import.meta.dirname, "../../runbooks")]);
  const runbook = runbooks.find(({ id }) => id === "withdraw-networks") ?? assert.fail();
  const shop: Edge = {
    provider: "aws",
    name: "partners",
    account: "123456789012",
    region: "us-east-1",
    prefixLists: { select: { names: ["shop-partners"] } },
  };
  const deps = { scopes: scopes(), origin: "o", mode: "drill", clock, tool: "test", auditStores: [] } as const;
  const request = { kind: "contain", runbook, params: {}, incident: null, operator: "on-call" } as const;
  const cidrs = readCidrs(["203.0.113.0/24"]);
  const { changes } = await planContainment(
    { ...request, target: { kind: "cidrs", cidrs } },
    { ...deps, config: { ...range.config, edge: [...range.config.edge, shop] } },
  );
  assert.deepEqual(
    changes.map(({ action, resource }) => `${action} ${resource.id}`),
    ["aws.ec2.edit-prefix-list pl-0shop01"],
  );
  assert.equal(nounOf(runbook, actionList), "ip");
  const own = { kind: "cidrs", cidrs: readCidrs(["198.51.100.0/24"]) } as const;
  await assert.rejects(
    planContainment({ ...request, target: own }, { ...deps, config: { ...range.config, edge: [shop] } }),
    { code: "self-lockout" },
    "the responders' own network is not taken off",
  );
});
