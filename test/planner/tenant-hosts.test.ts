import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { actionList } from "../../src/actions/index.ts";
import { nounOf } from "../../src/cli/flow/target.ts";
import type { AwsEdge, Edge } from "../../src/config/index.ts";
import { planContainment } from "../../src/planner/index.ts";
import { tenantHosts } from "../../src/planner/tenant-hosts.ts";
import { loadRunbooks } from "../../src/runbooks/index.ts";
import { rangeBench } from "../conformance/range-bench.ts";

const runbooks = await loadRunbooks([join(import.meta.dirname, "../../runbooks")]);
const { loadBalancers, ...bare }: AwsEdge = {
  provider: "aws",
  name: "shop",
  account: "123456789012",
  region: "us-east-1",
  loadBalancers: { select: { tag: { key: "entrance", value: "shop" } }, lockdownGroup: "lockdown" },
  tenantHosts: "{tenant}.Shop.example",
};
const SHOP: Edge = { ...bare, ...(loadBalancers && { loadBalancers }) };

test("a tenant's host name is closed at the load balancers of its entrance", () => {
  const { selections, skipped } = tenantHosts("acme", { edge: [SHOP] } as never);
  const place = { account: "123456789012", region: "us-east-1", select: loadBalancers?.select };
  assert.deepEqual(selections, [
    { kind: "aws.tenant-hosts", tenant: "acme", entrance: "shop", ...place, host: "acme.shop.example" },
  ]);
  assert.deepEqual(skipped, []);
});

test("a host name that nothing stands in front of, or that no rule takes as it is, is said to be open", () => {
  const azure: Edge = { provider: "azure", name: "front", subscription: "s", tenantHosts: "{tenant}.azure.example" };
  const said = (edge: Edge, tenant: string) => {
    const { selections, skipped } = tenantHosts(tenant, { edge: [edge] } as never);
    return [selections.length, skipped[0]?.reason];
  };
  const open = (host: string) => [0, `the entrance of "${host}" is not contained: no action of this version covers it`];
  assert.deepEqual(said(bare, "acme"), open("acme.Shop.example"));
  assert.deepEqual(said(azure, "acme"), open("acme.azure.example"));
  assert.deepEqual(said(SHOP, "a_b"), open("a_b.Shop.example"));
  assert.deepEqual(said({ ...SHOP, tenantHosts: "*.{tenant}.example" }, "acme"), open("*.acme.example"));
  assert.deepEqual(said({ ...SHOP, tenantHosts: "{tenant}" }, "acme"), open("acme"));
});

test("the runbook plans it from the organization's file, other runbooks say that they do not, and a tenant that is none is refused", async (t) => {
  const { range, clock, scopes } = await rangeBench(t);
  const deps = { scopes: scopes(), origin: "o", mode: "drill", clock, tool: "test", auditStores: [] } as const;
  const { tenants: _listed, ...tenancy } = range.config.tenancy;
  const plan = (id: string, name: string, tenants?: string[]) => {
    const runbook = runbooks.find((one) => one.id === id) ?? assert.fail();
    const request = { kind: "contain", runbook, params: {}, incident: null, operator: "on-call" } as const;
    const config = { ...range.config, edge: [SHOP], tenancy: { ...tenancy, ...(tenants && { tenants }) } };
    return planContainment({ ...request, target: { kind: "tenant", name } }, { ...deps, config });
  };
  const closed = await plan("close-tenant-entrance", "acme");
  assert.deepEqual(
    closed.changes.map(({ summary }) => summary),
    [
      'answer 503 to requests for "acme.shop.example" at listener 80 of load balancer "shop", with rule 1',
      'answer 503 to requests for "acme.shop.example" at listener 443 of load balancer "shop", with rule 2',
    ],
  );
  assert.deepEqual(
    closed.header.skipped.flatMap(({ resource }) => resource?.id ?? []),
    ["net/shop-legacy/2a1b2c3d4e5f6a7b", "net/shop-tcp/1a1b2c3d4e5f6a7b"],
  );
  const isolated = await plan("isolate-tenant", "acme");
  const reason =
    'the entrance of "acme.shop.example" at load balancers of "shop" is not contained: no step of this runbook takes it; "close-tenant-entrance" does';
  assert.ok(isolated.header.skipped.some((one) => one.reason === reason));
  await assert.rejects(plan("close-tenant-entrance", "acmee"), { code: "empty-target" });
  assert.equal((await plan("close-tenant-entrance", "acmee", ["acmee"])).changes.length, 2);
  const runbook = runbooks.find(({ id }) => id === "close-tenant-entrance") ?? assert.fail();
  assert.equal(nounOf(runbook, actionList), "tenant");
});
