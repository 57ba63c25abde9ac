import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import {
  type ApprovalFacts,
  approvalStatement,
  checkApproval,
  parseStatement,
  planSummary,
  repairPasted,
} from "../../src/approvals/index.ts";
import { instant } from "../../src/model/index.ts";
import { approve, keyring, planFor, START, signerOf } from "./setting.ts";

const FACTS: ApprovalFacts = {
  origin: "acme.example/soc2-er/prod",
  incident: "inc-1126-kovame",
  action: "isolate-tenant",
  plan: `sha256:${"ab".repeat(32)}`,
  summary: "contain tenant acme: 41 changes, 0 irreversible, 2 accounts",
  decision: "approve",
  role: "security",
  person: "sec-lead",
  key: `SHA256:${"A".repeat(43)}`,
  notBefore: "2026-11-26T03:00:00.000Z",
  notAfter: "2026-11-26T04:00:00.000Z",
  nonce: "0123456789abcdef0123456789abcdef",
  seen: { batch: 12, digest: `sha256:${"cd".repeat(32)}` },
};

test("the statement is the agreed text", () => {
  assert.equal(
    approvalStatement(FACTS),
    `soc2-er approval v1
origin: acme.example/soc2-er/prod
incident: inc-1126-kovame
action: isolate-tenant
plan: sha256:${"ab".repeat(32)}
summary: contain tenant acme: 41 changes, 0 irreversible, 2 accounts
decision: approve
role: security
person: sec-lead
key: SHA256:${"A".repeat(43)}
not-before: 2026-11-26T03:00:00.000Z
not-after: 2026-11-26T04:00:00.000Z
nonce: 0123456789abcdef0123456789abcdef
seen: 12 sha256:${"cd".repeat(32)}
`,
  );
  assert.deepEqual(parseStatement(approvalStatement(FACTS)), FACTS);
  assert.deepEqual(parseStatement(approvalStatement({ ...FACTS, seen: null })).seen, null);
});

test("the summary loses what ASCII lacks, other facts refuse it", () => {
  const text = approvalStatement({ ...FACTS, summary: "Zürich\nrole: admin\u202e" });
  assert.match(text, /^summary: Z\?rich\?role: admin\?$/m);
  for (const bad of ["zoë", "a\nb", " a", "a ", "", "x".repeat(501)]) {
    assert.throws(() => approvalStatement({ ...FACTS, person: bad }), { code: "approval-malformed" }, bad);
  }
});

test("no other text is read as a statement", () => {
  const text = approvalStatement(FACTS);
  const others = [
    text.slice(0, -1),
    `${text}\n`,
    `\n${text}`,
    text.replaceAll("\n", "\r\n"),
    text.replace("v1", "v2"),
    text.replace("role: ", "role:  "),
    text.replace("decision: approve", "decision: Approve"),
    text.replace("role: security\nperson: sec-lead", "person: sec-lead\nrole: security"),
    text.replace("nonce", "nonce\u00a0"),
    text.replace("2026-11-26T03:00:00.000Z", "2026-02-31T03:00:00.000Z"),
    text.replace("2026-11-26T03:00:00.000Z", "2026-11-26T03:00:00Z"),
    text.replace("seen: 12", "seen: 012"),
    text.replace(/nonce: ./, "nonce: G"),
    text.replace("sha256:ab", "sha256:AB"),
    "",
  ];
  for (const other of others)
    assert.throws(() => parseStatement(other), { code: "approval-malformed" }, JSON.stringify(other.slice(0, 60)));
});

test("what parses renders to the same bytes", () => {
  const mutation = fc.tuple(fc.nat(), fc.constantFrom("", " ", "\n", ":", "0", "-", "none", "\r", "é", "sha256:"));
  fc.assert(
    fc.property(fc.array(mutation, { minLength: 1, maxLength: 3 }), (mutations) => {
      let text = approvalStatement(FACTS);
      for (const [at, insert] of mutations)
        text = text.slice(0, at % text.length) + insert + text.slice((at % text.length) + (at % 2));
      try {
        assert.equal(approvalStatement(parseStatement(text)), text);
      } catch (error) {
        assert.equal((error as { code?: string }).code, "approval-malformed");
      }
    }),
  );
});

test("stock ssh-keygen accepts the signature over the statement", async () => {
  const approval = await approve(planFor(), "sec", "security");
  const folder = mkdtempSync(join(tmpdir(), "er-state-"));
  writeFileSync(join(folder, "allowed"), `sec namespaces="approval.soc2-er.v1" ${signerOf("sec").publicKey.text}\n`);
  writeFileSync(join(folder, "sig"), approval.signature);
  const args = [
    "-Y",
    "verify",
    "-f",
    join(folder, "allowed"),
    "-I",
    "sec",
    "-n",
    "approval.soc2-er.v1",
    "-s",
    join(folder, "sig"),
  ];
  const run = (input: string) => spawnSync("ssh-keygen", args, { input }).status;
  assert.equal(run(approval.text), 0);
  assert.notEqual(run(approval.text.replace("approve", "deny")), 0);
  rmSync(folder, { recursive: true });
});

test("a pasted approval survives what mail and chat do to it", async () => {
  const plan = planFor();
  const { text, signature } = await approve(plan, "sec", "security");
  const whole = `${text}${signature}`;
  const damages: Record<string, string> = {
    none: whole,
    crlf: whole.replaceAll("\n", "\r\n"),
    "old mac": whole.replaceAll("\n", "\r"),
    quoted: whole.replace(/^/gm, "> "),
    "quoted twice": whole.replace(/^/gm, "> > "),
    "quoted tight": whole.replace(/^/gm, ">"),
    "trailing blanks": whole.replaceAll("\n", "  \t\n"),
    "no-break space": whole.replaceAll(" ", "\u00a0"),
    indented: whole.replace(/^/gm, "    "),
    "blank lines": whole.replaceAll("\n", "\n\n"),
    "text around": `Hi, I approve:\n\n\`\`\`\n${whole}\`\`\`\nCheers\n`,
    "no last newline": whole.trimEnd(),
    "zero width": whole.replaceAll(":", ":\u200b"),
    "typographic dashes": whole.replaceAll("-----", "\u2014\u2014"),
    "wrapped at blanks": whole.replace(/^(plan|summary|seen): (.*)$/gm, "$1:\n$2"),
    "hard wrapped at 40 columns": whole.replace(/^(?!summary|seen).{41,}$/gm, (line) => line.replace(/(.{40})/g, "$1\n")),
    "bullets of a chat": text.replace(/^/gm, "\u2022 ") + signature.replace(/^/gm, "* "),
    numbered:
      text
        .split("\n")
        .slice(0, -1)
        .map((line, at) => `${at + 1}. ${line}\n`)
        .join("") + signature,
    "smart dashes": whole.replace(/(?<=not|inc)-/g, "\u2011"),
    "a name before": `[12:03] sec-lead: ${whole}`,
    "no blank behind labels": text.replace(/^([a-z-]+): /gm, "$1:") + signature,
    "armor rewrapped":
      text + signature.replace(/([A-Za-z0-9+/=]{70})\n/g, (_, line: string) => `${line.slice(0, 40)}\n${line.slice(40)}\n`),
  };
  for (const [name, damaged] of Object.entries(damages)) {
    const repaired = repairPasted(damaged);
    assert.equal(repaired.text, text, name);
    assert.deepEqual(
      checkApproval({ statement: repaired.text, signature: repaired.signature ?? "" }, plan, keyring, instant(START)),
      [],
      name,
    );
  }
  const forged = repairPasted(whole.replace("decision: approve", "decision: deny"));
  assert.equal(
    checkApproval({ statement: forged.text, signature: forged.signature ?? "" }, plan, keyring, instant(START))[0]?.code,
    "approval-signature",
  );
  assert.deepEqual(repairPasted(`Please sign this:\n\n${text}\nThanks\n`), { text, signature: null }, "a request");
  for (const bad of [
    "",
    signature,
    text.slice(0, 200),
    `${text}${signature.slice(0, 100)}`,
    "soc2-er approval v1",
    "x".repeat(70_000),
  ])
    assert.throws(() => repairPasted(bad), { code: "approval-malformed" });
});

test("the summary counts what a plan does and fits a line", () => {
  const plan = planFor();
  assert.equal(planSummary(plan), "contain tenant acme: 0 changes, 0 irreversible, 0 accounts");
  const long = planSummary({ ...plan, header: { ...plan.header, target: "x".repeat(5000) } });
  assert.equal(long.length <= 300, true);
  assert.match(long, /0 changes, 0 irreversible, 0 accounts$/);
});
