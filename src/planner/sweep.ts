import { type Action, loadAction } from "../actions/index.ts";
import {
  type Change,
  type Denied,
  ErError,
  type Instant,
  instant,
  isSameSubject,
  millis,
  newNonce,
  type Plan,
  type PlanHeader,
  principalKey,
  resourceKey,
  type Selection,
  type SweepClause,
  type SweepFinding,
  type SweepLeft,
  type SweepSubject,
  sameJson,
  saySubject,
  subjectKey,
} from "../model/index.ts";
import type { ReadScope } from "../providers/index.ts";
import type { Step } from "../runbooks/index.ts";
import { assemble } from "./assemble.ts";
import { findCallers } from "./callers.ts";
import { deniedBy } from "./denied.ts";
import { PLANNER_PERMISSIONS } from "./directory.ts";
import type { PlanDeps } from "./request.ts";
import { sealPlan } from "./seal.ts";
import { guardChanges, guardPrincipals, type Protection, protectionOf } from "./self-lockout.ts";
import { sideBySide } from "./side-by-side.ts";
import { type BoundStep, bindStep, type PlannedCall, planCall, selectionsBehind } from "./steps.ts";
import { type Findings, findAll, ownersOf } from "./sweep-findings.ts";

/** What a sweep is made after. */
export type Swept = {
  readonly plan: Plan;
  readonly clause: SweepClause;
  readonly run: string;
  readonly openedAt: Instant;
  /** Who applied it, and does what a look finds. */
  readonly operator: string;
};

export type SweepLook = {
  /** What falls within the clause and is to be done now; null where there is nothing. */
  readonly plan: Plan | null;
  readonly left: readonly SweepLeft[];
  readonly unseen: readonly string[];
};

/** Changes with the same key are of one resource by one action, however often. */
export function sweepKey({ action, resource }: Pick<Change, "action" | "resource">): string {
  return `${action} ${resourceKey(resource)}`;
}

/** One look. `wide`: also at what else there is in the accounts, which a look else does only now and then. */
export type Lookout = (done: ReadonlyMap<string, Change>, wide: boolean) => Promise<SweepLook>;

/** Principals looked at at once; the providers' own pacing stands behind it. */
const SIDE_BY_SIDE = 8;

/** Listings of whole accounts and the event history take long and are rationed: what the principals themselves have is looked at more often. */
const WIDE_EVERY_MS = 5_000;

/**
 * Looks at what the principals of a plan, and what they left behind, can still do. Reads only. What the clause allows becomes a plan of
 * its own, what it does not is told. `done` is what the run and its sweeps did so far, as intended, by `sweepKey`. Errors: what could not be
 * read of the principals themselves.
 */
export function openLookout(swept: Swept, deps: PlanDeps): Lookout {
  const scope = deps.scopes.read(PLANNER_PERMISSIONS);
  let widely: Promise<Surroundings> | null = null;
  let lookedAt = 0;
  return async (done, wide) => {
    if (widely === null || wide || deps.clock.now() - lookedAt >= WIDE_EVERY_MS) {
      lookedAt = deps.clock.now();
      widely = surroundings(swept, deps, scope);
    }
    return await sort(swept, await widely, done, deps);
  };
}

type Surroundings = Findings & {
  readonly actions: ReadonlyMap<string, Action>;
  readonly owners: ReadonlyMap<string, string>;
  readonly protection: Protection;
};

async function surroundings(swept: Swept, deps: PlanDeps, scope: ReadScope): Promise<Surroundings> {
  const loading = swept.clause.steps.map(async ({ action }) => [action, await loadAction(action)] as const);
  const [found, loaded] = await Promise.all([
    findAll(swept.clause, swept.plan.header.createdAt, deps, scope),
    Promise.all(loading),
  ]);
  const actions = new Map(loaded);
  const owners = await ownersOf(found.findings, scope);
  return { ...found, actions, owners, protection: await protectionFor(swept, found.findings, actions, deps) };
}

/** What of all that there is needs containing now, and whether that may be done. */
async function sort(
  swept: Swept,
  { findings, unseen, actions, owners, protection }: Surroundings,
  done: ReadonlyMap<string, Change>,
  deps: PlanDeps,
): Promise<SweepLook> {
  const { clause } = swept;
  const own = new Set(clause.seeds.map(subjectKey));
  // What is the principals' own is what was approved anyway; what is others' counts against the ceiling.
  const isSwept = ({ resource }: Pick<Change, "resource">): boolean => !own.has(principalKey(resource));
  const resources = new Set([...done].flatMap(([key, change]) => (isSwept(change) ? [key] : [])));
  // A key is contained with its user.
  const apart = findings.filter(({ subject }) => !isWithin(subject, findings, owners));
  const needed = await sideBySide(apart, SIDE_BY_SIDE, ({ subject }) => newlyNeeded(subject, swept, actions, done, deps));
  const inside: PlannedCall[] = [];
  const found: SweepFinding[] = [];
  const left: SweepLeft[] = [];
  for (const [index, finding] of apart.entries()) {
    const calls = needed[index] ?? [];
    if (calls.length === 0) continue;
    const more = calls
      .flatMap(({ action, changes }) => changes.map(({ resource }) => ({ action: action.id, resource })))
      .filter(isSwept)
      .map(sweepKey);
    const lockout = lockoutOf(finding.subject, owners, protection);
    const beyond = new Set([...resources, ...more]).size > clause.atMost;
    const why =
      lockout ??
      outsideOf(finding, clause) ??
      (beyond ? `a sweep of this plan may change ${clause.atMost} resources of others` : null);
    if (why !== null) {
      left.push({ ...finding, why, ...(lockout === null ? {} : { never: true as const }) });
      continue;
    }
    for (const key of more) resources.add(key);
    inside.push(...calls);
    found.push({ ...finding, did: calls.flatMap(({ changes }) => changes.map(({ summary }) => summary)) });
  }
  const changes = assemble(inside, clause.steps.map(stepOf), owners);
  guardChanges(changes, protection, () => null);
  const denied = deniedBy(changes, actions, selectionsBehind(inside), protection);
  return { plan: changes.length === 0 ? null : sealPlan(headerOf(swept, found, denied, deps), changes), left, unseen };
}

function isWithin(
  { kind, account, name }: SweepSubject,
  findings: readonly SweepFinding[],
  owners: ReadonlyMap<string, string>,
): boolean {
  const owner = kind === "access-key" ? owners.get(`${account}/${name}`) : undefined;
  if (owner === undefined) return false;
  return findings.some(({ subject }) => subject.kind === "user" && subject.account === account && subject.name === owner);
}

async function protectionFor(
  swept: Swept,
  findings: readonly SweepFinding[],
  actions: ReadonlyMap<string, Action>,
  deps: PlanDeps,
): Promise<Protection> {
  const selections = findings.map(({ subject }) => selectionOf(subject));
  const bound = swept.clause.steps.map((step) => bind(step, actions, selections));
  const callers = await findCallers(
    bound.flatMap((one) => one ?? []),
    deps,
  );
  return protectionOf(deps.config, deps.auditStores, callers, deps.people);
}

/** Why containing it would cut off the response; null where it would not. */
function lockoutOf(subject: SweepSubject, owners: ReadonlyMap<string, string>, protection: Protection): string | null {
  try {
    guardPrincipals([selectionOf(subject)], owners, protection);
    return null;
  } catch (error) {
    if (error instanceof ErError && error.code === "self-lockout") return error.message;
    throw error;
  }
}

/** Why the clause does not reach it; null where it does. */
function outsideOf({ relation, by }: SweepFinding, { relations, seeds }: SweepClause): string | null {
  if (by !== null && !seeds.some((seed) => isSameSubject(seed, by))) return `${saySubject(by)} is none of the plan's principals`;
  if (relations.includes(relation)) return null;
  if (relation === "appeared") return "nothing tells who made it";
  return `the plan lets no sweep contain what ${by === null ? "somebody" : saySubject(by)} ${relation}`;
}

/** What the clause's steps would change for a subject now: not what stands, and not what holds though it would be done anew. */
async function newlyNeeded(
  subject: SweepSubject,
  swept: Swept,
  actions: ReadonlyMap<string, Action>,
  done: ReadonlyMap<string, Change>,
  deps: PlanDeps,
): Promise<PlannedCall[]> {
  const selection = selectionOf(subject);
  const calls = await Promise.all(
    swept.clause.steps.map(async (step): Promise<PlannedCall[]> => {
      const bound = bind(step, actions, [selection]);
      if (bound === null || bound.selections.length === 0) return [];
      const call = await planCall({ bound, selection }, deps.scopes);
      const needed = await Promise.all(
        call.changes.map(async (change) => {
          if (sameJson(change.before, change.after)) return [];
          const earlier = done.get(sweepKey({ action: bound.action.id, resource: change.resource }));
          return earlier !== undefined && (await holds(bound.action, earlier, deps)) ? [] : [change];
        }),
      );
      const changes = needed.flat();
      return changes.length === 0 ? [] : [{ ...call, changes }];
    }),
  );
  return calls.flat();
}

async function holds(action: Action, change: Change, deps: PlanDeps): Promise<boolean> {
  return (await action.verify(deps.scopes.read(action.permissions.read), change, "contain")).verdict === "confirmed";
}

function bind(
  { step, action, with: given, needs }: SweepClause["steps"][number],
  actions: ReadonlyMap<string, Action>,
  selections: readonly Selection[],
): BoundStep | null {
  const loaded = actions.get(action);
  if (loaded === undefined) return null;
  const resolved = { selections, skipped: [], checks: [], owners: new Map(), evidence: "found" as const };
  return bindStep(stepOf({ step, action, with: given, needs }), loaded, given, resolved);
}

function stepOf({ step, action, needs }: SweepClause["steps"][number]): Step {
  return { id: step, action, needs, with: {}, onFailure: "continue" };
}

function selectionOf({ kind, account, name }: SweepSubject): Selection {
  switch (kind) {
    case "user":
      return { kind: "aws.user", account, name };
    case "role":
      return { kind: "aws.role", account, name };
    case "access-key":
      return { kind: "aws.access-key", account, accessKeyId: name };
  }
}

function headerOf(swept: Swept, found: readonly SweepFinding[], denied: Denied | null, deps: PlanDeps): PlanHeader {
  const { header } = swept.plan;
  const now = deps.clock.now();
  return {
    schema: "soc2-er/plan@1",
    kind: "sweep",
    of: swept.run,
    nonce: newNonce(),
    origin: deps.origin,
    mode: deps.mode,
    incident: header.incident,
    runbook: header.runbook,
    target: header.target,
    params: header.params,
    operator: swept.operator,
    createdAt: instant(now),
    expiresAt: instant(millis(swept.openedAt) + swept.clause.forMs),
    required: [],
    leasesExpireAt: header.leasesExpireAt,
    checks: [],
    skipped: [],
    found,
    ...(denied === null ? {} : { denied }),
    tool: deps.tool,
  };
}
