import assert from "node:assert/strict";
import { test } from "node:test";
import { type Approval, approvalStatement, checkApproval, parseStatement, signApproval } from "../../src/approvals/index.ts";
import { digestJson, instant } from "../../src/model/index.ts";
import { type PersonSigner, parsePublicKey } from "../../src/signing/index.ts";
import { tokenSignature } from "../verifier/tokens.ts";
import { approve, clockAt, everyone, keyring, keyringOf, MINUTE, planFor, START, signerOf } from "./setting.ts";

const plan = planFor();

function codes(
  approval: { text: string; signature: string },
  options: { now?: number; ring?: typeof keyring; against?: typeof plan } = {},
): string[] {
  const { now = START, ring = keyring, against = plan } = options;
  return checkApproval({ statement: approval.text, signature: approval.signature }, against, ring, instant(now)).map(
    ({ code }) => code,
  );
}

/** Changes facts of a signed statement and signs the result again, as a person bent on mischief could. */
async function resigned(
  approval: Approval,
  person: string,
  changes: Partial<ReturnType<typeof parseStatement>>,
): Promise<{ text: string; signature: string }> {
  const signer = signerOf(person);
  const text = approvalStatement({ ...parseStatement(approval.text), key: signer.publicKey.fingerprint, ...changes });
  return { text, signature: await signer.sign("approval.soc2-er.v1", Buffer.from(text)) };
}

test("an honest approval has no findings, at either end of its window and on a slow clock", async () => {
  const approval = await approve(plan, "sec", "security");
  assert.deepEqual(codes(approval), []);
  assert.deepEqual(codes(approval, { now: START - 90_000 }), []);
  assert.deepEqual(codes(approval, { now: START + 58 * MINUTE }), []);
});

test("each fault has its code", async () => {
  const honest = await approve(plan, "sec", "security");
  assert.deepEqual(codes(honest, { now: START + 59 * MINUTE }), ["approval-expired"]);
  assert.deepEqual(codes(honest, { now: START - 3 * MINUTE }), ["approval-expired"]);
  assert.deepEqual(codes(honest, { against: planFor({ nonce: "n2" }) }), ["approval-other-plan"]);
  assert.deepEqual(codes(await resigned(honest, "sec", { incident: "inc-other" })), ["approval-other-incident"]);
  assert.deepEqual(codes(await resigned(honest, "sec", { origin: "acme.example/soc2-er/drill" })), ["approval-other-origin"]);
  assert.deepEqual(codes(await resigned(honest, "sec", { summary: "block one address" })), ["approval-other-plan"]);
  assert.deepEqual(codes(await resigned(honest, "sec", { action: "block-edge-traffic" })), ["approval-other-plan"]);
  assert.deepEqual(codes(await resigned(honest, "ops", { person: "ops" })), ["approval-self"]);
  assert.deepEqual(codes(await resigned(honest, "sec", { role: "engineering" })), ["approval-role"]);
  assert.deepEqual(codes(await resigned(honest, "eng", {})), ["approval-unknown-key"]);
  assert.deepEqual(codes(await resigned(honest, "sec", { key: signerOf("eng").publicKey.fingerprint })), [
    "approval-unknown-key",
  ]);
  assert.deepEqual(codes(await resigned(honest, "sec", { notAfter: instant(START + 90 * 24 * 60 * MINUTE) })), [
    "approval-malformed",
  ]);
  assert.deepEqual(codes(honest, { ring: keyringOf(everyone.filter(({ id }) => id !== "sec")) }), ["approval-unknown-key"]);
  assert.deepEqual(codes({ ...honest, text: honest.text.replace("role: security", "role: engineering") }), [
    "approval-signature",
  ]);
  assert.deepEqual(codes({ ...honest, text: honest.text.replaceAll("\n", "\r\n") }), ["approval-malformed"]);
  const session = await signerOf("sec").sign("session.soc2-er.v1", Buffer.from(honest.text));
  assert.deepEqual(codes({ ...honest, signature: session }), ["approval-signature"]);
  assert.deepEqual(codes(await resigned(await approve(plan, "both", "security"), "both", { role: "operator" })), [
    "approval-role",
    "approval-role",
  ]);
});

test("a nonce used for another statement is refused, the same statement recorded twice is not", async () => {
  const first = await approve(plan, "sec", "security");
  const { nonce } = parseStatement(first.text);
  const second = await resigned(await approve(plan, "eng", "engineering"), "eng", { nonce });
  const nonces = new Map([[nonce, first.text]]);
  const check = (one: { text: string; signature: string }) =>
    checkApproval({ statement: one.text, signature: one.signature }, plan, keyring, instant(START), { nonces });
  assert.deepEqual(
    check(second).map(({ code }) => code),
    ["approval-reused"],
  );
  assert.deepEqual(check(first), []);
});

test("the operator cannot sign an approval, and nobody one for longer than an hour", async () => {
  await assert.rejects(approve(plan, "ops", "security"), { code: "approval-self" });
  const sign = (windowMs: number) =>
    signApproval(plan, {
      signer: signerOf("sec"),
      person: "sec",
      role: "security",
      decision: "approve",
      clock: clockAt(START),
      windowMs,
    });
  await assert.rejects(sign(61 * MINUTE), { code: "parameter-invalid" });
  await assert.rejects(sign(Number.NaN), { code: "parameter-invalid" });
  assert.equal((await sign(30 * MINUTE)).notAfter, instant(START + 28 * MINUTE));
});

test("a decision on another history of the log does not count; a batch that is not here yet says nothing", async () => {
  const [here, other] = [digestJson({ batch: "here" }), digestJson({ batch: "other" })];
  const honest = await approve(plan, "sec", "security");
  const at = async (digest: typeof here) => resigned(honest, "sec", { seen: { batch: 4, digest } });
  const found = ({ text, signature }: { text: string; signature: string }, batches: ReadonlyMap<number, typeof here>) =>
    checkApproval({ statement: text, signature }, plan, keyring, instant(START), { batches }).map(({ code }) => code);
  assert.deepEqual(found(await at(here), new Map([[4, here]])), []);
  assert.deepEqual(found(await at(here), new Map([[3, other]])), []);
  assert.deepEqual(found(await at(other), new Map([[4, here]])), ["approval-other-history"]);
});

test("a FIDO key approves when it was touched, and where the log was founded so with a PIN or finger", async () => {
  const token = tokenSignature();
  const sec = { id: "sec", roles: ["security"], keys: [token.publicKey] };
  const ring = keyringOf([...everyone.filter(({ id }) => id !== "sec"), sec]);
  for (const [flags, asked, found] of [
    [5, true, []],
    [1, true, ["approval-signature"]],
    [1, false, []],
    [0, false, ["approval-signature"]],
  ] as const) {
    const signer: PersonSigner = {
      publicKey: parsePublicKey(token.publicKey),
      sign: async (namespace, message) => token.sign(namespace, Buffer.from(message).toString(), flags),
    };
    const facts = { signer, person: "sec", role: "security", decision: "approve", clock: clockAt(START) } as const;
    const { text, signature } = await signApproval(plan, facts);
    const findings = checkApproval({ statement: text, signature }, plan, { ...ring, verification: asked }, instant(START));
    assert.deepEqual(
      findings.map(({ code }) => code),
      found,
      `flags ${flags}, asked ${asked}`,
    );
  }
});
