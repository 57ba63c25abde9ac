import { ACME_VERSIONS, BUCKET_POLICY, KEY_POLICY, LIFECYCLE, REPLICATION } from "../../src/exercise/range/estate/data.ts";
import { TENANT_KEYS } from "../../src/exercise/range/estate/names.ts";
import type { Caller } from "./caller.ts";

const BUCKET = "acme-data";

/** In the order in which they are written: of one key the older version first. */
const OBJECTS: readonly (readonly [key: string, text: string, version?: string])[] = [
  ["tenants/acme/invoices.csv", "invoice,amount\n1001,250\n", ACME_VERSIONS.olderInvoices],
  ["tenants/acme/invoices.csv", "invoice,amount\n1001,250\n1002,975\n", ACME_VERSIONS.invoices],
  ["tenants/acme/ledger.csv", "account,balance\n1,725\n", ACME_VERSIONS.ledger],
  ["tenants/acme/users.json", '[{"id":1,"name":"Ada"},{"id":2,"name":"Bo"}]\n', ACME_VERSIONS.users],
  ["tenants/globex/invoices.csv", "invoice,amount\n2001,410\n"],
];

/** Buckets as in the range's estate. */
export async function seedData(call: Caller, ids: Map<string, string>): Promise<void> {
  await call("s3:CreateBucket", { Bucket: BUCKET, ObjectLockEnabledForBucket: true });
  await call("s3:CreateBucket", { Bucket: "acme-audit" });
  await call("s3:PutBucketPolicy", { Bucket: BUCKET, Policy: BUCKET_POLICY });
  await call("s3:PutPublicAccessBlock", {
    Bucket: "acme-audit",
    PublicAccessBlockConfiguration: {
      BlockPublicAcls: true,
      IgnorePublicAcls: true,
      BlockPublicPolicy: false,
      RestrictPublicBuckets: false,
    },
  });
  await call("s3:PutBucketLifecycleConfiguration", { Bucket: BUCKET, LifecycleConfiguration: { Rules: LIFECYCLE.rules } });
  const { role: Role, rules: Rules } = REPLICATION;
  await call("s3:PutBucketReplication", { Bucket: BUCKET, ReplicationConfiguration: { Role, Rules } });
  await seedObjects(call, ids);
}

async function seedObjects(call: Caller, ids: Map<string, string>): Promise<void> {
  const written = new Map<string, string>();
  for (const [Key, Body, there] of OBJECTS) {
    const { VersionId } = await call<{ VersionId: string }>("s3:PutObject", { Bucket: BUCKET, Key, Body });
    if (there !== undefined) ids.set(there, VersionId);
    written.set(Key, VersionId);
  }
  const held = "tenants/acme/invoices.csv";
  const LegalHold = { Status: "ON" };
  await call("s3:PutObjectLegalHold", { Bucket: BUCKET, Key: held, VersionId: written.get(held), LegalHold });
  await call("s3:DeleteObject", { Bucket: BUCKET, Key: "tenants/acme/ledger.csv" });
}

/** Each tenant's key under its alias, with the customer's policy, as in the range's estate. */
export async function seedKeys(call: Caller, ids: Map<string, string>): Promise<void> {
  for (const [tenant, there] of Object.entries(TENANT_KEYS)) {
    const made = await call<{ KeyMetadata: { KeyId: string } }>("kms:CreateKey", {
      Description: `data of ${tenant}`,
      Policy: KEY_POLICY,
    });
    ids.set(there, made.KeyMetadata.KeyId);
    await call("kms:CreateAlias", { AliasName: `alias/${tenant}-data`, TargetKeyId: made.KeyMetadata.KeyId });
  }
}
