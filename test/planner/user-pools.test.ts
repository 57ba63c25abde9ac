import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Config } from "../../src/config/index.ts";
import { parsePrincipal, type Target } from "../../src/model/index.ts";
import { planContainment } from "../../src/planner/index.ts";
import { loadRunbooks } from "../../src/runbooks/index.ts";
import { rangeBench } from "../conformance/range-bench.ts";

const runbooks = await loadRunbooks([join(import.meta.dirname, "../../runbooks")]);
const pool = "us-east-1_Portal001";
const POOL = { kind: "cognito-group", group: "{tenant}", pool } as const;
const acme: Target = { kind: "tenant", name: "acme" };
const named = (...texts: string[]): Target => ({
  kind: "principals",
  principals: texts.map((text) => parsePrincipal(text) ?? assert.fail(text)),
});

async function plan(t: TestContext, id: string, target: Target, changed: (config: Config) => Partial<Config> = () => ({})) {
  const { range, clock, scopes } = await rangeBench(t);
  const runbook = runbooks.find((one) => one.id === id) ?? assert.fail(id);
  const config = { ...range.config, ...changed(range.config) };
  const deps = { config, scopes: scopes(), origin: config.origin, mode: "drill", clock, tool: "test", auditStores: [] } as const;
  return planContainment({ kind: "contain", runbook, target, params: {}, incident: null, operator: "on-call" }, deps);
}

const withPool = ({ tenancy }: Config) => ({ tenancy: { ...tenancy, principals: [...tenancy.principals, POOL] } });
const idsOf = ({ changes }: Awaited<ReturnType<typeof plan>>) => changes.map(({ resource }) => resource.id);

test("a tenant's group is found by the organization's file, and no other runbook passes over it in silence", async (t) => {
  assert.deepEqual(idsOf(await plan(t, "sign-out-users", acme, withPool)), [`${pool}/ada`, `${pool}/bo`]);
  const { changes, header } = await plan(t, "lockdown-tenant", acme, withPool);
  assert.ok(!changes.some(({ resource }) => resource.type === "cognito-user"));
  const group = `Cognito group "acme" of pool ${pool} in 123456789012`;
  assert.ok(
    header.skipped.some(
      ({ reason }) => reason === `${group} is not contained: no step of this runbook takes it; "sign-out-users" does`,
    ),
  );
});

test("only the account that is said to have the pool is asked", async (t) => {
  const another = { id: "210987654321", name: "other", regions: ["us-east-1"] };
  const two = (account?: string) => (config: Config) => ({
    providers: { aws: { accounts: [...(config.providers.aws?.accounts ?? []), another] } },
    tenancy: { ...config.tenancy, principals: [account === undefined ? POOL : { ...POOL, account }] },
  });
  const one = await plan(t, "sign-out-users", acme, two("123456789012"));
  assert.deepEqual([idsOf(one).length, one.header.unreached], [2, undefined]);
  const each = await plan(t, "sign-out-users", acme, two());
  assert.deepEqual([idsOf(each).length, each.header.unreached?.[0]?.account], [2, "210987654321"]);
});

test("a user is named with its pool, or without where the organization's file names pools", async (t) => {
  assert.deepEqual(idsOf(await plan(t, "revoke-credentials", named(`cognito:user/${pool}/ada`))), [`${pool}/ada`]);
  assert.deepEqual(idsOf(await plan(t, "revoke-credentials", named("cognito:user/cleo"), withPool)), [`${pool}/cleo`]);
  await assert.rejects(plan(t, "revoke-credentials", named("cognito:user/cleo")), { code: "config-part-missing" });
  await assert.rejects(plan(t, "revoke-credentials", named(`cognito:user/${pool}/nobody`)), { code: "unknown-principal" });
});

test("whoever revokes principals of IAM hears nothing of user pools", async (t) => {
  const { header } = await plan(t, "revoke-credentials", named("aws:user/intruder"), withPool);
  assert.deepEqual(
    header.skipped.map(({ reason }) => reason),
    ['step "role-sessions" has nothing to do: the target has no aws.role'],
  );
});

test("a user of the people is neither revoked by name nor signed out with its group", async (t) => {
  const theirs = (principal: string) => (config: Config) => ({
    ...withPool(config),
    people: [{ id: "somebody", roles: ["security"], keys: [], principals: [principal] }],
  });
  const lockout = { code: "self-lockout", message: /"cognito:user\/us-east-1_Portal001\/ada" is "somebody" of the people/ };
  for (const principal of ["cognito:user/ada", `cognito:user/${pool}/ADA`]) {
    await assert.rejects(plan(t, "sign-out-users", acme, theirs(principal)), lockout);
    await assert.rejects(plan(t, "revoke-credentials", named("cognito:user/ada"), theirs(principal)), lockout);
  }
  for (const principal of ["cognito:user/cleo", "cognito:user/us-east-1_Another01/ada"])
    assert.equal((await plan(t, "sign-out-users", acme, theirs(principal))).changes.length, 2);
});
