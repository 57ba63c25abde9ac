import assert from "node:assert/strict";
import { test } from "node:test";
import { loadAction } from "../../src/actions/index.ts";
import { contain, drive, plan, rollBack, wayBack } from "../conformance/driver.ts";
import { rangeBench } from "../conformance/range-bench.ts";
import { planFor } from "./ec2.ts";

const action = await loadAction("aws.s3.revoke-access-grants");
const [example] = action.examples;
const HERE = { account: "123456789012", region: "us-east-1" };
type State = { readonly grants: readonly { readonly permission: string; readonly scope: string }[] };

function granted(S3SubPrefix: string, Permission: string) {
  return {
    AccountId: HERE.account,
    AccessGrantsLocationId: "default",
    AccessGrantsLocationConfiguration: { S3SubPrefix },
    Grantee: { GranteeType: "DIRECTORY_USER", GranteeIdentifier: "83d43802-00b1-7054-db02-f1d683aacba5" },
    Permission,
    ApplicationArn: "arn:aws:sso::123456789012:application/ssoins-1/apl-1",
  };
}

test("grants that reach beyond the prefix are named and stay, and so do those of a tenant whose name begins alike", async (t) => {
  const bench = await rangeBench(t);
  await bench.aws("s3control", "CreateAccessGrant", granted("acme-data/tenants/acme-labs/*", "READ"), HERE);
  const left = await action.leaves?.(bench.scopes().read(action.permissions.read), example.selection, {});
  assert.deepEqual(
    left?.map(({ reason }) => reason),
    [
      "the grant of READ on s3://acme-data/tenants/* to arn:aws:iam::123456789012:role/app-data reaches beyond the prefix: it stays",
    ],
  );
  const [change] = await plan(action, example, bench.scopes());
  assert.equal((change?.before as State | undefined)?.grants.length, 1);
});

test("a deletion that was cut short is put back whole", async (t) => {
  const bench = await rangeBench(t);
  await bench.aws("s3control", "CreateAccessGrant", granted("acme-data/tenants/acme/reports/*", "READWRITE"), HERE);
  const before = await bench.dump([]);
  const [change] = await plan(action, example, bench.scopes());
  assert.ok(change);
  bench.setFaults?.([{ operation: "s3control:DeleteAccessGrant", kind: "denied", skip: 1 }]);
  const { outcome, verification } = await drive(bench, action, change, "contain", { patienceMs: 0 });
  assert.deepEqual([outcome.status, verification.verdict], ["unknown", "contradicted"]);
  bench.setFaults?.([]);
  const back = await drive(bench, action, await wayBack(bench, action, change), "restore");
  assert.deepEqual([back.outcome.status, back.verification.verdict], ["applied", "confirmed"]);
  assert.deepEqual(await bench.dump([]), before);
});

test("a grant on a single object comes back as one, and a prefix without grants is held at none", async (t) => {
  const bench = await rangeBench(t);
  await bench.aws("s3control", "CreateAccessGrant", granted("acme-data/tenants/acme/users.json", "READ"), HERE);
  const driven = await contain(bench, action, example);
  const [held] = await planFor(bench, action, example.selection);
  assert.deepEqual(
    [held?.before, held?.summary],
    [{ grants: [] }, 'hold S3 Access Grants within acme-data/tenants/acme/ of tenant "acme" at none'],
  );
  const [back] = await rollBack(bench, action, driven);
  assert.ok(
    (back?.change.after as State | undefined)?.grants.some(({ scope }) => scope === "s3://acme-data/tenants/acme/users.json"),
  );
});
