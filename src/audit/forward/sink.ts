import type { EntryFormat } from "../export/entries.ts";

/** Where a forwarder hands entries. */
export interface ForwardSink {
  /** Unique in the configuration, for people: without what may be secret of an address. */
  readonly name: string;
  /** What tells this place from another: its progress is kept under it. */
  readonly id: string;
  readonly format: EntryFormat;
  /**
   * Hands lines over, each with its end, and resolves when they are there. Ends soon after the signal fires. Errors: ForwardError; who
   * asks again hands the same lines over again.
   */
  deliver(lines: readonly string[], signal: AbortSignal): Promise<void>;
}

/** Why lines were not taken, in words that name no secret. */
export class ForwardError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ForwardError";
  }
}
