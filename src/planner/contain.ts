import type { Action } from "../actions/index.ts";
import {
  type Change,
  type Check,
  compact,
  type Denied,
  ErError,
  instant,
  newNonce,
  type Plan,
  type PlanHeader,
  type Selection,
  type Skipped,
  type SweepClause,
  sayTarget,
  type Target,
  type Unreached,
} from "../model/index.ts";
import { inOrder, lintRunbook, type Step } from "../runbooks/index.ts";
import { assemble } from "./assemble.ts";
import { findCallers } from "./callers.ts";
import { guardControl, guardMembers, identitiesOf } from "./control-lockout.ts";
import { deniedBy } from "./denied.ts";
import { PLANNER_PERMISSIONS } from "./directory.ts";
import { argumentsOf, type ParamValues, readParams, targetOf } from "./params.ts";
import { ceilingOf, refuseAbove, requiredRoles } from "./policy-rules.ts";
import { probeChanges } from "./probe.ts";
import { placeOf, Reach } from "./reach.ts";
import type { ActionSource, ContainRequest, PlanDeps, Resolved } from "./request.ts";
import { sealPlan } from "./seal.ts";
import { guardChanges, guardPrincipals, protectionOf, sayUnguarded } from "./self-lockout.ts";
import { guardSessions } from "./session-lockout.ts";
import { sideBySide } from "./side-by-side.ts";
import {
  type BoundStep,
  bindStep,
  type PlannedCall,
  planCall,
  planCalls,
  sayNothing,
  sayUntaken,
  selectionsBehind,
} from "./steps.ts";
import { guardStoreKeys } from "./store-keys.ts";
import { clauseOf } from "./sweep-clause.ts";
import { resolveTarget } from "./targets.ts";
import { guardWaysIn } from "./ways-in.ts";

/** Reads in flight at once; the providers' own pacing stands behind it. */
const SIDE_BY_SIDE = 8;

/**
 * From what was asked to a plan that can be approved. Reads only. Errors are refusals of the guards (`self-lockout`,
 * `too-many-changes`, `block-too-wide`, `empty-target`), of the request (`unknown-tenant`, `unknown-principal`, `parameter-invalid`,
 * `runbook-invalid`), and provider errors of what could not be read.
 */
export async function planContainment(request: ContainRequest, deps: PlanDeps): Promise<Plan> {
  const actions: ActionSource = deps.actions ?? (await import("../actions/index.ts"));
  refuseUnsound(request, actions);
  const values = readParams(request.runbook, request.params);
  const steps = inOrder(request.runbook.steps);
  const reach = new Reach();
  const targets = await resolveTargets(steps, values, request, deps, reach);
  const loaded = new Map(await Promise.all(steps.map(async ({ action }) => [action, await actions.loadAction(action)] as const)));
  const bound = bindSteps(steps, loaded, values, targets);
  const owners = new Map(targets.resolved.flatMap((resolved) => [...resolved.owners]));
  const places = bound.flatMap(({ selections }) => selections);
  // Where nobody answered, nobody need be asked who we are.
  if (!places.some((place) => reach.has(place))) reach.refuseIfLost();
  const callers = await findCallers(bound, deps);
  const protection = protectionOf(deps.config, deps.auditStores, callers, deps.people);
  const identities = identitiesOf(deps.config, deps.auditStores, callers, deps.people);
  guardPrincipals(places, owners, protection);
  guardSessions(places, identities);
  guardMembers(places, deps.config, deps.auditStores, callers);

  const asked = await askActions(bound, deps, reach);
  const calls = asked.filter(({ selection }) => reach.has(selection));
  const changes = assemble(calls, steps, owners);
  if (changes.length === 0) reach.refuseIfLost();
  refuseEmpty(request.target, targets.resolved, calls, changes);
  const ceiling = ceilingOf(request.runbook, deps.config.policy, request.maxChanges);
  refuseAbove(ceiling, changes.length);
  const selectionOf = selectionsBehind(calls);
  const checks: Check[] = [
    ...targets.resolved.flatMap((resolved) => resolved.checks),
    { id: "ceiling", level: "offline", status: "passed", detail: `${changes.length} of at most ${ceiling} changes` },
    ...sayUnguarded(deps.config, callers.unseen, targets.resolved),
    ...guardChanges(changes, protection, selectionOf),
    ...guardControl(changes, identities),
    ...(await guardStoreKeys(changes, deps.auditStores, callers, selectionOf, deps.scopes.read(PLANNER_PERMISSIONS))),
    ...(await guardWaysIn(changes, deps.config, selectionOf, deps.scopes.read(PLANNER_PERMISSIONS))),
    ...(request.probe ? await probeChanges(changes, loaded, deps.scopes) : []),
  ];
  const skipped = [
    ...targets.skipped,
    ...targets.resolved.flatMap((resolved) => resolved.skipped),
    ...sayUntaken(targets.resolved, bound),
    ...sayNothing(bound, calls),
  ];
  const sweep = clauseOf(request.runbook, bound, values);
  const denied = deniedBy(changes, loaded, selectionOf, protection);
  return sealPlan(headerOf(request, deps, values, { checks, skipped, unreached: reach.said(), sweep, denied }), changes);
}

function refuseUnsound({ runbook }: ContainRequest, actions: ActionSource): void {
  const findings = lintRunbook(
    runbook,
    actions.actionList.map(({ id }) => id),
  ).filter(({ level }) => level === "error");
  const [first, ...others] = findings;
  if (!first) return;
  const say = ({ line, column, message }: typeof first) => `${runbook.source}:${line}:${column}: ${message}`;
  throw new ErError(first.code === "unknown-action" ? "action-unknown" : "runbook-invalid", say(first), {
    hints: [...others.map((other) => `also ${say(other)}`), `soc2-er runbook check ${runbook.source}`],
    detail: findings,
  });
}

type Targets = {
  readonly byStep: ReadonlyMap<string, Resolved | null>;
  readonly resolved: readonly Resolved[];
  readonly skipped: readonly Skipped[];
};

/** Each distinct target is looked up once, however many steps share it. */
async function resolveTargets(
  steps: readonly Step[],
  values: ParamValues,
  request: ContainRequest,
  deps: PlanDeps,
  reach: Reach,
): Promise<Targets> {
  const wanted = new Map<string, Target>();
  const keyOf = (target: Target) => `${target.kind} ${sayTarget(target)}`;
  const keys = new Map<string, string | null>();
  for (const step of steps) {
    const own = targetOf(step, values);
    const target = own === undefined ? request.target : own;
    keys.set(step.id, target && keyOf(target));
    if (target) wanted.set(keyOf(target), target);
  }
  const narrowing = compact({ account: request.account, region: request.region });
  const scope = deps.scopes.read(PLANNER_PERMISSIONS);
  const found = new Map<string, Resolved>();
  for (const [key, target] of wanted)
    found.set(key, await resolveTarget(target, deps.config, scope, narrowing, reach, deps.onProgress));
  const skipped = steps
    .filter(({ id }) => keys.get(id) === null)
    .map(({ id, on }): Skipped => ({ resource: null, reason: `step "${id}" has nothing to do: ${on?.from} was not given` }));
  const byStep = new Map(steps.map(({ id }) => [id, found.get(keys.get(id) ?? "") ?? null]));
  return { byStep, resolved: [...found.values()], skipped };
}

function bindSteps(
  steps: readonly Step[],
  loaded: ReadonlyMap<string, Action>,
  values: ParamValues,
  targets: Targets,
): BoundStep[] {
  return steps.flatMap((step) => {
    const action = loaded.get(step.action);
    const resolved = targets.byStep.get(step.id);
    return action && resolved ? [bindStep(step, action, argumentsOf(step, values), resolved)] : [];
  });
}

async function askActions(bound: readonly BoundStep[], deps: PlanDeps, reach: Reach): Promise<PlannedCall[]> {
  const asked = planCalls(bound);
  let done = 0;
  const calls = await sideBySide(asked, SIDE_BY_SIDE, async (one) => {
    const call = await reach.look(placeOf(one.selection), () => planCall(one, deps.scopes));
    done += 1;
    deps.onProgress?.({ phase: "looked at", done, total: asked.length });
    return call;
  });
  return calls.flatMap((call) => call ?? []);
}

/** Where a guardrail is put up whether or not it guards anything. */
const GUARDRAILS: readonly Selection["kind"][] = ["aws.bucket-prefix", "aws.dynamodb-items", "aws.tenant-hosts"];

const NOUNS: { readonly [kind in Target["kind"]]?: string } = { tenant: "tenant ", entrance: "entrance " };

/** A guardrail on a prefix that holds nothing is no containment: for a tenant, something has to be there. */
function refuseEmpty(
  target: Target,
  resolved: readonly Resolved[],
  calls: readonly PlannedCall[],
  changes: readonly Change[],
): void {
  const beyondGuardrails = calls.some(({ selection, changes: own }) => !GUARDRAILS.includes(selection.kind) && own.length > 0);
  const seen = beyondGuardrails || resolved.some(({ evidence }) => evidence !== "none");
  if (changes.length > 0 && seen) return;
  throw new ErError("empty-target", `nothing was found for ${NOUNS[target.kind] ?? ""}"${sayTarget(target)}"`, {
    hints:
      target.kind === "tenant"
        ? ["soc2-er tenant list", `soc2-er tenant show ${target.name}`]
        : ["check the edge and tenancy parts of the configuration"],
    detail: { skipped: resolved.flatMap(({ skipped }) => skipped) },
  });
}

function headerOf(
  request: ContainRequest,
  deps: PlanDeps,
  values: ParamValues,
  looked: {
    readonly checks: readonly Check[];
    readonly skipped: readonly Skipped[];
    readonly unreached: readonly Unreached[];
    readonly sweep: SweepClause | null;
    readonly denied: Denied | null;
  },
): PlanHeader {
  const { runbook, incident, operator, target } = request;
  const { policy } = deps.config;
  const now = deps.clock.now();
  const leaseMs = request.leaseMs ?? policy.leaseExpiryMs;
  const { unreached, sweep, denied, ...rest } = looked;
  return {
    schema: "soc2-er/plan@1",
    kind: "contain",
    nonce: newNonce(),
    origin: deps.origin,
    mode: deps.mode,
    incident: incident?.id ?? "",
    runbook: { id: runbook.id, digest: runbook.digest },
    target: sayTarget(target),
    params: Object.fromEntries([...values].map(([name, { text }]) => [name, text])),
    ...(request.account === undefined && request.region === undefined
      ? {}
      : { narrowed: compact({ account: request.account, region: request.region }) }),
    operator,
    createdAt: instant(now),
    expiresAt: instant(now + policy.planLifeMs),
    required: requiredRoles(runbook, policy, deps.founding?.approvals),
    ...(policy.preapproved.includes(runbook.id) && deps.founding?.preapproved?.includes(runbook.id)
      ? { preapproved: true as const }
      : {}),
    leasesExpireAt: leaseMs === null ? null : instant(now + leaseMs),
    ...rest,
    ...(unreached.length === 0 ? {} : { unreached }),
    ...(sweep === null ? {} : { sweep }),
    ...(denied === null ? {} : { denied }),
    tool: deps.tool,
  };
}
