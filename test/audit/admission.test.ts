import assert from "node:assert/strict";
import { test } from "node:test";
import { peopleFault } from "../../src/audit/admission.ts";
import { initLog } from "../../src/audit/init.ts";
import { systemClock } from "../../src/model/index.ts";
import { bench, ORIGIN } from "./bench.ts";

/** RFC 8032 section 7.1, tests 1 and 2. */
const [KEY, OTHER] = [
  "AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea",
  "AAAAC3NzaC1lZDI1NTE5AAAAID1AF8PoQ4lakrcKp00bfrycmCzPLsSWjMDNVfEq9GYM",
].map((base64) => `ssh-ed25519 ${base64}`) as [string, string];
/** A point of order 4. */
const WEAK = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

const ana = { id: "ana", roles: ["security"], keys: [`${KEY} ana's laptop`] };
const ben = { id: "ben", roles: ["engineering", "operator"], keys: [OTHER] };

test("people with names of their own, roles and admitted keys are a keyring", () => {
  assert.equal(peopleFault([ana, ben]), null);
  assert.equal(peopleFault([{ ...ana, principals: ["aws:user/ana"] }]), null);
});

test("who would not stand for themselves alone is no person of a keyring", () => {
  const faults = {
    "the same name twice": [ana, { ...ben, id: "ana" }],
    "one key, two people": [ana, { ...ben, keys: [`${KEY}   another comment`] }],
    "one key twice": [{ ...ana, keys: [KEY, KEY] }],
    "a weak key": [{ ...ana, keys: [WEAK] }],
    "an RSA key": [{ ...ana, keys: ["ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAAQM="] }],
    "a key with options": [{ ...ana, keys: [`cert-authority ${KEY}`] }],
    "no key": [{ ...ana, keys: ["ana"] }],
    "no roles": [{ ...ana, roles: "security" as unknown as string[] }],
    "a role twice": [{ ...ana, roles: ["security", "security"] }],
    "a role that is none": [{ ...ana, roles: ["security,engineering"] }],
    ...Object.fromEntries(
      ["", "*", "a?a", "!ana", "ana,ben", 'ana"', "ana ben", "#ana", "ana\n", "-ana", "a".repeat(65)].map((id) => [
        `the name "${id}"`,
        [{ ...ana, id }],
      ]),
    ),
  };
  for (const [what, people] of Object.entries(faults)) assert.notEqual(peopleFault(people), null, what);
});

test("no log is founded with them, and one that was is not read", async (t) => {
  const { home, signer, exists } = await bench(t);
  const people = [
    { id: "ana", roles: ["operator"], keys: [signer("ana").publicKey.text] },
    { id: "eve", roles: ["security"], keys: [WEAK] },
  ];
  const genesis = { organization: "Acme", people, policy: { approvals: {} } };
  const options = { home: home(), origin: ORIGIN, mode: "real" as const, genesis, signer: signer("ana"), clock: systemClock };
  await assert.rejects(initLog({ ...options, host: "laptop", tool: "test" }), {
    code: "config-invalid",
    message: /"eve".*small order/,
  });
  assert.equal(await exists(home()), false);
});
