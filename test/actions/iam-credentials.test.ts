import assert from "node:assert/strict";
import { test } from "node:test";
import { loadAction } from "../../src/actions/index.ts";
import { AT_APPLY, sameJson } from "../../src/model/index.ts";
import { contain, drive, plan, rollBack, wayBack } from "../conformance/driver.ts";
import { INTRUDER, INTRUDER_KEY, INTRUDER_SECOND_KEY } from "../range/names.ts";
import { opened } from "../range/open.ts";
import { ACCOUNT, asExampleSays, type IamBench, names, openBench, planFor } from "./iam.ts";

const keys = await loadAction("aws.iam.deactivate-access-keys");
const others = await loadAction("aws.iam.deactivate-other-credentials");
const user = (name: string) => ({ kind: "aws.user", account: ACCOUNT, name });

const statuses = async (bench: IamBench): Promise<Record<string, string>> => {
  const { AccessKeyMetadata } = await bench.iam<{ AccessKeyMetadata: { AccessKeyId: string; Status: string }[] }>(
    "ListAccessKeys",
    {
      UserName: INTRUDER,
    },
  );
  return Object.fromEntries(AccessKeyMetadata.map(({ AccessKeyId, Status }) => [AccessKeyId, Status]));
};

for (const action of [keys, others, await loadAction("aws.iam.deny-user"), await loadAction("aws.iam.revoke-role-sessions")])
  for (const example of action.examples)
    test(`${action.id} plans what its example says: ${example.title}`, async (t) => {
      const bench = await openBench(t);
      const scopes = bench.scopes();
      const planned = await plan(action, example, scopes);
      const expected = example.changes.map(({ key: _, ...change }) => ({ ...change, needs: [] }));
      assert.deepEqual(planned.map(asExampleSays), JSON.parse(JSON.stringify(expected)));
      assert.ok(scopes.requests.every(({ write }) => !write));
    });

test("both keys go and come back, each by itself", async (t) => {
  const bench = await openBench(t);
  const driven = await contain(bench, keys, keys.examples[0]);
  assert.deepEqual(await statuses(bench), { [INTRUDER_KEY]: "Inactive", [INTRUDER_SECOND_KEY]: "Inactive" });
  bench.range.wall.advance(4_000);
  assert.equal((await opened(bench.range))["key-reads-data"], false);
  await rollBack(bench, keys, driven.slice(0, 1));
  assert.deepEqual(await statuses(bench), { [INTRUDER_KEY]: "Active", [INTRUDER_SECOND_KEY]: "Inactive" });
});

test("a key that is inactive already is held, and its rollback leaves it inactive", async (t) => {
  const bench = await openBench(t);
  await bench.iam("UpdateAccessKey", { UserName: INTRUDER, AccessKeyId: INTRUDER_SECOND_KEY, Status: "Inactive" });
  const planned = await plan(keys, keys.examples[0], bench.scopes());
  const held = planned.find(({ resource }) => resource.id.endsWith(INTRUDER_SECOND_KEY));
  assert.ok(held);
  assert.ok(sameJson(held.before, held.after));
  assert.equal(held.summary, `hold inactive access key "${INTRUDER_SECOND_KEY}" of user "intruder"`);
  const driven = await drive(bench, keys, held, "contain");
  assert.deepEqual([driven.outcome.status, driven.verification.verdict], ["unchanged", "confirmed"]);
  await rollBack(bench, keys, [driven]);
  assert.equal((await statuses(bench))[INTRUDER_SECOND_KEY], "Inactive");
});

test("a user's key and the key itself are one change", async (t) => {
  const bench = await openBench(t);
  const [, ofUser] = await plan(keys, keys.examples[0], bench.scopes());
  const [ofKey] = await planFor(bench, keys, { kind: "aws.access-key", account: ACCOUNT, accessKeyId: INTRUDER_SECOND_KEY });
  assert.deepEqual({ ...ofKey, id: "" }, { ...ofUser, id: "" });
});

test("keys on later pages are found, when planning and when looking", async (t) => {
  const bench = await openBench(t);
  bench.range.setPageLimit(1);
  const driven = await contain(bench, keys, keys.examples[0]);
  assert.equal(driven.length, 2);
  assert.deepEqual(new Set(Object.values(await statuses(bench))), new Set(["Inactive"]));
});

test("a user without keys has nothing to deactivate, nor has one that is gone; an unknown key is refused by IAM", async (t) => {
  const bench = await openBench(t);
  assert.deepEqual(await planFor(bench, keys, user("nobody")), []);
  const none = { aws: async () => ({ send: async () => ({ AccessKeyMetadata: [], IsTruncated: false }) }) };
  assert.ok(
    (
      await keys
        .plan(none as never, user(INTRUDER) as never, {})
        [Symbol.asyncIterator]()
        .next()
    ).done,
  );
  const unknown = { kind: "aws.access-key", account: ACCOUNT, accessKeyId: "AKIANOBODY0000000001" };
  await assert.rejects(planFor(bench, keys, unknown), { kind: "denied" });
});

test("a key that was activated again contradicts the containment", async (t) => {
  const bench = await openBench(t);
  const [driven] = await contain(bench, keys, keys.examples[0]);
  assert.ok(driven);
  await bench.iam("UpdateAccessKey", { UserName: INTRUDER, AccessKeyId: INTRUDER_KEY, Status: "Active" });
  const look = await keys.verify(bench.scopes().read(keys.permissions.read), driven.change, "contain");
  assert.deepEqual(look, { verdict: "contradicted", level: "configuration", detail: "it is active" });
  assert.equal((await wayBack(bench, keys, driven.change)).conflict, undefined);
});

test("one credential of each sort goes inactive and comes back, with exactly the calls that are declared", async (t) => {
  const bench = await openBench(t);
  const scopes = bench.scopes();
  const driven = await contain(bench, others, others.examples[0], scopes);
  assert.equal(driven.length, 3);
  await rollBack(bench, others, driven, scopes);
  const declared = [...others.permissions.read, ...others.permissions.write].map((one) =>
    "operation" in one ? one.operation : "",
  );
  assert.deepEqual([...new Set(names(scopes))].toSorted(), declared.toSorted());
  for (const { change } of driven)
    assert.deepEqual(await others.read(bench.scopes().read(others.permissions.read), change.resource), { status: "Active" });
});

test("credentials on later pages are found; those that are inactive are held", async (t) => {
  const bench = await openBench(t);
  bench.range.setPageLimit(1);
  await bench.iam("UpdateSSHPublicKey", { UserName: INTRUDER, SSHPublicKeyId: "APKAINTRUDER00000001", Status: "Inactive" });
  const planned = await planFor(bench, others, user(INTRUDER));
  assert.deepEqual(
    planned.map(({ before, after }) => [before, after].map((state) => (state as { status: string }).status).join(" → ")),
    ["Active → Inactive", "Active → Inactive", "Inactive → Inactive"],
  );
});

test("an expired credential stays expired: nobody can set that", async (t) => {
  const bench = await openBench(t);
  const [change] = await planFor(bench, others, user(INTRUDER));
  assert.ok(change);
  const scope = bench.scopes().write(others.permissions, async () => undefined);
  await assert.rejects(others.apply(scope, { ...change, after: { status: "Expired" } }), { code: "internal" });
  await assert.rejects(others.apply(scope, { ...change, after: null }), { code: "internal" });
  assert.equal(scope.receipts.length, 0);
  const ServiceSpecificCredentials = [{ ServiceSpecificCredentialId: "ACCAOLD", Status: "Expired" }];
  const old = { aws: async () => ({ send: async () => ({ ServiceSpecificCredentials }) }) };
  const { value } = await others
    .plan(old as never, user(INTRUDER) as never, {})
    [Symbol.asyncIterator]()
    .next();
  assert.deepEqual([value?.before, value?.after], [{ status: "Expired" }, { status: "Expired" }]);
});

test("what survives is said: sessions of the keys, and the password that nobody deletes", async (t) => {
  const bench = await openBench(t);
  const said = async (action: typeof keys) => {
    const [change] = await planFor(bench, action, user(INTRUDER));
    assert.ok(change && action.residual);
    assert.ok(!JSON.stringify(change.after).includes(AT_APPLY));
    return (await action.residual(bench.scopes().read(action.permissions.read), change)).map(
      ({ what, until }) => `${what}: ${until}`,
    );
  };
  assert.match((await said(keys)).join("\n"), /GetSessionToken.*36 hours/);
  assert.match((await said(others)).join("\n"), /sign-in of user "intruder" to the console, where it has a password/);
});
