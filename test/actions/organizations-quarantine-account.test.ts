import assert from "node:assert/strict";
import { test } from "node:test";
import { loadAction } from "../../src/actions/index.ts";
import type { Change } from "../../src/model/index.ts";
import { contain, plan, rollBack, wayBack } from "../conformance/driver.ts";
import { opened } from "../range/open.ts";
import { ACCOUNT, openBench, planFor } from "./iam.ts";

const action = await loadAction("aws.organizations.quarantine-account");
const [example] = action.examples;
const MANAGEMENT = "111122223333";
const LOCKDOWN = "p-soc2lock";
const selection = (more: object = {}) => ({
  kind: "aws.member-account",
  account: MANAGEMENT,
  policy: "soc2-er-quarantine",
  member: ACCOUNT,
  ...more,
});
const DENY = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}';
const ALLOW = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}';

/** Organizations, as a plan reads it: how many policies stand on the account, and what ours says. */
function planOf(standing: number, Content = DENY): Promise<Change[]> {
  const Policies = Array.from({ length: standing }, (_, index) => ({ Id: `p-standing${index}` }));
  const answers: Record<string, object> = {
    DescribeOrganizationCommand: { Organization: { MasterAccountId: MANAGEMENT } },
    DescribePolicyCommand: { Policy: { Content } },
    ListPoliciesCommand: { Policies: [{ Id: LOCKDOWN, Name: "soc2-er-quarantine" }] },
    ListPoliciesForTargetCommand: { Policies },
  };
  const scope = { aws: async () => ({ send: async (command: object) => answers[command.constructor.name] }) };
  return plan(action, { ...example, selection: selection() } as never, { read: () => scope } as never);
}

test("nobody in the account gets anywhere but the responders, who can still work there, until it is lifted", async (t) => {
  const bench = await openBench(t);
  const driven = await contain(bench, action, example);
  assert.equal(driven[0]?.verification.level, "effect");
  const seen = await opened(bench.range);
  for (const id of ["key-reads-data", "app-session-reads-data", "worker-session-reads-data", "globex-portal-works"])
    assert.equal(seen[id], false, id);
  await bench.iam("ListRolePolicies", { RoleName: "app-data" });
  const [{ change } = assert.fail()] = driven;
  const as = { anyoneBut: [`arn:aws:iam::${ACCOUNT}:role/soc2-er-responder`] };
  assert.deepEqual(action.effects?.(change), [{ kind: "aws-call", account: ACCOUNT, as, operation: "*", resource: "*" }]);
  await rollBack(bench, action, driven);
  bench.range.wall.advance(10_000);
  assert.deepEqual([...new Set(Object.values(await opened(bench.range)))], [true]);
});

test("what stands already is held; another incident's hold keeps it", async (t) => {
  const bench = await openBench(t);
  const place = { account: MANAGEMENT, region: "global" } as const;
  const on = { PolicyId: LOCKDOWN, TargetId: ACCOUNT };
  await bench.range.transport.aws({ service: "organizations", operation: "AttachPolicy", input: on, ...place });
  const [change = assert.fail()] = await planFor(bench, action, selection({ policy: LOCKDOWN }));
  assert.deepEqual(change.before, change.after);
  const now = change.after as { attached: boolean; policy: string };
  const lifted = { ...now, attached: false };
  assert.deepEqual(action.merge?.(now, change, now, []), { state: now }, "what stood before stays");
  assert.deepEqual(action.merge?.(lifted, change, now, [change]), { state: now });
  assert.deepEqual(action.merge?.(lifted, change, now, []), { state: lifted });
  assert.deepEqual(action.merge?.(lifted, change, null, []), { state: null });
});

test("a text that somebody changes is said while it is held, and no rollback writes it", async (t) => {
  const bench = await openBench(t);
  const driven = await contain(bench, action, example);
  const [{ change } = assert.fail()] = driven;
  const place = { account: MANAGEMENT, region: "global" } as const;
  const input = { PolicyId: LOCKDOWN, Content: ALLOW };
  await bench.range.transport.aws({ service: "organizations", operation: "UpdatePolicy", input, ...place });
  const seen = await action.verify(bench.scopes().read(action.permissions.read), change, "contain");
  assert.deepEqual([seen.verdict, /somebody changed the text/.test(seen.detail ?? "")], ["contradicted", true]);
  assert.deepEqual((await wayBack(bench, action, change)).after, { attached: false, policy: ALLOW });
});

test("the management account, an account of nobody's and a policy that denies nothing are refused with the reason", async (t) => {
  const bench = await openBench(t);
  await assert.rejects(planFor(bench, action, selection({ member: MANAGEMENT })), {
    code: "limit-exceeded",
    message: /do not bind the organization's management account/,
  });
  await assert.rejects(planFor(bench, action, selection({ member: "444455556666" })), {
    code: "config-invalid",
    message: /444455556666 is not in the organization/,
  });
  await assert.rejects(planOf(1, ALLOW), { code: "config-invalid", message: /denies nothing/ });
});

test("limits: five policies on an account, ten where more than five stand", async () => {
  assert.equal((await planOf(4)).length, 1);
  await assert.rejects(planOf(5), { code: "limit-exceeded", message: /has 5 .* takes 5/ });
  assert.equal((await planOf(6)).length, 1);
  await assert.rejects(planOf(10), { code: "limit-exceeded", message: /takes 10/ });
});

test("what cannot be told by names is not asked of an attacker", () => {
  const spared = (arn: string) =>
    DENY.replace('"Resource":"*"', `"Resource":"*","Condition":{"ArnNotLike":{"aws:PrincipalArn":"${arn}"}}`);
  const asked = (policy: string) =>
    action.effects?.({ resource: { id: `${ACCOUNT}/p-1` }, after: { attached: true, policy } } as unknown as Change);
  assert.equal(asked(DENY)?.length, 1);
  assert.equal(asked(spared("arn:aws:iam::*:role/one"))?.length, 1);
  assert.deepEqual(asked(spared("arn:aws:iam::*:role/break-glass-*")), []);
  assert.deepEqual(asked(ALLOW), []);
});
