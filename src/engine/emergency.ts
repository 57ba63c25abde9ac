import { endOfRuling, foldLog, type LogState } from "../incidents/index.ts";
import { type ChangeResult, ErError, type Instant, millis, type Plan } from "../model/index.ts";
import type { EngineDeps } from "./deps.ts";

const OVER = "break-glass-over";

/** The moment after which nothing new is intended for the plan; null where no break-glass ruling stands behind it. */
export function endFor({ digest, header }: Plan, state: LogState): Instant | null {
  return endOfRuling(state, { digest, ...header });
}

/** Null while something new may be intended; else what becomes of the change. */
export function sayOver({ until, clock }: Pick<EngineDeps, "until" | "clock">): string | null {
  if (until === undefined || until === null || clock.now() <= millis(until)) return null;
  return `${OVER}: the break-glass ruling ended at ${until}`;
}

/** Errors: `break-glass-over`. */
export async function refuseOver(plan: Plan, deps: EngineDeps): Promise<void> {
  const until = endFor(plan, await foldLog(deps.log));
  if (sayOver({ until, clock: deps.clock }) !== null) throw over(plan, until);
}

/** After a resumed run: what the hour left undone needs a plan of its own. Errors: `break-glass-over`. */
export function refuseLeft(plan: Plan, results: readonly ChangeResult[], until: Instant | null): void {
  if (results.some(({ outcome }) => outcome.why?.startsWith(`${OVER}:`))) throw over(plan, until);
}

function over({ digest, header }: Plan, until: Instant | null): ErError {
  return new ErError(OVER, `the break-glass ruling on "${digest}" ended at ${until}: nothing more is begun under it`, {
    hints: ["plan again and have it approved: what holds already is left as it is", `soc2-er incident show ${header.incident}`],
  });
}
