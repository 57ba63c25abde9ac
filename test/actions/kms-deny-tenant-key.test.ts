import assert from "node:assert/strict";
import { test } from "node:test";
import { loadAction } from "../../src/actions/index.ts";
import type { Json } from "../../src/model/index.ts";
import { simulatedProviders } from "../../src/providers/index.ts";
import { contain, drive, rollBack, wayBack } from "../conformance/driver.ts";
import { call, opened } from "../range/open.ts";
import { names, openBench, planFor } from "./iam.ts";
import { ACME_KEY, changeOf, GLOBEX_KEY, keyOf, knowing, mayUse, policyOf, proposed, RESPONDER } from "./kms.ts";

const action = await loadAction("aws.kms.deny-tenant-key");
const [example] = action.examples;
type Statement = { Sid: string; Action: string[] };
const textOf = (state: Json): string => (state as { policy: string }).policy;
const statementsIn = (text: string): Statement[] => JSON.parse(text).Statement;
const policyWith = (...Statement: object[]): string => JSON.stringify({ Version: "2012-10-17", Statement });
const ADMINISTRATION = {
  Sid: "Administration",
  Effect: "Allow",
  Principal: { AWS: "arn:aws:iam::123456789012:root" },
  Action: "kms:*",
  Resource: "*",
};

test("the tenant's key is shut to everybody but the responders, other tenants' keys are not, and the bytes come back", async (t) => {
  const bench = await openBench(t);
  const original = await policyOf(bench);
  const sealed = await call(bench.range, "kms:Encrypt", { KeyId: "alias/acme-data", Plaintext: Buffer.from("x") });
  const driven = await contain(bench, action, example);
  assert.equal(driven[0]?.verification.level, "effect");
  const shut = await opened(bench.range);
  assert.deepEqual([shut["app-session-decrypts"], shut["app-decrypts-globex"]], [false, true]);
  for (const operation of ["kms:Decrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom"])
    assert.equal(await mayUse(bench, "app-data", operation, ACME_KEY), "blocked", operation);
  for (const operation of ["kms:Decrypt", "kms:CreateGrant", "kms:PutKeyPolicy", "kms:GetKeyPolicy", "kms:DisableKey"])
    assert.equal(await mayUse(bench, "soc2-er-responder", operation, ACME_KEY), "open", operation);
  await call(bench.range, "kms:Decrypt", { CiphertextBlob: sealed["CiphertextBlob"] });
  assert.equal(await mayUse(bench, "app-data", "kms:Decrypt", GLOBEX_KEY), "open");
  await rollBack(bench, action, driven);
  assert.equal(await policyOf(bench), original);
});

test("what manages the key is denied to nobody: it can always be managed again", () => {
  const { asks } = changeOf(action);
  const [statement] = asks as unknown as Statement[];
  assert.ok(statement);
  for (const denied of statement.Action)
    assert.doesNotMatch(denied, /\*.|^kms:\*|Policy|Enable|Disable|Describe|List|Tag|Schedule|Cancel|Revoke|Retire|Update/);
});

test("a write that leaves out KMS's own lockout check is never sent", async (t) => {
  const bench = await openBench(t);
  const sent: object[] = [];
  const { transport } = bench.range;
  const recording = simulatedProviders(
    {
      ...transport,
      aws: (one) => {
        if (one.operation === "PutKeyPolicy") sent.push(one.input);
        return transport.aws(one);
      },
    },
    { userAgent: { version: "0.0.0" } },
  );
  t.after(() => recording.close());
  const scopes = () => recording.scopes({ signal: new AbortController().signal });
  const watched = { ...bench, scopes };
  await rollBack(watched, action, await contain(watched, action, example));
  assert.equal(sent.length, 2);
  for (const input of sent) assert.deepEqual(Object.keys(input).sort(), ["KeyId", "Policy", "PolicyName"]);
});

test("without responders it is refused before anything is read", async (t) => {
  const bench = await openBench(t);
  const scopes = bench.scopes();
  const lockout = { code: "self-lockout", message: /nobody would be left .*"alias\/acme-data"/ };
  await assert.rejects(planFor(bench, action, keyOf("acme", { exempt: [] }), scopes), lockout);
  assert.deepEqual(names(scopes), []);
});

test("a policy that would be too large is refused when it is planned, and one that just fits is taken", async (t) => {
  const bench = await openBench(t);
  const sized = (length: number) => policyWith({ ...ADMINISTRATION, Sid: "x".repeat(length) });
  const put = (Policy: string) => call(bench.range, "kms:PutKeyPolicy", { KeyId: "alias/acme-data", Policy });
  const most = 32_768;
  await put(sized(1));
  const [small] = await planFor(bench, action, keyOf("acme"));
  const fits = most - Buffer.byteLength(textOf(small?.after ?? null)) + 1;
  await put(sized(fits));
  const [change] = await planFor(bench, action, keyOf("acme"));
  assert.ok(change);
  assert.equal(Buffer.byteLength(textOf(change.after)), most);
  assert.equal((await drive(bench, action, change, "contain")).outcome.status, "applied");
  await put(sized(fits + 1));
  const limit = { code: "limit-exceeded", message: /"alias\/acme-data" would have 32769 bytes; KMS takes 32768/ };
  await assert.rejects(planFor(bench, action, keyOf("acme")), limit);
});

test("a denial that stands is held, not written again, and other responders get one of their own", async (t) => {
  const bench = await openBench(t);
  await contain(bench, action, example);
  const [second] = await planFor(bench, action, keyOf("acme"));
  assert.ok(second);
  assert.deepEqual(second.before, second.after);
  const scopes = bench.scopes();
  assert.equal((await drive(bench, action, second, "contain", { scopes })).outcome.status, "unchanged");
  assert.ok(!names(scopes).includes("PutKeyPolicy"));
  const [other] = await planFor(bench, action, keyOf("acme", { exempt: [RESPONDER, `${RESPONDER}-2`] }));
  assert.equal(statementsIn(textOf(other?.after ?? null)).length, 4);
});

test("somebody's statement under our name is left alone, ours gets another", async (t) => {
  const bench = await openBench(t);
  const [{ Sid = "" } = {}] = changeOf(action).asks as unknown as Statement[];
  const Policy = policyWith(ADMINISTRATION, { ...ADMINISTRATION, Sid, Action: "kms:DescribeKey" });
  await call(bench.range, "kms:PutKeyPolicy", { KeyId: "alias/acme-data", Policy });
  const [change] = await planFor(bench, action, keyOf("acme"));
  assert.ok(change);
  assert.deepEqual(
    statementsIn(textOf(change.after)).map((statement) => statement.Sid),
    ["Administration", Sid, `${Sid}x2`],
  );
  const driven = await drive(bench, action, change, "contain");
  await rollBack(bench, action, [driven]);
  assert.equal(await policyOf(bench), Policy);
});

test("what cannot be taken away again is said: an altered statement, a policy that is only ours, a key that is gone", async (t) => {
  const bench = await openBench(t);
  const [driven] = await contain(bench, action, example);
  assert.ok(driven);
  const present = statementsIn(textOf(driven.change.after));
  const ours = present.at(-1);
  const altered = policyWith(...present.slice(0, -1), { ...ours, Action: ["kms:Decrypt"] });
  await call(bench.range, "kms:PutKeyPolicy", { KeyId: "alias/acme-data", Policy: altered });
  const back = await wayBack(bench, action, driven.change);
  assert.match(back.conflict ?? "", /somebody changed our statement "Soc2ErKey.*" since; it is left as it is/);
  assert.deepEqual(back.after, { policy: altered });
  const only = { policy: policyWith(ours ?? {}) };
  const { state, conflict } = action.merge?.(driven.change.before, driven.change, only, []) ?? assert.fail("it merges");
  assert.deepEqual(state, only);
  assert.match(conflict ?? "", /a key cannot be without one/);
  const gone = action.merge?.(driven.change.before, driven.change, null, []);
  assert.deepEqual([gone?.state, /the key is gone/.test(gone?.conflict ?? "")], [null, true]);
});

test("a tenant without a key, or with a name that no alias can have, has nothing here", async (t) => {
  const bench = await openBench(t);
  assert.deepEqual(await planFor(bench, action, keyOf("initech")), []);
  const scopes = bench.scopes();
  assert.deepEqual(await planFor(bench, action, keyOf("a.b@c"), scopes), []);
  assert.deepEqual(names(scopes), [], "KMS would refuse the question");
});

test("a key that is disabled or about to be deleted is denied all the same: it may come back", async (t) => {
  const bench = await openBench(t);
  await call(bench.range, "kms:DisableKey", { KeyId: "alias/acme-data" });
  await call(bench.range, "kms:ScheduleKeyDeletion", { KeyId: "alias/globex-data" });
  for (const tenant of ["acme", "globex"]) {
    const [change] = await planFor(bench, action, keyOf(tenant));
    assert.ok(change);
    assert.equal((await drive(bench, action, change, "contain")).outcome.status, "applied");
  }
});

test("copies of the key in other Regions are named, since each has a policy of its own", async () => {
  const change = changeOf(action);
  const where = (Region: string) => ({ Arn: `arn:aws:kms:${Region}:123456789012:key/mrk-1`, Region });
  const many = { PrimaryKey: where("us-east-1"), ReplicaKeys: [where("eu-west-1"), where("ap-south-1")] };
  const residual = await action.residual?.(knowing({ MultiRegionConfiguration: many }), change);
  assert.ok(residual?.some(({ what }) => what === "the same key material in ap-south-1, eu-west-1"));
  const single = await action.residual?.(knowing({}), change);
  assert.ok(single?.every(({ what }) => !what.includes("material")));
  assert.equal((await proposed(action, knowing({ KeyState: "Enabled" }, policyWith(ADMINISTRATION)))).length, 1);
});
