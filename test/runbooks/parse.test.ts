import assert from "node:assert/strict";
import { test } from "node:test";
import { ErError } from "../../src/model/index.ts";
import { runbookJsonSchema } from "../../src/runbooks/form.ts";
import { parseRunbook } from "../../src/runbooks/parse.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

const GOOD = `runbook: isolate-tenant
title: Cut one tenant's data off
command: { verb: isolate, noun: tenant }
controls: [SOC2:CC6.1, SOC2:CC7.4]
approvals: [security, engineering]
maxChanges: 500
params:
  keep-cidr: { description: examiner network, type: cidr, required: "false" }
steps:
  - id: guardrail
    action: aws.s3.deny-tenant-prefix
  - id: hosts
    action: aws.ec2.quarantine-instances
    needs: [guardrail]
    on: { from: params.keep-cidr }
    with: { keepCidr: { from: params.keep-cidr }, account: 012345678901 }
    onFailure: stop
`;

test("a runbook is read into plain data; every scalar stays the text it was", () => {
  const { bytes: held, digest, ...runbook } = parseRunbook(bytes(GOOD), "r.yaml");
  assert.deepEqual(held, bytes(GOOD));
  assert.match(digest, /^sha256:[0-9a-f]{64}$/);
  assert.deepEqual(runbook, {
    id: "isolate-tenant",
    title: "Cut one tenant's data off",
    command: { verb: "isolate", noun: "tenant" },
    controls: ["SOC2:CC6.1", "SOC2:CC7.4"],
    approvals: ["security", "engineering"],
    maxChanges: 500,
    params: { "keep-cidr": { description: "examiner network", type: "cidr", required: false } },
    steps: [
      { id: "guardrail", action: "aws.s3.deny-tenant-prefix", needs: [], with: {}, onFailure: "continue" },
      {
        id: "hosts",
        action: "aws.ec2.quarantine-instances",
        needs: ["guardrail"],
        on: { from: "params.keep-cidr" },
        with: { keepCidr: { from: "params.keep-cidr" }, account: "012345678901" },
        onFailure: "stop",
      },
    ],
    source: "r.yaml",
  });
});

const REFUSED: readonly [why: string, from: string, to: string, at: string, says: RegExp][] = [
  ["a misspelt field", "title:", "titel:", "2:1", /unknown key "titel": the nearest known key is "title"/],
  ["a misspelt field of a step", "needs:", "need:", "14:5", /unknown key "need": the nearest known key is "needs"/],
  ["a loop", "  - id: guardrail", "  - foreach: x\n    id: guardrail", "10:5", /unknown key "foreach"/],
  ["an unknown type of parameter", "type: cidr", "type: cdir", "8:53", /"cdir" is none of .*did you mean "cidr"/],
  ["an anchor", "title: Cut", "title: &a Cut", "2:8", /anchors are not allowed/],
  ["an alias", "[guardrail]", "*a", "14:12", /aliases are not allowed/],
  ["a tag", "maxChanges: 500", "maxChanges: !!int 500", "6:13", /tags are not allowed/],
  ["a local tag", "Cut one", "!secret Cut one", "2:8", /tags are not allowed/],
  ["a key twice", "maxChanges: 500", "title: b", "6:1", /second time/],
  ["a second document", "steps:", "---\nsteps:", "9:1", /second document/],
  ["a merge key", "maxChanges: 500", "<<: { a: b }", "6:1", /unknown key "<<"/],
  ["approvals by nobody", "[security, engineering]", "[]", "5:12", /at least one role/],
  [
    "a part of a value as reference",
    "with: { keepCidr: { from: params.keep-cidr }",
    "with: { keepCidr: { from: net-params.keep-cidr }",
    "16:31",
    /not a reference|must be a text or/,
  ],
  ["what is no number", "maxChanges: 500", "maxChanges: 5e2", "6:13", /"5e2" is not a whole number/],
];
for (const [why, from, to, at, says] of REFUSED) {
  test(`refused with its place: ${why}`, () => {
    assert.ok(GOOD.includes(from));
    assert.throws(
      () => parseRunbook(bytes(GOOD.replace(from, to)), "r.yaml"),
      (error) => {
        assert.ok(error instanceof ErError, String(error));
        assert.equal(error.code, "runbook-invalid");
        assert.match(error.message, says);
        assert.ok(error.message.startsWith(`r.yaml:${at}: `), error.message);
        return true;
      },
    );
  });
}

test("50 MB are refused by their size, before anything is parsed", () => {
  const huge = new Uint8Array(50 * 1024 * 1024).fill(0x5b);
  const started = performance.now();
  assert.throws(() => parseRunbook(huge, "r.yaml"), {
    code: "runbook-invalid",
    message: "r.yaml:1:1: the file has more than 256 KiB",
  });
  assert.ok(performance.now() - started < 50);
});

test("deep nesting within the size limit is refused, not a crash", () => {
  for (const nest of ["[".repeat(20_000), "- ".repeat(20_000), "{a: ".repeat(20_000)]) {
    assert.throws(() => parseRunbook(bytes(nest), "r.yaml"), {
      code: "runbook-invalid",
      message: /nested deeper than 16 levels/,
    });
  }
});

test("bytes that are not UTF-8 are refused", () => {
  assert.throws(() => parseRunbook(new Uint8Array([0xff, 0xfe, 0x41]), "r.yaml"), {
    code: "runbook-invalid",
    message: /not UTF-8/,
  });
});

test("the JSON Schema closes every mapping and takes scalars as editors read them", () => {
  const schema = runbookJsonSchema() as {
    additionalProperties: boolean;
    properties: Record<string, { type?: unknown; enum?: unknown }>;
    required: string[];
  };
  assert.equal(schema.additionalProperties, false);
  assert.deepEqual(schema.required, ["runbook", "title", "steps"]);
  assert.deepEqual(schema.properties["maxChanges"]?.type, ["string", "integer"]);
  assert.ok(JSON.stringify(schema).includes('"enum":["true","false",true,false]'));
});
