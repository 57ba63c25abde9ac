import type { Action } from "../actions/index.ts";
import {
  type Change,
  ErError,
  type Json,
  type ProposedChange,
  resourceKey,
  type Selection,
  type Skipped,
} from "../model/index.ts";
import type { ScopeFactory } from "../providers/index.ts";
import type { Step } from "../runbooks/index.ts";
import { type Resolved, selectionKey } from "./request.ts";
import { saySelection } from "./targets.ts";

/** A step with its action and what it will look at. */
export type BoundStep = {
  readonly step: Step;
  readonly action: Action;
  readonly params: unknown;
  readonly selections: readonly Selection[];
};

/** One call of an action's `plan`, and what it proposed. */
export type PlannedCall = {
  readonly step: Step;
  readonly action: Action;
  readonly selection: Selection;
  readonly changes: readonly ProposedChange[];
  /** What the action cannot contain there. */
  readonly left: readonly Skipped[];
};

/** Errors: `parameter-invalid` when the runbook's values are not what the action takes. */
export function bindStep(step: Step, action: Action, given: { readonly [name: string]: Json }, resolved: Resolved): BoundStep {
  const parsed = action.params.safeParse(given);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue && issue.path.length > 0 ? ` "${issue.path.join(".")}"` : "";
    throw new ErError(
      "parameter-invalid",
      `step "${step.id}": ${action.id} does not take parameter${where}: ${issue?.message ?? "invalid"}`,
      {
        hints: [`soc2-er action show ${action.id}`],
      },
    );
  }
  const selections = resolved.selections.filter(({ kind }) => action.targets.includes(kind));
  return { step, action, params: parsed.data, selections };
}

export function planCalls(bound: readonly BoundStep[]): { readonly bound: BoundStep; readonly selection: Selection }[] {
  return bound.flatMap((one) => one.selections.map((selection) => ({ bound: one, selection })));
}

/** Asks one action about one place. Its changes come out sorted by key: two plans of one world are the same. */
export async function planCall(
  { bound, selection }: { bound: BoundStep; selection: Selection },
  scopes: ScopeFactory,
): Promise<PlannedCall> {
  const { step, action, params } = bound;
  const changes: ProposedChange[] = [];
  const { plan, leaves }: Pick<Action<Selection["kind"], unknown>, "plan" | "leaves"> = action;
  const scope = scopes.read(action.permissions.read);
  for await (const change of plan.call(action, scope, selection, params)) changes.push(change);
  const left = (await leaves?.call(action, scope, selection, params)) ?? [];
  changes.sort((left, right) => (left.key < right.key ? -1 : left.key > right.key ? 1 : 0));
  return { step, action, selection, changes, left };
}

/** The place that a change is for. */
export function selectionsBehind(calls: readonly PlannedCall[]): (change: Change) => Selection | null {
  const byResource = new Map<string, Selection>();
  for (const { action, selection, changes } of calls)
    for (const change of changes) byResource.set(`${action.id} ${resourceKey(change.resource)}`, selection);
  return (change) => byResource.get(`${change.action} ${resourceKey(change.resource)}`) ?? null;
}

/** Principals of other directories than IAM: whoever named none of a directory's does not miss the steps that are for them alone. */
const OTHER_DIRECTORIES: readonly Selection["kind"][] = ["aws.cognito-group", "aws.cognito-user", "aws.sso-user"];

/** What somebody has to name: nobody misses the steps that are for it alone. */
const NAMED: readonly Selection["kind"][] = [...OTHER_DIRECTORIES, "aws.session", "aws.member-account"];

/** The runbook that takes what no step of another one does. */
const TAKEN_BY: { readonly [kind in Selection["kind"]]?: string } = {
  ...Object.fromEntries(OTHER_DIRECTORIES.map((kind) => [kind, "sign-out-users"])),
  "aws.tenant-hosts": "close-tenant-entrance",
};

/** Places that belong to a target and that no step of the runbook takes, where another one does. */
export function sayUntaken(resolved: readonly Resolved[], bound: readonly BoundStep[]): Skipped[] {
  const taken = new Set(bound.flatMap(({ action }) => action.targets));
  const untaken = resolved
    .flatMap(({ selections }) => selections)
    .filter(({ kind }) => TAKEN_BY[kind] !== undefined && !taken.has(kind));
  return untaken.map(
    (selection): Skipped => ({
      resource: null,
      reason: `${saySelection(selection)} is not contained: no step of this runbook takes it; "${TAKEN_BY[selection.kind]}" does`,
    }),
  );
}

/** Steps that had nothing to look at, places where nothing was found, and what was found and stays as it is. */
export function sayNothing(bound: readonly BoundStep[], calls: readonly PlannedCall[]): Skipped[] {
  const idle = bound
    .filter(({ selections, action, step }) => selections.length === 0 && !isNamedAlone(action.targets) && !leavesRest(step))
    .map(
      ({ step, action }): Skipped => ({
        resource: null,
        reason: `step "${step.id}" has nothing to do: the target has no ${action.targets.join(" or ")}`,
      }),
    );
  const busy = new Set(calls.filter(({ changes }) => changes.length > 0).map(({ selection }) => selectionKey(selection)));
  const spoken = new Set(calls.filter(({ left }) => left.length > 0).map(({ selection }) => selectionKey(selection)));
  const empty = new Map(calls.map(({ selection }) => [selectionKey(selection), selection]));
  return [
    ...idle,
    ...calls.flatMap(({ left }) => left),
    ...[...empty]
      .filter(([key]) => !busy.has(key) && !spoken.has(key))
      .map(([, selection]): Skipped => ({ resource: null, reason: `nothing found at ${saySelection(selection)}` })),
  ];
}

/** A step that leaves what it cannot contain is not missed where there is nothing for it. */
function leavesRest({ with: given }: Step): boolean {
  return given["otherwise"] === "leave";
}

function isNamedAlone(targets: readonly Selection["kind"][]): boolean {
  return targets.every((kind) => NAMED.includes(kind));
}
