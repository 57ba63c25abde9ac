import type { AuditReader } from "../../audit/index.ts";
import type { LogState } from "../../incidents/index.ts";
import {
  DeadlineError,
  ErError,
  type ErrorCode,
  type Incident,
  isContaining,
  type Person,
  type Plan,
  systemClock,
  within,
} from "../../model/index.ts";
import { type Comparison, comparePlans, planContainment } from "../../planner/index.ts";
import { ProviderError } from "../../providers/index.ts";
import type { Runbook } from "../../runbooks/index.ts";
import type { Context } from "../context.ts";
import { planDeps } from "./containment.ts";
import { nounOf, parseTarget } from "./target.ts";
import { planUndoing, undoingOf } from "./undoing.ts";

/** Whoever approves is waited for: what takes longer is said not to have been done. */
const PATIENCE_MS = 20_000;

/**
 * What the approver's own machine makes of a plan: of the same request, with its own runbook, configuration and log, by its own look at
 * the clouds. `differences` is what the plan would do beyond that; `lacking` what it would leave.
 */
export type Derivation = {
  readonly runbook: "same" | "differs" | "missing" | "none";
  readonly plan: "same" | "differs" | "not-derived";
  /** Why not, or why not all of it. */
  readonly why: string | null;
  readonly differences: readonly string[];
  readonly lacking: readonly string[];
};

/** `person` approves: it is their look. */
type Of = { readonly log: AuditReader; readonly state: LogState; readonly plan: Plan; readonly person: Person };

/** Reads only. `offline`: the clouds are not asked. */
export async function derive(context: Context, of: Of, offline: boolean): Promise<Derivation> {
  const { plan } = of;
  const runbook = isContaining(plan.header.kind) ? await ownRunbook(context, plan) : null;
  const state = runbook === null ? "none" : runbook.state;
  const other = state === "same" || runbook === null ? [] : differencesOf(plan, runbook.runbook);
  const base = { runbook: state, differences: other, lacking: [] } as const;
  if (offline) return { ...base, plan: "not-derived", why: "the clouds were not to be asked (--offline)" };
  if (runbook !== null && runbook.state !== "same")
    return { ...base, plan: "not-derived", why: "it was made with another runbook" };
  try {
    const own = await planAgain(context, of, runbook?.runbook ?? null);
    return { ...base, ...judged(plan, own, comparePlans(plan, own)) };
  } catch (error) {
    return { ...base, ...failed(error) };
  }
}

type Own =
  | { readonly state: "same" | "differs"; readonly runbook: Runbook }
  | { readonly state: "missing"; readonly runbook: null };

async function ownRunbook(context: Context, { header }: Plan): Promise<Own> {
  const runbook = (await context.runbooks()).find(({ id }) => id === header.runbook.id);
  if (runbook === undefined) return { state: "missing", runbook: null };
  return { state: runbook.digest === header.runbook.digest ? "same" : "differs", runbook };
}

/** The plan has its runbook's digest and not its words: what it does tells how both differ. */
function differencesOf({ header, changes }: Plan, own: Runbook | null): string[] {
  const { id, digest } = header.runbook;
  if (own === null) return [`there is no runbook "${id}" here`];
  const actions = [...new Set(changes.map(({ action }) => action))];
  const mine = new Set(own.steps.map(({ action }) => action));
  const steps = new Map(own.steps.map((step) => [step.id, step.action]));
  const moved = new Set(changes.filter(({ step, action }) => steps.get(step) !== action).map(({ step }) => step));
  return [
    `the plan was made with ${id} ${digest}`,
    `here it is            ${id} ${own.digest} (${own.source})`,
    ...actions.filter((action) => !mine.has(action)).map((action) => `+ ${action}: only the plan has it`),
    ...[...mine]
      .filter((action) => !actions.includes(action))
      .map((action) => `- ${action}: only the runbook here has it, or it had nothing to do`),
    ...[...moved].map((step) => `~ step "${step}" is another here, or none`),
  ];
}

async function planAgain(context: Context, of: Of, runbook: Runbook | null): Promise<Plan> {
  const progress = context.screen.planning("planning it again");
  try {
    return await within(systemClock, PATIENCE_MS, (signal) =>
      runbook === null ? undoAgain(context, of, signal) : containAgain(context, of, runbook, signal),
    );
  } finally {
    progress.stop();
  }
}

async function containAgain(context: Context, { plan, state, person }: Of, runbook: Runbook, signal: AbortSignal): Promise<Plan> {
  const { actionList } = await import("../../actions/index.ts");
  const { header } = plan;
  const noun = nounOf(runbook, actionList);
  const scopes = await context.scopes({ signal, incident: header.incident, person: person.id });
  const { account, region } = header.narrowed ?? {};
  return await planContainment(
    {
      kind: "contain",
      runbook,
      target: parseTarget(noun, noun === "tenant" ? [header.target] : header.target.split(" ")),
      params: Object.fromEntries(Object.entries(header.params).map(([name, value]) => [name, String(value)])),
      incident: state.incidents.get(header.incident) ?? unknownIncident(plan),
      operator: header.operator,
      // The ceiling was the operator's, who sees it; what goes beyond the plan is told.
      maxChanges: 2 * plan.changes.length + 1_000,
      ...(account === undefined ? {} : { account }),
      ...(region === undefined ? {} : { region }),
    },
    await planDeps(context, scopes),
  );
}

/** Declared where the store could not be reached: nothing but its id is in a plan. */
function unknownIncident({ header }: Plan): Incident {
  const { incident, mode, createdAt, operator } = header;
  return { id: incident, title: "", severity: 1, mode, declaredAt: createdAt, declaredBy: operator, status: "open" };
}

async function undoAgain(context: Context, { plan, state, person }: Of, signal: AbortSignal): Promise<Plan> {
  const { incident, operator } = plan.header;
  return await planUndoing(context, undoingOf(plan.header, state), incident, operator, { signal, looks: person.id });
}

function judged(plan: Plan, own: Plan, comparison: Comparison): Pick<Derivation, "plan" | "why" | "differences" | "lacking"> {
  const { beyond, lacking, unseen, unreached } = comparison;
  const why = unseen === 0 ? null : `${unseen} of ${plan.changes.length} changes: ${unreached.join("; ")}`;
  const differs = beyond.length > 0 || lacking.length > 0 || (unseen === 0 && own.contentDigest !== plan.contentDigest);
  const all = differs ? "differs" : "same";
  return { plan: unseen === plan.changes.length && unseen > 0 ? "not-derived" : all, why, differences: beyond, lacking };
}

/** What keeps somebody from looking says nothing against the plan; a refusal to make it does. */
const UNABLE: readonly ErrorCode[] = [
  ...(["unauthenticated", "denied", "unreachable", "provider-error", "environment"] as const),
  ...(["unknown-run", "unknown-lease", "unknown-plan"] as const),
];

function failed(error: unknown): Pick<Derivation, "plan" | "why" | "differences"> {
  if (error instanceof DeadlineError) return { plan: "not-derived", why: error.message, differences: [] };
  if (error instanceof ProviderError)
    return { plan: "not-derived", why: `${error.service} ${error.operation}: ${error.providerCode}`, differences: [] };
  if (!(error instanceof ErError) || error.code === "internal") throw error;
  if (UNABLE.includes(error.code)) return { plan: "not-derived", why: error.message, differences: [] };
  return { plan: "differs", why: null, differences: [`here it is refused: ${error.message} [${error.code}]`] };
}
