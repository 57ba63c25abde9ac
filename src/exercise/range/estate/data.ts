import { kms, s3 } from "../keys.ts";
import type { BucketRow, KeyRow, LifecycleRow, ObjectRow, ReplicationRow, VersionRow } from "../rows.ts";
import { ACCOUNT, AUDIT_BUCKET, BUCKET, type EstateRow, REGION, TENANT_KEYS } from "./names.ts";

const CREATED = "2026-03-02T09:00:00.000Z";
const EARLIER = "2026-02-27T16:30:00.000Z";

/** What S3 made up when acme's objects were written; globex's are older than the bucket's versioning. */
export const ACME_VERSIONS = {
  invoices: "acmeInvoicesVersion00000000000002",
  olderInvoices: "acmeInvoicesVersion00000000000001",
  ledger: "acmeLedgerVersion0000000000000001",
  ledgerMarker: "acmeLedgerVersion0000000000000002",
  users: "acmeUsersVersion00000000000000001",
} as const;

/** The customer's own policy, in the spacing of whoever wrote it: a restore has to give these bytes back. */
export const BUCKET_POLICY = `{
  "Version": "2012-10-17",
  "Id": "acme-data-policy",
  "Statement": [
    { "Sid": "DenyInsecureTransport", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
      "Resource": ["arn:aws:s3:::${BUCKET}", "arn:aws:s3:::${BUCKET}/*"],
      "Condition": { "Bool": { "aws:SecureTransport": "false" } } },
    { "Sid": "ApplicationAccess", "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::${ACCOUNT}:role/app-data" },
      "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::${BUCKET}/*" }
  ]
}`;

/** The customer's own, the same for every tenant's key. */
export const KEY_POLICY = `{
  "Version": "2012-10-17",
  "Id": "tenant-data-key",
  "Statement": [
    { "Sid": "AccountAdministration", "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::${ACCOUNT}:root" },
      "Action": "kms:*", "Resource": "*" },
    { "Sid": "ApplicationUse", "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::${ACCOUNT}:role/app-data" },
      "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": "*" }
  ]
}`;

export const LIFECYCLE: LifecycleRow = {
  rules: [
    { ID: "expire-exports", Filter: { Prefix: "exports/" }, Status: "Enabled", Expiration: { Days: 30 } },
    {
      ID: "archive-tenants",
      Filter: { And: { Prefix: "tenants/", Tags: [{ Key: "class", Value: "cold" }] } },
      Status: "Enabled",
      Transitions: [{ Days: 90, StorageClass: "GLACIER" }],
      NoncurrentVersionExpiration: { NoncurrentDays: 365 },
    },
  ],
  transitionDefaultMinimumObjectSize: "all_storage_classes_128K",
};

const Destination = { Bucket: "arn:aws:s3:::acme-data-copy", StorageClass: "STANDARD_IA" };
export const REPLICATION: ReplicationRow = {
  role: `arn:aws:iam::${ACCOUNT}:role/acme-replication`,
  rules: [
    {
      ID: "copy-tenants",
      Priority: 1,
      Filter: { Prefix: "tenants/" },
      Status: "Enabled",
      Destination,
      DeleteMarkerReplication: { Status: "Enabled" },
    },
    {
      ID: "copy-exports",
      Priority: 2,
      Filter: { Prefix: "exports/" },
      Status: "Disabled",
      Destination,
      DeleteMarkerReplication: { Status: "Disabled" },
    },
  ],
};

/** S3 and KMS as the estate starts: tenants' data under one prefix each, a key for each, and the bucket that holds the audit log's copies. */
export function dataRows(): EstateRow[] {
  return [
    bucket(BUCKET, { versioned: true, objectLock: true }),
    { key: s3.policy(ACCOUNT, BUCKET), value: { text: BUCKET_POLICY } },
    { key: s3.lifecycle(ACCOUNT, BUCKET), value: LIFECYCLE },
    { key: s3.replication(ACCOUNT, BUCKET), value: REPLICATION },
    object("tenants/acme/invoices.csv", "invoice,amount\n1001,250\n1002,975\n", ACME_VERSIONS.invoices),
    { key: s3.hold(ACCOUNT, BUCKET, "tenants/acme/invoices.csv", ACME_VERSIONS.invoices), value: { status: "ON" } },
    older("tenants/acme/invoices.csv", "invoice,amount\n1001,250\n", ACME_VERSIONS.olderInvoices),
    older("tenants/acme/ledger.csv", "account,balance\n1,725\n", ACME_VERSIONS.ledger),
    marker("tenants/acme/ledger.csv", ACME_VERSIONS.ledgerMarker),
    object("tenants/acme/users.json", '[{"id":1,"name":"Ada"},{"id":2,"name":"Bo"}]\n', ACME_VERSIONS.users),
    object("tenants/globex/invoices.csv", "invoice,amount\n2001,410\n"),
    object("tenants/globex/users.json", '[{"id":7,"name":"Cleo"}]\n'),
    bucket(AUDIT_BUCKET),
    {
      key: s3.publicAccessBlock(ACCOUNT, AUDIT_BUCKET),
      value: { BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: false, RestrictPublicBuckets: false },
    },
    ...Object.entries(TENANT_KEYS).flatMap(([tenant, id]) => key(tenant, id)),
  ];
}

function key(tenant: string, id: string): EstateRow[] {
  const name = `alias/${tenant}-data`;
  const value: KeyRow = { id, description: `data of ${tenant}`, created: CREATED, state: "Enabled" };
  return [
    { key: kms.key(ACCOUNT, REGION, id), value },
    { key: kms.policy(ACCOUNT, REGION, id), value: { text: KEY_POLICY } },
    { key: kms.alias(ACCOUNT, REGION, name), value: { name, key: id } },
  ];
}

function bucket(name: string, has: Pick<BucketRow, "versioned" | "objectLock"> = {}): EstateRow {
  const value: BucketRow = { name, region: REGION, created: CREATED, ...has };
  return { key: s3.bucket(ACCOUNT, name), value };
}

function object(key: string, text: string, version?: string): EstateRow {
  return { key: s3.object(ACCOUNT, BUCKET, key), value: stored(key, text, CREATED, version) };
}

function older(key: string, text: string, version: string): EstateRow {
  return { key: s3.version(ACCOUNT, BUCKET, key, version), value: stored(key, text, EARLIER, version) };
}

function marker(key: string, version: string): EstateRow {
  const value: VersionRow = { key, version, modified: CREATED, marker: true };
  return { key: s3.version(ACCOUNT, BUCKET, key, version), value };
}

function stored(key: string, text: string, modified: string, version: string | undefined): ObjectRow {
  const body = Buffer.from(text).toString("base64");
  return { key, body, contentType: "text/plain", modified, metadata: {}, ...(version === undefined ? {} : { version }) };
}
