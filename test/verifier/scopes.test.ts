import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Verdict } from "../../src/verifier/index.ts";
import {
  contentDigest,
  digest,
  fingerprint,
  GENESIS,
  jcs,
  Log,
  type Name,
  NOW,
  ORIGIN,
  publicKey,
  Session,
  sshSign,
  type Value,
} from "./build-log.ts";
import { codes, PLAN, type Statement, verify } from "./story.ts";

const DAY = 86_400_000;
const RUNBOOK = digest("the runbook");
const EVE = { id: "eve", roles: ["engineering"], keys: [publicKey("eve")] };
const people = [...GENESIS.people, EVE];

type Told = {
  readonly header?: Record<string, Value>;
  readonly genesis?: Record<string, Value>;
  /** What is said otherwise in the scope by ben. */
  readonly scope?: Statement;
  /** Further lines, in place of the parameter's. */
  readonly param?: string;
  readonly body?: Record<string, Value>;
  readonly namespace?: string;
  readonly signer?: Name;
  /** Who takes the scope back before the ruling. */
  readonly withdrawnBy?: "ana" | "ben" | "eve";
  readonly grant?: false;
  readonly applies?: "ana" | "ben";
  /** The plan has two changes. */
  readonly twice?: true;
  /** Also engineering's is in advance. */
  readonly both?: true;
};

const shifted = (ms: number): string => new Date(Date.parse(NOW()) + ms).toISOString();

function scopeStatement(
  person: Name,
  role: string,
  override: Statement = {},
  param = "param: cidr within 203.0.113.0/24\n",
): string {
  const lines: Statement = {
    ...{ origin: ORIGIN, runbook: "lockdown", "runbook-digest": RUNBOOK, target: "like ac*", accounts: "1", "max-changes": "3" },
    ...{ role, person, key: fingerprint(person), "not-before": shifted(-DAY), "not-after": shifted(DAY) },
    ...{ nonce: "0123456789abcdef0123456789abcdef", seen: "none", ...override },
  };
  const said = Object.entries(lines).map(([label, value]) => `${label}: ${value}\n`);
  return `soc2-er scope v1\n${said.slice(0, 4).join("")}${param}${said.slice(4).join("")}`;
}

function granted(person: Name, role: string, statement: string, told: Told = {}): Record<string, Value> {
  const expiresAt = /^not-after: (.*)$/m.exec(statement)?.[1] ?? "";
  const signature = sshSign(told.signer ?? person, told.namespace ?? "scope.soc2-er.v1", statement);
  return { scope: digest(statement), runbook: "lockdown", role, person, expiresAt, statement, signature, ...told.body };
}

/** ana founds, plans and applies; ben signed in advance as security, eve signs as engineering on the night. */
function tell(told: Told = {}): { log: Log } {
  const log = new Log();
  const [ana, ben, eve] = [new Session("ana"), new Session("ben"), new Session("eve")];
  const by = { ana, ben, eve };
  const entries: Buffer[] = [];
  const say = (made: Buffer): Buffer => {
    entries.push(made);
    log.add(made);
    return made;
  };
  let approvedAt = NOW();
  const required = ["security", "engineering"];
  const [first = "", change = ""] = PLAN.split("\n");
  const header = {
    ...JSON.parse(first),
    runbook: { id: "lockdown", digest: RUNBOOK },
    params: { cidr: "203.0.113.7/32" },
    required,
  };
  const changes = [change, ...(told.twice ? [jcs({ ...JSON.parse(change), id: "c2" })] : [])];
  const text = [jcs({ ...header, ...told.header }), ...changes, ""].join("\n");
  const plan = log.blob(text);
  say(ana.opened());
  const policy = { approvals: { lockdown: required } };
  log.pin(say(ana.entry("genesis", { ...GENESIS, people, policy: { ...policy, ...told.genesis } })));
  for (const session of [ben, eve]) say(session.opened());
  const statement = scopeStatement("ben", "security", told.scope, told.param);
  if (told.grant !== false) say(ben.entry("scope.granted", granted("ben", "security", statement, told)));
  const other = scopeStatement("eve", "engineering", { nonce: "1".repeat(32) });
  if (told.both) say(eve.entry("scope.granted", granted("eve", "engineering", other)));
  say(ana.entry("incident.declared", { id: "inc-1", title: "x", severity: 2 }));
  const created = {
    plan,
    contentDigest: contentDigest(text),
    kind: "contain",
    runbook: "lockdown",
    target: "acme",
    changes: changes.length,
  };
  say(ana.entry("plan.created", { ...created, expiresAt: "2026-03-01T09:00:00.000Z", required }));
  if (!told.both) {
    const statement = approvalStatement(plan);
    const signature = sshSign("eve", "approval.soc2-er.v1", statement);
    const approval = { plan, decision: "approve", role: "engineering", person: "eve", statement, signature };
    say(eve.entry("approval.recorded", approval));
    approvedAt = NOW();
  }
  if (told.withdrawnBy) say(by[told.withdrawnBy].entry("scope.withdrawn", { scope: digest(statement), reason: "over" }));
  log.seal(entries, ana, {}, [ana, ben, eve]);
  const approvals = [
    { role: "security", person: "ben", at: NOW(), scope: digest(statement) },
    { role: "engineering", person: "eve", at: approvedAt, ...(told.both ? { scope: digest(other) } : {}) },
  ];
  const more = [by[told.applies ?? "ana"].entry("plan.ruled", { plan, ruling: "approved", approvals })];
  log.add(...more);
  log.seal(more, ana, {}, [ana, ben, eve]);
  return { log };
}

function approvalStatement(plan: string): string {
  const lines: Statement = {
    ...{ origin: ORIGIN, incident: "inc-1", action: "lockdown", plan, summary: "x", decision: "approve", role: "engineering" },
    ...{ person: "eve", key: fingerprint("eve"), "not-before": shifted(-120_000), "not-after": shifted(3_000_000) },
    ...{ nonce: "f".repeat(32), seen: "none" },
  };
  const said = Object.entries(lines).map(([label, value]) => `${label}: ${value}\n`);
  return `soc2-er approval v1\n${said.join("")}`;
}

async function tried(t: TestContext, told: Told, found: readonly string[], verdict: Verdict): Promise<void> {
  const verification = await verify(t, tell(told));
  assert.deepEqual(codes(verification), found, JSON.stringify(verification.findings, null, 1));
  assert.equal(verification.verdict, verdict);
}

const IN_ADVANCE = { both: true as const, header: { preapproved: true }, genesis: { preapproved: ["lockdown"] } };

test("a ruling rests on one signature in advance and a live one, or on two where that was founded", async (t) => {
  await tried(t, {}, [], "verified");
  await tried(t, IN_ADVANCE, [], "verified");
  await tried(
    t,
    { scope: { accounts: "any", target: "in acme | globex" }, param: "param: cidr widest /24 /64\n" },
    [],
    "verified",
  );
  await tried(t, { withdrawnBy: "ana" }, [], "verified");
});

const RULED: Readonly<Record<string, Told>> = {
  "another target": { scope: { target: "like globex" } },
  "another value of a parameter": { param: "param: cidr within 198.51.100.0/24\n" },
  "a parameter that is not named": { param: "" },
  "a parameter that had to be given": { param: "param: cidr like *\nparam: keep is 1\n" },
  "more changes": { twice: true, scope: { "max-changes": "1" } },
  "another account": { scope: { accounts: "2" } },
  "another runbook's bytes": { scope: { "runbook-digest": digest("another") } },
  "another runbook": { scope: { runbook: "other" }, body: { runbook: "other" } },
  "a plan that undoes": { header: { kind: "rollback", of: "run-0" } },
  "a plan by its signer": { header: { operator: "ben" } },
  "its end": { scope: { "not-before": shifted(-9 * DAY), "not-after": shifted(-DAY) } },
  "its withdrawal by its signer": { withdrawnBy: "ben" },
  "its withdrawal by another who approves": { withdrawnBy: "eve" },
  "application by its signer": { applies: "ben" },
  "nobody's live signature": { both: true },
  "nobody's live signature, as the plan alone allows": { both: true, header: { preapproved: true } },
  "nobody's live signature, as the founding alone allows": { both: true, genesis: { preapproved: ["lockdown"] } },
};

for (const [what, told] of Object.entries(RULED))
  test(`a ruling in spite of ${what}`, async (t) => {
    const also = what === "a plan that undoes" ? ["plan", "scope"] : ["scope"];
    await tried(t, told, also, "tampered");
  });

test("a ruling on what nobody signed in advance", (t) => tried(t, { grant: false }, ["scope-missing"], "incomplete"));

const SIGNED: Readonly<Record<string, Told>> = {
  "by another key": { signer: "eve" },
  "for another purpose": { namespace: "approval.soc2-er.v1" },
  "for another log": { scope: { origin: "other" } },
  "for more than 90 days": { scope: { "not-before": shifted(-DAY), "not-after": shifted(90 * DAY) } },
  "in a role that is not held": { scope: { role: "engineering" }, body: { role: "engineering" } },
  "and copied as another's": { body: { person: "eve" } },
  "and copied as another": { body: { scope: digest("another") } },
  "and copied as lasting": { body: { expiresAt: "2030-01-01T00:00:00.000Z" } },
  "with a line too many": { scope: { more: "1" } },
  "with a parameter twice": { param: "param: cidr like *\nparam: cidr like *\n" },
  "with a limit that is none": { scope: { target: "roughly acme" } },
};

for (const [what, told] of Object.entries(SIGNED))
  test(`a scope signed ${what}`, (t) => tried(t, told, ["scope", "scope-missing"], "tampered"));
