import { type SweepFinding, type SweepLeft, type SweepSummary, saySubject } from "../../model/index.ts";
import type { View } from "../output.ts";
import { tame, wrap } from "../text.ts";
import { plural } from "./words.ts";

const MOST = 12;

const ENDS: Readonly<Record<SweepSummary["ended"], string>> = {
  quiet: "nothing new after that",
  time: "its time is over",
  blind: "nobody could look to the end",
  interrupted: "interrupted",
};

/** What a sweep found, what it contained and what it left. */
export function sweepView(sweep: SweepSummary, view: View): string[] {
  const { width, paint } = view;
  const { looks, ended, found, left, unseen, followUp } = sweep;
  if (looks === 0 && found.length === 0) return [`Swept: ${ENDS[ended]}`];
  const head = `Swept in ${plural(looks, "look")}, ${ENDS[ended]}: ${found.length} contained, ${left.length} left`;
  const good = ended === "quiet" && left.length === 0;
  return [
    ...wrap(head, width, 2).map((line) => (good ? line : paint.yellow(line))),
    ...listed(
      found,
      (one) => [`  ${paint.green("✔")} ${sayFinding(one)}`, ...(one.did ?? []).map((did) => `      ${did}`)],
      view,
    ),
    ...listed(left, (one) => [`  ${paint.red("✖")} ${sayFinding(one)}: ${one.why}`], view),
    ...listed(unseen, (what) => [`  ? not seen: ${what}`], view),
    ...(followUp === null ? [] : wrap(`  what is left waits for approval: ${followUp}`, width, 4)),
  ];
}

function listed<T>(items: readonly T[], lines: (item: T) => string[], { width }: View): string[] {
  const shown = items.slice(0, MOST).flatMap((item) => lines(item).flatMap((line) => wrap(tame(line), width, 6)));
  return items.length > MOST ? [...shown, `  and ${items.length - MOST} more: --json shows all`] : shown;
}

function sayFinding({ subject, relation, by, evidence }: SweepFinding | SweepLeft): string {
  if (relation === "itself") return `${saySubject(subject)}, which the plan is about`;
  const whose = by === null ? relation : `${relation} by ${by.kind} "${by.name}"`;
  return `${saySubject(subject)}, ${whose} (${evidence})`;
}
