import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { StoreConfig } from "../../src/config/index.ts";
import type { Change, Check, Selection } from "../../src/model/index.ts";
import { type PlanDeps, planContainment } from "../../src/planner/index.ts";
import { guardChanges } from "../../src/planner/self-lockout.ts";
import { loadRunbooks, type Runbook } from "../../src/runbooks/index.ts";
import { rangeBench } from "../conformance/range-bench.ts";
import { call } from "../range/open.ts";

const runbooks = await loadRunbooks([join(import.meta.dirname, "../../runbooks")]);
const isolate = runbooks.find(({ id }) => id === "isolate-tenant") ?? assert.fail("it is shipped");
const disabling: Runbook = {
  ...isolate,
  steps: isolate.steps.filter(({ id }) => id === "keys").map((step) => ({ ...step, action: "aws.kms.disable-key" })),
};
const RESPONDER = "arn:aws:iam::123456789012:role/soc2-er-responder";
const KEY = "5d0c61be-0ac3-4e00-8d4a-00000000ac3e";
const KEY_ARN = `arn:aws:kms:us-east-1:123456789012:key/${KEY}`;
const WRITER = "arn:aws:iam::123456789012:role/app-data";
const STORE: StoreConfig = { kind: "s3", bucket: "acme-audit", region: "us-east-1", prefix: "log/", role: WRITER };

const PLACE: Selection = {
  kind: "aws.kms-key",
  tenant: "acme",
  account: "123456789012",
  region: "us-east-1",
  alias: "alias/acme-data",
  exempt: [],
};
const said = (checks: readonly Check[], id: string) => checks.find((check) => check.id === id);
const lockout = (message: RegExp) => ({ code: "self-lockout", exit: 10, message });
const policyOf = (...Statement: object[]): string => JSON.stringify({ Version: "2012-10-17", Statement });
const deny = (Action: string, more: object = {}) => ({ Effect: "Deny", Principal: "*", Action, Resource: "*", ...more });

/** Plans on a range whose audit bucket encrypts with `key`, as the bucket would name it. */
async function planned(t: TestContext, runbook: Runbook, key: string | null, store: StoreConfig = STORE, denied = false) {
  const { range, clock, scopes } = await rangeBench(t);
  if (key !== null) {
    const Rules = [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms", KMSMasterKeyID: key } }];
    await call(range, "s3:PutBucketEncryption", { Bucket: "acme-audit", ServerSideEncryptionConfiguration: { Rules } });
  }
  if (denied) range.setFaults([{ operation: "s3:GetBucketEncryption", kind: "denied" }]);
  const { config } = range;
  const where = { origin: config.origin, mode: "drill" as const, tool: "test", auditStores: [store] };
  const deps: PlanDeps = { config, scopes: scopes(), clock, ...where };
  const target = { kind: "tenant", name: "acme" } as const;
  return planContainment({ kind: "contain", runbook, target, params: {}, incident: null, operator: "on-call" }, deps);
}

test("a key's policy that denies a responder the key or the way back is refused; what it denied before is not our doing", () => {
  const guard = (before: string, after: string, protection: object = { responders: [RESPONDER] }) =>
    guardChanges([changeOf(before, after)], { guarded: [], responders: [], callers: [], stores: [], ...protection }, () => PLACE);
  const open = policyOf();
  const sparing = deny("kms:*", { Condition: { ArnNotLike: { "aws:PrincipalArn": RESPONDER } } });
  for (const [action, denied] of [
    ["kms:Decrypt", "kms:Decrypt"],
    ["kms:PutKeyPolicy", "kms:PutKeyPolicy"],
    ["kms:Get*", "kms:GetKeyPolicy"],
    ["kms:*", "kms:Decrypt"],
  ] as const)
    assert.throws(
      () => guard(open, policyOf(deny(action))),
      lockout(new RegExp(`the policy of "alias/acme-data" would deny a responder .* ${denied}$`)),
    );
  const callers = { callers: [RESPONDER] };
  assert.throws(() => guard(open, policyOf(deny("kms:PutKeyPolicy")), callers), lockout(/would deny who runs this command/));
  assert.equal(said(guard(open, policyOf(deny("kms:Decrypt")), callers), "self-lockout")?.status, "passed");
  assert.equal(said(guard(open, policyOf(sparing)), "self-lockout")?.status, "passed");
  const standing = policyOf(deny("kms:Decrypt"));
  assert.equal(said(guard(standing, standing), "self-lockout")?.status, "passed");
  const odd = policyOf(deny("kms:Decrypt", { Condition: { Unheard: { "aws:PrincipalArn": RESPONDER } } }));
  const [check] = guard(open, odd);
  assert.deepEqual([check?.id, check?.status], ["access:alias/acme-data", "not-checkable"]);
  assert.match(check?.detail ?? "", /the key's policy/);
});

test("the key of the bucket that holds the audit log is not taken from who writes the log", async (t) => {
  const refusal = lockout(/bucket "acme-audit" of the audit log is encrypted with key "alias\/acme-data"/);
  for (const key of [KEY, KEY_ARN, "alias/acme-data", "arn:aws:kms:us-east-1:123456789012:alias/acme-data"])
    for (const runbook of [isolate, disabling]) await assert.rejects(planned(t, runbook, key), refusal, key);
  // Nobody is spared where the key is disabled; where it is denied, a responder is.
  const byResponder = { ...STORE, role: RESPONDER };
  await assert.rejects(planned(t, disabling, KEY, byResponder), refusal);
  const { header } = await planned(t, isolate, KEY, byResponder);
  assert.equal(said(header.checks, "audit-key:acme-audit")?.status, "passed");
});

test("another key passes, and what could not be told is said", async (t) => {
  const elsewhere = "arn:aws:kms:eu-west-1:123456789012:key/5d0c61be-0ac3-4e00-8d4a-00000000ac3e";
  for (const key of [null, "5d0c61be-0910-4be0-8d4a-0000910be000", elsewhere, "alias/aws/s3"]) {
    const { checks } = (await planned(t, isolate, key)).header;
    assert.equal(said(checks, "audit-key:acme-audit")?.status, "passed", String(key));
  }
  const { checks } = (await planned(t, isolate, "alias/audit")).header;
  assert.equal(said(checks, "audit-key:acme-audit")?.status, "not-checkable", "another alias may stand for the same key");
  const refused = (await planned(t, isolate, null, STORE, true)).header;
  assert.equal(said(refused.checks, "audit-key:acme-audit")?.status, "not-checkable");
  const folder = (await planned(t, isolate, null, { kind: "directory", path: "/store" })).header;
  assert.equal(said(folder.checks, "audit-key:acme-audit"), undefined);
});

test("a tenant's keys come from the organization's file, with or without the alias's prefix", async (t) => {
  const { range, scopes } = await rangeBench(t);
  const { resolveTenant } = await import("../../src/planner/index.ts");
  for (const alias of ["alias/{tenant}-data", "{tenant}-data"]) {
    const kms = [{ account: "123456789012", region: "us-east-1", alias }];
    const config = { ...range.config, tenancy: { ...range.config.tenancy, kms } };
    const keys = (await resolveTenant("acme", config, scopes())).filter(({ kind }) => kind === "aws.kms-key");
    assert.deepEqual(keys, [{ ...PLACE, exempt: range.config.responders }]);
  }
  const { header, changes } = await planned(t, isolate, null);
  assert.ok(changes.some(({ action }) => action === "aws.kms.deny-tenant-key"));
  assert.ok(
    header.skipped.every(({ reason }) => !/KMS/.test(reason)),
    JSON.stringify(header.skipped),
  );
});

function changeOf(before: string, after: string): Change {
  const place = { account: "123456789012", region: "us-east-1", id: KEY } as const;
  const resource = { provider: "aws", type: "kms-key-policy", ...place } as const;
  const rest = { summary: "", needs: [], reversal: { kind: "restore" }, bound: { ms: 0, source: "" } } as const;
  const states = { before: { policy: before }, after: { policy: after } };
  return { id: "c001", step: "keys", action: "aws.kms.deny-tenant-key", resource, ...states, ...rest };
}
