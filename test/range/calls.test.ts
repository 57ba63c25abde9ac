import assert from "node:assert/strict";
import { test } from "node:test";
import { EDGE_ACL, INTRUDER } from "./names.ts";
import { call, fresh } from "./open.ts";

const disable = { UserName: INTRUDER, AccessKeyId: "AKIAINTRUDER00000002", Status: "Inactive" };

test("every call that was judged is on record: who made it, as a dry run or not, and what it wrote", async (t) => {
  const range = await fresh(t);
  await call(range, "iam:GetUser", { UserName: INTRUDER });
  await call(range, "iam:UpdateAccessKey", disable);
  const seen = () => range.calls().map(({ operation, dryRun, answer, wrote }) => [operation, dryRun, answer, wrote.length]);
  assert.deepEqual(seen(), [
    ["iam:GetUser", false, "ok", 0],
    ["iam:UpdateAccessKey", false, "ok", 1],
  ]);
  assert.match(range.calls()[1]?.who ?? "", /assumed-role\/soc2-er-responder\//);
  range.reset();
  assert.deepEqual(range.calls(), []);
});

test("a refusal writes nothing; a dry run is marked; what never arrived or was lost on the way in is not on record", async (t) => {
  const range = await fresh(t);
  range.setFaults([
    { operation: "iam:UpdateAccessKey", kind: "denied" },
    { operation: "iam:UpdateAccessKey", kind: "lost-request" },
    { operation: "iam:UpdateAccessKey", kind: "lost-response" },
  ]);
  for (let round = 0; round < 3; round++) await assert.rejects(call(range, "iam:UpdateAccessKey", disable));
  await assert.rejects(
    call(range, "ec2:DeleteNetworkAclEntry", { NetworkAclId: EDGE_ACL, RuleNumber: 100, Egress: false, DryRun: true }),
    { name: "DryRunOperation" },
  );
  assert.deepEqual(
    range.calls().map(({ operation, dryRun, answer, wrote }) => [operation, dryRun, answer, wrote.length]),
    [
      ["iam:UpdateAccessKey", false, "AccessDenied", 0],
      ["iam:UpdateAccessKey", false, "ok", 1],
      ["ec2:DeleteNetworkAclEntry", true, "DryRunOperation", 0],
    ],
  );
});
