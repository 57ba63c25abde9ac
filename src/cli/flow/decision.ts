import { type Approval, checkApproval, type Ruling, signApproval } from "../../approvals/index.ts";
import type { AuditReader, AuditWriter, Keyring } from "../../audit/index.ts";
import { foldLog, type LogState } from "../../incidents/index.ts";
import { ErError, instant, type Person, type Plan, type Role } from "../../model/index.ts";
import type { Context } from "../context.ts";
import { type Derivation, derive } from "./derivation.ts";
import { refuseDifferent, tellDerivation } from "./differing.ts";
import { recordDecision, showUnrecorded } from "./recording.ts";
import { type Received, receiveFile } from "./request.ts";
import { previewPlan } from "./show.ts";
import { findPlan, loadPlan, rulingOf } from "./stored-plan.ts";
import { wordOf } from "./typed-word.ts";

export type Decision = "approve" | "deny";
export type DecisionOptions = {
  readonly role?: string;
  readonly yes?: boolean;
  readonly full?: boolean;
  readonly qr?: boolean;
  /** The clouds are not asked what the plan would be. */
  readonly offline?: boolean;
  readonly acceptDifferences?: boolean;
};

/**
 * Signs a decision on a plan that was read. `named` is a plan of the log, or the path of a request that somebody sent. What the log knows is
 * recorded; what came along with the request alone is signed and handed back. The target is typed first; where nobody can, `--yes` takes
 * its place.
 */
export async function decide(context: Context, named: string, decision: Decision, options: DecisionOptions): Promise<number> {
  const received = /[./]/.test(named) ? await receiveFile(named) : null;
  if (received !== null) return await decideOnReceived(context, received, decision, options);
  return await decideInLog(context, named, decision, options);
}

/** The log's own plan where it has it: with what was approved so far. */
export async function decideOnReceived(
  context: Context,
  { digest, plan }: Received,
  decision: Decision,
  options: DecisionOptions,
): Promise<number> {
  const reader = await context.reader();
  const known = (await foldLog(reader)).plans.has(digest) && (await reader.blob(digest)) !== null;
  if (known || plan === null) return await decideInLog(context, digest, decision, options);
  return await decideElsewhere(context, reader, plan, decision, options);
}

async function decideInLog(context: Context, named: string, decision: Decision, options: DecisionOptions): Promise<number> {
  await refuseFork(context);
  const log = await writerOfSomebody(context);
  const state = await foldLog(log);
  const plan = await loadPlan(log, findPlan(state, named, context.globals.output.onTerminal));
  const ruling = await rulingOf(log, state, plan, context.clock);
  const signed = await sign(context, { log, state, plan, ruling, person: log.person }, decision, options);
  return await recordDecision(context, plan, signed.approval, options.qr === true, signed.derivation);
}

/** Nothing is written here: an approval in a log that does not know its plan yet would stand before it. */
async function decideElsewhere(
  context: Context,
  log: AuditReader,
  plan: Plan,
  decision: Decision,
  options: DecisionOptions,
): Promise<number> {
  const { origin, mode } = plan.header;
  if (origin !== context.origin || mode !== context.mode)
    throw new ErError("approval-other-origin", `the plan is of the ${mode} log "${origin}", this one is "${context.origin}"`, {
      hints: ["another organization's file: --config FILE", "a drill: --range"],
    });
  const keyring = await log.keyring();
  const person = await ownerOfKey(context, keyring);
  const on = { log, state: await foldLog(log), plan, ruling: null, person };
  const { approval, derivation } = await sign(context, on, decision, options);
  const body = { statement: approval.text, signature: approval.signature };
  const [finding] = checkApproval(body, plan, keyring, instant(context.clock.now()));
  if (finding) throw new ErError(finding.code, finding.detail, { hints: ["ask the operator for the request again"] });
  return await showUnrecorded(context, plan, approval, options.qr === true, derivation);
}

type Subject = {
  readonly log: AuditReader;
  readonly state: LogState;
  readonly plan: Plan;
  /** Null where the log does not know the plan. */
  readonly ruling: Ruling | null;
  readonly person: Person;
};

type Signed = { readonly approval: Approval; readonly derivation: Derivation | null };

async function sign(context: Context, on: Subject, decision: Decision, options: DecisionOptions): Promise<Signed> {
  const { plan, ruling, person } = on;
  const role = roleFor(plan, person, options.role, ruling?.waiting ?? []);
  if (options.yes !== true && context.interactive) await previewPlan(context, plan, ruling, options.full === true);
  const derivation = decision === "approve" ? await derive(context, on, options.offline === true) : null;
  if (derivation !== null) {
    tellDerivation(context, plan, derivation);
    if (options.acceptDifferences !== true) refuseDifferent(plan, derivation);
  }
  if (options.yes !== true) {
    const unasked = ["soc2-er", decision === "approve" ? "approve" : "reject", plan.digest, "--yes"];
    await context.screen.confirm(wordOf(plan.header), `${decision} as ${role}`, unasked);
  }
  const by = { signer: await context.signer(), person: person.id, role, decision, clock: context.clock };
  return { approval: await signApproval(plan, { ...by, seen: await on.log.seen() }), derivation };
}

/** What gives power is not given in one of two histories. Errors: `audit-forked`. */
async function refuseFork(context: Context): Promise<void> {
  await context.readerIfAny();
}

/** A key that is nobody's in the log would sign what does not count, whatever the organization's file says by now. */
export async function writerOfSomebody(context: Context): Promise<AuditWriter> {
  // A key that cannot be used at all is another error than one that is nobody's.
  await context.signer();
  try {
    return await context.writer();
  } catch (error) {
    if (!(error instanceof ErError) || error.code !== "key-unknown") throw error;
    throw new ErError("approval-unknown-key", error.message, { hints: error.hints, cause: error });
  }
}

async function ownerOfKey(context: Context, keyring: Keyring): Promise<Person> {
  const { publicKey } = await context.signer();
  const owner = keyring.ownerOf(publicKey.text);
  if (owner !== null) return owner;
  throw new ErError("approval-unknown-key", `the key "${publicKey.fingerprint}" belongs to nobody in the audit log's keyring`, {
    hints: [`people there: ${keyring.people.map(({ id }) => id).join(", ")}`, "another key: --key FILE"],
  });
}

/** The role the person decides in: the one named, else the first that is still missing and that they hold. */
function roleFor(plan: Plan, { id, roles }: Person, named: string | undefined, waiting: readonly Role[]): Role {
  const { required, operator } = plan.header;
  if (operator === id) {
    throw new ErError("approval-self", `"${id}" made this plan and cannot decide on it`, {
      hints: [`somebody else: soc2-er approve ${plan.digest}`],
    });
  }
  const wanted = named === undefined ? [...waiting, ...required] : [named];
  const role = wanted.find((one) => roles.includes(one) && required.includes(one));
  if (role !== undefined) return role;
  const needed = required.join(" and ");
  const detail =
    named === undefined
      ? `"${id}" holds none of the roles that the plan needs (${needed})`
      : `"${id}" cannot decide as "${named}"; the plan needs ${needed}`;
  throw new ErError("approval-role", detail, { hints: [`soc2-er approve ${plan.digest} --key KEY-OF-ANOTHER-PERSON`] });
}
