import assert from "node:assert/strict";
import { test } from "node:test";
import { inOrder, lintRunbook } from "../../src/runbooks/index.ts";
import { parseRunbook } from "../../src/runbooks/parse.ts";

const ACTIONS = ["aws.s3.deny-tenant-prefix", "aws.ec2.quarantine-instances"];
const runbook = (steps: string, rest = "") =>
  parseRunbook(new TextEncoder().encode(`runbook: a\ntitle: A\n${rest}steps:\n${steps}`), "r.yaml");
const findings = (steps: string, rest?: string) =>
  lintRunbook(runbook(steps, rest), ACTIONS).map(({ level, code, line, message }) => ({ level, code, line, message }));

test("a sound runbook has no findings", () => {
  assert.deepEqual(
    findings(
      "  - { id: a, action: aws.s3.deny-tenant-prefix }\n  - { id: b, action: aws.ec2.quarantine-instances, needs: [a] }\n",
    ),
    [],
  );
});

test("an unknown action names the nearest", () => {
  assert.deepEqual(findings("  - { id: a, action: aws.s3.deny-tenant-prefx }\n"), [
    {
      level: "error",
      code: "unknown-action",
      line: 4,
      message: 'unknown action "aws.s3.deny-tenant-prefx": did you mean "aws.s3.deny-tenant-prefix"?',
    },
  ]);
});

test("needs: itself, an unknown step, a circle, a step twice", () => {
  const step = (id: string, needs: string) => `  - { id: ${id}, action: aws.s3.deny-tenant-prefix, needs: [${needs}] }\n`;
  const codes = (...steps: string[]) => findings(steps.join("")).map(({ code, line }) => `${code}@${line}`);
  assert.deepEqual(codes(step("one", "one")), ["self-need@4"]);
  assert.deepEqual(codes(step("one", ""), step("two", "oen")), ["unknown-need@5"]);
  assert.deepEqual(codes(step("one", "three"), step("two", "one"), step("three", "two")), ["cycle@4"]);
  assert.deepEqual(codes(step("one", ""), step("one", "")), ["duplicate-step@5"]);
});

test("parameters: unknown, unused, of a type that is no target", () => {
  const params = "params:\n  net: { description: d, type: cidr }\n  text: { description: d, type: string }\n";
  const found = findings(
    "  - { id: a, action: aws.s3.deny-tenant-prefix, on: { from: params.text }, with: { x: { from: params.nte }, y: 'of {{params.net}}' } }\n",
    params,
  );
  assert.deepEqual(
    found.map(({ level, code, line }) => `${level} ${code}@${line}`),
    ["warning unused-param@4", "error on-type@7", "error unknown-param@7", "error expression@7"],
  );
});

const IDS = [
  "arn:aws:iam::123456789012:role/x",
  "sg-0123456789abcdef0",
  "acl-01234567",
  "vpc-0a1b2c3d",
  "i-0123456789abcdef0",
  "eni-0123456789abcdef0",
  "AKIAIOSFODNN7EXAMPLE",
  "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/rg",
  "s3://acme-data/tenants",
  "acme-data.s3.amazonaws.com",
  "123456789012",
];
for (const id of IDS) {
  test(`a resource id is refused wherever it stands: ${id}`, () => {
    for (const place of [`with: { x: "${id}" }`, `with: { x: "not before ${id}" }`]) {
      const found = findings(`  - { id: a, action: aws.s3.deny-tenant-prefix, ${place} }\n`);
      assert.deepEqual(
        found.map(({ code, line }) => ({ code, line })),
        [{ code: "resource-id", line: 4 }],
        place,
      );
    }
    const inDefault = `params:\n  p: { description: d, type: string, default: "${id}" }\n`;
    assert.ok(
      findings("  - { id: a, action: aws.s3.deny-tenant-prefix, with: { x: { from: params.p } } }\n", inDefault).some(
        ({ code }) => code === "resource-id",
      ),
    );
  });
}

test("a value whose parameter names one bucket is a resource id; ordinary words are not", () => {
  assert.deepEqual(
    findings("  - { id: a, action: aws.s3.deny-tenant-prefix, with: { bucket: acme-data } }\n").map(({ code }) => code),
    ["resource-id"],
  );
  assert.deepEqual(
    findings("  - { id: i-face, action: aws.s3.deny-tenant-prefix, with: { mode: sg-like, keep: 10.0.0.0/8 } }\n"),
    [],
  );
});

test("steps come after what they need, otherwise as written", () => {
  const { steps } = runbook(
    ["c: [a, b]", "b: []", "a: [b]", "d: []"]
      .map((line) => line.split(": "))
      .map(([id, needs]) => `  - { id: ${id}, action: aws.s3.deny-tenant-prefix, needs: ${needs} }\n`)
      .join(""),
  );
  assert.deepEqual(
    inOrder(steps).map(({ id }) => id),
    ["b", "a", "c", "d"],
  );
});
