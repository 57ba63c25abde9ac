import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Config, Edge, StoreConfig } from "../../src/config/index.ts";
import { type Change, type Check, digestJson, type Person, type Selection, type Target } from "../../src/model/index.ts";
import { type PlanDeps, planContainment } from "../../src/planner/index.ts";
import { guardChanges, protectionOf } from "../../src/planner/self-lockout.ts";
import { firstCut } from "../../src/planner/ways-in.ts";
import { loadRunbooks } from "../../src/runbooks/index.ts";
import { rangeBench } from "../conformance/range-bench.ts";

const runbooks = await loadRunbooks([join(import.meta.dirname, "../../runbooks")]);
const APPROVED = digestJson(["in tcp 443-443 198.51.100.0/24", "out all 0.0.0.0/0", "out all ::/0"]);
const S3_STORE: StoreConfig = { kind: "s3", bucket: "acme-data", region: "us-east-1", prefix: "log/" };

type Setting = {
  readonly config?: Partial<Config>;
  readonly stores?: readonly StoreConfig[];
  readonly people?: readonly Person[];
};

/** Plans on a range of its own, whose organization is another than the embedded one where `setting` says so. */
async function plan(t: TestContext, runbook: string, target: Target, setting: Setting = {}) {
  const { range, clock, scopes } = await rangeBench(t);
  const found = runbooks.find(({ id }) => id === runbook) ?? assert.fail(runbook);
  const config = { ...range.config, ...setting.config };
  const deps: PlanDeps = {
    config,
    scopes: scopes(),
    origin: config.origin,
    mode: "drill",
    clock,
    tool: "test",
    auditStores: setting.stores ?? [],
    ...(setting.people === undefined ? {} : { people: setting.people }),
  };
  return planContainment({ kind: "contain", runbook: found, target, params: {}, incident: null, operator: "on-call" }, deps);
}

const revoke = (...names: string[]): Target => ({
  kind: "principals",
  principals: names.map((name) => ({ kind: "aws:user", name })),
});
const role = (name: string): Target => ({ kind: "principals", principals: [{ kind: "aws:role", name }] });
const block = (base: bigint, text: string): Target => ({ kind: "cidrs", cidrs: [{ family: 4, bits: 24, base, text }] });
const TEST_NET: Target = block(0xcb007100n, "203.0.113.0/24");
const lockout = (message: RegExp) => ({ code: "self-lockout", exit: 10, message });
const said = (checks: readonly Check[], id: string) => checks.find((check) => check.id === id);

test("the bucket that holds the audit log is not isolated, whatever prefix of it a tenant has", async (t) => {
  const acme: Target = { kind: "tenant", name: "acme" };
  for (const runbook of ["isolate-tenant", "lockdown-tenant"])
    await assert.rejects(plan(t, runbook, acme, { stores: [S3_STORE] }), lockout(/"acme-data.*" holds the audit log/));
  const elsewhere = await plan(t, "isolate-tenant", acme, { stores: [{ ...S3_STORE, bucket: "acme-audit" }] });
  assert.match(said(elsewhere.header.checks, "self-lockout")?.detail ?? "", /or 1 audit stores/);
});

test("the role that writes the audit log is not revoked", async (t) => {
  const store = { ...S3_STORE, bucket: "acme-audit", role: "arn:aws:iam::123456789012:role/app-data" };
  await assert.rejects(plan(t, "revoke-credentials", role("app-data"), { stores: [store] }), lockout(/the audit store's writer/));
  const other = { ...store, role: "arn:aws:iam::210987654321:role/app-data" };
  assert.ok((await plan(t, "revoke-credentials", role("app-data"), { stores: [other] })).changes.length > 0);
});

test("who approves is known by name, by the principals that the file gives, and by the log", async (t) => {
  const person = (id: string, principals: readonly string[]): Person => ({ id, roles: ["security"], keys: [], principals });
  for (const principals of [["aws:user/deploy-bot"], ["arn:aws:iam::123456789012:user/team/deploy-bot"]]) {
    const config = { people: [person("somebody", principals)] };
    await assert.rejects(plan(t, "revoke-credentials", revoke("deploy-bot"), { config }), lockout(/"somebody" of the people/));
  }
  const struck = { config: { people: [] }, people: [person("sec-lead", [])] };
  await assert.rejects(
    plan(t, "revoke-credentials", revoke("intruder", "sec-lead"), struck),
    lockout(/"sec-lead" of the people/),
  );
  const elsewhere = { config: { people: [person("somebody", ["arn:aws:iam::210987654321:user/deploy-bot"])] } };
  assert.ok((await plan(t, "revoke-credentials", revoke("deploy-bot"), elsewhere)).changes.length > 0);
});

test("who runs the command is not revoked, and neither is whose credentials it uses", async (t) => {
  await assert.rejects(
    plan(t, "revoke-credentials", role("soc2-er-responder"), { config: { responders: [] } }),
    lockout(/who runs this command/),
  );
  const { range } = await rangeBench(t);
  const callers = { arns: [], sources: ["arn:aws:iam::123456789012:user/people/operator"] };
  const { guarded } = protectionOf({ ...range.config, people: [], responders: [] }, [], callers);
  assert.deepEqual(
    guarded.map(({ kind, name }) => `${kind}/${name}`),
    ["user/operator"],
  );
});

test("refuses to lock itself out: trust policy", async (t) => {
  const person: Person = { id: "somebody", roles: ["security"], keys: [], principals: ["aws:role/export-jobs"] };
  const store = { ...S3_STORE, bucket: "acme-audit", role: "arn:aws:iam::123456789012:role/app-data" };
  const jump = "arn:aws:sts::123456789012:assumed-role/globex-worker/somebody";
  for (const [name, because, setting] of [
    ["soc2-er-responder", /a responder/, {}],
    ["soc2-er-responder", /who runs this command/, { config: { responders: [] } }],
    ["globex-worker", /a responder/, { config: { responders: [jump] } }],
    ["export-jobs", /"somebody" of the people/, { config: { people: [person] } }],
    ["export-jobs", /"somebody" of the people/, { people: [person] }],
    ["app-data", /the audit store's writer/, { stores: [store] }],
  ] as const) {
    await assert.rejects(plan(t, "freeze-roles", role(name), setting), lockout(because), name);
    const among: Target = {
      kind: "principals",
      principals: ["acme-worker", name].map((one) => ({ kind: "aws:role", name: one })),
    };
    await assert.rejects(plan(t, "freeze-roles", among, setting), lockout(because), `${name} among others`);
  }
  const { changes } = await plan(t, "freeze-roles", role("export-jobs"));
  assert.deepEqual(
    changes.map(({ action, needs }) => [action, needs]),
    [
      ["aws.iam.freeze-role-trust", []],
      ["aws.iam.revoke-role-sessions", ["c001"]],
    ],
  );
});

test("refuses to lock itself out: an approver's password and devices", async (t) => {
  await assert.rejects(plan(t, "end-console-access", revoke("sec-lead")), lockout(/"sec-lead" of the people/));
  const { changes } = await plan(t, "end-console-access", revoke("intruder", "deploy-bot"));
  const needs = new Map(changes.map(({ action, resource, needs }) => [`${action} ${resource.id}`, needs]));
  const [deny, other] = changes.filter(({ action }) => action === "aws.iam.deny-user").toReversed();
  assert.equal(other?.resource.id, "deploy-bot/soc2-er-deny-user");
  const password = changes.find(({ action }) => action === "aws.iam.delete-login-profile");
  assert.deepEqual(needs.get("aws.iam.delete-login-profile intruder"), [deny?.id], "each waits for its own user's denial");
  const device = "aws.iam.deactivate-mfa intruder/arn:aws:iam::123456789012:mfa/pixel-of-mine";
  assert.deepEqual(needs.get(device), [deny?.id, password?.id]);
  assert.equal(changes.length, 4);
});

test("a bucket policy that denies a responder the data or the way back is refused; what it denied before is not our doing", () => {
  const arn = "arn:aws:iam::123456789012:role/soc2-er-responder";
  const protection = { guarded: [], responders: [arn], callers: [], stores: [] };
  const denyAll = policyOf([{ Sid: "Deny", Effect: "Deny", Principal: "*", Action: "s3:*", Resource: "arn:aws:s3:::b/*" }]);
  const noUndo = policyOf([{ Effect: "Deny", Principal: "*", Action: "s3:PutBucketPolicy", Resource: "arn:aws:s3:::b" }]);
  const sparing = policyOf([
    {
      Effect: "Deny",
      Principal: "*",
      Action: "s3:*",
      Resource: "arn:aws:s3:::b/*",
      Condition: { ArnNotLike: { "aws:PrincipalArn": arn } },
    },
  ]);
  const guard = (before: string | null, after: string) => guardChanges([changeOf(before, after)], protection, () => PREFIX);
  assert.throws(() => guard(null, denyAll), lockout(/would deny a responder \(".*soc2-er-responder"\) s3:GetObject/));
  assert.throws(() => guard(null, noUndo), lockout(/would deny a responder .* s3:PutBucketPolicy/));
  for (const [before, after] of [
    [null, sparing],
    [denyAll, denyAll],
  ] as const)
    assert.equal(said(guard(before, after), "self-lockout")?.status, "passed");
});

const SHOP = {
  provider: "aws",
  name: "shop",
  account: "123456789012",
  region: "us-east-1",
  loadBalancers: { select: { names: ["shop"] }, lockdownGroup: "lockdown" },
} as const satisfies Edge;
const shop: Target = { kind: "entrance", name: "shop" };

test("refuses to lock itself out: security group of the responder's own entrance", async (t) => {
  const own = { ...SHOP, responderEntrance: true };
  const kept = await plan(t, "lockdown-entrance", shop, { config: { edge: [own] } });
  assert.equal(said(kept.header.checks, "way-in:app/shop/0a1b2c3d4e5f6a7b")?.status, "passed");
  const both = { edge: [own], responderNetworks: ["198.51.100.0/24", "192.0.2.0/28"] };
  const cut = lockout(
    /"app\/shop\/.*" is the responders' own way in and would not let "192\.0\.2\.0\/28" in on tcp 443-443 any more/,
  );
  await assert.rejects(plan(t, "lockdown-entrance", shop, { config: both }), cut);
  const anybody = lockout(/would not let "0\.0\.0\.0\/0" in/);
  const approved = { ...own.loadBalancers, approved: APPROVED };
  const bare = { edge: [{ ...own, loadBalancers: approved }], responderNetworks: [] };
  await assert.rejects(plan(t, "lockdown-entrance", shop, { config: bare }), anybody, "nobody is configured to be spared");
  const elses = await plan(t, "lockdown-entrance", shop, { config: { ...both, edge: [SHOP] } });
  assert.equal(elses.changes.length, 1, "somebody else's entrance may be closed to all");
  assert.equal(said(elses.header.checks, "way-in:app/shop/0a1b2c3d4e5f6a7b"), undefined);
});

test("refuses to lock itself out: security groups of the responders' own hosts", async (t) => {
  const jump = (tag: string) => ({ config: { responderHosts: [{ key: "Name", value: tag }] } });
  const acme: Target = { kind: "tenant", name: "acme" };
  const cut = lockout(/"eni-0acme01" is the responders' own way in and would not let "198\.51\.100\.0\/24" in on tcp 443-443/);
  await assert.rejects(plan(t, "lockdown-tenant", acme, jump("acme01")), cut);
  assert.ok((await plan(t, "lockdown-tenant", acme, jump("globex01"))).changes.length > 0, "another tenant's host");
});

test("refuses to lock itself out: network ACL of a subnet that a way in of the responders is in", async (t) => {
  const subnets = { select: { ids: ["subnet-0edge01"] }, lockdownAcl: "lockdown" } as const;
  const front = { ...SHOP, name: "front", subnets } satisfies Edge;
  const at: Target = { kind: "entrance", name: "front" };
  const cut = lockout(/"subnet-0edge01" is the responders' own way in and would not let "198\.51\.100\.0\/24" in on any port/);
  const elsewhere = { ...SHOP, responderEntrance: true, subnets: { ...subnets, select: { ids: ["subnet-0app01"] } } };
  for (const [config, why] of [
    [{ edge: [{ ...front, responderEntrance: true }] }, "the entrance itself"],
    [{ edge: [front, { ...elsewhere, subnets }] }, "another entrance in the same subnet"],
    [{ edge: [front], responderHosts: [{ key: "Name", value: "acme01" }] }, "a host in it"],
  ] as const)
    await assert.rejects(plan(t, "cut-off-entrance", at, { config }), cut, why);
  const { changes, header } = await plan(t, "cut-off-entrance", at, { config: { edge: [front, elsewhere] } });
  assert.deepEqual([changes.length, said(header.checks, "way-in:subnet-0edge01")], [1, undefined]);
  const untold = await plan(t, "cut-off-entrance", at, { config: { edge: [front, { ...SHOP, responderEntrance: true }] } });
  assert.match(said(untold.header.checks, "way-in:subnet-0edge01")?.detail ?? "", /own entrance "shop" stands is not configured/);
});

test("what a rule let a network reach is compared by network, protocol and port", () => {
  const rule = (peer: string | null, protocol = "tcp", from = 443, to = from) => ({ peer, protocol, from, to });
  const own = ["198.51.100.0/24"];
  const world = [rule("0.0.0.0/0")];
  for (const enough of [
    [rule("198.51.100.0/24")],
    [rule("198.51.0.0/16", "tcp", 1, 65_535)],
    [rule("198.51.100.0/24", "-1", -1)],
  ])
    assert.equal(firstCut(world, enough, own), null);
  for (const short of [
    [],
    [rule("198.51.100.0/25")],
    [rule("198.51.100.0/24", "udp")],
    [rule("0.0.0.0/0", "tcp", 80)],
    [rule(null)],
  ])
    assert.deepEqual(firstCut(world, short, own), { network: "198.51.100.0/24", what: "tcp 443-443" });
  assert.equal(firstCut([rule("203.0.113.0/24"), rule(null)], [], own), null, "they reached nothing");
  assert.deepEqual(firstCut([rule("198.51.100.7/32", "-1", -1)], [], own), { network: "198.51.100.0/24", what: "any port" });
  assert.deepEqual(firstCut([rule("::/0")], [], []), { network: "::/0", what: "tcp 443-443" });
});

test("where nobody is configured to be spared, the plan says so", async (t) => {
  const bare = { responders: [], responderNetworks: [] };
  const { header } = await plan(t, "block-edge-traffic", TEST_NET, { config: bare });
  for (const id of ["responders", "responder-networks"]) assert.equal(said(header.checks, id)?.status, "not-checkable", id);
  const { checks } = (await plan(t, "block-edge-traffic", TEST_NET)).header;
  for (const id of ["responders", "responder-networks"]) assert.equal(said(checks, id), undefined, id);
});

const PREFIX: Selection = {
  kind: "aws.bucket-prefix",
  account: "123456789012",
  region: "us-east-1",
  bucket: "b",
  prefix: "t/",
  tenant: "t",
  exempt: [],
};

function policyOf(statements: readonly object[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: statements });
}

function changeOf(before: string | null, after: string): Change {
  const resource = { provider: "aws", type: "s3-bucket-policy", account: "123456789012", region: "us-east-1", id: "b" } as const;
  const rest = { summary: "", needs: [], reversal: { kind: "restore" }, bound: { ms: 0, source: "" } } as const;
  return { id: "c001", step: "a", action: "aws.s3.deny-tenant-prefix", resource, before, after, ...rest };
}
