import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Config, StoreConfig } from "../../src/config/index.ts";
import type { Change, Person, Target } from "../../src/model/index.ts";
import { guardControl, guardMembers, identitiesOf } from "../../src/planner/control-lockout.ts";
import { memberAccount } from "../../src/planner/from-above.ts";
import { type PlanDeps, planContainment } from "../../src/planner/index.ts";
import { loadRunbooks } from "../../src/runbooks/index.ts";
import { type RangeBench, rangeBench } from "../conformance/range-bench.ts";

const runbooks = await loadRunbooks([join(import.meta.dirname, "../../runbooks")]);
const ACCOUNT = "123456789012";
const MANAGEMENT = "111122223333";
const STEP = "aws.organizations.deny-principal";

/** The embedded organization's file, with its management account and the policy for emergencies. */
function withOrganization({ range }: RangeBench): Config {
  const own = range.config.providers.aws?.accounts ?? [];
  const accounts = [...own, { id: MANAGEMENT, name: "management", regions: ["us-east-1"] }];
  const organization = { account: MANAGEMENT, denyPolicy: "soc2-er-deny", quarantinePolicy: "soc2-er-quarantine" };
  return { ...range.config, providers: { ...range.config.providers, aws: { accounts, organization } } };
}

type Asked = {
  readonly config?: Partial<Config>;
  readonly stores?: readonly StoreConfig[];
  readonly account?: string;
  readonly prepare?: (bench: RangeBench) => void;
};

async function plan(t: TestContext, runbook: string, target: Target, { config, stores, account, prepare }: Asked = {}) {
  const bench = await rangeBench(t);
  prepare?.(bench);
  const found = runbooks.find(({ id }) => id === runbook) ?? assert.fail(runbook);
  const deps: PlanDeps = {
    config: { ...withOrganization(bench), ...config },
    scopes: bench.scopes(),
    origin: bench.range.config.origin,
    mode: "drill",
    clock: bench.clock,
    tool: "test",
    auditStores: stores ?? [],
  };
  const request = { kind: "contain", runbook: found, target, params: {}, incident: null, operator: "on-call" } as const;
  return planContainment(account === undefined ? request : { ...request, account }, deps);
}

const principals = (...names: readonly ["aws:user" | "aws:role" | "aws:key" | "aws:account", string][]): Target => ({
  kind: "principals",
  principals: names.map(([kind, name]) => ({ kind, name })),
});
const fromAbove = (changes: readonly Change[]) => changes.filter(({ action }) => action === STEP);
const reasons = ({ header }: { header: { skipped: readonly { reason: string }[] } }) =>
  header.skipped.map(({ reason }) => reason);

test("users and roles of a target are denied from above by one change, beside what revokes them", async (t) => {
  const target = principals(["aws:user", "intruder"], ["aws:role", "app-data"], ["aws:key", "AKIADEPLOYBOT0000001"]);
  const { changes } = await plan(t, "deny-from-above", target);
  const [change, ...more] = fromAbove(changes);
  assert.deepEqual(more, []);
  assert.deepEqual([change?.id, change?.needs, change?.resource.account], ["c001", [], MANAGEMENT]);
  for (const name of ["user/intruder", "role/app-data"])
    assert.match(JSON.stringify(change?.asks), new RegExp(`arn:aws:iam::${ACCOUNT}:${name}`));
  assert.doesNotMatch(JSON.stringify(change?.asks), /deploy-bot/, "a key alone is no principal");
  const revoked = await plan(t, "revoke-credentials", target);
  assert.deepEqual(
    changes.map(({ action, resource }) => [action, resource.id]),
    revoked.changes.map(({ action, resource }) => [action, resource.id]),
  );
});

test("narrowed to an account, its principals are still denied from above", async (t) => {
  const { changes } = await plan(t, "deny-from-above", principals(["aws:user", "intruder"]), { account: "prod" });
  assert.equal(fromAbove(changes).length, 1);
});

test("an organization's file without the policy: the step says that it has nothing to do, and the others do theirs", async (t) => {
  const { range } = await rangeBench(t);
  const planned = await plan(t, "deny-from-above", principals(["aws:user", "intruder"]), { config: range.config });
  assert.deepEqual(fromAbove(planned.changes), []);
  assert.ok(planned.changes.length > 0);
  const reason = 'step "from-above" has nothing to do: the target has no aws.organization-principals';
  assert.ok(reasons(planned).includes(reason), reasons(planned).join("\n"));
});

test("refuses to lock itself out: service control policy", async (t) => {
  await assert.rejects(plan(t, "deny-from-above", principals(["aws:role", "soc2-er-responder"])), {
    code: "self-lockout",
    exit: 10,
  });
  const { range } = await rangeBench(t);
  const person: Person = { id: "somebody", roles: ["security"], keys: [], principals: ["aws:role/jump"] };
  const store: StoreConfig = {
    kind: "s3",
    bucket: "acme-audit",
    region: "us-east-1",
    prefix: "",
    role: "arn:aws:iam::444455556666:role/log/writer",
  };
  const callers = {
    arns: [`arn:aws:sts::${ACCOUNT}:assumed-role/on-call-role/session`],
    sources: ["arn:aws:iam::444455556666:user/team/operator"],
  };
  const identities = identitiesOf({ ...range.config, people: [] }, [store], callers, [person]);
  const guard = (Condition: object | undefined, before: string | null = textOf([FULL])) =>
    guardControl([changeOf(before, textOf([FULL, { Effect: "Deny", Action: "*", Resource: "*", Condition }]))], identities);
  const arnLike = (...arns: string[]) => ({ ArnLike: { "aws:PrincipalArn": arns } });
  for (const [condition, because] of [
    [undefined, /would deny a responder/],
    [arnLike("arn:aws:iam::*:role/soc2-er-*"), /would deny a responder/],
    [arnLike(`arn:aws:iam::${ACCOUNT}:role/on-call-role`), /would deny who runs this command/],
    [arnLike("arn:aws:iam::444455556666:user/*/operator"), /the one whose credentials this command uses/],
    [arnLike(`arn:aws:iam::${ACCOUNT}:role/jump`), /"somebody" of the people/],
    [arnLike(`arn:aws:iam::${ACCOUNT}:user/somebody`), /"somebody" of the people/],
    [arnLike("arn:aws:iam::444455556666:role/*/writer"), /the audit store's writer/],
    [
      { ...arnLike(`arn:aws:iam::${ACCOUNT}:role/on-call-role`), DateLessThan: { "aws:TokenIssueTime": "{at-apply}" } },
      /would deny who runs this command/,
    ],
    [{ StringEquals: { "aws:PrincipalAccount": "444455556666" } }, /the one whose credentials this command uses/],
    [{ ArnNotLike: { "aws:PrincipalArn": range.config.responders } }, /would deny who runs this command/],
  ] as const)
    assert.throws(() => guard(condition), { code: "self-lockout", message: because }, JSON.stringify(condition));
  assert.deepEqual(guard(arnLike(`arn:aws:iam::${ACCOUNT}:user/intruder`, `arn:aws:iam::${ACCOUNT}:user/*/intruder`)), []);
  const [unknown] = guard({ SomethingNew: { "aws:PrincipalArn": "*" } });
  assert.equal(unknown?.status, "not-checkable");
  const denied = textOf([FULL, { Effect: "Deny", Action: "*", Resource: "*" }]);
  assert.deepEqual(guardControl([changeOf(denied, denied)], identities), [], "what it denied before is not our doing");
});

test("an account is quarantined by name or id, in the organization's account; without a policy for it the file is asked for one", async (t) => {
  const bench = await rangeBench(t);
  const { range } = bench;
  const named = ["prod", ACCOUNT].map((name) => memberAccount(name, withOrganization(bench)));
  const expected = { kind: "aws.member-account", account: MANAGEMENT, policy: "soc2-er-quarantine", member: ACCOUNT };
  assert.deepEqual(named, [expected, expected]);
  const { changes } = await plan(t, "quarantine-account", principals(["aws:account", "prod"]));
  assert.deepEqual(
    changes.map(({ action, resource }) => [action, resource.account, resource.id]),
    [["aws.organizations.quarantine-account", MANAGEMENT, `${ACCOUNT}/p-soc2lock`]],
  );
  await assert.rejects(plan(t, "quarantine-account", principals(["aws:account", "prod"]), { config: range.config }), {
    code: "config-part-missing",
  });
  await assert.rejects(plan(t, "quarantine-account", principals(["aws:account", "nowhere"])), { code: "usage" });
});

test("refuses to lock itself out: an account that the response needs", async (t) => {
  const quarantine = (name: string, asked: Asked = {}) => plan(t, "quarantine-account", principals(["aws:account", name]), asked);
  const lockout = (message: RegExp) => ({ code: "self-lockout", exit: 10, message });
  await assert.rejects(quarantine("management"), lockout(/manages the organization's policies/));
  const store: StoreConfig = { kind: "s3", bucket: "acme-audit", region: "us-east-1", prefix: "" };
  for (const own of [{ account: "prod" }, { account: ACCOUNT }, { role: `arn:aws:iam::${ACCOUNT}:role/log` }])
    await assert.rejects(quarantine("prod", { stores: [{ ...store, ...own }] }), lockout(/has the audit log's store/));
  const responders = [`arn:aws:iam::${ACCOUNT}:role/soc2-er-responder`, `arn:aws:iam::${ACCOUNT}:role/break-glass`];
  await assert.rejects(quarantine("prod", { config: { responders } }), lockout(/would deny a responder \(".*break-glass"\)/));
  const people: Person[] = [{ id: "ana", roles: ["security"], keys: [], principals: [`arn:aws:iam::${ACCOUNT}:user/ana`] }];
  await assert.rejects(quarantine("prod", { config: { people } }), lockout(/"ana" of the people/));
  const elsewhere = [{ ...people[0], id: "bo", principals: ["arn:aws:iam::444455556666:user/bo"] } as Person];
  assert.equal((await quarantine("prod", { config: { people: elsewhere } })).changes.length, 1);
  const places = [{ kind: "aws.member-account", account: MANAGEMENT, policy: "p", member: "444455556666" } as const];
  const { range } = await rangeBench(t);
  const sources = ["arn:aws:sts::444455556666:assumed-role/jump/ana"];
  assert.throws(
    () => guardMembers(places, range.config, [], { arns: [], sources }),
    lockout(/whose credentials this command uses/),
  );
  guardMembers(places, range.config, [store], { arns: [], sources: [] });
});

const FULL = { Effect: "Allow", Action: "*", Resource: "*" };

function textOf(statements: readonly object[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: statements });
}

function changeOf(before: string | null, after: string): Change {
  const resource = { provider: "aws", type: "organizations-policy", account: MANAGEMENT, region: "global", id: "p-1" } as const;
  const rest = { summary: "", needs: [], reversal: { kind: "restore" }, bound: { ms: 0, source: "" } } as const;
  const state = (policy: string | null) => (policy === null ? null : { policy });
  return { id: "c001", step: "a", action: STEP, resource, before: state(before), after: state(after), ...rest };
}
