import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseLimit, parseScope, rule, sayLimit, signScope } from "../../src/approvals/index.ts";
import { allows } from "../../src/approvals/limits.ts";
import { digestJson, ErError, type GrantedScope, instant, type Plan } from "../../src/model/index.ts";
import { isAllowed } from "../../src/verifier/limits.ts";
import { approve, clockAt, everyone, keyring, keyringOf, MINUTE, planFor, recorded, START, signerOf } from "./setting.ts";

const DAY = 24 * 60 * MINUTE;
const like = (...patterns: string[]) => ({ kind: "like" as const, patterns });

type Given = Partial<Parameters<typeof signScope>[0]> & { readonly now?: number };
async function grant(person: string, role: string, given: Given = {}): Promise<GrantedScope> {
  const { now = START - DAY, ...rest } = given;
  const body = await signScope({
    ...{ origin: "acme.example/soc2-er/prod", runbook: "isolate-tenant", runbookDigest: digestJson({ nonce: "n1" }) },
    ...{ target: like("tenant", "acme"), params: [], accounts: null, maxChanges: 10, role, person },
    ...{ signer: signerOf(person), clock: clockAt(now), forMs: 30 * DAY, ...rest },
  });
  const entry = { ...recorded(await approve(plan, "sec", "security")), type: "scope.granted" as const, body };
  return { ...entry, at: instant(now), withdrawals: [] };
}

const plan = planFor();
async function judge(
  scopes: readonly GrantedScope[],
  approvers: readonly [string, string][],
  against: Plan = plan,
  ring = keyring,
) {
  const approvals = await Promise.all(approvers.map(([person, role]) => approve(against, person, role)));
  const entries = approvals.map((approval, index) => recorded(approval, index));
  return rule(against, entries, ring, instant(START), [against.header.runbook.id], scopes);
}
const codesOf = async (...args: Parameters<typeof judge>) => {
  const { state, findings } = await judge(...args);
  return [state, ...findings.map(({ code }) => code)];
};

test("a scope stands for its role beside a live signature of another person", async () => {
  const scope = await grant("sec", "security");
  const ruling = await judge([scope], [["eng", "engineering"]]);
  assert.deepEqual([ruling.state, ruling.waiting, ruling.findings], ["approved", [], []]);
  assert.deepEqual(
    ruling.have.map(({ person, role, scope: digest }) => [person, role, digest]),
    [
      ["sec", "security", scope.body.scope],
      ["eng", "engineering", undefined],
    ],
  );
  const alone = await judge([scope], []);
  assert.deepEqual([alone.state, alone.waiting, alone.findings], ["pending", ["engineering"], []]);
});

test("whoever stands for one role live does not stand for the other in advance, unless somebody else does", async () => {
  const scope = await grant("both", "security");
  assert.deepEqual(await codesOf([scope], [["both", "engineering"]]), ["pending", "scope-same-person"]);
  assert.deepEqual(
    await codesOf(
      [scope],
      [
        ["both", "engineering"],
        ["eng", "engineering"],
      ],
    ),
    ["approved"],
  );
  // Two maximal assignments, of which only one has a live signature.
  const scopes = [scope, await grant("eng", "engineering")];
  assert.deepEqual(await codesOf(scopes, [["both", "security"]]), ["approved"]);
});

test("both roles in advance count where plan and founding say so, and only there", async () => {
  const scopes = [await grant("sec", "security"), await grant("eng", "engineering")];
  const marked = { ...plan, header: { ...plan.header, preapproved: true as const } };
  const founded = { ...keyring, preapproved: ["isolate-tenant"] };
  assert.deepEqual(await codesOf(scopes, [], plan), ["pending", "scope-not-preapproved"]);
  assert.deepEqual(await codesOf(scopes, [], marked), ["pending", "scope-not-preapproved"], "an edited file");
  assert.deepEqual(await codesOf(scopes, [], plan, founded), ["pending", "scope-not-preapproved"], "a stricter file");
  assert.deepEqual(await codesOf(scopes, [], marked, founded), ["approved"]);
});

test("every limit has its refusal", async () => {
  const eng: readonly [string, string][] = [["eng", "engineering"]];
  const cidr = { kind: "within" as const, cidrs: ["203.0.113.0/24"] };
  const withCidr = { ...plan, header: { ...plan.header, params: { cidr: "203.0.113.7/32" } } };
  const change = { id: "c1", resource: { provider: "aws", account: "1" }, reversal: { kind: "restore" } };
  const changed = { ...plan, changes: [change, change] } as unknown as Plan;
  const cases: readonly (readonly [string, Given, Plan])[] = [
    ["scope-outside", { target: like("globex") }, plan],
    ["scope-outside", {}, withCidr],
    ["scope-outside", { params: [["cidr", { ...cidr, cidrs: ["198.51.100.0/24"] }]] }, withCidr],
    ["scope-outside", { params: [["cidr", { kind: "is", text: "203.0.113.7/32" }]] }, plan],
    ["scope-outside", { maxChanges: 1 }, changed],
    ["scope-outside", { accounts: ["2"] }, changed],
    ["scope-runbook", { runbookDigest: digestJson({ nonce: "other" }) }, plan],
    ["approval-other-origin", { origin: "other.example/log" }, plan],
    ["scope-expired", { now: START - 40 * DAY }, plan],
    ["scope-expired", { now: START + DAY }, plan],
    ["scope-revoked", { signer: signerOf("sec2") }, plan],
  ];
  for (const [code, given, against] of cases)
    assert.deepEqual(
      await codesOf([await grant("sec", "security", given)], eng, against),
      ["pending", code],
      JSON.stringify(given),
    );
  assert.deepEqual(await codesOf([await grant("sec", "security", { params: [["cidr", cidr]] })], eng, withCidr), ["approved"]);
  assert.deepEqual(await codesOf([await grant("sec", "security", { accounts: ["1"] })], eng, changed), ["approved"]);
  assert.deepEqual(await codesOf([await grant("ops", "security")], eng), ["pending", "scope-own"]);
  const rollback = { ...plan, header: { ...plan.header, kind: "rollback" as const } };
  assert.deepEqual(await codesOf([await grant("sec", "security")], eng, rollback), ["pending"], "nothing that undoes");
});

test("a signer who lost key or role, a withdrawal, a copied entry", async () => {
  const eng: readonly [string, string][] = [["eng", "engineering"]];
  const scope = await grant("sec", "security");
  const without = keyringOf(everyone.filter(({ id }) => id !== "sec"));
  assert.deepEqual(await codesOf([scope], eng, plan, without), ["pending", "scope-revoked"]);
  const demoted = keyringOf(everyone.map((one) => (one.id === "sec" ? { ...one, roles: ["operator"] } : one)));
  assert.deepEqual(await codesOf([scope], eng, plan, demoted), ["pending", "scope-revoked"]);
  const by = (person: string): GrantedScope => ({
    ...scope,
    withdrawals: [{ ...scope, type: "scope.withdrawn", person, body: { scope: scope.body.scope, reason: "over" } }],
  });
  assert.deepEqual(await codesOf([by("sec")], eng), ["pending", "scope-withdrawn"]);
  assert.deepEqual(await codesOf([by("sec2")], eng), ["pending", "scope-withdrawn"], "a colleague of the role");
  assert.deepEqual(await codesOf([by("nobody")], eng), ["approved"], "somebody who has nothing to say");
  const copied = { ...scope, body: { ...scope.body, person: "sec2" } };
  assert.deepEqual(await codesOf([copied], eng), ["pending", "approval-malformed"]);
  const altered = {
    ...scope,
    body: { ...scope.body, statement: scope.body.statement.replace("max-changes: 10", "max-changes: 99") },
  };
  assert.ok((await codesOf([altered], eng)).includes("approval-signature"));
});

test("a statement is read as it was written, and no other way", async () => {
  const { body } = await grant("sec", "security", {
    params: [["cidr", { kind: "widest", ipv4: 24, ipv6: 64 }]],
    accounts: ["1", "2"],
  });
  const facts = parseScope(body.statement);
  assert.deepEqual(
    [facts.params, facts.accounts, facts.maxChanges],
    [[["cidr", { kind: "widest", ipv4: 24, ipv6: 64 }]], ["1", "2"], 10],
  );
  const lines = body.statement.split("\n");
  for (const broken of [
    body.statement.replace("\n", "\r\n"),
    body.statement.slice(0, -1),
    `${body.statement}param: cidr like *\n`,
    [...lines.slice(0, 5), lines[5], ...lines.slice(5)].join("\n"),
    body.statement.replace("max-changes: 10", "max-changes: 010"),
    body.statement.replace("accounts: 1 2", "accounts: 1  2"),
    body.statement.replace("widest /24 /64", "widest /24 /640"),
  ])
    assert.throws(
      () => parseScope(broken),
      (error) => error instanceof ErError && error.code === "approval-malformed",
      broken,
    );
  await assert.rejects(grant("sec", "security", { forMs: 91 * DAY }), /at most 90 days/);
});

test("program and verifier allow the same", () => {
  const word = fc.stringMatching(/^[ab*]{1,6}$/);
  const network = fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })).map(([address, bits]) => {
    const base = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
    const masked = bits === 0 ? 0 : (base >>> (32 - bits)) * 2 ** (32 - bits);
    return `${[24, 16, 8, 0].map((shift) => (masked >>> shift) & 255).join(".")}/${bits}`;
  });
  const limit = fc.oneof(
    fc.array(word, { minLength: 1, maxLength: 3 }).map((patterns) => ({ kind: "like" as const, patterns })),
    fc.array(network, { minLength: 1, maxLength: 3 }).map((cidrs) => ({ kind: "within" as const, cidrs })),
    fc.constant({ kind: "widest" as const, ipv4: 16, ipv6: 48 }),
    word.map((text) => ({ kind: "is" as const, text })),
    fc.array(word, { minLength: 1, maxLength: 3 }).map((texts) => ({ kind: "in" as const, texts })),
  );
  const value = fc.oneof(
    fc.stringMatching(/^[ab]{1,6}( [ab]{1,3})?$/),
    network,
    fc.constant("2001:db8::/48"),
    fc.constant(undefined),
  );
  let allowed = 0;
  fc.assert(
    fc.property(limit, value, (one, given) => {
      const said = allows(one, given);
      assert.equal(isAllowed(sayLimit(one), given), said, `${sayLimit(one)}: ${given}`);
      assert.deepEqual(parseLimit(sayLimit(one)), one);
      if (said) allowed++;
    }),
    { numRuns: 2000 },
  );
  assert.ok(allowed > 50);
  const glob = (pattern: string, text: string) => new RegExp(`^${pattern.replaceAll("*", "[^ ]*")}$`).test(text);
  fc.assert(
    fc.property(word, fc.stringMatching(/^[ab]{1,8}$/), (pattern, text) =>
      assert.equal(allows(like(pattern), text), glob(pattern, text)),
    ),
  );
});
