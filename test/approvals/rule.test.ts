import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Approval, rule } from "../../src/approvals/index.ts";
import type { Keyring } from "../../src/audit/index.ts";
import { instant } from "../../src/model/index.ts";
import { approve, everyone, keyring, keyringOf, MINUTE, planFor, ROLES, recorded, START, signerOf } from "./setting.ts";

const plan = planFor();
const founded = { ...keyring, approvals: { default: ["security"], block: ["engineering"] } };
const judge = (approvals: readonly Approval[], now = START, against = plan) =>
  rule(
    against,
    approvals.map((approval, index) => recorded(approval, index)),
    keyring,
    instant(now),
  );

test("two persons with the two roles approve", async () => {
  const [sec, eng] = [await approve(plan, "sec", "security"), await approve(plan, "eng", "engineering")];
  assert.deepEqual(judge([]), { state: "pending", have: [], waiting: ["security", "engineering"], findings: [] });
  assert.deepEqual(judge([eng]).waiting, ["security"]);
  assert.deepEqual(judge([sec, sec]).state, "pending");
  const ruling = judge([eng, sec]);
  assert.equal(ruling.state, "approved");
  assert.deepEqual(
    ruling.have.map(({ role, person }) => `${role}:${person}`),
    ["security:sec", "engineering:eng"],
  );
});

test("somebody with both roles stands for one, and for the one that helps", async () => {
  const both = [await approve(plan, "both", "security"), await approve(plan, "both", "engineering")];
  assert.equal(judge(both).state, "pending");
  assert.equal(judge([...both, await approve(plan, "sec", "security")]).state, "approved");
  assert.equal(judge([...both, await approve(plan, "eng", "engineering")]).state, "approved");
  assert.equal(judge([await approve(plan, "both", "security"), await approve(plan, "sec2", "security")]).state, "pending");
});

test("one denial that holds rejects, also after its window, also by the operator", async () => {
  const approvals = [await approve(plan, "sec", "security"), await approve(plan, "eng", "engineering")];
  assert.equal(judge([...approvals, await approve(plan, "sec2", "security", "deny")]).state, "rejected");
  assert.equal(judge([await approve(plan, "ops", "operator", "deny"), ...approvals]).state, "rejected");
  assert.equal(judge([await approve(plan, "sec2", "security", "deny", START - 300 * MINUTE), ...approvals]).state, "rejected");
  const forged = { ...(await approve(plan, "sec2", "security", "deny")), signature: approvals[0]?.signature ?? "" };
  assert.equal(judge([...approvals, forged]).state, "approved");
  assert.equal(judge([...approvals, await approve(planFor({ nonce: "n2" }), "sec2", "security", "deny")]).state, "approved");
});

test("expired approvals are findings, an expired plan is expired", async () => {
  const late = judge([await approve(plan, "sec", "security", "approve", START - 59 * MINUTE)]);
  assert.deepEqual([late.state, late.findings[0]?.code], ["pending", "approval-expired"]);
  const approvals = [await approve(plan, "sec", "security"), await approve(plan, "eng", "engineering")];
  assert.equal(judge(approvals, START + 31 * MINUTE).state, "expired");
});

test("a plan that asks for less than the log was founded with waits, and nobody can approve what it does not ask for", async () => {
  const lesser = planFor({ required: ["engineering"] });
  const approvals = [await approve(lesser, "eng", "engineering"), await approve(lesser, "sec", "security")];
  const ruling = judge(approvals, START, lesser);
  assert.deepEqual([ruling.state, ruling.waiting], ["pending", ["security"]]);
  assert.deepEqual(
    ruling.findings.map(({ code }) => code),
    ["approval-role"],
  );
  const undoing = rule(
    lesser,
    approvals.slice(0, 1).map((one) => recorded(one)),
    founded,
    instant(START),
    ["block"],
  );
  assert.equal(undoing.state, "approved", "what undoes a runbook that engineering alone approves");
});

test("an entry that says other than the signed statement does not count", async () => {
  const sec = await approve(plan, "sec", "security");
  const ruling = judge([
    { ...sec, role: "engineering" },
    { ...sec, person: "eng" },
  ]);
  assert.equal(ruling.state, "pending");
  assert.deepEqual(
    ruling.findings.map(({ code }) => code),
    ["approval-malformed", "approval-malformed"],
  );
});

test("fewer persons than roles, or the operator among them, never suffice", async () => {
  const names = Object.keys(ROLES);
  const required = fc.array(fc.constantFrom("security", "engineering", "operator"), { minLength: 1, maxLength: 4 });
  const approval = fc.record({
    person: fc.constantFrom(...names),
    role: fc.constantFrom("security", "engineering", "operator"),
    signer: fc.option(fc.constantFrom(...names), { freq: 6 }),
  });
  let approvedOnce = 0;
  await fc.assert(
    fc.asyncProperty(required, fc.array(approval, { maxLength: 7 }), async (asked, made) => {
      const against = planFor({ required: asked });
      // The log was founded with security's approval.
      const roles = asked.includes("security") ? asked : [...asked, "security"];
      const approvals: Approval[] = [];
      for (const { person, role, signer } of made) {
        // The operator's own approval is signed as if by a tool that does not refuse it.
        const asked = { ...against, header: { ...against.header, operator: "nobody" } };
        const one = await approve(asked, person, role);
        const signature = await signerOf(signer ?? person).sign("approval.soc2-er.v1", Buffer.from(one.text));
        approvals.push({ ...one, signature });
      }
      const ruling = judge(approvals, START, against);
      assert.equal(ruling.have.length + ruling.waiting.length, roles.length);
      const honest = made.filter(
        ({ person, role, signer }) => person !== "ops" && (signer ?? person) === person && ROLES[person]?.includes(role),
      );
      const persons = new Set(honest.map(({ person }) => person));
      assert.equal(new Set(ruling.have.map(({ person }) => person)).size, ruling.have.length);
      assert.equal(
        ruling.have.some(({ person }) => person === "ops"),
        false,
      );
      if (ruling.state === "approved") {
        approvedOnce++;
        assert.equal(persons.size >= roles.length, true);
      }
      // Nobody can approve what the plan does not ask for.
      assert.equal(ruling.state === "approved", asked.includes("security") && coverable(roles, honest));
    }),
    { numRuns: 300 },
  );
  assert.equal(approvedOnce > 0, true);
});

/** The rule said again by brute force: can every role be given to a person of its own? */
function coverable(roles: readonly string[], honest: readonly { person: string; role: string }[]): boolean {
  const [role, ...rest] = roles;
  if (role === undefined) return true;
  return honest.some(
    (one) =>
      one.role === role &&
      coverable(
        rest,
        honest.filter(({ person }) => person !== one.person),
      ),
  );
}

test("an approval counts by the keyring that it was recorded in, and no more when its key is revoked or its role lost", async () => {
  const plan = planFor({ required: ["security"] });
  const approval = recorded(await approve(plan, "sec", "security"), 5);
  const key = {
    text: "",
    fingerprint: signerOf("sec").publicKey.fingerprint,
    person: "sec",
    added: 1,
    since: 1,
    goodThrough: null,
  };
  const then = keyringOf(everyone);
  const now = (changed: Partial<Keyring>): Keyring => ({
    ...then,
    at: (place) => (place === 5 ? then : keyringOf([])),
    ...changed,
  });
  const states = (keyring: Keyring) => {
    const { state, findings } = rule(plan, [approval], keyring, instant(START));
    return [state, ...findings.map(({ code }) => code)];
  };
  assert.deepEqual(states(now({})), ["approved"]);
  assert.deepEqual(states(now({ keys: [{ ...key, state: "retired" }], ownerOf: () => null })), ["approved"], "retired since");
  assert.deepEqual(states(now({ keys: [{ ...key, state: "revoked" }] })), ["pending", "approval-unknown-key"], "revoked since");
  assert.deepEqual(states(now({ holds: () => false })), ["pending", "approval-role"], "role lost since");
  assert.deepEqual(states({ ...then, at: () => keyringOf([]) }), ["pending", "approval-unknown-key"], "key added since");
});
