import assert from "node:assert/strict";
import { test } from "node:test";
import { loadAction } from "../../src/actions/index.ts";
import { contain, drive, plan, rollBack, undoable, wayBack } from "../conformance/driver.ts";
import { names } from "./iam.ts";
import { openBench, PLACE, planFor, type S3Bench } from "./s3.ts";

const action = await loadAction("aws.s3.legal-hold");
const [example] = action.examples;
const counted = (scopes: Parameters<typeof names>[0], operation: string) =>
  names(scopes).filter((name) => name === operation).length;

async function held(bench: S3Bench, Key: string, VersionId: string): Promise<boolean> {
  const answer = await bench
    .s3<{ LegalHold: { Status: string } }>("GetObjectLegalHold", { Key, VersionId })
    .catch((error: Error) => {
      if (error.name === "NoSuchObjectLockConfiguration") return null;
      throw error;
    });
  return answer?.LegalHold.Status === "ON";
}

test("a bucket without Object Lock has nothing to hold, and its versions are not listed", async (t) => {
  const bench = await openBench(t);
  const scopes = bench.scopes();
  assert.deepEqual(await planFor(bench, action, { ...PLACE, bucket: "acme-audit" }, scopes), []);
  assert.deepEqual(names(scopes), ["GetObjectLockConfiguration"]);
});

test("later pages are read when they are needed, and not before", async (t) => {
  const bench = await openBench(t);
  bench.range.setPageLimit(1);
  const scopes = bench.scopes();
  const proposals = action.plan(scopes.read(action.permissions.read), example.selection, example.params)[Symbol.asyncIterator]();
  for (const [index, { key }] of example.changes.entries()) {
    const { value } = await proposals.next();
    assert.equal(value?.key, key);
    // The delete marker has a page of its own, on which there is nothing to hold.
    assert.equal(counted(scopes, "ListObjectVersions"), index + (key.includes("users") || key.includes("ledger") ? 2 : 1));
  }
  assert.ok((await proposals.next()).done);
  assert.equal(counted(scopes, "ListObjectVersions"), 5);
});

test("other tenants' objects are not held, nor those whose keys only begin like the prefix", async (t) => {
  const bench = await openBench(t);
  await bench.s3("PutObject", { Key: "tenants/acme-labs/x", Body: "x" });
  const planned = await plan(action, example, bench.scopes());
  assert.equal(planned.length, example.changes.length);
  assert.ok(planned.every(({ resource }) => resource.id.startsWith("acme-data/tenants/acme/")));
});

test("a key with every character, and a version older than versioning, are held and let go", async (t) => {
  const bench = await openBench(t);
  const Key = "tenants/acme/a b/ü+%2F?versionId=no/../&x";
  const { VersionId } = await bench.s3<{ VersionId: string }>("PutObject", { Key, Body: "x" });
  const driven = await contain(bench, action, example);
  assert.equal(driven.length, example.changes.length + 1);
  assert.ok(await held(bench, Key, VersionId));
  await rollBack(bench, action, driven);
  assert.ok(!(await held(bench, Key, VersionId)));

  const globex = { ...example, selection: { ...PLACE, tenant: "globex", prefix: "tenants/globex/" } };
  const theirs = await contain(bench, action, globex as never);
  assert.ok(await held(bench, "tenants/globex/users.json", "null"));
  await rollBack(bench, action, theirs);
  assert.ok(!(await held(bench, "tenants/globex/users.json", "null")));
});

test("what is written later is not held, and the version that it replaces still is", async (t) => {
  const bench = await openBench(t);
  const driven = await contain(bench, action, example);
  const Key = "tenants/acme/users.json";
  const { VersionId } = await bench.s3<{ VersionId: string }>("PutObject", { Key, Body: "[]" });
  assert.ok(!(await held(bench, Key, VersionId)));
  assert.ok(await held(bench, Key, "acmeUsersVersion00000000000000001"));
  const again = await plan(action, example, bench.scopes());
  assert.equal(again.filter(({ before }) => (before as { hold: string }).hold === "OFF").length, 1);
  await rollBack(bench, action, driven);
});

test("only holds of ours are lifted; one that somebody lifted before us is no conflict, one that was not ours is", async (t) => {
  const bench = await openBench(t);
  const driven = await contain(bench, action, example);
  const [before, ours] = driven.filter(undoable);
  assert.ok(before && ours);
  for (const { change } of [before, ours]) {
    const [, Key, VersionId] = /^[^/]+\/(.*)\?versionId=(.*)$/.exec(change.resource.id) ?? [];
    await bench.s3("PutObjectLegalHold", { Key, VersionId, LegalHold: { Status: "OFF" } });
  }
  assert.match((await wayBack(bench, action, before.change)).conflict ?? "", /somebody else changed it/);
  assert.equal((await wayBack(bench, action, ours.change)).conflict, undefined);
  const look = await action.verify(bench.scopes().read(action.permissions.read), ours.change, "contain");
  assert.deepEqual(look, { verdict: "contradicted", level: "configuration", detail: "the version is not held" });
});

test("a version that is gone by the time of the hold is refused, and nothing is claimed", async (t) => {
  const bench = await openBench(t);
  const [, , , users] = await plan(action, example, bench.scopes());
  assert.ok(users);
  const gone = { ...users, resource: { ...users.resource, id: `${users.resource.id}-gone` } };
  const { outcome, verification } = await drive(bench, action, gone, "contain", { patienceMs: 0 });
  assert.equal(outcome.status, "refused");
  assert.match(outcome.why ?? "", /^missing: NoSuchVersion$/);
  assert.equal(verification.verdict, "contradicted");
});
