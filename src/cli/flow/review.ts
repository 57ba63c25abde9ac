import { type Approval, checkReview, type ReviewState, reviewOf, signApproval } from "../../approvals/index.ts";
import type { AuditWriter } from "../../audit/index.ts";
import { type EmergencyState, emergencyOf, foldLog } from "../../incidents/index.ts";
import { ErError, EXIT, instant, type Plan, type Role } from "../../model/index.ts";
import { tame, wrap } from "../../terminal/index.ts";
import type { Context } from "../context.ts";
import { type DecisionOptions, writerOfSomebody } from "./decision.ts";
import { previewPlan } from "./show.ts";
import { findPlan, loadPlan } from "./stored-plan.ts";
import { wordOf } from "./typed-word.ts";

type Decision = "ratify" | "object";

/** Signs what a skipped role says of a break-glass ruling, and records it. The target is typed first, or `--yes` given. */
export async function review(context: Context, named: string, decision: Decision, options: DecisionOptions): Promise<number> {
  const log = await writerOfSomebody(context);
  const plan = await loadPlan(log, findPlan(await foldLog(log), named, context.globals.output.onTerminal));
  const ruling = await emergencyFor(log, plan);
  const { waiting } = reviewOf(ruling, await log.keyring(), context.clock.now());
  const role = roleFor(ruling, log, options.role, waiting);
  if (options.yes !== true) {
    if (context.interactive) {
      for (const line of sayRuling(ruling)) context.screen.notice(tame(line));
      await previewPlan(context, plan, null, options.full === true);
    }
    const verb = decision === "ratify" ? "approve" : "reject";
    await context.screen.confirm(wordOf(plan.header), `${decision} as ${role}`, [
      "soc2-er",
      verb,
      plan.digest,
      "--review",
      "--yes",
    ]);
  }
  const { id: person } = log.person;
  const signed = await signApproval(plan, { signer: await context.signer(), person, role, decision, clock: context.clock });
  return await recordReview(context, plan, signed);
}

/** Records a review that was signed here or elsewhere. Errors: the finding of one that does not count. */
export async function recordReview(context: Context, plan: Plan, signed: Approval<Decision>): Promise<number> {
  const log = await context.writer();
  const { decision, role, person, text, signature } = signed;
  const body = { plan: plan.digest, decision, role, person, statement: text, signature };
  const findings = checkReview(body, await emergencyFor(log, plan), await log.keyring(), instant(context.clock.now()));
  const [finding] = findings;
  if (finding) throw new ErError(finding.code, finding.detail, { hints: [`soc2-er plan show ${plan.digest}`], detail: findings });
  await log.append([{ type: "ruling.reviewed", incident: plan.header.incident, body }]);
  const { state, waiting } = reviewOf(await emergencyFor(log, plan), await log.keyring(), context.clock.now());
  const next =
    waiting.length > 0 ? [{ argv: ["soc2-er", "approve", plan.digest, "--review"] }] : [{ argv: ["soc2-er", "status"] }];
  const document = {
    schema: "soc2-er/review@1",
    ...{ plan: plan.digest, role, person, decision, text, signature, review: { state, waiting }, next },
  };
  context.globals.output.result(document, ({ width }) =>
    wrap(tame(`${person} as ${role}: ${decision} ${plan.digest}; the review is ${SAID[state]}`), width, 2),
  );
  return EXIT.ok;
}

const SAID: Readonly<Record<ReviewState, string>> = {
  open: "open",
  overdue: "overdue",
  ratified: "closed: ratified",
  late: "closed, too late: it stands as an exception",
  objected: "closed by an objection: it stands as an exception",
};

async function emergencyFor(log: AuditWriter, plan: Plan): Promise<EmergencyState> {
  const planned = (await foldLog(log)).plans.get(plan.digest);
  const ruling = planned ? emergencyOf(planned, log.origin) : null;
  if (ruling) return ruling;
  throw new ErError("usage", `plan "${plan.digest}" was not applied by a break-glass ruling: there is nothing to review`, {
    hints: [`soc2-er plan show ${plan.digest}`],
  });
}

function sayRuling({ applier, runbook, target, run, at, breakGlass }: EmergencyState): string[] {
  return [
    `break-glass by ${applier} at ${at}: ${runbook} on ${target}${run === null ? "" : `, ${run}`}`,
    `reason: ${breakGlass.reason}`,
    `without ${breakGlass.skipped.join(" and ")}; to be reviewed by ${breakGlass.reviewBy}`,
  ];
}

/** The role named, else the first skipped one that the person holds and nobody has reviewed for. */
function roleFor(
  { breakGlass, plan }: EmergencyState,
  { person }: AuditWriter,
  named: string | undefined,
  waiting: readonly Role[],
): Role {
  const { skipped } = breakGlass;
  const role = (named === undefined ? [...waiting, ...skipped] : [named]).find(
    (one) => person.roles.includes(one) && skipped.includes(one),
  );
  if (role !== undefined) return role;
  throw new ErError("approval-role", `"${person.id}" holds none of the roles that were skipped (${skipped.join(", ")})`, {
    hints: [`soc2-er approve ${plan} --review --key KEY-OF-ANOTHER-PERSON`],
  });
}
