import type {
  Change,
  Check,
  Denied,
  Digest,
  Instant,
  PlanKind,
  ResidualAccess,
  Role,
  Skipped,
  SweepClause,
  Unreached,
} from "../../model/index.ts";
import { sameJson, sayDuration } from "../../model/index.ts";
import type { View } from "../output.ts";
import { clip, tame, wrap } from "../text.ts";
import { deniedLines } from "./denied.ts";
import { differences, sayState } from "./difference.ts";
import { sayInstant, sayRelative } from "./time.ts";
import { plural, sayBriefly, sayResource, shortDigest } from "./words.ts";

type Shown = Pick<Change, "id" | "step" | "action" | "resource" | "summary" | "before" | "after" | "reversal" | "conflict">;

/** What the view reads of a plan document. */
export type PlanFacts = {
  readonly digest: Digest;
  readonly kind: PlanKind;
  readonly of?: string;
  readonly mode: "real" | "drill";
  readonly incident: string;
  readonly runbook: { readonly id: string };
  readonly target: string;
  readonly expiresAt: Instant;
  readonly approvals: Approvals;
  readonly changes: readonly Shown[];
  readonly checks: readonly Check[];
  readonly skipped: readonly Skipped[];
  readonly unreached: readonly Unreached[];
  readonly denied?: Denied;
  readonly sweep?: SweepClause;
};

export type Approvals = {
  readonly required: readonly Role[];
  readonly have: readonly { readonly role: Role; readonly person: string; readonly at: Instant; readonly scope?: string }[];
  readonly waiting: readonly Role[];
  readonly findings: readonly { readonly code: string; readonly detail: string }[];
};

export type PlanViewOptions = {
  readonly now: number;
  /** Everything, instead of what fits in 30 lines. */
  readonly full?: boolean;
  /** Who feels an action and what it does not stop, by action id. */
  readonly blastRadius?: ReadonlyMap<string, string>;
  /** What will still work once the plan is applied, as far as planning can tell. */
  readonly residual?: readonly ResidualAccess[];
};

const LINES = 30;
const MOST_UNREACHED = 6;
const MOST_STEPS = 3;

/** The plan as a person decides on it: who is hit, what cannot be undone, the changes; counts and digest last, where the eye ends. */
export function planView(plan: PlanFacts, view: View, options: PlanViewOptions): string[] {
  const head = [
    ...title(plan, view, options),
    ...unreachedLines(plan.unreached, view),
    ...blast(plan, view, options),
    ...irreversible(plan, view),
  ];
  const tail = [
    ...deniedLines("Denied afterwards", plan.denied, view, options.full ? null : "--full"),
    ...residual(options, view),
    ...sweepLines(plan.sweep, view),
    ...checks(plan, view, options),
    ...approvalLines(plan.approvals, view),
    ...foot(plan, view, options),
  ];
  if (options.full) return [...head, ...plan.changes.flatMap((change) => changeInFull(change, view)), ...tail];
  const room = Math.max(3, LINES - head.length - tail.length);
  return [...head, ...changesIn(room, plan.changes, view), ...tail];
}

function title(plan: PlanFacts, { width, paint }: View, { full }: PlanViewOptions): string[] {
  const verb = plan.kind === "contain" ? plan.runbook.id : `${plan.kind} ${plan.of ?? ""}`.trim();
  const mark = plan.mode === "drill" ? "DRILL " : "";
  const target = full ? plan.target : sayBriefly(plan.target);
  const [first = "", ...rest] = wrap(
    tame(`${mark}PLAN ${verb}: ${target}  (${plan.incident === "" ? "no incident" : plan.incident})`),
    width,
    5,
  );
  return [paint.bold(first), ...rest.map((line) => paint.bold(line))];
}

/** Before anything else: what nobody must take for contained. */
export function unreachedLines(unreached: readonly Unreached[], { width, paint }: View): string[] {
  if (unreached.length === 0) return [];
  const shown = unreached.slice(0, MOST_UNREACHED);
  const more = unreached.length - shown.length;
  const accounts = unreached.filter(({ part }) => part === undefined).length;
  const lost = [
    ...(accounts === 0 ? [] : [`nothing is contained in ${plural(accounts, "account")}`]),
    ...(accounts === unreached.length ? [] : ["nobody is denied from above the accounts"]),
  ];
  return [
    ...wrap(`NOT REACHED: ${lost.join(", ")}`, width, 2).map((line) => paint.red.bold(line)),
    ...shown.flatMap(({ account, cause, reason }) => wrap(tame(`  ${account} ${cause}: ${reason}`), width, 4)),
    ...(more > 0 ? [`  and ${more} more: --json shows all`] : []),
  ];
}

function blast(plan: PlanFacts, { width }: View, { blastRadius, full }: PlanViewOptions): string[] {
  const byAction = Map.groupBy(plan.changes, ({ action }) => action);
  return [...byAction].slice(0, full ? byAction.size : 6).flatMap(([action, changes]) => {
    const felt = plan.kind === "contain" ? blastRadius?.get(action) : undefined;
    const said = `  ${plural(changes.length, "change")} by ${action}${felt === undefined ? "" : `: ${felt}`}`;
    const lines = wrap(said, width, 4);
    return lines.length > 2 && !full ? [...lines.slice(0, 1), clip(`${lines[1]}…`, width)] : lines;
  });
}

function irreversible(plan: PlanFacts, { width, paint }: View): string[] {
  const final = plan.changes.filter(({ reversal }) => reversal.kind === "none");
  if (final.length === 0) return [];
  const lines = final
    .slice(0, 4)
    .flatMap(({ id, resource, reversal }) =>
      wrap(`  ${id} ${sayResource(resource)}: ${reversal.kind === "none" ? reversal.because : ""}`, width, 4),
    );
  const more = final.length > 4 ? [`  and ${final.length - 4} more`] : [];
  return [paint.red.bold("CANNOT BE UNDONE"), ...lines, ...more];
}

/** One line a change, two where there is room for what it alters. */
function changesIn(room: number, changes: readonly Shown[], view: View): string[] {
  if (changes.length > room) {
    const shown = changes.slice(0, room - 1).map((change) => oneLine(change, view));
    return [...shown, clip(`  … and ${sayMore(changes.slice(room - 1))}: --full shows all`, view.width)];
  }
  const two = changes.flatMap((change) => [oneLine(change, view), ...inShort(change, view)]);
  return two.length <= room ? two : changes.map((change) => oneLine(change, view));
}

/** How many more there are, of which steps, and in how many accounts where it is not one. */
function sayMore(changes: readonly Shown[]): string {
  const steps = [...Map.groupBy(changes, ({ step }) => step)];
  const accounts = new Set(changes.map(({ resource }) => resource.account)).size;
  const where = accounts > 1 ? ` in ${accounts} accounts` : "";
  if (steps.length < 2) return `${changes.length} more${where}`;
  const counts = steps.slice(0, MOST_STEPS).map(([step, those]) => `${tame(step)} ${those.length}`);
  return `${changes.length} more${where} (${[...counts, ...(steps.length > MOST_STEPS ? ["…"] : [])].join(", ")})`;
}

function oneLine(change: Shown, { width, paint }: View): string {
  const mark = markOf(change);
  const said = tame(`${change.id} ${change.summary} · ${sayResource(change.resource)}`);
  const conflict = change.conflict === undefined ? "" : paint.red(" CONFLICT");
  return `${paintMark(mark, paint)} ${clip(said, width - 2 - (conflict === "" ? 0 : 9))}${conflict}`;
}

/** `+` makes, `-` removes, `~` alters, `=` stands already. */
function markOf({ before, after }: Shown): "+" | "-" | "~" | "=" {
  if (sameJson(before, after)) return "=";
  return before === null ? "+" : after === null ? "-" : "~";
}

function paintMark(mark: string, paint: View["paint"]): string {
  return mark === "+" ? paint.green(mark) : mark === "-" ? paint.red(mark) : mark === "~" ? paint.yellow(mark) : mark;
}

function inShort(change: Shown, { width, paint }: View): string[] {
  const all = differences(change.before, change.after);
  const [first] = all;
  if (!first) return [];
  const more = all.length > 1 ? ` (and ${all.length - 1} more)` : "";
  return [paint.dim(clip(tame(`    ${sayDifference(first)}${more}`), width))];
}

function sayDifference({ path, before, after }: { path: string; before?: unknown; after?: unknown }): string {
  const at = path === "" ? "" : `${path}: `;
  const said = (state: unknown): string =>
    state === undefined ? "absent" : typeof state === "string" ? state : JSON.stringify(state);
  return `${at}${said(before)} → ${said(after)}`;
}

function changeInFull(change: Shown, { width, paint }: View): string[] {
  const undo =
    change.reversal.kind === "restore"
      ? "restored exactly"
      : change.reversal.kind === "compensate"
        ? `made good: ${change.reversal.how}`
        : `cannot be undone: ${change.reversal.because}`;
  const lines = wrap(tame(`${markOf(change)} ${change.id} ${change.summary}`), width, 4);
  const facts = [
    `${change.action} on ${sayResource(change.resource)}`,
    `undo: ${undo}`,
    ...(change.conflict === undefined ? [] : [`conflict: ${change.conflict}`]),
  ];
  const altered = differences(change.before, change.after).flatMap(({ path, before, after }) => [
    ...wrap(`    ${path === "" ? "state" : tame(path)}`, width, 6),
    ...wrap(tame(`      - ${sayState(before)}`), width, 8).map((line) => paint.red(line)),
    ...wrap(tame(`      + ${sayState(after)}`), width, 8).map((line) => paint.green(line)),
  ]);
  return [...lines, ...facts.flatMap((fact) => wrap(`    ${tame(fact)}`, width, 6)), ...altered];
}

function residual({ residual: left, full }: PlanViewOptions, { width }: View): string[] {
  if (left === undefined || left.length === 0) return [];
  const shown = full ? left : left.slice(0, 3);
  const lines = shown.flatMap(({ what, until, why }) => wrap(tame(`  ${what} until ${until}: ${why}`), width, 4));
  return [
    "Still works afterwards",
    ...lines,
    ...(shown.length < left.length ? [`  and ${left.length - shown.length} more`] : []),
  ];
}

/** What approving lets happen without being asked again. */
function sweepLines(sweep: SweepClause | undefined, { width }: View): string[] {
  if (sweep === undefined) return [];
  const whose = sweep.relations.map((relation) => (relation === "itself" ? "still have" : relation)).join(" or ");
  const steps = sweep.steps.map(({ step }) => step).join(", ");
  const said = `Sweep for ${sayDuration(sweep.forMs)}: what ${plural(sweep.seeds.length, "principal")} ${whose} meanwhile is contained at once, without another approval (${steps}; at most ${plural(sweep.atMost, "resource")} of others)`;
  return wrap(tame(said), width, 2);
}

function checks(plan: PlanFacts, { width, paint }: View, { full }: PlanViewOptions): string[] {
  const failed = plan.checks.filter(({ status }) => status === "failed");
  const blind = plan.checks.filter(({ status }) => status === "not-checkable");
  const passed = plan.checks.length - failed.length - blind.length;
  const parts = [
    `${passed} passed`,
    ...(failed.length > 0 ? [paint.red(`${failed.length} failed`)] : []),
    ...(blind.length > 0 ? [`${blind.length} not checkable`] : []),
  ];
  const lines = plan.checks.length === 0 ? [] : [`Checks ${parts.join(", ")}`];
  const shown = full ? plan.checks : failed.slice(0, 3);
  for (const { id, level, status, detail } of shown)
    lines.push(...wrap(tame(`  ${status === "failed" ? "✖" : "·"} ${id} (${level}, ${status}): ${detail}`), width, 4));
  if (plan.skipped.length === 0) return lines;
  const [first] = plan.skipped;
  const all = full ? plan.skipped : first ? [first] : [];
  lines.push(`Left out ${plan.skipped.length}`);
  for (const { resource, reason } of all)
    lines.push(...wrap(tame(`  ${resource ? `${sayResource(resource)}: ` : ""}${reason}`), width, 4));
  return lines;
}

/** Who has signed, who has not, and which signatures do not count. */
export function approvalLines({ required, have, waiting, findings }: Approvals, { width, paint }: View): string[] {
  if (required.length === 0) return ["Approvals none needed"];
  const got = have.map(
    ({ role, person, at, scope }) =>
      `${role} by ${person} at ${sayInstant(at)}${scope === undefined ? "" : ` (in advance, ${shortDigest(scope)})`}`,
  );
  const lines = wrap(
    tame(`Approvals ${have.length} of ${required.length}${got.length > 0 ? `: ${got.join(", ")}` : ""}`),
    width,
    2,
  );
  if (waiting.length > 0) lines.push(...wrap(paint.yellow(`  waiting for ${waiting.join(", ")}`), width, 4));
  for (const { code, detail } of findings)
    lines.push(...wrap(paint.red(tame(`  does not count: ${detail} [${code}]`)), width, 4));
  return lines;
}

function foot(plan: PlanFacts, { width, paint }: View, { now, full }: PlanViewOptions): string[] {
  const count = (kind: string): number => plan.changes.filter(({ reversal }) => reversal.kind === kind).length;
  const parts = [plural(plan.changes.length, "change"), `${count("restore")} restorable exactly`];
  if (count("compensate") > 0) parts.push(`${count("compensate")} by other means`);
  parts.push(count("none") > 0 ? paint.red(`${count("none")} irreversible`) : "0 irreversible");
  return [
    ...wrap(parts.join(", "), width, 2),
    ...wrap(
      `expires ${sayInstant(plan.expiresAt)} (${sayRelative(plan.expiresAt, now)})${full ? "" : "; every value: --full"}`,
      width,
      2,
    ),
    ...wrap(plan.digest, width),
  ];
}
