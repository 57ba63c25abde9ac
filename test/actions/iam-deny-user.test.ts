import assert from "node:assert/strict";
import { test } from "node:test";
import { loadAction } from "../../src/actions/index.ts";
import { contain, drive, rollBack, wayBack } from "../conformance/driver.ts";
import { INTRUDER } from "../range/names.ts";
import { opened } from "../range/open.ts";
import { ACCOUNT, names, openBench, planFor } from "./iam.ts";

const action = await loadAction("aws.iam.deny-user");
const user = (name: string) => ({ kind: "aws.user", account: ACCOUNT, name });
const DENY_ALL = '{"Version":"2012-10-17","Statement":[{"Sid":"DenyAll","Effect":"Deny","Action":"*","Resource":"*"}]}';
const allow = (length: number) => {
  const text = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::@"}]}';
  return text.replace("@", "b".repeat(length - text.length + 1));
};

test("the denial is felt by the stolen key and by nobody else, and its rollback gives everything back", async (t) => {
  const bench = await openBench(t);
  const [example] = action.examples;
  const driven = await contain(bench, action, example);
  assert.equal(driven[0]?.verification.level, "effect");
  const shut = await opened(bench.range);
  assert.deepEqual([shut["key-reads-data"], shut["key-calls-iam"], shut["globex-portal-works"]], [false, false, true]);
  const [back] = await rollBack(bench, action, driven);
  assert.equal(back?.outcome.status, "applied");
  bench.range.wall.advance(4_000);
  assert.equal((await opened(bench.range))["key-reads-data"], true);
  assert.deepEqual(await bench.iam("ListUserPolicies", { UserName: INTRUDER }).then(({ PolicyNames }) => PolicyNames), [
    "data-export",
  ]);
});

test("confirmed waits for what the attacker feels, not for what reads back", async (t) => {
  const bench = await openBench(t);
  bench.range.setDelays({ iam: 9_000 });
  const before = bench.clock.now();
  const [driven] = await contain(bench, action, action.examples[0]);
  assert.equal(driven?.verification.level, "effect");
  assert.ok(bench.clock.now() - before >= 9_000, "it was confirmed before it was in effect");
});

test("a denial that stands is held, not written again", async (t) => {
  const bench = await openBench(t);
  await contain(bench, action, action.examples[0]);
  const [second] = await planFor(bench, action, user(INTRUDER));
  assert.ok(second);
  assert.deepEqual(second.before, second.after);
  const scopes = bench.scopes();
  const { outcome, verification } = await drive(bench, action, second, "contain", { scopes });
  assert.deepEqual([outcome.status, verification.verdict], ["unchanged", "confirmed"]);
  assert.ok(!names(scopes).includes("PutUserPolicy"));
});

test("somebody's policy under our name is not overwritten", async (t) => {
  const bench = await openBench(t);
  const theirs = { UserName: INTRUDER, PolicyName: "soc2-er-deny-user", PolicyDocument: allow(200) };
  await bench.iam("PutUserPolicy", theirs);
  const [change] = await planFor(bench, action, user(INTRUDER));
  assert.equal(change?.resource.id, "intruder/soc2-er-deny-user-2");
  assert.ok(change);
  assert.equal((await drive(bench, action, change, "contain")).verification.verdict, "confirmed");
  const kept = await bench.iam("GetUserPolicy", { UserName: INTRUDER, PolicyName: "soc2-er-deny-user" });
  assert.equal(decodeURIComponent(String(kept["PolicyDocument"])), theirs.PolicyDocument);
});

test("an edit of our policy is kept and reported", async (t) => {
  const bench = await openBench(t);
  const [driven] = await contain(bench, action, action.examples[0]);
  assert.ok(driven);
  const PolicyDocument =
    ' { "Version": "2012-10-17", "Statement": [ { "Effect": "Deny", "NotAction": "s3:*", "Resource": "*" } ] }\n';
  await bench.iam("PutUserPolicy", { UserName: INTRUDER, PolicyName: "soc2-er-deny-user", PolicyDocument });
  const back = await wayBack(bench, action, driven.change);
  assert.match(back.conflict ?? "", /somebody else/);
  assert.deepEqual(back.after, { policy: PolicyDocument });
  const seen = await action.verify(bench.scopes().read(action.permissions.read), driven.change, "contain");
  assert.equal(seen.verdict, "contradicted");
});

test("what IAM would refuse for its length is refused when it is planned, to the character", async (t) => {
  const bench = await openBench(t);
  await bench.iam("PutUserPolicy", {
    UserName: "deploy-bot",
    PolicyName: "deploy",
    PolicyDocument: allow(2_048 - DENY_ALL.length),
  });
  const [fits] = await planFor(bench, action, user("deploy-bot"));
  assert.ok(fits);
  assert.equal((await drive(bench, action, fits, "contain")).outcome.status, "applied");
  await bench.iam("PutUserPolicy", {
    UserName: "acme-portal",
    PolicyName: "tenant-data",
    PolicyDocument: allow(2_049 - DENY_ALL.length),
  });
  await assert.rejects(
    planFor(bench, action, user("acme-portal")),
    (error: { code?: string; message?: string; hints?: string[] }) => {
      assert.equal(error.code, "limit-exceeded");
      assert.match(error.message ?? "", /"acme-portal" would have 2049 characters; IAM takes 2048/);
      assert.match(error.hints?.join() ?? "", /attach-user-policy --user-name acme-portal/);
      return true;
    },
  );
});

test("policies on later pages are seen, and nobody is asked about a call that is not allowed", async (t) => {
  const bench = await openBench(t);
  for (let number = 0; number < 5; number++)
    await bench.iam("PutUserPolicy", { UserName: "deploy-bot", PolicyName: `extra-${number}`, PolicyDocument: allow(150) });
  await bench.iam("PutUserPolicy", { UserName: "deploy-bot", PolicyName: "soc2-er-deny-user", PolicyDocument: DENY_ALL });
  bench.range.setPageLimit(1);
  const scopes = bench.scopes();
  const [change] = await planFor(bench, action, user("deploy-bot"), scopes);
  assert.deepEqual(change?.before, { policy: DENY_ALL });
  assert.equal(names(scopes).filter((name) => name === "ListUserPolicies").length, 7);
  assert.deepEqual(change?.asks, { stops: [{ operation: "ec2:Describe*", resource: "*" }] });
});

test("the user who disappears is not said to be denied", async (t) => {
  const bench = await openBench(t);
  const [change] = await planFor(bench, action, user(INTRUDER));
  assert.ok(change);
  const gone = { ...change, resource: { ...change.resource, id: "nobody/soc2-er-deny-user" } };
  const { outcome, verification } = await drive(bench, action, gone, "contain", { patienceMs: 1_000 });
  assert.deepEqual([outcome.status, verification.verdict], ["refused", "contradicted"]);
});
