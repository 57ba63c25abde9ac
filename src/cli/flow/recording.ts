import {
  type Approval,
  approvalStatement,
  batchesSeen,
  checkApproval,
  type Pasted,
  parseStatement,
  planSummary,
} from "../../approvals/index.ts";
import { foldLog } from "../../incidents/index.ts";
import { ErError, EXIT, instant, isDigest, type Plan } from "../../model/index.ts";
import { approvalLines } from "../../terminal/index.ts";
import type { Context } from "../context.ts";
import { nextOfPlan } from "../documents.ts";
import type { Derivation } from "./derivation.ts";
import { codeOf } from "./request.ts";
import { loadPlan, rulingOf } from "./stored-plan.ts";

/** How long the store may take to have a decision before it is shown for sending it by hand. */
const STORE_MS = 2_000;

/** Records what somebody signed elsewhere; transport damage is repaired, the signature decides. */
export async function recordPasted(context: Context, pasted: Pasted & { readonly signature: string }): Promise<number> {
  const facts = parseStatement(pasted.text);
  if (!isDigest(facts.plan)) throw new ErError("approval-malformed", `"${facts.plan}" is not a plan's digest`);
  // In one of two histories nothing is recorded that gives power. Errors: `audit-forked`.
  await context.readerIfAny();
  const plan = await loadPlan(await context.writer(), facts.plan);
  const summary = planSummary(plan);
  // Where a line was broken, nobody can see: the plan says what it was.
  const text = bare(facts.summary) === bare(summary) ? approvalStatement({ ...facts, summary }) : pasted.text;
  const { decision, ...rest } = facts;
  const signed = { ...rest, plan: facts.plan, text, signature: pasted.signature };
  if (decision === "approve" || decision === "deny") return await recordDecision(context, plan, { ...signed, decision });
  const { recordReview } = await import("./review.ts");
  return await recordReview(context, plan, { ...signed, decision });
}

const bare = (text: string): string => text.replaceAll(" ", "");

export async function recordDecision(
  context: Context,
  plan: Plan,
  approval: Approval,
  qr = false,
  derivation: Derivation | null = null,
): Promise<number> {
  const log = await context.writer();
  const { decision, role, person, text, signature } = approval;
  const body = { plan: plan.digest, decision, role, person, statement: text, signature };
  const findings = checkApproval(body, plan, await log.keyring(), instant(context.clock.now()), {
    batches: await batchesSeen(log, [text]),
  });
  const [finding] = findings;
  if (finding) throw new ErError(finding.code, finding.detail, { hints: [`soc2-er plan show ${plan.digest}`], detail: findings });
  await log.append([{ type: "approval.recorded", incident: plan.header.incident, body }]);
  const ruling = await rulingOf(log, await foldLog(log), plan, context.clock);
  const unsent = (await log.acknowledged(STORE_MS)) === "missing";
  const document = {
    ...documentOf(approval, true, derivation),
    ruling: { state: ruling.state, have: ruling.have, waiting: ruling.waiting },
    next: decision === "deny" ? [{ argv: ["soc2-er", "plan", "show", plan.digest] }] : nextOfPlan(plan.digest, ruling),
  };
  const { output } = context.globals;
  const sent = unsent || qr ? await lettersOf(context, approval, qr) : [];
  output.result(document, (view) => [
    `${person} as ${role}: ${said(approval)} ${plan.digest}`,
    ...approvalLines(
      { required: plan.header.required, have: ruling.have, waiting: ruling.waiting, findings: ruling.findings },
      view,
    ),
    ...(unsent ? ["", "The store cannot be reached: send this to who applies it, for soc2-er approve --paste"] : []),
    ...sent,
  ]);
  return EXIT.ok;
}

/** What was signed over a plan that this log does not know: whoever has it records it. */
export async function showUnrecorded(
  context: Context,
  plan: Plan,
  approval: Approval,
  qr: boolean,
  derivation: Derivation | null,
): Promise<number> {
  const letters = await lettersOf(context, approval, qr);
  context.globals.output.result({ ...documentOf(approval, false, derivation), next: [] }, () => [
    `${approval.person} as ${approval.role}: ${said(approval)} ${plan.digest}`,
    "Not in this machine's log, which does not know the plan yet. Send this back, for soc2-er approve --paste:",
    ...letters,
  ]);
  return EXIT.ok;
}

function documentOf({ plan, role, person, decision, text, signature }: Approval, recorded: boolean, derived: Derivation | null) {
  return {
    ...{ schema: "soc2-er/approval@1", plan, role, person, decision, text, signature },
    ...{ valid: true, recorded, findings: [] },
    ...(derived === null ? {} : { derived }),
  };
}

function said({ decision }: Approval): string {
  return decision === "approve" ? "approved" : "rejected";
}

async function lettersOf(context: Context, { text, signature }: Approval, qr: boolean): Promise<string[]> {
  const letter = `${text}${signature}`;
  return ["", ...letter.trimEnd().split("\n"), ...(qr ? ["", ...(await codeOf(letter, context.globals.output.out))] : [])];
}
