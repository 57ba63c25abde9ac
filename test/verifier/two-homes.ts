import {
  contentDigest,
  fingerprint,
  GENESIS,
  jcs,
  Log,
  NOW,
  ORIGIN,
  publicKey,
  Session,
  sshSign,
  type Value,
} from "./build-log.ts";
import { PLAN, RESOURCE } from "./story.ts";

const ROLES = ["security", "engineering"] as const;
const APPROVERS = { security: "ben", engineering: "eve" } as const;
const AFTER = { before: "2026-03-01T08:00:00.000Z", list: [1, "x"] };

/** A plan's text and how its one change is intended. */
type Planned = { readonly text: string; readonly intent: Record<string, Value>; readonly run: string; readonly result: string };

function planned(override: Record<string, Value>, change: Record<string, Value>): string {
  const [header = "{}", line = "{}"] = PLAN.split("\n");
  return [
    { ...JSON.parse(header), required: ROLES, ...override },
    { ...JSON.parse(line), ...change },
  ]
    .map((one) => `${jcs(one)}\n`)
    .join("");
}

/**
 * An honest log as the first of two machines has it: a lockdown with two approvals from the other machine, its rollback, and a spell
 * without a store on either. ana writes here, ben and eve there; all of it is in batches.
 */
export function twoHomes() {
  const log = new Log();
  const [ana, ben, eve] = [new Session("ana"), new Session("ben"), new Session("eve")];
  const all = [ana, ben, eve];
  let waiting: Buffer[] = [];
  const say = (session: Session, type: string, body: Value): Buffer => keep(session, session.entry(type, body));
  const keep = (session: Session, made: Buffer): Buffer => {
    waiting.push(made);
    if (session === ana) log.add(made);
    return made;
  };
  const seal = (by: Session): void => {
    log.seal(waiting, by, {}, all);
    waiting = [];
  };

  keep(ana, ana.opened());
  const people = [...GENESIS.people, { id: "eve", roles: ["engineering"], keys: [publicKey("eve")] }];
  log.pin(say(ana, "genesis", { ...GENESIS, people, policy: { approvals: { lockdown: ROLES } } }));
  say(ana, "incident.declared", { id: "inc-1", title: "Ünusual ☎", severity: 2, tenant: "acme" });
  const contain: Planned = {
    ...{ text: planned({}, {}), run: "run-1", result: "contained" },
    intent: { action: "aws.iam.cut", resource: RESOURCE, before: null, after: AFTER },
  };
  const undo = { before: AFTER, after: null, undoes: "run-1/c1" };
  const rollback: Planned = {
    ...{ text: planned({ kind: "rollback", of: "run-1" }, undo), run: "run-2", result: "rolled-back" },
    intent: { action: "aws.iam.cut", resource: RESOURCE, ...undo },
  };
  seal(ana);
  for (const session of [ben, eve]) keep(session, session.opened());
  say(eve, "remote.down", { store: "s3", reason: "no route" });
  say(eve, "remote.up", { store: "s3", pending: 2 });
  seal(eve);
  for (const [index, one] of [contain, rollback].entries()) {
    const plan = log.blob(one.text);
    const { kind, of } = JSON.parse(one.text.split("\n")[0] ?? "");
    const asOf = of === undefined ? {} : { of };
    say(ana, "plan.created", {
      ...{ plan, contentDigest: contentDigest(one.text), kind, ...asOf, runbook: "lockdown", target: "acme" },
      ...{ expiresAt: "2026-03-01T09:00:00.000Z", required: ROLES, changes: 1 },
    });
    seal(ana);
    const approvals = ROLES.map((role) => {
      const session = role === "security" ? ben : eve;
      const statement = statementOf(plan, role, `${index}${role}`.padStart(32, "0").replace(/[^0-9a-f]/g, "0"));
      const signature = sshSign(session.person, "approval.soc2-er.v1", statement);
      say(session, "approval.recorded", { plan, decision: "approve", role, person: session.person, statement, signature });
      const at = NOW();
      seal(session);
      return { role, person: session.person, at };
    });
    if (index === 0) say(ana, "remote.down", { store: "s3", reason: "no route" });
    say(ana, "plan.ruled", { plan, ruling: "approved", approvals });
    say(ana, "run.opened", { run: one.run, plan, kind, ...asOf, leasesExpireAt: null, changes: 1 });
    const change = { run: one.run, change: "c1" };
    say(ana, "change.intended", { ...change, ...one.intent });
    say(ana, "change.settled", {
      ...change,
      outcome: { status: "applied", receipts: [{ operation: "x", requestId: "1", at: NOW() }] },
    });
    say(ana, "change.verified", { ...change, verification: { verdict: "confirmed", level: "effect" }, observed: null });
    say(ana, "run.closed", { run: one.run, result: one.result, clocks: {}, residual: [] });
    if (index === 0) say(ana, "remote.up", { store: "s3", pending: 7 });
    seal(ana);
  }
  for (const session of [ben, eve]) say(session, "session.closed", { entries: session.wseq + 1 });
  seal(ben);
  say(ana, "session.closed", { entries: ana.wseq + 1 });
  seal(ana);
  return { log, sessions: { ana, ben, eve } };
}

export type TwoHomes = ReturnType<typeof twoHomes>;

function statementOf(plan: string, role: keyof typeof APPROVERS, nonce: string): string {
  const person = APPROVERS[role];
  const shifted = (ms: number): string => new Date(Date.parse(NOW()) + ms).toISOString();
  const lines = {
    ...{ origin: ORIGIN, incident: "inc-1", action: "lockdown", plan, summary: "contain acme: 1 change", decision: "approve" },
    ...{ role, person, key: fingerprint(person), "not-before": shifted(-120_000), "not-after": shifted(3_480_000) },
    ...{ nonce, seen: "none" },
  };
  return `soc2-er approval v1\n${Object.entries(lines)
    .map(([label, value]) => `${label}: ${value}\n`)
    .join("")}`;
}
