import assert from "node:assert/strict";
import { test } from "node:test";
import { textOf, timed } from "../../src/actions/aws/organizations/timed-policy.ts";
import { type Change, millis } from "../../src/model/index.ts";
import { simulatedProviders } from "../../src/providers/index.ts";
import { contain, drive, plan, rollBack, wayBack } from "../conformance/driver.ts";
import { opened } from "../range/open.ts";
import { ACCOUNT, type IamBench, openBench } from "./iam.ts";
import { action, content, example, MANAGEMENT, ofSessions, planFor, put, selection } from "./organizations.ts";

const leave = { params: ofSessions.params };
/** Whom `revoke` leaves, and why. */
const leftBy = async (bench: Pick<IamBench, "scopes">, where: object): Promise<readonly string[]> => {
  const scope = bench.scopes().read(action.permissions.read);
  return ((await action.leaves?.(scope, where as never, ofSessions.params)) ?? []).map(({ reason }) => reason);
};
const sidsIn = (text: string): string[] => JSON.parse(text).Statement.map(({ Sid }: { Sid: string }) => Sid);

test("a role whose issued sessions are denied works in new ones; a user is denied everything", async (t) => {
  const bench = await openBench(t);
  const [planned = assert.fail()] = await plan(action, ofSessions, bench.scopes());
  assert.deepEqual((planned.after as { issuedBefore: string[] }).issuedBefore, ["{at-apply}"]);
  assert.deepEqual(
    action.effects?.(planned).map((question) => "as" in question && question.as),
    [{ user: "intruder" }],
    "nobody can be asked about a moment that is not known",
  );
  bench.range.wall.advance(3_600_000);
  const driven = await drive(bench, action, planned, "contain");
  assert.equal(driven.verification.level, "effect");
  const [moment = ""] = (driven.change.after as { issuedBefore: string[] }).issuedBefore;
  assert.ok(millis(moment) > bench.clock.now() - 60_000, "it is that of the application");
  assert.match(await content(bench), new RegExp(`"aws:TokenIssueTime":"${moment}"`));
  const seen = await opened(bench.range);
  assert.deepEqual([seen["app-session-reads-data"], seen["key-calls-iam"]], [false, false]);
  const call = { service: "s3", operation: "ListObjectsV2", account: ACCOUNT, region: "us-east-1" } as const;
  const session = (issued: number) =>
    bench.range
      .as({ kind: "role-session", account: ACCOUNT, role: "app-data", session: "app", issued })
      .aws({ ...call, input: { Bucket: "acme-data" } });
  await assert.rejects(session(millis(moment) - 1_000), { name: "AccessDenied" });
  await session(millis(moment) + 1_000);
  await rollBack(bench, action, [driven]);
  bench.range.wall.advance(10_000);
  assert.deepEqual([...new Set(Object.values(await opened(bench.range)))], [true]);
});

test("two incidents deny a role's sessions by a moment each, and each takes back its own", async (t) => {
  const bench = await openBench(t);
  const before = await content(bench);
  const [first = assert.fail()] = await contain(bench, action, ofSessions);
  bench.range.wall.advance(60_000);
  const [second = assert.fail()] = await contain(bench, action, ofSessions);
  const [user, early, late] = sidsIn(await content(bench)).slice(1);
  assert.equal(late, `${early}x2`);
  const back = async (one: typeof first, held: Change[]) => {
    await drive(bench, action, await wayBack(bench, action, one.change, held, first.change.before), "restore");
    return sidsIn(await content(bench)).slice(1);
  };
  assert.deepEqual(await back(first, [second.change]), [user, late]);
  const scope = bench.scopes().read(action.permissions.read);
  assert.equal((await action.verify(scope, second.change, "contain")).verdict, "confirmed");
  assert.match((await action.verify(scope, first.change, "contain")).detail ?? "", new RegExp(`lacks ${early}$`));
  assert.deepEqual(await back(second, []), []);
  assert.equal(await content(bench), before);
});

test("no byte of a policy is lost that compares times of issue itself, and another author's moment is not ours", async (t) => {
  const bench = await openBench(t);
  const theirs = (moment: string) => `{ "Version": "2012-10-17", "Statement": [
    {"Sid":"Old", "Effect": "Deny","Action":"*","Resource":"*","Condition":
      {"DateLessThan" : {"aws:TokenIssueTime" : "${moment}"}, "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/old"}}} ] }`;
  for (const moment of ["2026-01-01T00:00:00Z", "", "{at-apply}"]) {
    assert.equal(textOf(timed(theirs(moment))), theirs(moment));
    assert.deepEqual(timed(theirs(moment)).issuedBefore, [moment]);
  }
  const text = theirs("2026-01-01T00:00:00Z");
  await put(bench, text);
  const driven = await contain(bench, action, ofSessions);
  assert.match(await content(bench), /"aws:TokenIssueTime":"2026-01-01T00:00:00Z"/);
  await rollBack(bench, action, driven);
  assert.equal(await content(bench), text);
});

test("with otherwise: leave, whom no such policy binds or reaches is left and said, and the rest is denied", async (t) => {
  const bench = await openBench(t);
  const place = selection([
    { name: "intruder" },
    { account: MANAGEMENT, name: "boss" },
    { kind: "role", name: "AWSServiceRoleForSupport" },
    { account: "444455556666", name: "somebody" },
  ]);
  const [change] = await planFor(bench, place, leave);
  assert.match(change?.summary ?? "", /^deny user "intruder" of 123456789012 everything in/);
  const [linked = "", unbound = "", unreached = "", ...others] = await leftBy(bench, place);
  assert.deepEqual(others, []);
  assert.match(linked, /^not denied from above: role "AWSServiceRoleForSupport" of 123456789012: .* belongs to an AWS service$/);
  assert.match(unbound, /: user "boss" of 111122223333: .*do not bind the organization's management account; leave them out/);
  assert.match(unreached, /: user "somebody" of 444455556666: .* is not attached above account 444455556666/);
  assert.match(unreached, /; aws organizations attach-policy --policy-id p-soc2deny --target-id 444455556666$/);
  const scope = bench.scopes().read(action.permissions.read);
  assert.deepEqual(await action.leaves?.(scope, place as never, example.params), [], "what is refused is not left");
});

test("with otherwise: leave, a policy that does not exist, and an account that is in no organization, refuse nothing", async (t) => {
  const bench = await openBench(t);
  const outside = async () => {
    const $metadata = { httpStatusCode: 400 };
    throw Object.assign(new Error("not a member"), { name: "AWSOrganizationsNotInUseException", $metadata });
  };
  const providers = simulatedProviders({ ...bench.range.transport, aws: outside }, { userAgent: { version: "0.0.0" } });
  t.after(() => providers.close());
  const nowhere = { scopes: () => providers.scopes({ signal: new AbortController().signal }) };
  const intruder = [{ name: "intruder" }];
  for (const [from, where, why] of [
    [bench, selection(intruder, "nobody"), /no service control policy "nobody" of its own; aws organizations list-policies/],
    [nowhere, selection(intruder), /account 111122223333 is in no organization; correct providers.aws.organization/],
  ] as const) {
    assert.deepEqual(await planFor(from, where, leave), []);
    assert.match((await leftBy(from, where)).join(), why);
    await assert.rejects(planFor(from, where), { code: "config-invalid" });
  }
});

test("a policy that has not room for all takes as many as it can, users before roles", async (t) => {
  const bench = await openBench(t);
  const many = Array.from({ length: 80 }, (_, index) => ({ name: `stolen-${String(index).padStart(2, "0")}` }));
  const place = selection([{ kind: "role", name: "app-data" }, ...many]);
  const [change = assert.fail()] = await planFor(bench, place, leave);
  const denied = /^deny (.*) everything/.exec(change.summary)?.[1]?.split(", ") ?? [];
  assert.ok(denied.length > 30 && denied.length < 80, change.summary);
  assert.deepEqual(
    denied,
    many.slice(0, denied.length).map(({ name }) => `user "${name}" of ${ACCOUNT}`),
  );
  const [left = "", ...others] = await leftBy(bench, place);
  assert.deepEqual(others, []);
  assert.match(left, new RegExp(`user "stolen-${denied.length}".* and ${71 - denied.length} more: .*Organizations takes 5120`));
  await contain(bench, action, { ...ofSessions, selection: place } as never);
  assert.ok((await content(bench)).length <= 5_120);
  assert.deepEqual(await planFor(bench, selection([{ name: "one-more" }]), leave), [], "it is full");
});
