import type { AuditReader, AuditWriter } from "../../audit/index.ts";
import type { Config } from "../../config/index.ts";
import type { EngineEvent } from "../../engine/index.ts";
import type { Clock, ExitCode, Mode } from "../../model/index.ts";
import type { ScopeFactory, ScopeOptions } from "../../providers/index.ts";
import type { Next } from "../../terminal/index.ts";

/** What a command works with once arguments are read: the organization, the clouds, the log, and the person's screen. */
export interface Desk {
  readonly config: Config;
  readonly clock: Clock;
  readonly mode: Mode;
  readonly origin: string;
  readonly tool: string;
  /** True when a person can be asked. */
  readonly interactive: boolean;
  /** Null while nothing has been logged here yet. */
  reader(): Promise<AuditReader>;
  /** Opens the session of the person whose key signs; makes the log when there is none, and says so. */
  writer(): Promise<AuditWriter>;
  scopes(options: ScopeOptions): Promise<ScopeFactory>;
  lockRun(run: string): Promise<AsyncDisposable | null>;
  readonly screen: Screen;
}

/** The person's screen, or a script's pipes. */
export interface Screen {
  /** The one result of the command. `lines` for people, `document` for `--json`. */
  result(document: object, lines: (width: number) => readonly string[], next: readonly Next[]): void;
  notice(text: string): void;
  /** Shows how far a plan has come, where making it takes long. */
  planning(label: string): {
    count(facts: { readonly done: number; readonly total: number; readonly word?: string }): void;
    stop(): void;
  };
  progress(label: string, declaredAt: string | null): { event(event: EngineEvent): void; stop(): void };
  /**
   * Asks for the exact text. Throws `declined` when something else was typed; when nobody can be asked, `no-terminal` with the
   * command that does not ask.
   */
  confirm(expected: string, to: string, instead: readonly string[]): Promise<void>;
}

export type Done = ExitCode;
