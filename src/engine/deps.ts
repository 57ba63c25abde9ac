import type { AuditWriter } from "../audit/index.ts";
import type { ChangeResult, Clock, Instant, Plan, ResourceRef } from "../model/index.ts";
import type { ScopeFactory } from "../providers/index.ts";

/** What the engine tells whoever watches. `settled` counts changes whose outcome is known, `done` those of them that are verified, too, or need not be. */
export type EngineEvent =
  | { readonly type: "run-opened"; readonly run: string; readonly total: number }
  | {
      readonly type: "change-started";
      readonly id: string;
      readonly action: string;
      readonly resource: ResourceRef;
      readonly summary: string;
    }
  | { readonly type: "change-settled"; readonly result: ChangeResult; readonly settled: number; readonly total: number }
  | { readonly type: "change-verified"; readonly result: ChangeResult; readonly done: number; readonly total: number }
  | { readonly type: "stopping"; readonly inFlight: number }
  /** After each look of a sweep. */
  | { readonly type: "swept"; readonly looks: number; readonly contained: number; readonly left: number };

export type EngineDeps = {
  readonly log: AuditWriter;
  readonly scopes: ScopeFactory;
  readonly clock: Clock;
  /** Aborted by the first interrupt: nothing new starts, what is in flight settles. */
  readonly stop: AbortSignal;
  /** Null when another process holds the run. */
  readonly lockRun: (run: string) => Promise<AsyncDisposable | null>;
  readonly concurrency: number;
  readonly deadlineMs: number;
  /** After this nothing new is intended; null and absent: no such end. The engine itself fills it in, from the log. */
  readonly until?: Instant | null;
  /**
   * Called once the outcomes of a containing run are known, before its end, which waits for it. `felt` resolves when all is verified, to
   * whether everything was seen to take effect on the attacker.
   */
  readonly afterSettled?: (run: string, felt: Promise<boolean>) => Promise<void>;
  readonly onEvent: (event: EngineEvent) => void;
  /** Points at which a test kills the process; called with the point's name and the change. */
  readonly onPoint?: (point: CrashPoint, change: string) => void;
};

export type CrashPoint = "intended" | "called" | "settled" | "verifying" | "verified";

export type Execution = { readonly plan: Plan; readonly deps: EngineDeps };
