import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { overridesOf } from "../../src/cli/flow/terraform.ts";
import { readState } from "../../src/cli/flow/terraform-state.ts";
import type { ResourceRef } from "../../src/model/index.ts";
import { freshFolder, soc2er } from "./binary.ts";
import { Drill } from "./drill.ts";

const HAS_TERRAFORM = spawnSync("terraform", ["version"]).status === 0;
const block = (type: string, name: string, attributes: object, more: object = {}) => ({
  mode: "managed",
  type,
  name,
  instances: [{ attributes }],
  ...more,
});
const KEY = "AKIAINTRUDER00000001";
const STATE = {
  version: 4,
  resources: [
    block("aws_s3_bucket", "data", { id: "acme-data", bucket: "acme-data" }),
    block(
      "aws_s3_bucket_policy",
      "data",
      { bucket: "acme-data", policy: "{}" },
      { module: 'module.tenants["acme"].module.store[0]' },
    ),
    block("aws_s3_bucket_policy", "other", { bucket: "other" }),
    block("aws_iam_access_key", "intruder", { id: KEY, user: "intruder" }),
    block("aws_iam_user_login_profile", "intruder", { id: "intruder", user: "intruder" }),
    block("aws_iam_user_policies_exclusive", "intruder", { user_name: "intruder", policy_names: [] }),
    { ...block("aws_iam_access_key", "seen", { id: KEY }), mode: "data" },
  ],
};

async function written(content: unknown): Promise<string> {
  const file = join(freshFolder(), "state.json");
  await writeFile(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

test("what Terraform owns of what is held is ignored by an override, until the incident is released", async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  const state = await written(STATE);
  const { document: none } = await drill.run(["status", "--terraform", state]);
  assert.deepEqual([none["schema"], none["overrides"], none["absent"], none["unknown"]], ["soc2-er/terraform@1", [], [], []]);
  assert.equal((await drill.contain("revoke", "aws:user/intruder")).code, 0);
  const { code, document } = await drill.run(["status", "--terraform", state, "--incident", drill.incident]);
  assert.equal(code, 0, JSON.stringify(document));
  assert.deepEqual(
    document["overrides"].map(({ address, ignore }: { address: string; ignore: string[] }) => [address, ignore]),
    [
      ["aws_iam_access_key.intruder", ["status"]],
      ["aws_iam_user_policies_exclusive.intruder", ["policy_names"]],
    ],
  );
  assert.ok(
    document["absent"].some(({ type }: ResourceRef) => type === "iam-access-key"),
    "the other key is nobody's code",
  );
  assert.ok(document["unknown"].every(({ type }: ResourceRef) => type.startsWith("iam-")));

  const { out } = await soc2er(["status", "--terraform", state, "--range", "--home", drill.home]);
  assert.match(
    out,
    new RegExp(`# until ${drill.incident} is released\nresource "aws_iam_access_key" "intruder" \\{\n {2}lifecycle`),
  );
  if (!HAS_TERRAFORM) return t.diagnostic("SKIPPED: there is no terraform to read what is printed");
  const read = spawnSync("terraform", ["fmt", "-"], { input: out, encoding: "utf8" });
  assert.equal(read.status, 0, read.stderr);
  assert.equal(read.stdout, out, "it is formatted as Terraform formats it");
});

test("blocks are found by what they own, each in the folder of its module, with all that its leases ask for", async () => {
  const blocks = await readState(await written(STATE));
  const held = (type: string, id: string, incident = "inc-1") => ({
    id: `${incident}/${type}/${id}`,
    incident,
    resource: { provider: "aws" as const, type, account: "123456789012", region: "us-east-1", id },
  });
  const { overrides, recreated, absent, unknown } = overridesOf(
    [
      held("iam-login-profile", "intruder"),
      held("s3-bucket-policy", "acme-data"),
      held("s3-bucket-policy", "acme-data", "inc-2"),
      held("s3-bucket-policy", "elsewhere"),
      held("nsg-rule", "any"),
      held("toString", "any"),
    ],
    blocks,
  );
  assert.deepEqual(overrides, [
    {
      module: "module.tenants.module.store",
      address: "aws_s3_bucket_policy.data",
      ignore: ["policy"],
      leases: ["inc-1/s3-bucket-policy/acme-data", "inc-2/s3-bucket-policy/acme-data"],
      incidents: ["inc-1", "inc-2"],
    },
  ]);
  assert.deepEqual(recreated, [{ module: "", address: "aws_iam_user_login_profile.intruder" }]);
  assert.deepEqual([absent.map(({ id }) => id), unknown.map(({ type }) => type)], [["elsewhere"], ["nsg-rule", "toString"]]);
});

/** What the API of each service and Terraform call the same thing. */
const SAME: readonly (readonly [type: string, id: string, block: string, attributes: object, ignore: string])[] = [
  ["kms-key", "k-1", "aws_kms_key", { key_id: "k-1" }, "is_enabled"],
  ["kms-key-policy", "k-1", "aws_kms_key", { key_id: "k-1" }, "policy"],
  ["kms-key-policy", "k-1", "aws_kms_key_policy", { key_id: "arn:aws:kms:us-east-1:123456789012:key/k-1" }, "policy"],
  ["iam-role-trust", "apps/web", "aws_iam_role", { name: "web" }, "assume_role_policy"],
  ["iam-role-policy", "web/deny", "aws_iam_role_policies_exclusive", { role_name: "web" }, "policy_names"],
  ["iam-role-policy", "web/deny", "aws_iam_role", { name: "web", inline_policy: [{}] }, "inline_policy"],
  [
    "dynamodb-table-policy",
    "events",
    "aws_dynamodb_resource_policy",
    { resource_arn: "arn:aws:dynamodb:us-east-1:123456789012:table/events" },
    "policy",
  ],
  [
    "secret-policy",
    "prod/db",
    "aws_secretsmanager_secret_policy",
    { secret_arn: "arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/db-a1B2c3" },
    "policy",
  ],
  ["s3-bucket-lifecycle", "data", "aws_s3_bucket_lifecycle_configuration", { bucket: "data" }, "rule"],
  ["s3-bucket-replication", "data", "aws_s3_bucket_replication_configuration", { bucket: "data" }, "rule"],
  ["s3-public-access-block", "data", "aws_s3_bucket_public_access_block", { bucket: "data" }, "block_public_acls"],
  ["network-interface", "eni-1", "aws_instance", { primary_network_interface_id: "eni-1" }, "security_groups"],
  ["network-interface", "eni-1", "aws_network_interface", { id: "eni-1" }, "security_groups"],
  ["network-acl-entry", "acl-1/ingress/90", "aws_network_acl", { id: "acl-1" }, "egress"],
  ["network-acl-entry", "acl-1/ingress/90", "aws_default_network_acl", { id: "acl-1" }, "egress"],
  ["iam-ssh-key", "jane/APKA1", "aws_iam_user_ssh_key", { ssh_public_key_id: "APKA1" }, "status"],
  ["iam-signing-certificate", "jane/C1", "aws_iam_signing_certificate", { certificate_id: "C1" }, "status"],
  [
    "iam-service-credential",
    "jane/ACCA1",
    "aws_iam_service_specific_credential",
    { service_specific_credential_id: "ACCA1" },
    "status",
  ],
  ["organizations-policy", "p-1", "aws_organizations_policy", { id: "p-1" }, "content"],
  ["instance-attribute", "i-1/disableApiStop", "aws_instance", { id: "i-1" }, "disable_api_stop"],
  ["instance-metadata-options", "i-1", "aws_instance", { id: "i-1" }, "metadata_options"],
  ["waf-web-acl", "REGIONAL/acl/1234", "aws_wafv2_web_acl", { id: "1234" }, "default_action"],
  ["waf-rule-group-reference", "REGIONAL/acl/1234/rule", "aws_wafv2_web_acl", { id: "1234" }, "rule"],
  ["waf-ip-set", "REGIONAL/blocked/1234", "aws_wafv2_ip_set", { id: "1234" }, "addresses"],
];

for (const [type, id, owner, attributes, ignored] of SAME) {
  test(`${type} is ${owner}'s ${ignored}`, async () => {
    const others = { name: "other", bucket: "other", id: "other" };
    const blocks = await readState(
      await written({ version: 4, resources: [block(owner, "one", attributes), block(owner, "two", others)] }),
    );
    const resource = { provider: "aws" as const, type, account: "123456789012", region: "us-east-1", id };
    const { overrides } = overridesOf([{ id: "lease", incident: "inc-1", resource }], blocks);
    assert.deepEqual(
      overrides.map(({ address }) => address),
      [`${owner}.one`],
    );
    assert.ok(overrides[0]?.ignore.includes(ignored));
  });
}

test("what is no state of Terraform is refused", async () => {
  for (const content of [
    "",
    "[]",
    { version: 3, resources: [] },
    { version: 4, resources: [block("aws_instance", "a\nb", {})] },
    { version: 4, resources: [block("aws_instance", "a", {}, { module: "module.a\n" })] },
  ]) {
    const file = await written(content);
    await assert.rejects(readState(file), { code: "usage" });
  }
  await assert.rejects(readState("/nowhere/state.json"), { code: "usage" });
  const both = await soc2er(["status", "--terraform", "state.json", "--verify", "--range", "--home", freshFolder(), "--json"]);
  assert.equal(both.code, 2);
});
