import type { Action } from "../actions/index.ts";
import type { Config, StoreConfig } from "../config/index.ts";
import type {
  ActionId,
  Check,
  Clock,
  FoundingPolicy,
  Incident,
  Mode,
  Person,
  Selection,
  Skipped,
  Target,
} from "../model/index.ts";
import type { ScopeFactory } from "../providers/index.ts";
import type { Runbook } from "../runbooks/index.ts";

/** What an operator asks for. */
export type ContainRequest = {
  readonly kind: "contain";
  readonly runbook: Runbook;
  readonly target: Target;
  /** As typed: `--param k=v`. */
  readonly params: Readonly<Record<string, string>>;
  /** Null on a dry run without one. */
  readonly incident: Incident | null;
  readonly operator: string;
  /** `--max-changes`; see `ceilingOf`. */
  readonly maxChanges?: number;
  /** Name or id of an account or subscription; narrows, never widens. */
  readonly account?: string;
  readonly region?: string;
  /** `--expires`; without it, the policy's. */
  readonly leaseMs?: number;
  /** Also ask the providers' own dry runs. */
  readonly probe?: boolean;
};

/** Where actions come from; the shipped ones unless a test brings its own. */
export type ActionSource = {
  readonly actionList: readonly { readonly id: ActionId }[];
  loadAction(id: ActionId): Promise<Action>;
};

/** How far a plan is: principals that were found, then places that were looked at. */
export type PlanProgress = { readonly phase: "found" | "looked at"; readonly done: number; readonly total: number };

export type PlanDeps = {
  readonly config: Config;
  readonly scopes: ScopeFactory;
  readonly origin: string;
  readonly mode: Mode;
  readonly clock: Clock;
  readonly tool: string;
  /** Where the log is copied to: what a plan must not cut off. */
  readonly auditStores: readonly StoreConfig[];
  /** What policy the log was founded with; absent before there is one. */
  readonly founding?: FoundingPolicy;
  /** Who decides by the log, beside those whom the organization's file names today; absent before there is one. */
  readonly people?: readonly Person[];
  readonly actions?: ActionSource;
  readonly onProgress?: (event: PlanProgress) => void;
};

/** What became of a target: the places to contain it at, and what the organization's file names but nothing covers. */
export type Resolved = {
  readonly selections: readonly Selection[];
  readonly skipped: readonly Skipped[];
  readonly checks: readonly Check[];
  /** The user that an access key belongs to, by `account/key`. */
  readonly owners: ReadonlyMap<string, string>;
  /** Whether the target was seen to exist; `unknown` when nobody could look. */
  readonly evidence: "found" | "none" | "unknown";
};

export function nothingCovers(what: string): Skipped {
  return { resource: null, reason: `${what} is not contained: no action of this version covers it` };
}

/** One text per selection, the same for equal ones: their order and their identity. */
export function selectionKey(selection: Selection): string {
  return JSON.stringify(selection, (_key, value: unknown) => (typeof value === "bigint" ? value.toString() : value));
}
