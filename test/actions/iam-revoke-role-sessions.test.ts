import assert from "node:assert/strict";
import { test } from "node:test";
import { loadAction } from "../../src/actions/index.ts";
import { type Change, instant, type Json, millis } from "../../src/model/index.ts";
import { contain, drive, plan, rollBack, wayBack } from "../conformance/driver.ts";
import { opened } from "../range/open.ts";
import { ACCOUNT, type IamBench, names, openBench, planFor } from "./iam.ts";

const action = await loadAction("aws.iam.revoke-role-sessions");
const [example] = action.examples;
const OURS = { RoleName: "app-data", PolicyName: "soc2-er-revoke-sessions" };
const role = (name: string) => ({ kind: "aws.role", account: ACCOUNT, name });
const moments = (state: Json): string[] => (state as { issuedBefore: string[] }).issuedBefore;

const text = async (bench: IamBench, asked: object = OURS): Promise<string> =>
  decodeURIComponent(String((await bench.iam("GetRolePolicy", asked))["PolicyDocument"]));
const put = (bench: IamBench, PolicyDocument: string, PolicyName = OURS.PolicyName) =>
  bench.iam("PutRolePolicy", { ...OURS, PolicyName, PolicyDocument });
const document = (dates: readonly string[]) =>
  `{"Version":"2012-10-17","Statement":[{"Sid":"DenyOlderSessions","Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:TokenIssueTime":${JSON.stringify(dates)}}}}]}`;

async function applied(bench: IamBench): Promise<Change> {
  const [driven] = await contain(bench, action, example);
  assert.ok(driven);
  return driven.change;
}

test("the stolen session is cut off once it is felt, fresh ones and other roles are not, and the rollback leaves nothing", async (t) => {
  const bench = await openBench(t);
  const driven = await contain(bench, action, example);
  assert.equal(driven[0]?.verification.level, "effect");
  const seen = await opened(bench.range);
  assert.deepEqual(
    [seen["app-session-reads-data"], seen["worker-session-reads-data"], seen["app-serves-globex"]],
    [false, true, true],
  );
  await rollBack(bench, action, driven);
  assert.deepEqual((await bench.iam("ListRolePolicies", { RoleName: "app-data" }))["PolicyNames"], ["tenant-data"]);
  bench.range.wall.advance(4_000);
  assert.equal((await opened(bench.range))["app-session-reads-data"], true);
});

test("the plan says when, and the moment of applying is written, ahead of the clock", async (t) => {
  const bench = await openBench(t);
  const [planned] = await plan(action, example, bench.scopes());
  assert.deepEqual(planned?.after, { issuedBefore: ["{at-apply}"] });
  assert.deepEqual(action.effects?.(planned as Change), []);
  bench.range.wall.advance(3_600_000);
  const at = bench.clock.now();
  assert.ok(planned);
  const { change } = await drive(bench, action, planned, "contain");
  const [moment = ""] = moments(change.after);
  assert.ok(millis(moment) > at && millis(moment) <= at + 5_000);
  assert.equal(await text(bench), document([moment]));
});

test("a later moment that stands in the policy keeps its effect", async (t) => {
  const bench = await openBench(t);
  const later = instant(bench.clock.now() + 86_400_000);
  await put(bench, document([later]));
  const change = await applied(bench);
  assert.deepEqual(moments(change.before), [later]);
  assert.equal(moments(change.after)[0], later);
  const ask = (issuedBefore: string) =>
    bench.range.transport.effects.ask({
      kind: "aws-call",
      account: ACCOUNT,
      as: { role: "app-data", issuedBefore },
      operation: "s3:GetObject",
      resource: "arn:aws:s3:::acme-data/tenants/globex/invoices.csv",
    });
  assert.equal(await ask(instant(millis(later) - 60_000)), "blocked");
  assert.equal(await ask(instant(millis(later) + 60_000)), "open");
  assert.deepEqual((await wayBack(bench, action, change)).after, { issuedBefore: [later] });
});

test("two incidents hold a moment each: each takes back its own", async (t) => {
  const bench = await openBench(t);
  const first = await applied(bench);
  bench.range.wall.advance(60_000);
  const second = await applied(bench);
  const [early, late] = moments(second.after);
  assert.deepEqual(moments(second.before), [early]);
  assert.ok(action.merge);
  assert.deepEqual(action.merge(null, first, second.after, [second]), { state: { issuedBefore: [late] } });
  assert.deepEqual(action.merge(null, second, second.after, [first]), { state: { issuedBefore: [early] } });
  assert.deepEqual(action.merge(null, second, { issuedBefore: [late ?? ""] }, []), { state: null });
  const look = await action.verify(bench.scopes().read(action.permissions.read), first, "contain");
  assert.equal(look.verdict, "confirmed");
});

test("another incident's later moment stands for an earlier one, an earlier one does not for a later", async (t) => {
  const bench = await openBench(t);
  const change = await applied(bench);
  const [moment = ""] = moments(change.after);
  const verdict = async () => (await action.verify(bench.scopes().read(action.permissions.read), change, "contain")).verdict;
  await put(bench, document([instant(millis(moment) + 1)]));
  assert.equal(await verdict(), "confirmed");
  await put(bench, document([instant(millis(moment) - 1)]));
  assert.equal(await verdict(), "contradicted");
});

test("AWS's own revocation and somebody's policy under our name stay as they are", async (t) => {
  const bench = await openBench(t);
  const theirs =
    '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["*"],"Resource":["*"],"Condition":{"DateLessThan":{"aws:TokenIssueTime":"2026-11-26T02:00:00.000Z"}}}]}';
  await put(bench, theirs, "AWSRevokeOlderSessions");
  await put(bench, theirs);
  const change = await applied(bench);
  assert.equal(change.resource.id, "app-data/soc2-er-revoke-sessions-2");
  assert.equal(await text(bench), theirs);
  assert.equal(await text(bench, { ...OURS, PolicyName: "AWSRevokeOlderSessions" }), theirs);
});

test("a rewritten policy is kept and reported", async (t) => {
  const bench = await openBench(t);
  const change = await applied(bench);
  const rewritten = document(moments(change.after)).replace('"Action":"*"', '"Action": "s3:*"');
  await put(bench, rewritten);
  const back = await wayBack(bench, action, change);
  assert.deepEqual([back.after, back.conflict], [{ policy: rewritten }, "somebody rewrote the policy since"]);
  assert.equal((await action.verify(bench.scopes().read(action.permissions.read), change, "contain")).verdict, "contradicted");
});

test("policies on later pages count; too long ones are refused when planned", async (t) => {
  const bench = await openBench(t);
  bench.range.setPageLimit(1);
  const long = (length: number) => {
    const frame = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::@"}]}';
    return frame.replace("@", "b".repeat(length - frame.length + 1));
  };
  const own = (await text(bench, { ...OURS, PolicyName: "tenant-data" })).replace(/\s/g, "").length;
  const room = 10_240 - own - document([instant(0)]).length;
  await put(bench, long(room), "a-long-one");
  const scopes = bench.scopes();
  assert.equal((await planFor(bench, action, role("app-data"), scopes)).length, 1);
  assert.equal(names(scopes).filter((name) => name === "ListRolePolicies").length, 2);
  await applied(bench);
  await assert.rejects(planFor(bench, action, role("app-data")), { code: "limit-exceeded" });
});

test("roles that belong to AWS are refused when planned, with the reason", async (t) => {
  const bench = await openBench(t);
  const scopeOf = (path: string) => ({
    aws: async () => ({ send: async () => ({ Role: { Path: path } }) }),
  });
  for (const [path, why] of [
    ["/aws-service-role/ecs.amazonaws.com/", /belongs to an AWS service/],
    ["/aws-reserved/sso.amazonaws.com/", /belongs to IAM Identity Center/],
  ] as const) {
    const planned = action.plan(scopeOf(path) as never, role("AWSReserved") as never, {});
    await assert.rejects(planned[Symbol.asyncIterator]().next(), { code: "limit-exceeded", message: why });
  }
  await assert.rejects(planFor(bench, action, role("nobody")), { kind: "missing" });
});
