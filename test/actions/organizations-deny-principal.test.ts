import assert from "node:assert/strict";
import { test } from "node:test";
import { loadAction } from "../../src/actions/index.ts";
import type { Change } from "../../src/model/index.ts";
import { contain, plan, rollBack } from "../conformance/driver.ts";
import { opened } from "../range/open.ts";
import { ACCOUNT, type IamBench, names, openBench } from "./iam.ts";

const action = await loadAction("aws.organizations.deny-principal");
const [example, ofSessions = assert.fail()] = action.examples;
const MANAGEMENT = "111122223333";
const place = { account: MANAGEMENT, region: "global" };
const POLICY = "p-soc2deny";

type Named = { account?: string; kind?: "user" | "role"; name: string };
const selection = (principals: readonly Named[], policy = "soc2-er-deny") => ({
  kind: "aws.organization-principals",
  account: MANAGEMENT,
  policy,
  principals: principals.map((one) => ({ account: ACCOUNT, kind: "user", ...one })),
});
/** As the runbook deny-from-above asks for it, or as `revoke` does. */
const planFor = (bench: IamBench, where: object, { scopes = bench.scopes(), params = example.params } = {}): Promise<Change[]> =>
  plan(action, { ...example, selection: where, params } as never, scopes);
const organizations = async <T>(bench: IamBench, operation: string, input: object = {}, account = MANAGEMENT): Promise<T> =>
  (await bench.range.transport.aws({ service: "organizations", operation, input, ...place, account })).output as T;
const content = async (bench: IamBench): Promise<string> =>
  (await organizations<{ Policy: { Content: string } }>(bench, "DescribePolicy", { PolicyId: POLICY })).Policy.Content;
const put = (bench: IamBench, Content: string) => organizations(bench, "UpdatePolicy", { PolicyId: POLICY, Content });
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

test("where others are to be left, each is left with its reason, and users have the room before roles", async (t) => {
  const bench = await openBench(t);
  const params = { roles: "issued-sessions", otherwise: "leave" } as const;
  const where = selection([
    { kind: "role", name: "app-data" },
    { name: "intruder" },
    { account: MANAGEMENT, name: "boss" },
    { account: "444455556666", name: "somebody" },
    { kind: "role", name: "AWSServiceRoleForSupport" },
  ]);
  const leftOf = async () => {
    const scope = bench.scopes().read(action.permissions.read);
    return ((await action.leaves?.(scope, where as never, params)) ?? []).map(({ reason }) => reason).join("\n");
  };
  const summaries = async () => (await planFor(bench, where, { params })).map(({ summary }) => summary);
  assert.match(
    (await summaries()).join(),
    /^deny user "intruder" of 123456789012 everything, role "app-data" of 123456789012 in sessions/,
  );
  const left = await leftOf();
  for (const reason of [
    /boss.*management account/,
    /somebody.*attach-policy/,
    /AWSServiceRoleForSupport.*belongs to an AWS service/,
  ])
    assert.match(left, reason);
  await put(bench, padded(5_120 - 300));
  assert.match((await summaries()).join(), /^deny user "intruder" of 123456789012 everything in/);
  assert.match(await leftOf(), /app-data.*Organizations takes 5120/);
  await put(bench, padded(5_119));
  assert.deepEqual(await summaries(), []);
  assert.match(await leftOf(), /intruder.*app-data.*Organizations takes 5120/);
});

test("sessions of a role that were issued before end, whatever the account's administrators do; later ones work", async (t) => {
  const bench = await openBench(t);
  const driven = await contain(bench, action, ofSessions);
  assert.equal(driven[0]?.verification.level, "effect");
  assert.doesNotMatch(await content(bench), /at-apply/);
  const ask = (as: object) =>
    bench.range.transport.effects.ask({ kind: "aws-call", account: ACCOUNT, as: as as never, operation: "*", resource: "*" });
  const issued = (ms: number) => new Date(bench.clock.now() + ms).toISOString();
  const moment = issued(-600_000);
  assert.deepEqual(
    [
      await ask({ user: "intruder" }),
      await ask({ role: "app-data", issuedBefore: moment }),
      await ask({ role: "app-data", session: "new" }),
    ],
    ["blocked", "blocked", "open"],
  );
  await rollBack(bench, action, driven);
  bench.range.wall.advance(10_000);
  assert.equal(await ask({ role: "app-data", issuedBefore: moment }), "open");
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
  const change = { asks: [OTHERS], after: { policy: documentOf(OTHERS) } } as unknown as Change;
  const now = { policy: documentOf(OTHERS) };
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
