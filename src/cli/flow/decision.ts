import { type Approval, checkApproval, parseStatement, repairPasted, signApproval } from "../../approvals/index.ts";
import type { AuditWriter } from "../../audit/index.ts";
import { foldLog } from "../../incidents/index.ts";
import { ErError, EXIT, instant, isDigest, type Plan, type Role } from "../../model/index.ts";
import { approvalLines } from "../../terminal/index.ts";
import type { Context } from "../context.ts";
import { nextOfPlan } from "../documents.ts";
import { readStdin } from "../stdin.ts";
import { previewPlan } from "./show.ts";
import { findPlan, loadPlan, rulingOf } from "./stored-plan.ts";
import { wordOf } from "./typed-word.ts";

export type DecisionOptions = { readonly role?: string; readonly yes?: boolean; readonly full?: boolean };

/** Signs a decision on a plan that was read, and records it. The target is typed first; where nobody can, `--yes` takes its place. */
export async function decide(
  context: Context,
  named: string,
  decision: "approve" | "deny",
  options: DecisionOptions,
): Promise<number> {
  await refuseFork(context);
  const log = await writerOfSomebody(context);
  const state = await foldLog(log);
  const plan = await loadPlan(log, findPlan(state, named, context.globals.output.onTerminal));
  const ruling = await rulingOf(log, state, plan, context.clock);
  const role = roleFor(plan, log, options.role, ruling.waiting);
  if (options.yes !== true) {
    if (context.interactive) await previewPlan(context, plan, ruling, options.full === true);
    const unasked = ["soc2-er", decision === "approve" ? "approve" : "reject", plan.digest, "--yes"];
    await context.screen.confirm(wordOf(plan.header), `${decision} as ${role}`, unasked);
  }
  const approval = await signApproval(plan, {
    signer: await context.signer(),
    person: log.person.id,
    role,
    decision,
    clock: context.clock,
  });
  return await recordDecision(context, plan, approval);
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

/** Records what somebody signed elsewhere; transport damage is repaired, the signature decides. */
export async function recordPasted(context: Context): Promise<number> {
  const pasted = repairPasted(await readStdin("an approval"));
  const facts = parseStatement(pasted.text);
  if (!isDigest(facts.plan)) throw new ErError("approval-malformed", `"${facts.plan}" is not a plan's digest`);
  await refuseFork(context);
  const log = await context.writer();
  const plan = await loadPlan(log, facts.plan);
  return await recordDecision(context, plan, { ...facts, plan: facts.plan, text: pasted.text, signature: pasted.signature });
}

async function recordDecision(context: Context, plan: Plan, approval: Approval): Promise<number> {
  const log = await context.writer();
  const { decision, role, person, text, signature } = approval;
  const body = { plan: plan.digest, decision, role, person, statement: text, signature };
  const findings = checkApproval(body, plan, await log.keyring(), instant(context.clock.now()));
  const [finding] = findings;
  if (finding) throw new ErError(finding.code, finding.detail, { hints: [`soc2-er plan show ${plan.digest}`], detail: findings });
  await log.append([{ type: "approval.recorded", incident: plan.header.incident, body }]);
  const ruling = await rulingOf(log, await foldLog(log), plan, context.clock);
  const document = {
    schema: "soc2-er/approval@1",
    plan: plan.digest,
    role,
    person,
    decision,
    text,
    signature,
    valid: true,
    findings,
    ruling: { state: ruling.state, have: ruling.have, waiting: ruling.waiting },
    next: decision === "deny" ? [{ argv: ["soc2-er", "plan", "show", plan.digest] }] : nextOfPlan(plan.digest, ruling),
  };
  context.globals.output.result(document, (view) => [
    `${person} as ${role}: ${decision === "approve" ? "approved" : "rejected"} ${plan.digest}`,
    ...approvalLines(
      { required: plan.header.required, have: ruling.have, waiting: ruling.waiting, findings: ruling.findings },
      view,
    ),
  ]);
  return EXIT.ok;
}

/** The role the person decides in: the one named, else the first that is still missing and that they hold. */
function roleFor(plan: Plan, log: AuditWriter, named: string | undefined, waiting: readonly Role[]): Role {
  const { id, roles } = log.person;
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
