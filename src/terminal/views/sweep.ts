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

/** Whether something stays that is known to be the attacker's. What merely turned up is for people to decide. */
export function leavesSome(sweep: SweepSummary | undefined): boolean {
  return sweep?.left.some(({ relation, never }) => relation !== "appeared" && never !== true) === true;
}

/** What a sweep found, what it contained and what it left. */
export function sweepView(sweep: SweepSummary, view: View): string[] {
  const { width, paint } = view;
  const { looks, ended, found, left, unseen, followUp } = sweep;
  const head = `Swept in ${plural(looks, "look")}, ${ENDS[ended]}: ${found.length} contained, ${left.length} left`;
  const good = ended === "quiet" && left.length === 0;
  return [
    ...wrap(head, width, 2).map((line) => (good ? line : paint.yellow(line))),
    ...listed(found, paint.green("✔"), (one) => [sayFinding(one), ...(one.did ?? []).map((did) => `  ${did}`)], view),
    ...listed(left, paint.red("✖"), (one) => [`${sayFinding(one)}: ${one.why}`], view),
    ...listed(unseen, "?", (what) => [`not seen: ${what}`], view),
    ...(followUp === null ? [] : wrap(`  what is left waits for approval: ${followUp}`, width, 4)),
  ];
}

function listed<T>(items: readonly T[], mark: string, lines: (item: T) => string[], { width }: View): string[] {
  const shown = items.slice(0, MOST).flatMap((item) => {
    const [first = "", ...rest] = lines(item).flatMap((line) => wrap(tame(line), width - 4, 2));
    return [`  ${mark} ${first}`, ...rest.map((line) => `    ${line}`)];
  });
  return items.length > MOST ? [...shown, `  and ${items.length - MOST} more: --json shows all`] : shown;
}

function sayFinding({ subject, relation, by, evidence }: SweepFinding | SweepLeft): string {
  if (relation === "itself") return `${saySubject(subject)}, which the plan is about`;
  const whose = by === null ? relation : `${relation} by ${by.kind} "${by.name}"`;
  return `${saySubject(subject)}, ${whose} (${evidence})`;
}
