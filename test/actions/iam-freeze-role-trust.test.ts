import assert from "node:assert/strict";
import { test } from "node:test";
import { loadAction } from "../../src/actions/index.ts";
import type { Change, Json } from "../../src/model/index.ts";
import { contain, plan, rollBack, wayBack } from "../conformance/driver.ts";
import { ACCOUNT, type IamBench, names, openBench, planFor } from "./iam.ts";

const action = await loadAction("aws.iam.freeze-role-trust");
const [example] = action.examples;
const ROLE = "export-jobs";
const role = (name: string) => ({ kind: "aws.role", account: ACCOUNT, name });
const ALLOW = { Effect: "Allow", Principal: { AWS: `arn:aws:iam::${ACCOUNT}:user/intruder` }, Action: "sts:AssumeRole" };
const trusting = (...statements: object[]): string => JSON.stringify({ Version: "2012-10-17", Statement: statements });
const OURS = {
  Sid: "Soc2ErTrust3ced6497f7d3",
  Effect: "Deny",
  Principal: "*",
  Action: ["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"],
};

const trust = async (bench: IamBench, RoleName = ROLE): Promise<string> => {
  const { Role } = await bench.iam<{ Role: { AssumeRolePolicyDocument: string } }>("GetRole", { RoleName });
  return decodeURIComponent(Role.AssumeRolePolicyDocument);
};
const put = (bench: IamBench, PolicyDocument: string) => bench.iam("UpdateAssumeRolePolicy", { RoleName: ROLE, PolicyDocument });
const merge = (base: string, now: string | null, held: Change[] = []) =>
  action.merge?.({ policy: base }, changeOf(base), now === null ? null : { policy: now }, held);

function changeOf(base: string): Change {
  const resource = { provider: "aws", type: "iam-role-trust", account: ACCOUNT, region: "global", id: ROLE } as const;
  const rest = { summary: "", needs: [], reversal: { kind: "restore" }, bound: action.bound } as const;
  const after = { policy: trusting(...JSON.parse(base).Statement, OURS) };
  return { id: "c1", step: "a", action: action.id, resource, before: { policy: base }, after, asks: [OURS], ...rest };
}

/** IAM, as a plan reads it, with a role of our own making. */
function planOf(policy: string, path = "/", name = ROLE): Promise<Change[]> {
  const Role = { Path: path, AssumeRolePolicyDocument: encodeURIComponent(policy) };
  const scope = { aws: async () => ({ send: async () => ({ Role }) }) };
  const scopes = { read: () => scope } as never;
  return plan(action, { ...example, selection: role(name) } as never, scopes);
}

test("who could assume the role cannot once it is felt, other roles stay, and afterwards the text is the administrator's again", async (t) => {
  const bench = await openBench(t);
  const ask = (as: object, name = ROLE, operation = "sts:AssumeRole") =>
    bench.range.transport.effects.ask({
      kind: "aws-call",
      account: ACCOUNT,
      as: as as { user: string },
      operation,
      resource: `arn:aws:iam::${ACCOUNT}:role/${name}`,
    });
  const before = await trust(bench);
  assert.equal(await ask({ user: "intruder" }), "open");
  assert.equal(await ask({ user: "acme-portal" }), "blocked", "who is not trusted never could");
  const driven = await contain(bench, action, example);
  assert.equal(driven[0]?.verification.level, "effect");
  assert.equal(await ask({ user: "intruder" }), "blocked");
  // Whatever its own policies allow, and however it comes.
  for (const operation of ["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"])
    assert.equal(await ask({ anyoneBut: [] }, ROLE, operation), "blocked");
  await rollBack(bench, action, driven);
  assert.equal(await trust(bench), before, "byte for byte");
  bench.range.wall.advance(4_000);
  assert.equal(await ask({ user: "intruder" }), "open");
});

test("one call reads and one call writes, whatever the role", async (t) => {
  const bench = await openBench(t);
  const scopes = bench.scopes();
  const [change] = await planFor(bench, action, role("app-data"), scopes);
  assert.deepEqual(names(scopes), ["GetRole"]);
  assert.equal(change?.summary, 'let nobody assume role "app-data"');
});

test("a role under a path is known by its ARN", async () => {
  const [change] = await planOf(trusting(ALLOW), "/teams/data/");
  assert.equal(change?.resource.id, "teams/data/export-jobs");
  assert.ok(change);
  const [question] = action.effects?.(change) ?? [];
  assert.equal(question?.kind === "aws-call" && question.resource, `arn:aws:iam::${ACCOUNT}:role/teams/data/export-jobs`);
});

test("limits: the text's length, raised where the account's quota is, and roles that are AWS's", async () => {
  const long = (characters: number) =>
    trusting({ ...ALLOW, Sid: "x".repeat(characters - trusting({ ...ALLOW, Sid: "" }).length) });
  assert.equal(long(1_000).length, 1_000);
  const ours = JSON.stringify(OURS).length + 1;
  assert.equal((await planOf(long(2_048 - ours))).length, 1);
  await assert.rejects(planOf(long(2_049 - ours)), { code: "limit-exceeded", message: /2049 characters; IAM takes 2048/ });
  assert.equal((await planOf(long(3_000))).length, 1);
  await assert.rejects(planOf(long(4_097 - ours)), { code: "limit-exceeded", message: /IAM takes 4096/ });
  for (const path of ["/aws-service-role/ecs.amazonaws.com/", "/aws-reserved/sso.amazonaws.com/"])
    await assert.rejects(planOf(trusting(ALLOW), path), { code: "limit-exceeded", message: /cannot be changed/ });
});

test("what stands already is held, however IAM writes everybody; a name that is taken is not used", async () => {
  const turned = trusting(ALLOW, { ...OURS, Principal: { AWS: "*" } });
  for (const policy of [trusting(ALLOW, OURS), turned]) {
    const [change] = await planOf(policy);
    assert.deepEqual([change?.before, change?.after], [{ policy }, { policy }]);
    assert.deepEqual(change?.asks, [OURS]);
  }
  assert.deepEqual(merge(trusting(ALLOW), turned)?.state, { policy: trusting(ALLOW) });
  const [beside] = await planOf(trusting(ALLOW, { ...OURS, Effect: "Allow" }));
  assert.match(JSON.stringify(beside?.asks), new RegExp(`"Sid":"${OURS.Sid}x2"`));
});

test("foreign edits stay, ours goes, and what another incident holds stays", () => {
  const base = trusting(ALLOW);
  const theirs = { Sid: "AdminEdit", Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" };
  assert.deepEqual(merge(base, trusting(theirs, ALLOW, OURS)), { state: { policy: trusting(theirs, ALLOW) } });
  assert.deepEqual(merge(base, trusting(ALLOW, OURS), [changeOf(base)])?.state, { policy: trusting(ALLOW, OURS) });
  assert.deepEqual(merge(base, null), { state: null }, "a role that is gone is left alone");
  const changed = { ...OURS, Action: "sts:AssumeRole" };
  assert.match(merge(base, trusting(ALLOW, changed))?.conflict ?? "", /changed our statement "Soc2ErTrust3ced6497f7d3"/);
  const only = trusting(OURS);
  assert.deepEqual(merge(base, only)?.state, { policy: only }, "a role is never left without a trust policy");
  assert.match(merge(base, only)?.conflict ?? "", /only one left/);
});

test("a principal that was deleted shows by its id: nothing is written with it, before or after", async () => {
  const base = trusting(ALLOW);
  const gone = { ...ALLOW, Principal: { AWS: "AIDAINTRUDER000000001" } };
  await assert.rejects(planOf(trusting(gone)), {
    code: "limit-exceeded",
    message: /"AIDAINTRUDER000000001", a principal that was deleted/,
  });
  const now = trusting(gone, OURS);
  const back = merge(base, now);
  assert.deepEqual(back?.state, { policy: now }, "it stays frozen");
  assert.match(back?.conflict ?? "", /"AIDAINTRUDER000000001".*our statement "Soc2ErTrust3ced6497f7d3" out/);
  // Held as it is, nothing has to be written.
  const [held] = await planOf(now);
  assert.deepEqual(held?.after, { policy: now });
});

test("the range refuses what IAM refuses", async (t) => {
  const bench = await openBench(t);
  const refused = (PolicyDocument: string, name: string) => assert.rejects(put(bench, PolicyDocument), { name });
  await refused("{", "MalformedPolicyDocumentException");
  await refused(trusting({ ...ALLOW, Resource: "*" }), "MalformedPolicyDocumentException");
  await refused(trusting({ ...ALLOW, Action: "s3:GetObject" }), "MalformedPolicyDocumentException");
  await refused(trusting({ ...ALLOW, Principal: { AWS: "AROAGONE00000000000001" } }), "MalformedPolicyDocumentException");
  await refused(trusting({ ...ALLOW, Sid: "x".repeat(2_048) }), "LimitExceededException");
  await assert.rejects(bench.iam("UpdateAssumeRolePolicy", { RoleName: "nobody", PolicyDocument: trusting(ALLOW) }), {
    name: "NoSuchEntityException",
  });
});

test("a rollback while a foreign edit stands gives back what is theirs", async (t) => {
  const bench = await openBench(t);
  const driven = await contain(bench, action, example);
  const frozen = JSON.parse(await trust(bench)) as { Statement: Json[] };
  const theirs = {
    Sid: "AdminEdit",
    Effect: "Allow",
    Principal: { AWS: `arn:aws:iam::${ACCOUNT}:role/app-data` },
    Action: "sts:AssumeRole",
  };
  await put(bench, JSON.stringify({ ...frozen, Statement: [...frozen.Statement, theirs] }));
  const [{ change } = assert.fail()] = driven;
  assert.equal((await wayBack(bench, action, change)).conflict, undefined);
  await rollBack(bench, action, driven);
  const left = JSON.parse(await trust(bench)) as { Statement: { Sid: string }[] };
  assert.deepEqual(
    left.Statement.map(({ Sid }) => Sid),
    ["Tasks", "Exports", "AdminEdit"],
  );
});
