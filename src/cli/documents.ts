import type { Ruling } from "../approvals/index.ts";
import { deniedAfter, type RunReport, resultOf, type SweepReport } from "../engine/index.ts";
import { compact, type Digest, EXIT, type ExitCode, type Plan, type RunResult } from "../model/index.ts";
import type { Next } from "../terminal/index.ts";

export type PlanDocument = ReturnType<typeof planDocument>;
export type RunDocument = ReturnType<typeof runDocument>;

/** What a script reads of a plan (`soc2-er/plan@1`). */
export function planDocument(plan: Plan, ruling: Ruling | null, next: readonly Next[]) {
  const { header } = plan;
  return {
    schema: "soc2-er/plan@1" as const,
    digest: plan.digest,
    contentDigest: plan.contentDigest,
    kind: header.kind,
    ...(header.of === undefined ? {} : { of: header.of }),
    nonce: header.nonce,
    mode: header.mode,
    incident: header.incident,
    runbook: header.runbook,
    target: header.target,
    params: header.params,
    operator: header.operator,
    createdAt: header.createdAt,
    expiresAt: header.expiresAt,
    approvals: {
      required: header.required,
      have: ruling?.have ?? [],
      waiting: ruling?.waiting ?? header.required,
      findings: ruling?.findings ?? [],
    },
    changes: plan.changes.map((change) => ({
      id: change.id,
      step: change.step,
      action: change.action,
      resource: change.resource,
      summary: change.summary,
      before: change.before,
      after: change.after,
      reversal: change.reversal,
      bound: change.bound,
      needs: change.needs,
      ...compact({ undoes: change.undoes, conflict: change.conflict }),
    })),
    checks: header.checks,
    skipped: header.skipped,
    unreached: header.unreached ?? [],
    ...compact({ denied: header.denied, sweep: header.sweep, found: header.found }),
    next,
  };
}

/** What a script reads of a run (`soc2-er/run@1`). An interrupted run has the result so far and null clocks where the log does not say yet. */
export function runDocument(report: RunReport, result: RunResult, next: readonly Next[], swept: SweepReport | null = null) {
  const { header } = report.plan;
  const byId = new Map(report.plan.changes.map((change) => [change.id, change]));
  return {
    schema: "soc2-er/run@1" as const,
    id: report.run,
    plan: report.plan.digest,
    kind: header.kind,
    mode: header.mode,
    incident: header.incident,
    target: header.target,
    result,
    interrupted: report.summary === null,
    changes: report.results.map((change) => ({
      id: change.id,
      action: byId.get(change.id)?.action ?? "",
      resource: byId.get(change.id)?.resource ?? null,
      outcome: change.outcome,
      ...compact({ verification: change.verification, conflict: change.conflict }),
    })),
    clocks: report.summary?.clocks ?? null,
    residual: report.summary?.residual ?? [],
    unreached: header.unreached ?? [],
    ...compact({ denied: deniedAfter(report.plan, report.results) }),
    ...(swept === null ? {} : { sweep: swept.summary }),
    next,
  };
}

/** What a script reads of a sweep by itself (`soc2-er/sweep@1`). */
export function sweepDocument(run: string, plan: Plan, swept: SweepReport) {
  const { header } = plan;
  return {
    schema: "soc2-er/sweep@1" as const,
    run,
    mode: header.mode,
    incident: header.incident,
    target: header.target,
    sweep: swept.summary,
    next: nextOfSweep(run, swept),
  };
}

/**
 * What a sweep's own runs did not do counts as in any run. What the plan's principals are known to have made and no approval reaches is not
 * contained; what merely turned up in their accounts is told and decided by people.
 */
export function exitOfSweep({ summary, reports }: SweepReport): ExitCode {
  const results = reports.map(({ plan, results: done, summary: end }) => end?.result ?? resultOf(plan, done));
  if (results.some((result) => result === "partial" || result === "none")) return EXIT.partial;
  if (summary.left.some(({ relation, never }) => relation !== "appeared" && never !== true)) return EXIT.partial;
  return summary.ended !== "quiet" || results.includes("unverified") ? EXIT.unverified : EXIT.ok;
}

export function nextOfSweep(run: string, { summary, reports }: SweepReport): Next[] {
  const open = reports.filter(({ summary: end }) => end?.result !== "contained");
  return [
    ...open.map((report) => ({ argv: ["soc2-er", "resume", report.run] })),
    ...(summary.followUp === null
      ? []
      : [{ argv: ["soc2-er", "plan", "show", summary.followUp] }, ...nextOfPlan(summary.followUp, null)]),
    ...(summary.ended === "quiet" || summary.ended === "time" ? [] : [{ argv: ["soc2-er", "sweep", run] }]),
  ];
}

/** The exit code of a run: partial before unverified; denied only when nothing was applied. */
export function exitOfRun(report: RunReport, result: RunResult): ExitCode {
  switch (result) {
    case "contained":
    case "rolled-back":
      return EXIT.ok;
    case "unverified":
      return EXIT.unverified;
    case "partial":
      return EXIT.partial;
    case "none":
      return exitOfNothing(report);
  }
}

function exitOfNothing(report: RunReport): ExitCode {
  const whys = report.results.map((change) => change.outcome.why ?? "");
  const refused = whys.filter((why) => why !== "" && !why.startsWith("needs "));
  if (refused.length > 0 && refused.every((why) => why.startsWith("denied") || why.startsWith("unauthenticated")))
    return EXIT.denied;
  if (refused.length > 0 && refused.every((why) => why.startsWith("stale"))) return EXIT.stale;
  return EXIT.partial;
}

/** The commands that continue or undo a run. `again`: those that plan anew what the plan did not reach. */
export function nextOfRun(report: RunReport, result: RunResult, again: readonly Next[]): Next[] {
  const { header } = report.plan;
  if (result === "contained") return [...again, { argv: ["soc2-er", "status"] }, { argv: ["soc2-er", "rollback", report.run] }];
  if (result === "rolled-back") return [{ argv: ["soc2-er", "status"] }];
  // What is left are conflicts, and what the plan did not reach: a second look would find the same.
  if (report.results.every(({ verification }) => verification?.verdict === "confirmed"))
    return [...again, { argv: ["soc2-er", "status"] }];
  const next: Next[] = [{ argv: ["soc2-er", "resume", report.run] }, ...again];
  if (result !== "none" && header.kind === "contain") next.push({ argv: ["soc2-er", "rollback", report.run] });
  return next;
}

/** What an approver types, and what the operator types once it is done. */
export function nextOfPlan(digest: Digest, ruling: Ruling | null): Next[] {
  if (ruling?.state === "approved") return [{ argv: ["soc2-er", "apply", digest] }];
  return [{ argv: ["soc2-er", "approve", digest] }, { argv: ["soc2-er", "apply", digest] }];
}
