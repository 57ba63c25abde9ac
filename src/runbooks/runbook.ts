import type { ActionId, Digest, Role, SweepRelation } from "../model/index.ts";

export const PARAM_TYPES = [
  "string",
  "cidr",
  "cidrs",
  "duration",
  "integer",
  "boolean",
  "tenant",
  "principal",
  "principals",
  "entrance",
] as const;
export type ParamType = (typeof PARAM_TYPES)[number];

export type Param = {
  readonly description: string;
  readonly type: ParamType;
  readonly required: boolean;
  readonly default?: string;
};

/** The whole of a value comes from a parameter: `params.NAME`. There are no other expressions. */
export type Reference = { readonly from: string };

export type Step = {
  readonly id: string;
  readonly action: ActionId;
  /** Steps whose changes must be in place first. */
  readonly needs: readonly string[];
  /** The parameter that holds this step's target; without it, the command's target. */
  readonly on?: Reference;
  /** Parameters of the action. */
  readonly with: { readonly [param: string]: string | Reference };
  /** Whether the rest of the run goes on when a change of this step fails; dependents are skipped either way. */
  readonly onFailure: "continue" | "stop";
};

/** What a look after the run may contain, too: see `SweepClause`. */
export type Sweep = {
  readonly steps: readonly string[];
  readonly relations: readonly SweepRelation[];
  readonly atMost: number;
  readonly forMs: number;
};

/** A declared incident of these severities or data classes proposes the runbook. */
export type Triggers = { readonly severity?: readonly number[]; readonly dataClass?: readonly string[] };

export type Runbook = {
  readonly id: string;
  readonly title: string;
  readonly description?: string;
  /** Which words of the command line select it. */
  readonly command?: { readonly verb: string; readonly noun: string };
  readonly controls: readonly string[];
  readonly approvals?: readonly Role[];
  readonly maxChanges?: number;
  readonly params: { readonly [name: string]: Param };
  readonly steps: readonly Step[];
  readonly sweep?: Sweep;
  readonly triggers?: Triggers;
  /** Of the file's bytes. */
  readonly digest: Digest;
  readonly source: string;
  readonly bytes: Uint8Array;
};
