import type {
  ChangeResult,
  Clocks,
  Denied,
  ResidualAccess,
  ResourceRef,
  RunResult,
  SweepSummary,
  Unreached,
} from "../../model/index.ts";
import { sayDuration } from "../../model/index.ts";
import type { View } from "../output.ts";
import { clip, tame, wrap } from "../text.ts";
import { deniedLines } from "./denied.ts";
import { unreachedLines } from "./plan.ts";
import { leavesSome, sweepView } from "./sweep.ts";
import { sayInstant } from "./time.ts";
import { plural, sayBriefly, sayResource } from "./words.ts";

/** What the view reads of a run document. */
export type RunFacts = {
  readonly id: string;
  readonly mode: "real" | "drill";
  readonly incident: string;
  readonly target: string;
  readonly result: RunResult;
  readonly interrupted: boolean;
  readonly changes: readonly (ChangeResult & { readonly action: string; readonly resource: ResourceRef | null })[];
  readonly clocks: Clocks | null;
  readonly residual: readonly ResidualAccess[];
  readonly unreached: readonly Unreached[];
  readonly denied?: Denied;
  readonly sweep?: SweepSummary;
};

const MOST_ALIKE = 4;
const MOST_LEFT = 24;

const WORDS: Readonly<Record<RunResult, string>> = {
  contained: "CONTAINED: applied, and seen to be in effect",
  unverified: "APPLIED BUT NOT VERIFIED: nobody has seen yet that it took effect",
  partial: "PARTIAL: what is listed below is not in place; the rest holds",
  none: "NOTHING APPLIED",
  "rolled-back": "ROLLED BACK: what was changed is as it was",
};

const OPEN = "CONTAINED AS PLANNED, BUT NOT WHAT THE ATTACKER MADE MEANWHILE: see what is left below";

/** The end of a run: what it amounts to, what did not go well, the clocks, what still works. Good news is counted, bad news is listed. */
export function runView(run: RunFacts, view: View, options: { readonly full?: boolean } = {}): string[] {
  return [
    ...verdict(run, view),
    ...changes(run, view, options.full === true),
    ...unreachedLines(run.unreached, view),
    ...deniedLines("Denied now", run.denied, view, options.full ? null : "--json"),
    ...(run.sweep === undefined ? [] : sweepView(run.sweep, view)),
    ...clockLines(run.clocks, view),
    ...residualLines(run.residual, view),
  ];
}

function verdict(run: RunFacts, { width, paint }: View): string[] {
  const open = run.result === "contained" && leavesSome(run.sweep);
  const good = (run.result === "contained" && !open) || run.result === "rolled-back";
  const color = good ? paint.green.bold : run.result === "unverified" ? paint.yellow.bold : paint.red.bold;
  const mark = good ? "✔" : run.result === "unverified" ? "?" : "✖";
  const words = open ? OPEN : WORDS[run.result];
  const said = run.interrupted ? `INTERRUPTED: ${words}` : words;
  const drill = run.mode === "drill" ? "DRILL " : "";
  return [
    ...wrap(`${mark} ${drill}${said}`, width, 2).map((line) => color(line)),
    ...wrap(tame(`  ${run.id} on ${sayBriefly(run.target)}, incident ${run.incident}`), width, 4),
  ];
}

function changes(run: RunFacts, { width, paint }: View, full: boolean): string[] {
  const confirmed = run.changes.filter(isConfirmed);
  const rest = run.changes.filter((change) => !isConfirmed(change));
  const byEffect = confirmed.filter(({ verification }) => verification?.level === "effect").length;
  const count = `  ${confirmed.length} of ${plural(run.changes.length, "change")} confirmed${byEffect > 0 ? `, ${byEffect} by the attacker's own request failing` : ""}`;
  const shown = full ? run.changes : rest.slice(0, 20);
  const lines = shown.map((change) => {
    const mark = isConfirmed(change) ? paint.green("✔") : paint.red("✖");
    return `  ${mark} ${clip(tame(`${change.id} ${sayChange(change)} · ${change.resource ? sayResource(change.resource) : change.action}`), width - 4)}`;
  });
  const more = shown.length < rest.length ? [`  … and ${rest.length - shown.length} more: --json shows all`] : [];
  const conflicts = run.changes.flatMap(({ id, conflict }) =>
    conflict === undefined ? [] : wrap(tame(`  ${id} conflict: ${conflict}`), width, 4),
  );
  return [...wrap(count, width, 4), ...lines, ...more, ...conflicts];
}

function isConfirmed({ outcome, verification }: ChangeResult): boolean {
  return verification?.verdict === "confirmed" && outcome.status !== "refused" && outcome.status !== "not-attempted";
}

function sayChange({ outcome, verification }: ChangeResult): string {
  const why = outcome.why === undefined ? "" : ` (${outcome.why})`;
  const seen = verification === undefined ? "" : `, ${verification.verdict}`;
  return `${outcome.status}${why}${seen}`;
}

function clockLines(clocks: Clocks | null, { width, paint }: View): string[] {
  if (clocks === null) return [];
  const lines: string[] = [];
  const simulated = clocks.simulated === undefined ? "" : ` (simulated clock, ×${clocks.simulated})`;
  if (clocks.timeToContainMs !== null)
    lines.push(
      `  time to contain ${sayDuration(clocks.timeToContainMs)} since declared at ${sayInstant(clocks.declaredAt)}${simulated}`,
    );
  for (const { leg, boundMs, measuredMs, verdict: met } of clocks.legs) {
    const measured = measuredMs === null ? "not measured" : sayDuration(measuredMs);
    const said = met === "met" ? paint.green("met") : met === "missed" ? paint.red("missed") : "not proven";
    lines.push(`  ${leg}: ${measured} of ${sayDuration(boundMs)}, ${said}`);
  }
  return lines.flatMap((line) => wrap(line, width, 4));
}

/** What is left in the same way by hundreds of principals is not hundreds of lines here; the document has them all. */
function residualLines(residual: readonly ResidualAccess[], { width, paint }: View): string[] {
  if (residual.length === 0) return [];
  const kinds = [...Map.groupBy(residual, ({ until, why }) => `${until}\n${why}`).values()];
  const lines = kinds.flatMap((items) => {
    const shown = items.length > MOST_ALIKE ? items.slice(0, MOST_ALIKE - 1) : items;
    const rest = items.length - shown.length;
    return [...shown.map(sayResidual), ...(rest > 0 ? [`  and ${rest} more, left in the same way`] : [])];
  });
  const more = lines.length > MOST_LEFT ? [`  and more: the document (--json) lists all ${residual.length}`] : [];
  return [paint.yellow("Still works"), ...lines.slice(0, MOST_LEFT).flatMap((line) => wrap(tame(line), width, 4)), ...more];
}

function sayResidual({ what, until, why }: ResidualAccess): string {
  return `  ${what}, ${/^\d{4}-/.test(until) ? `until ${sayInstant(until)}` : until}: ${why}`;
}
