import assert from "node:assert/strict";
import { test } from "node:test";
import { Drill } from "./drill.ts";

const RUN = ["run", "preserve-evidence", "--param", "tenant=acme"];
const HELD = "aws/123456789012/s3/hold/acme-data/tenants/acme/";

type Rules = { readonly rules: readonly { readonly ID: string; readonly Status: string }[] };

test("a tenant's evidence is kept, and let go again exactly, by separate processes on one world", async (t) => {
  const drill = await Drill.begin(t);
  const before = await drill.everything();
  const plan = await drill.plan(...RUN);
  assert.deepEqual(await drill.everything(), before, "planning changes nothing");
  await drill.approve(plan);
  const applied = await drill.run(["apply", plan, "--yes"]);
  assert.equal(applied.code, 0, applied.err);
  assert.equal(applied.document["result"], "contained");
  const changes = applied.document["changes"] as { action: string; outcome: { status: string }; verification: object }[];
  assert.deepEqual(changes.map(({ action, outcome }) => `${action} ${outcome.status}`).sort(), [
    "aws.s3.legal-hold applied",
    "aws.s3.legal-hold applied",
    "aws.s3.legal-hold applied",
    "aws.s3.legal-hold unchanged",
    "aws.s3.suspend-lifecycle applied",
    "aws.s3.suspend-replication applied",
  ]);
  for (const { verification } of changes) assert.deepEqual(verification, { verdict: "confirmed", level: "configuration" });

  const kept = await drill.everything();
  assert.equal(Object.keys(kept).filter((key) => key.startsWith(HELD)).length, 4, "each version of acme's is held");
  assert.equal(Object.keys(kept).filter((key) => key.includes("/s3/hold/")).length, 4, "and nobody else's");
  for (const what of ["lifecycle", "replication"]) {
    const { rules } = kept[`aws/123456789012/s3/${what}/acme-data`] as Rules;
    assert.deepEqual(new Set(rules.map(({ Status }) => Status)), new Set(["Disabled"]), what);
  }

  const back = await drill.contain("rollback", applied.document["id"]);
  assert.equal(back.code, 0, back.err);
  assert.equal(back.document["result"], "rolled-back");
  assert.deepEqual(await drill.everything(), before, "the hold that stood before still stands");
  assert.deepEqual((await drill.run(["status"])).document["leases"], []);
  await drill.verify();
});

test("a second run holds what was written since, and each run lets go of its own", async (t) => {
  const drill = await Drill.begin(t);
  const first = await drill.contain(...RUN);
  assert.equal(first.code, 0, first.err);
  const written = await drill.world(async (range) => {
    const who = { kind: "access-key", account: "123456789012", id: "AKIAACMEPORTAL000001" } as const;
    const { output } = await range.as(who).aws({
      service: "s3",
      operation: "PutObject",
      account: "123456789012",
      region: "us-east-1",
      input: { Bucket: "acme-data", Key: "tenants/acme/users.json", Body: "[]" },
    });
    return (output as { VersionId: string }).VersionId;
  });
  const late = `${HELD}users.json/${written}`;
  assert.ok(!(late in (await drill.everything())), "a hold is not on what is written later");
  const second = await drill.contain(...RUN);
  assert.equal(second.code, 0, second.err);
  assert.ok(late in (await drill.everything()));

  const back = await drill.contain("rollback", second.document["id"]);
  assert.equal(back.code, 0, back.err);
  const left = await drill.everything();
  assert.ok(!(late in left));
  assert.equal(Object.keys(left).filter((key) => key.startsWith(HELD)).length, 4, "the first run still holds the others");
  await drill.verify();
});
