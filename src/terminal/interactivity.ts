import type { Env } from "./color.ts";

type MaybeTerminal = { readonly isTTY?: boolean; readonly columns?: number };

export type Interactivity = {
  /** Whether a person can be asked. A pipe on stdin is never an answer. */
  readonly prompts: boolean;
  /** Whether lines may be painted over on stderr. */
  readonly live: boolean;
  /** Why nobody can be asked, for the error; null when somebody can. */
  readonly because: string | null;
};

/** The one place that decides it. `CI` counts unless it is empty, `0` or `false`. */
export function interactivity(
  streams: { readonly stdin: MaybeTerminal; readonly stderr: MaybeTerminal },
  env: Env,
  allowInput: boolean,
): Interactivity {
  const ci = !["", "0", "false"].includes(env["CI"] ?? "");
  const because = !allowInput
    ? "--no-input is given"
    : ci
      ? "CI is set"
      : streams.stdin.isTTY !== true
        ? "stdin is no terminal"
        : streams.stderr.isTTY !== true
          ? "stderr is no terminal"
          : null;
  const accessible = Boolean(env["SOC2_ER_ACCESSIBLE"] || env["ACCESSIBLE"]);
  return {
    prompts: because === null,
    because,
    // A terminal that claims no width (a bare pseudo-terminal) cannot be repainted.
    live: streams.stderr.isTTY === true && (streams.stderr.columns ?? 0) >= 20 && !ci && env["TERM"] !== "dumb" && !accessible,
  };
}
