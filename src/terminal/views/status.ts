import type { Incident, Instant, ResourceRef } from "../../model/index.ts";
import type { View } from "../output.ts";
import { tame, wrap } from "../text.ts";
import { sayInstant, sayRelative } from "./time.ts";
import { plural, sayResource, shortDigest } from "./words.ts";

/** What the view reads of a status document. */
export type StatusFacts = {
  readonly mode: "real" | "drill";
  readonly incidents: readonly Incident[];
  readonly leases: readonly {
    readonly id: string;
    readonly incident: string;
    readonly action: string;
    readonly resource: ResourceRef;
    readonly since: Instant;
    readonly expires: Instant | null;
    /** Where somebody looked whether it still stands. */
    readonly check?: { readonly verdict: "held" | "undone" | "partly" | "unverified" };
  }[];
  readonly waiting: readonly {
    readonly kind: "approval" | "apply" | "resume" | "review";
    readonly incident: string;
    readonly what: string;
    readonly roles: readonly string[];
  }[];
  readonly reviews: readonly {
    readonly plan: string;
    readonly incident: string;
    readonly runbook: string;
    readonly target: string;
    readonly by: string;
    readonly reviewBy: Instant;
    readonly state: "open" | "overdue" | "ratified" | "late" | "objected";
    readonly waiting: readonly string[];
    readonly untold: readonly string[];
  }[];
  readonly remote: { readonly lagSeconds: number; readonly state: string };
  readonly forward?: readonly {
    readonly name: string;
    readonly state: string;
    readonly pending: number;
    readonly reason?: string;
  }[];
};

/** What is open, who must act, what is held and until when. Each incident with its own. */
export function statusView(status: StatusFacts, view: View, now: number): string[] {
  const { paint, width } = view;
  const mark = status.mode === "drill" ? "DRILL " : "";
  const head =
    status.incidents.length === 0
      ? [`${mark}no incident is open`]
      : status.incidents.flatMap((incident) => incidentLines(incident, status, view, now));
  const orphans = status.leases.filter(({ incident }) => !status.incidents.some(({ id }) => id === incident));
  const left =
    orphans.length === 0 ? [] : wrap(paint.yellow(`${plural(orphans.length, "lease")} of closed incidents still hold`), width, 2);
  const rest = [...remoteLine(status.remote, view), ...forwardLines(status.forward ?? [], view)];
  return [...head, ...left, ...reviewLines(status, view, now), ...rest];
}

function incidentLines(
  incident: Incident,
  { mode, leases, waiting }: StatusFacts,
  { width, paint }: View,
  now: number,
): string[] {
  const mine = leases.filter((lease) => lease.incident === incident.id);
  const due = mine.filter(({ expires }) => expires !== null && Date.parse(expires) <= now);
  const drill = mode === "drill" ? "DRILL " : "";
  const title = wrap(tame(`${drill}${incident.id} severity ${incident.severity}: ${incident.title}`), width, 2).map((line) =>
    paint.bold(line),
  );
  const facts = [
    `declared ${sayRelative(incident.declaredAt, now)} by ${incident.declaredBy} (${sayInstant(incident.declaredAt)})`,
    ...(incident.tenant === undefined ? [] : [`tenant ${incident.tenant}`]),
  ];
  const held = mine
    .slice(0, 8)
    .map(
      ({ action, resource, expires, check }) =>
        `${HOLDS[check?.verdict ?? "held"]} ${action} on ${sayResource(resource)}${expires === null ? "" : `, review ${sayRelative(expires, now)}`}`,
    );
  const todo = waiting.filter((item) => item.incident === incident.id).map(sayWaiting);
  return [
    ...title,
    ...facts.flatMap((line) => wrap(tame(`  ${line}`), width, 4)),
    ...held.flatMap((line) => wrap(`  ${line}`, width, 4)),
    ...(mine.length > 8 ? [`  and ${mine.length - 8} more leases`] : []),
    ...(due.length > 0
      ? wrap(paint.red(`  ${plural(due.length, "lease")} past its review time: nothing is lifted by itself`), width, 4)
      : []),
    ...todo.flatMap((line) => wrap(paint.yellow(`  ${line}`), width, 4)),
  ];
}

/** What is known not to stand must not be said to be held. */
const HOLDS = {
  held: "holds",
  undone: "lost",
  partly: "holds only in part",
  unverified: "should hold",
} as const;

function sayWaiting({ kind, what, roles }: StatusFacts["waiting"][number]): string {
  switch (kind) {
    case "approval":
      return `plan ${shortDigest(what)} waits for ${roles.join(" and ")}`;
    case "apply":
      return `plan ${shortDigest(what)} is approved and not applied`;
    case "review":
      return `break-glass ruling on ${shortDigest(what)} waits for review by ${roles.join(" and ")}`;
    case "resume":
      return `${what} was interrupted and waits to be resumed`;
  }
}

function forwardLines(forward: NonNullable<StatusFacts["forward"]>, { paint, width }: View): string[] {
  return forward
    .filter(({ state }) => state === "failing")
    .flatMap(({ name, pending, reason = "" }) =>
      wrap(paint.yellow(tame(`${name} does not take ${plural(pending, "entry", "entries")} of the log: ${reason}`)), width, 2),
    );
}

/** Break-glass rulings of all incidents: an exception stands whatever became of its incident. */
function reviewLines({ reviews }: StatusFacts, { width, paint }: View, now: number): string[] {
  return reviews.flatMap(({ plan, incident, runbook, target, by, reviewBy, state, waiting, untold }) => {
    const what = `break-glass ${shortDigest(plan)} by ${by}: ${runbook} on ${target} (${incident})`;
    const review = {
      open: `${waiting.join(" and ")} to review it by ${sayInstant(reviewBy)} (${sayRelative(reviewBy, now)})`,
      overdue: `EXCEPTION: ${waiting.join(" and ")} did not review it by ${sayInstant(reviewBy)}; no other until they do`,
      ratified: "ratified",
      late: "EXCEPTION: ratified too late",
      objected: "EXCEPTION: objected to",
    }[state];
    const told = untold.length === 0 ? "" : `; ${untold.join(" and ")} NOT TOLD`;
    return wrap(paint[state === "open" ? "yellow" : "red"](tame(`${what}: ${review}${told}`)), width, 2);
  });
}

function remoteLine({ state, lagSeconds }: StatusFacts["remote"], { paint }: View): string[] {
  switch (state) {
    case "none":
    case "up-to-date":
      return [];
    case "behind":
      return [`audit stores are ${lagSeconds}s behind`];
    default:
      return [paint.red(`audit stores cannot be reached (${lagSeconds}s behind): soc2-er audit sync`)];
  }
}
