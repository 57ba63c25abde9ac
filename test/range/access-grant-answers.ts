import assert from "node:assert/strict";
import type { AskFor } from "./entrance-answers.ts";

/** Each operation on S3 Access Grants, and how it is refused. */
export async function answersOfAccessGrants(ask: AskFor): Promise<void> {
  const AccountId = "123456789012";
  type Listed = { AccessGrantsList: { AccessGrantId: string; AccessGrantArn: string }[] };
  const { AccessGrantsList } = await ask<Listed>("s3control:ListAccessGrants", { AccountId });
  assert.equal(AccessGrantsList.length, 3);
  const input = {
    AccountId,
    AccessGrantsLocationId: "default",
    AccessGrantsLocationConfiguration: { S3SubPrefix: "acme-data/exports/*" },
    Grantee: { GranteeType: "IAM", GranteeIdentifier: "arn:aws:iam::123456789012:role/export-jobs" },
    Permission: "READ",
    Tags: [{ Key: "team", Value: "exports" }],
  };
  const made = await ask<{ AccessGrantId: string; AccessGrantArn: string; GrantScope: string }>(
    "s3control:CreateAccessGrant",
    input,
  );
  assert.equal(made.GrantScope, "s3://acme-data/exports/*");
  await assert.rejects(ask("s3control:CreateAccessGrant", input), { name: "AccessGrantAlreadyExists" });
  const about = { AccountId, ResourceArn: made.AccessGrantArn };
  assert.deepEqual((await ask<{ Tags: object[] }>("s3control:ListTagsForResource", about)).Tags, input.Tags);
  const named = { AccountId, AccessGrantId: made.AccessGrantId };
  await ask("s3control:DeleteAccessGrant", named);
  await assert.rejects(ask("s3control:DeleteAccessGrant", named), { name: "NoSuchAccessGrantError" });
}
