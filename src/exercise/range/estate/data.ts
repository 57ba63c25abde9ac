import { kms, s3 } from "../keys.ts";
import type { BucketRow, KeyRow, LifecycleRow, ObjectRow } from "../rows.ts";
import { ACCOUNT, AUDIT_BUCKET, BUCKET, type EstateRow, REGION, TENANT_KEYS } from "./names.ts";

const CREATED = "2026-03-02T09:00:00.000Z";

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

const LIFECYCLE: LifecycleRow = {
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

/** S3 and KMS as the estate starts: tenants' data under one prefix each, a key for each, and the bucket that holds the audit log's copies. */
export function dataRows(): EstateRow[] {
  return [
    bucket(BUCKET),
    { key: s3.policy(ACCOUNT, BUCKET), value: { text: BUCKET_POLICY } },
    { key: s3.lifecycle(ACCOUNT, BUCKET), value: LIFECYCLE },
    object("tenants/acme/invoices.csv", "invoice,amount\n1001,250\n1002,975\n"),
    object("tenants/acme/users.json", '[{"id":1,"name":"Ada"},{"id":2,"name":"Bo"}]\n'),
    object("tenants/globex/invoices.csv", "invoice,amount\n2001,410\n"),
    object("tenants/globex/users.json", '[{"id":7,"name":"Cleo"}]\n'),
    bucket(AUDIT_BUCKET),
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

function bucket(name: string): EstateRow {
  const value: BucketRow = { name, region: REGION, created: CREATED };
  return { key: s3.bucket(ACCOUNT, name), value };
}

function object(key: string, text: string): EstateRow {
  const value: ObjectRow = {
    key,
    body: Buffer.from(text).toString("base64"),
    contentType: "text/plain",
    modified: CREATED,
    metadata: {},
  };
  return { key: s3.object(ACCOUNT, BUCKET, key), value };
}
