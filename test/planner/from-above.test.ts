import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { loadAction } from "../../src/actions/index.ts";
import { resultOf } from "../../src/engine/index.ts";
import type { ChangeResult, Plan, Target } from "../../src/model/index.ts";
import { planContainment } from "../../src/planner/index.ts";
import { loadRunbooks } from "../../src/runbooks/index.ts";
import { type Driven, drive, wayBack } from "../conformance/driver.ts";
import { type RangeBench, rangeBench } from "../conformance/range-bench.ts";

const runbooks = await loadRunbooks([join(import.meta.dirname, "../../runbooks")]);
const ACCOUNT = "123456789012";
const MANAGEMENT = "111122223333";
const ABOVE = "aws.organizations.deny-principal";
const INTRUDER: Target = {
  kind: "principals",
  principals: [
    { kind: "aws:user", name: "intruder" },
    { kind: "aws:role", name: "app-data" },
  ],
};
const TENANT: Target = { kind: "tenant", name: "acme" };
const BOTH = [["revoke-credentials", INTRUDER] as const, ["lockdown-tenant", TENANT] as const];

type Asked = { readonly above?: boolean; readonly prepare?: (bench: RangeBench) => unknown };

/** With the organization above the account in the file, where it is not said otherwise. */
async function plan(t: TestContext, runbook: string, target: Target, asked: Asked = {}): Promise<Plan> {
  return planOn(await rangeBench(t), runbook, target, asked);
}

async function planOn(bench: RangeBench, runbook: string, target: Target, { above = true, prepare }: Asked = {}): Promise<Plan> {
  await prepare?.(bench);
  const { aws, ...others } = bench.range.config.providers;
  const accounts = [...(aws?.accounts ?? []), { id: MANAGEMENT, name: "management", regions: ["us-east-1"] }];
  const organization = { account: MANAGEMENT, denyPolicy: "soc2-er-deny" };
  const config = above
    ? { ...bench.range.config, providers: { ...others, aws: { accounts, organization } } }
    : bench.range.config;
  return planContainment(
    {
      kind: "contain",
      runbook: runbooks.find(({ id }) => id === runbook) ?? assert.fail(runbook),
      target,
      params: {},
      incident: null,
      operator: "on-call",
    },
    {
      config,
      scopes: bench.scopes(),
      origin: config.origin,
      mode: "drill",
      clock: bench.clock,
      tool: "test",
      auditStores: [],
    },
  );
}

const told = ({ changes }: Plan) => changes.map(({ action, resource, after }) => [action, resource.id, after]);
const inAccount = (planned: Plan) => told(planned).filter(([action]) => action !== ABOVE);
const left = ({ header }: Plan) => header.skipped.map(({ reason }) => reason).filter((reason) => /from[- ]above/.test(reason));

/** Somebody else's call in an account, by an administrator. */
const call = ({ aws }: RangeBench, name: string, input: object, account = MANAGEMENT) => {
  const [service, operation = ""] = name.split(":") as ["iam" | "organizations", string];
  return aws(service, operation, input, { account, region: "global" });
};

for (const [runbook, target] of BOTH) {
  test(`${runbook}: denied from above first, where the file names a policy for it; nothing waits for that`, async (t) => {
    const planned = await plan(t, runbook, target);
    const [first, ...others] = planned.changes;
    assert.deepEqual([first?.id, first?.action, first?.needs], ["c001", ABOVE, []]);
    assert.ok(others.length > 0 && others.every(({ action, needs }) => action !== ABOVE && !needs.includes("c001")));
    assert.match(JSON.stringify(first?.after), /"issuedBefore":\["\{at-apply\}"\]/, "roles by their sessions");
    const without = await plan(t, runbook, target, { above: false });
    assert.deepEqual(inAccount(planned), told(without), "the rest is as it was");
    assert.deepEqual([left(planned), left(without)], [[], []], "nobody misses what is not configured");
  });

  test(`${runbook}: an organization that cannot be looked at holds up nothing in the accounts, and is no contained one`, async (t) => {
    const without = await plan(t, runbook, target, { above: false });
    for (const operation of ["DescribeOrganization", "ListPolicies", "DescribePolicy", "ListTargetsForPolicy", "ListParents"]) {
      const prepare = ({ range }: RangeBench) => range.setFaults([{ operation: `organizations:${operation}`, kind: "denied" }]);
      const planned = await plan(t, runbook, target, { prepare });
      assert.deepEqual(told(planned), told(without), operation);
      const [lost, ...more] = planned.header.unreached ?? [];
      assert.deepEqual([lost?.account, lost?.part, lost?.cause, more], [MANAGEMENT, "organization", "denied", []]);
      const verification = { verdict: "confirmed", level: "configuration" } as const;
      const results = planned.changes.map(({ id }): ChangeResult => {
        return { id, outcome: { status: "applied", receipts: [] }, verification };
      });
      assert.equal(resultOf(planned, results), "partial");
    }
  });

  test(`${runbook}: a policy that is attached to nothing is left and said; deny-from-above refuses it`, async (t) => {
    const prepare = (bench: RangeBench) =>
      call(bench, "organizations:DetachPolicy", { PolicyId: "p-soc2deny", TargetId: "r-acme" });
    const planned = await plan(t, runbook, target, { prepare });
    assert.deepEqual(told(planned), told(await plan(t, runbook, target, { above: false })));
    assert.equal(planned.header.unreached, undefined);
    const [reason = "", ...more] = left(planned);
    assert.deepEqual(more, []);
    assert.match(reason, /; aws organizations attach-policy --policy-id p-soc2deny --target-id 123456789012$/);
    await assert.rejects(plan(t, "deny-from-above", INTRUDER, { prepare }), { code: "config-invalid" });
  });
}

const ALL = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] });
const twin: Target = { kind: "principals", principals: [{ kind: "aws:user", name: "twin" }] };
const twins = async (bench: RangeBench) => {
  for (const account of [ACCOUNT, MANAGEMENT]) await call(bench, "iam:CreateUser", { UserName: "twin" }, account);
};

test("the management account's own users are revoked there, whatever becomes of the organization", async (t) => {
  const bothDenied = (planned: Plan) => {
    const denied = planned.changes.filter(({ action }) => action === "aws.iam.deny-user");
    assert.deepEqual(denied.map(({ resource }) => resource.account).toSorted(), [MANAGEMENT, ACCOUNT]);
  };
  const planned = await plan(t, "revoke-credentials", twin, { prepare: twins });
  bothDenied(planned);
  assert.match(planned.changes[0]?.summary ?? "", /^deny user "twin" of 123456789012 everything in service control policy/);
  assert.match(left(planned).join(), /user "twin" of 111122223333: .* do not bind the organization's management account/);
  await assert.rejects(plan(t, "deny-from-above", twin, { prepare: twins }), { code: "limit-exceeded" });
  const blind = async (bench: RangeBench) => {
    await twins(bench);
    bench.range.setFaults([{ operation: "organizations:DescribeOrganization", kind: "denied" }]);
  };
  bothDenied(await plan(t, "revoke-credentials", twin, { prepare: blind }));
});

test("who may see the organization alone in its management account still denies from above", async (t) => {
  const narrow = async (bench: RangeBench) => {
    const PolicyDocument = ALL.replace('"Action":"*"', '"Action":"organizations:*"');
    await call(bench, "iam:PutRolePolicy", { RoleName: "soc2-er-responder", PolicyName: "respond", PolicyDocument });
    await bench.clock.sleep(10_000);
  };
  const planned = await plan(t, "revoke-credentials", INTRUDER, { prepare: narrow });
  assert.equal(planned.changes[0]?.action, ABOVE);
  assert.deepEqual(
    planned.header.unreached?.map(({ account, part }) => [account, part]),
    [[MANAGEMENT, undefined]],
  );
});

test("what is denied from above is told with whom it denies, and of whom it leaves nothing is", async (t) => {
  const { header } = await plan(t, "revoke-credentials", INTRUDER);
  const above = (header.denied?.principals ?? []).flatMap(({ principal, loses }) =>
    loses.filter(({ by }) => by === "c001").map(({ what, shown }) => [principal, what, shown]),
  );
  assert.deepEqual(above, [
    ["aws:user/intruder", "everything", "policy"],
    ["aws:role/app-data", "everything in sessions issued before the change is applied", "policy"],
  ]);
  const mixed = await plan(t, "revoke-credentials", twin, { prepare: twins });
  const by = (mixed.header.denied?.principals ?? []).filter(({ loses }) => loses.some((loss) => loss.by === "c001"));
  assert.deepEqual(
    by.map(({ account }) => account),
    [ACCOUNT],
  );
  assert.deepEqual(mixed.header.denied?.unjudged, []);
});

/** In the plan's order, as the engine does it with each. */
async function containAll(bench: RangeBench, { changes }: Plan): Promise<Driven[]> {
  const driven: Driven[] = [];
  for (const change of changes) driven.push(await drive(bench, await loadAction(change.action), change, "contain"));
  return driven;
}

const intruder = { kind: "access-key", account: ACCOUNT, id: "AKIAINTRUDER00000001" } as const;

test("an attacker who administers the account and takes all of its denials off is still refused every call", async (t) => {
  const bench = await rangeBench(t);
  const { range } = bench;
  const asIntruder = (operation: string, input: object) =>
    range.as(intruder).aws({ service: "iam", operation, account: ACCOUNT, region: "global", input: input as never });
  await call(bench, "iam:PutUserPolicy", { UserName: "intruder", PolicyName: "own", PolicyDocument: ALL }, ACCOUNT);
  await bench.clock.sleep(10_000);
  await asIntruder("ListUsers", {});
  const before = await bench.dump([]);
  const driven = await containAll(bench, await planOn(bench, "revoke-credentials", INTRUDER));
  assert.ok(driven.every(({ verification }) => verification.verdict === "confirmed"));

  // Somebody whom it rules, and whom the plan does not know.
  const helped = [
    ["iam:DeleteUserPolicy", { UserName: "intruder", PolicyName: "soc2-er-deny-user" }],
    ["iam:UpdateAccessKey", { UserName: "intruder", AccessKeyId: intruder.id, Status: "Active" }],
    ["iam:DeleteRolePolicy", { RoleName: "app-data", PolicyName: "soc2-er-revoke-sessions" }],
  ] as const;
  for (const [name, input] of helped) await call(bench, name, input, ACCOUNT);
  await bench.clock.sleep(10_000);
  for (const [operation, input] of [
    ["ListUsers", {}],
    ["CreateAccessKey", { UserName: "intruder" }],
    ["PutUserPolicy", { UserName: "intruder", PolicyName: "more", PolicyDocument: ALL }],
  ] as const)
    await assert.rejects(asIntruder(operation, input), { name: /^AccessDenied/ }, operation);
  const probes = new Map((await range.attacker.probe()).map(({ id, open }) => [id, open]));
  assert.deepEqual([probes.get("app-session-reads-data"), probes.get("key-reads-data")], [false, false]);

  for (const { change } of driven.toReversed()) {
    const action = await loadAction(change.action);
    const { outcome } = await drive(bench, action, await wayBack(bench, action, change), "restore");
    assert.ok(["applied", "unchanged"].includes(outcome.status), outcome.why);
  }
  assert.deepEqual(await bench.dump([]), before, "ours is lifted, to the byte");
});

test("a denial from above that fails when it is applied leaves the users and keys contained", async (t) => {
  const bench = await rangeBench(t);
  const planned = await planOn(bench, "revoke-credentials", INTRUDER);
  bench.range.setFaults([{ operation: "organizations:UpdatePolicy", kind: "denied" }]);
  const [above, ...others] = await containAll(bench, planned);
  assert.match(above?.outcome.why ?? "", /^denied/);
  assert.ok(others.length > 2);
  for (const { change, outcome, verification } of others)
    assert.deepEqual([outcome.status, verification.verdict], ["applied", "confirmed"], change.summary);
  const probes = new Map((await bench.range.attacker.probe()).map(({ id, open }) => [id, open]));
  assert.deepEqual([probes.get("key-calls-iam"), probes.get("app-session-reads-data")], [false, false]);
});
