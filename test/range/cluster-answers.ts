import assert from "node:assert/strict";
import type { AskFor } from "./entrance-answers.ts";

/** Each operation on EKS clusters and their access entries, and how it is refused. */
export async function answersOfClusters(ask: AskFor): Promise<void> {
  const absent = { name: "ResourceNotFoundException" };
  const invalid = { name: "InvalidParameterException" };
  assert.deepEqual(await ask("eks:ListClusters", {}), { clusters: ["batch", "legacy", "production"], nextToken: undefined });
  await ask("eks:DescribeCluster", { name: "production" });
  await assert.rejects(ask("eks:DescribeCluster", { name: "elsewhere" }), absent);
  const clusterName = "production";
  await assert.rejects(ask("eks:ListAccessEntries", { clusterName: "legacy" }), { name: "InvalidRequestException" });
  assert.equal((await ask<{ accessEntries: string[] }>("eks:ListAccessEntries", { clusterName })).accessEntries.length, 1);

  const where = { clusterName, principalArn: "arn:aws:iam::123456789012:role/jobs/export-jobs" };
  type Made = { accessEntry: { username: string; type: string; kubernetesGroups: string[] } };
  const { accessEntry } = await ask<Made>("eks:CreateAccessEntry", where);
  assert.equal(accessEntry.username, "arn:aws:sts::123456789012:assumed-role/export-jobs/{{SessionName}}");
  await assert.rejects(ask("eks:CreateAccessEntry", where), { name: "ResourceInUseException" });
  assert.deepEqual((await ask<Made>("eks:DescribeAccessEntry", where)).accessEntry, accessEntry);

  const policyArn = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy";
  const namespaced = { type: "namespace", namespaces: ["shop"] };
  await assert.rejects(ask("eks:AssociateAccessPolicy", { ...where, policyArn, accessScope: { type: "namespace" } }), invalid);
  await ask("eks:AssociateAccessPolicy", { ...where, policyArn, accessScope: { type: "cluster" } });
  await ask("eks:AssociateAccessPolicy", { ...where, policyArn, accessScope: namespaced });
  type Listed = { associatedAccessPolicies: object[] };
  const listed = await ask<Listed>("eks:ListAssociatedAccessPolicies", where);
  assert.deepEqual(listed.associatedAccessPolicies, [{ policyArn, accessScope: namespaced }], "the scope is the newer one");
  await ask("eks:DisassociateAccessPolicy", { ...where, policyArn });
  await assert.rejects(ask("eks:DisassociateAccessPolicy", { ...where, policyArn }), absent);
  await ask("eks:DeleteAccessEntry", where);
  await assert.rejects(ask("eks:DeleteAccessEntry", where), absent);
  await assert.rejects(ask("eks:ListAssociatedAccessPolicies", where), absent);

  for (const refused of [
    { username: "system:admin" },
    { kubernetesGroups: ["system:masters"] },
    { type: "EC2_LINUX", kubernetesGroups: ["ops"] },
    { principalArn: "arn:aws:sts::123456789012:assumed-role/export-jobs/me" },
  ])
    await assert.rejects(ask("eks:CreateAccessEntry", { ...where, ...refused }), invalid, JSON.stringify(refused));
}
