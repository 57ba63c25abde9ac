import assert from "node:assert/strict";
import { test } from "node:test";
import type { Change } from "../../src/model/index.ts";
import { contain, plan, rollBack } from "../conformance/driver.ts";
import { opened } from "../range/open.ts";
import { ACCOUNT, names, openBench } from "./iam.ts";
import {
  action,
  content,
  example,
  MANAGEMENT,
  type Named,
  organizations,
  POLICY,
  planFor,
  put,
  selection,
} from "./organizations.ts";

const documentOf = (...Statement: object[]): string => JSON.stringify({ Version: "2012-10-17", Statement });
const OTHERS = { Sid: "Others", Effect: "Deny", Action: "organizations:LeaveOrganization", Resource: "*" };
const padded = (characters: number): string =>
  documentOf({ ...OTHERS, Sid: "x".repeat(characters - documentOf({ ...OTHERS, Sid: "" }).length) });

/** Organizations, as a plan reads it, with a policy of our own making. */
function planOf(Content: string): Promise<Change[]> {
  const answers: Record<string, object> = {
    DescribeOrganizationCommand: { Organization: { MasterAccountId: MANAGEMENT } },
    DescribePolicyCommand: { Policy: { Content } },
    ListParentsCommand: { Parents: [{ Id: "r-acme", Type: "ROOT" }] },
    ListPoliciesCommand: { Policies: [{ Id: POLICY, Name: "soc2-er-deny" }] },
    ListTargetsForPolicyCommand: { Targets: [{ TargetId: "r-acme" }] },
  };
  const scope = { aws: async () => ({ send: async (command: object) => answers[command.constructor.name] }) };
  return plan(action, { ...example, selection: selection([{ name: "intruder" }]) } as never, { read: () => scope } as never);
}

test("who is denied from above stays so, whatever an administrator of the account does, and nobody else is hit", async (t) => {
  const bench = await openBench(t);
  const driven = await contain(bench, action, example);
  assert.equal(driven[0]?.verification.level, "effect");
  const seen = await opened(bench.range);
  for (const id of ["key-reads-data", "key-calls-iam", "app-session-reads-data", "app-serves-globex"])
    assert.equal(seen[id], false, id);
  for (const id of ["worker-session-reads-data", "globex-portal-works"]) assert.equal(seen[id], true, id);
  // The account's own administrators cannot help.
  const PolicyDocument = documentOf({ Effect: "Allow", Action: "*", Resource: "*" });
  await bench.iam("PutUserPolicy", { UserName: "intruder", PolicyName: "all", PolicyDocument });
  bench.range.wall.advance(10_000);
  assert.equal((await opened(bench.range))["key-reads-data"], false);
  await bench.iam("DeleteUserPolicy", { UserName: "intruder", PolicyName: "all" });
  await rollBack(bench, action, driven);
  bench.range.wall.advance(10_000);
  assert.deepEqual([...new Set(Object.values(await opened(bench.range)))], [true]);
});

test("a user is denied under whatever path it has or gets", async (t) => {
  const bench = await openBench(t);
  const [change = assert.fail()] = await planFor(bench, selection([{ name: "acme-portal" }]));
  assert.match(JSON.stringify(change.after), /:user\/\*\/acme-portal/);
  await put(bench, (change.after as { policy: string }).policy);
  bench.range.wall.advance(4_000);
  const ask = (user: string) =>
    bench.range.transport.effects.ask({ kind: "aws-call", account: ACCOUNT, as: { user }, operation: "*", resource: "*" });
  assert.deepEqual([await ask("acme-portal"), await ask("globex-portal")], ["blocked", "open"]);
});

test("the policy is found by id too; one that is AWS's own, or nobody's, is refused", async (t) => {
  const bench = await openBench(t);
  const [byName] = await planFor(bench, selection([{ name: "intruder" }]));
  const [byId] = await planFor(bench, selection([{ name: "intruder" }], POLICY));
  assert.deepEqual(byId, byName);
  for (const policy of ["FullAWSAccess", "p-FullAWSAccess", "nobody", "p-nobody0000"])
    await assert.rejects(planFor(bench, selection([{ name: "intruder" }], policy)), {
      code: "config-invalid",
      message: /no service control policy ".*" of its own/,
    });
});

test("lists are read to their end", async (t) => {
  const bench = await openBench(t);
  bench.range.setPageLimit(1);
  const scopes = bench.scopes();
  assert.equal((await planFor(bench, selection([{ name: "intruder" }]), { scopes })).length, 1);
  assert.equal(names(scopes).filter((name) => name === "ListPolicies").length, 3);
});

test("whom no such policy binds is refused with the reason", async (t) => {
  const bench = await openBench(t);
  const refused = (one: Named, message: RegExp) =>
    assert.rejects(planFor(bench, selection([{ name: "intruder" }, one])), { code: "limit-exceeded", message });
  await refused({ account: MANAGEMENT, name: "boss" }, /account 111122223333 can be denied from above.*management account/);
  await refused({ kind: "role", name: "AWSServiceRoleForSupport" }, /belongs to an AWS service/);
});

test("a policy that is not attached above the account is refused: it would deny nothing", async (t) => {
  const bench = await openBench(t);
  await assert.rejects(planFor(bench, selection([{ account: "444455556666", name: "somebody" }])), {
    code: "config-invalid",
    message: /"soc2-er-deny" is not attached above account 444455556666/,
  });
});

test("limits: 5120 characters, white space included, and what stands at more is taken for a raised quota", async (t) => {
  const bench = await openBench(t);
  const [change = assert.fail()] = await planFor(bench, selection([{ name: "intruder" }]));
  const ours = JSON.stringify((change.asks as object[])[0]).length + 1;
  await put(bench, padded(5_120 - ours));
  assert.equal((await planFor(bench, selection([{ name: "intruder" }]))).length, 1);
  await put(bench, padded(5_121 - ours));
  await assert.rejects(planFor(bench, selection([{ name: "intruder" }])), {
    code: "limit-exceeded",
    message: /would have 5121 characters; Organizations takes 5120/,
  });
  await assert.rejects(put(bench, padded(5_121)), { name: "ConstraintViolationException" });
  assert.equal((await planOf(padded(6_000))).length, 1);
  await assert.rejects(planOf(padded(10_241 - ours)), { code: "limit-exceeded", message: /10241 .*takes 10240/ });
});

test("what stands already is held; a second incident's statement stays when the first's goes", async (t) => {
  const bench = await openBench(t);
  const first = await contain(bench, action, example);
  const second = await contain(bench, action, {
    ...example,
    selection: selection([{ name: "intruder" }, { name: "deploy-bot" }]),
  } as never);
  const [{ change } = assert.fail()] = first;
  const [{ change: other } = assert.fail()] = second;
  const merged = action.merge?.(change.before, change, other.after, [other]);
  const { policy: rest } = (merged ?? assert.fail()).state as { policy: string };
  const left = JSON.parse(rest) as { Statement: { Sid: string }[] };
  assert.deepEqual(
    left.Statement.map(({ Sid }) => Sid),
    ["StayInTheOrganization", (other.asks as { Sid: string }[])[0]?.Sid],
  );
  await put(bench, rest);
  const [again] = await planFor(bench, selection([{ name: "deploy-bot" }, { name: "intruder" }]));
  assert.deepEqual(again?.after, again?.before, "in whatever order they are named");
});

test("a policy is never left without a statement", () => {
  const now = { policy: documentOf(OTHERS) };
  const change = { asks: [OTHERS], after: now } as unknown as Change;
  const merged = action.merge?.({ policy: documentOf() }, change, now, []);
  assert.deepEqual(merged?.state, now);
  assert.match(merged?.conflict ?? "", /the only one left/);
  assert.deepEqual(action.merge?.(now, change, null, []), { state: null });
});

test("the range refuses what Organizations refuses", async (t) => {
  const bench = await openBench(t);
  const refused = (call: Promise<unknown>, name: string) => assert.rejects(call, { name });
  await refused(put(bench, "{"), "MalformedPolicyDocumentException");
  await refused(put(bench, documentOf()), "MalformedPolicyDocumentException");
  await refused(put(bench, documentOf({ ...OTHERS, Principal: "*" })), "MalformedPolicyDocumentException");
  await refused(organizations(bench, "UpdatePolicy", { PolicyId: "p-FullAWSAccess", Name: "mine" }), "InvalidInputException");
  await refused(organizations(bench, "DescribePolicy", { PolicyId: "p-nobody0000" }), "PolicyNotFoundException");
  await refused(organizations(bench, "ListParents", { ChildId: "444455556666" }), "ChildNotFoundException");
  await refused(organizations(bench, "ListPolicies", {}, ACCOUNT), "AccessDeniedException");
  const { Organization } = await organizations<{ Organization: { MasterAccountId: string } }>(
    bench,
    "DescribeOrganization",
    {},
    ACCOUNT,
  );
  assert.equal(Organization.MasterAccountId, MANAGEMENT, "who is in an organization may ask for it");
  assert.match(await content(bench), /StayInTheOrganization/);
});
