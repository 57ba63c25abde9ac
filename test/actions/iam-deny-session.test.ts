import assert from "node:assert/strict";
import { test } from "node:test";
import { loadAction } from "../../src/actions/index.ts";
import { contain, rollBack } from "../conformance/driver.ts";
import { ACCOUNT, type IamBench, openBench, planFor } from "./iam.ts";

const action = await loadAction("aws.iam.deny-session");
const [byName, byIdentity = assert.fail()] = action.examples;
const OBJECT = "arn:aws:s3:::acme-data/tenants/globex/invoices.csv";
const session = (name: string, by = "name", role = "app-data") => ({
  kind: "aws.session",
  account: ACCOUNT,
  role,
  by,
  session: name,
});
const ask = (bench: IamBench, as: { role: string; session: string; sourceIdentity?: string }) =>
  bench.range.transport.effects.ask({ kind: "aws-call", account: ACCOUNT, as, operation: "s3:GetObject", resource: OBJECT });
const policies = async (bench: IamBench): Promise<string[]> =>
  (await bench.iam<{ PolicyNames: string[] }>("ListRolePolicies", { RoleName: "app-data" })).PolicyNames;

test("the session is cut off, a later one of its name too; others of the role work, and afterwards it does again", async (t) => {
  const bench = await openBench(t);
  const stolen = { role: "app-data", session: "i-0acme01" };
  assert.equal(await ask(bench, stolen), "open");
  const driven = await contain(bench, action, byName);
  assert.equal(driven[0]?.verification.level, "effect");
  assert.equal(await ask(bench, stolen), "blocked");
  bench.range.wall.advance(86_400_000);
  assert.equal(await ask(bench, stolen), "blocked", "whenever it is issued");
  for (const other of ["i-0acme012", "i-0acme0", "I-0ACME01", "fresh"])
    assert.equal(await ask(bench, { role: "app-data", session: other }), "open", other);
  await rollBack(bench, action, driven);
  assert.deepEqual(await policies(bench), ["tenant-data"]);
  bench.range.wall.advance(4_000);
  assert.equal(await ask(bench, stolen), "open");
});

test("by source identity, whatever the session's name; who carries another or none works", async (t) => {
  const bench = await openBench(t);
  await contain(bench, action, byIdentity);
  for (const name of ["one", "two"])
    assert.equal(await ask(bench, { role: "app-data", session: name, sourceIdentity: "ada" }), "blocked");
  assert.equal(await ask(bench, { role: "app-data", session: "one", sourceIdentity: "bo" }), "open");
  assert.equal(await ask(bench, { role: "app-data", session: "ada" }), "open", "a name is no source identity");
});

test("two sessions of a role are denied, and let in again, each by itself", async (t) => {
  const bench = await openBench(t);
  const first = await contain(bench, action, byName);
  const second = await contain(bench, action, byIdentity);
  assert.equal((await policies(bench)).length, 3);
  await rollBack(bench, action, first);
  bench.range.wall.advance(4_000);
  assert.equal(await ask(bench, { role: "app-data", session: "i-0acme01" }), "open");
  assert.equal(await ask(bench, { role: "app-data", session: "x", sourceIdentity: "ada" }), "blocked");
  await rollBack(bench, action, second);
  assert.deepEqual(await policies(bench), ["tenant-data"]);
});

test("somebody's policy under our name is not written over", async (t) => {
  const bench = await openBench(t);
  const [planned = assert.fail()] = await planFor(bench, action, session("i-0acme01"));
  const [RoleName, PolicyName] = planned.resource.id.split("/");
  const PolicyDocument = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}';
  await bench.iam("PutRolePolicy", { RoleName, PolicyName, PolicyDocument });
  const [beside] = await planFor(bench, action, session("i-0acme01"));
  assert.equal(beside?.resource.id, `${planned.resource.id}-2`);
});

test("roles that belong to AWS, policies without room and roles that are not there are refused when planned", async (t) => {
  const bench = await openBench(t);
  const scope = { aws: async () => ({ send: async () => ({ Role: { Path: "/aws-reserved/sso.amazonaws.com/" } }) }) };
  const planned = action.plan(scope as never, session("ada") as never, {});
  await assert.rejects(planned[Symbol.asyncIterator]().next(), { code: "limit-exceeded", message: /Identity Center/ });
  await assert.rejects(planFor(bench, action, session("x", "name", "nobody")), { kind: "missing" });
  const frame = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::@"}]}';
  const PolicyDocument = frame.replace("@", "b".repeat(9_700));
  await bench.iam("PutRolePolicy", { RoleName: "app-data", PolicyName: "long", PolicyDocument });
  await assert.rejects(planFor(bench, action, session("i-0acme01")), { code: "limit-exceeded", message: /IAM takes 10240/ });
});
