import type { Instant } from "../../model/index.ts";
import type { View } from "../output.ts";
import { sayCommand } from "../shell.ts";
import { tame, wrap } from "../text.ts";
import { type StatusFacts, statusView } from "./status.ts";
import { sayInstant } from "./time.ts";
import { plural, sayResource } from "./words.ts";

/** What the view reads of one lease that was looked at. */
export type HeldLease = StatusFacts["leases"][number] & {
  readonly check: {
    readonly verdict: "held" | "undone" | "partly" | "unverified";
    readonly detail?: string;
    readonly window?: { readonly from: Instant | null; readonly to: Instant };
    readonly reapply?: { readonly argv: readonly string[] } | null;
  };
};

export type HeldFacts = Omit<StatusFacts, "leases"> & {
  readonly leases: readonly HeldLease[];
  readonly check: { readonly at: Instant; readonly held: number; readonly logged: boolean; readonly why?: string };
};

/** The status, and below it what a look at everything that is held showed. */
export function heldView(held: HeldFacts, view: View, now: number): string[] {
  const { paint, width } = view;
  const { leases, check } = held;
  const count = `${check.held} of ${plural(leases.length, "lease")} held, seen ${sayInstant(check.at)}`;
  const good = check.held === leases.length;
  const head = leases.length === 0 ? "nothing is held: there is nothing to verify" : count;
  const broken = leases.filter(({ check: { window } }) => window !== undefined);
  const unseen = Map.groupBy(
    leases.filter(({ check: { verdict } }) => verdict === "unverified"),
    ({ check: { detail } }) => detail ?? "",
  );
  return [
    ...statusView(held, view, now),
    ...wrap(good ? paint.green(head) : paint.red(head), width, 2),
    ...broken.flatMap((lease) => brokenLines(lease, view)),
    ...[...unseen].flatMap(([why, own]) => unseenLines(why, own, view)),
    ...(check.logged ? [] : wrap(paint.yellow(`not written to the log: ${tame(check.why ?? "")}`), width, 2)),
  ];
}

/** The command is left to the terminal to wrap: broken by us it would be pasted as several. */
function brokenLines(lease: HeldLease, { paint, width }: View): string[] {
  return [
    ...wrap(paint.red(sayBroken(lease)), width, 2),
    ...wrap(`  ${sayWindow(lease)}`, width, 4),
    ...wrap(`  ${tame(lease.action)}, lease ${lease.id}`, width, 4),
    `  put back: ${lease.check.reapply ? sayCommand(lease.check.reapply.argv) : NO_WAY_BACK}`,
  ];
}

/** In place of a command. */
export const NO_WAY_BACK = "its plan or its runbook is not on this machine: soc2-er audit sync";

/** `UNDONE s3-bucket acme-data (…): the policy lacks …`: one line for a screen or an alarm. */
export function sayBroken({ resource, check: { verdict, detail } }: HeldLease): string {
  const what = verdict === "partly" ? "PARTLY UNDONE" : "UNDONE";
  return tame(`${what} ${sayResource(resource)}${detail === undefined ? "" : `: ${detail}`}`);
}

export function sayWindow({ check: { window } }: HeldLease): string {
  if (window === undefined) return "";
  const to = sayInstant(window.to);
  return window.from === null ? `never seen to stand, until ${to}` : `between ${sayInstant(window.from)} and ${to}`;
}

function unseenLines(why: string, leases: readonly HeldLease[], { paint, width }: View): string[] {
  const names = leases.slice(0, 4).map(({ resource }) => sayResource(resource));
  const more = leases.length > 4 ? [`and ${leases.length - 4} more`] : [];
  return wrap(paint.yellow(`UNVERIFIED ${[...names, ...more].join(", ")}: ${tame(why)}`), width, 2);
}
