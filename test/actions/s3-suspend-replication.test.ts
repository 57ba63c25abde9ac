import assert from "node:assert/strict";
import { test } from "node:test";
import { loadAction } from "../../src/actions/index.ts";
import { contain, plan, rollBack, wayBack } from "../conformance/driver.ts";
import { openBench, PLACE, planFor, type S3Bench } from "./s3.ts";

const action = await loadAction("aws.s3.suspend-replication");
const [example] = action.examples;
type Configuration = { Role: string; Rules: { ID: string; Status: string }[] };

async function standing(bench: S3Bench): Promise<Configuration> {
  const answer = await bench.s3<{ ReplicationConfiguration: Configuration }>("GetBucketReplication");
  return answer.ReplicationConfiguration;
}

async function edit(bench: S3Bench, change: (rules: Configuration["Rules"]) => object[]): Promise<void> {
  const { Role, Rules } = await standing(bench);
  await bench.s3("PutBucketReplication", { ReplicationConfiguration: { Role, Rules: change(Rules) } });
}

const statuses = async (bench: S3Bench) => (await standing(bench)).Rules.map(({ ID, Status }) => `${ID} ${Status}`);

test("a bucket without replication has nothing to suspend", async (t) => {
  const bench = await openBench(t);
  assert.deepEqual(await planFor(bench, action, { ...PLACE, bucket: "acme-audit" }), []);
});

test("nothing of a rule is lost on the way there and back", async (t) => {
  const bench = await openBench(t);
  const rich = {
    ID: "rich",
    Priority: 7,
    Status: "Enabled",
    Filter: { And: { Prefix: "", Tags: [{ Key: "class", Value: "hot" }] } },
    SourceSelectionCriteria: { SseKmsEncryptedObjects: { Status: "Enabled" }, ReplicaModifications: { Status: "Disabled" } },
    ExistingObjectReplication: { Status: "Enabled" },
    DeleteMarkerReplication: { Status: "Enabled" },
    Destination: {
      Bucket: "arn:aws:s3:::acme-far",
      Account: "210987654321",
      AccessControlTranslation: { Owner: "Destination" },
      EncryptionConfiguration: { ReplicaKmsKeyID: "alias/far" },
      ReplicationTime: { Status: "Enabled", Time: { Minutes: 15 } },
      Metrics: { Status: "Enabled", EventThreshold: { Minutes: 15 } },
    },
  };
  const old = { ID: "old", Prefix: "logs/", Status: "Enabled", Destination: { Bucket: "arn:aws:s3:::acme-logs" } };
  await edit(bench, () => [rich, old]);
  const before = await standing(bench);
  const driven = await contain(bench, action, example);
  const suspended = await standing(bench);
  assert.deepEqual(suspended, { ...before, Rules: [rich, old].map((rule) => ({ ...rule, Status: "Disabled" })) });
  await rollBack(bench, action, driven);
  assert.deepEqual(await standing(bench), before);
});

test("on the way back rules of others are as they left them, and rules that were disabled stay so", async (t) => {
  const bench = await openBench(t);
  await edit(bench, ([tenants, exports]) => [tenants ?? {}, exports ?? {}, { ...tenants, ID: "gone-since", Priority: 3 }]);
  const driven = await contain(bench, action, example);
  const theirs = {
    ID: "theirs",
    Priority: 4,
    Status: "Disabled",
    Filter: { Prefix: "x/" },
    Destination: { Bucket: "arn:aws:s3:::x" },
  };
  await edit(bench, (rules) => [...rules.filter(({ ID }) => ID !== "gone-since"), theirs]);
  const [back] = await rollBack(bench, action, driven);
  assert.equal(back?.change.conflict, undefined);
  assert.deepEqual(await statuses(bench), ["copy-tenants Enabled", "copy-exports Disabled", "theirs Disabled"]);
});

test("what another lease wants disabled stays disabled, and a rule enabled since contradicts it", async (t) => {
  const bench = await openBench(t);
  const [first] = await contain(bench, action, example);
  await edit(bench, (rules) => [...rules, { ...rules[0], ID: "new", Priority: 5, Status: "Enabled" }]);
  const [second] = await contain(bench, action, example);
  assert.ok(first && second);
  const back = await wayBack(bench, action, first.change, [second.change]);
  assert.deepEqual(back.after, second.change.after);
  await edit(bench, (rules) => rules.map((rule) => (rule.ID === "new" ? { ...rule, Status: "Enabled" } : rule)));
  const look = await action.verify(bench.scopes().read(action.permissions.read), second.change, "contain");
  assert.deepEqual(look, { verdict: "contradicted", level: "configuration", detail: "still enabled: new" });
});

test("replication that somebody removed is not made again", async (t) => {
  const bench = await openBench(t);
  const [change] = await plan(action, example, bench.scopes());
  assert.ok(change);
  assert.deepEqual(action.merge?.(change.before, change, null, []), { state: null });
});
