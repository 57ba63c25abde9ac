import type { LogState, PlanState } from "../../incidents/index.ts";
import { EXIT, millis } from "../../model/index.ts";
import { sayInstant, shortDigest, table } from "../../terminal/index.ts";
import type { Globals } from "../command.ts";
import { type Context, withContext } from "../context.ts";
import { logState } from "../log-state.ts";
import { incidentNamed } from "../select.ts";
import { type Waiting, waitingOf } from "../waiting.ts";

const COLUMNS = [
  { title: "plan" },
  { title: "state" },
  { title: "changes" },
  { title: "expires" },
  { title: "what", grows: true },
];

export async function run(_args: readonly string[], options: { incident?: string }, globals: Globals): Promise<number> {
  return withContext(globals, async (context) => {
    const state = await logState(context);
    const only = options.incident === undefined ? null : incidentNamed(state, options.incident, globals.output.onTerminal).id;
    const items = await itemsOf(context, state, only);
    globals.output.result({ schema: "soc2-er/plan-list@1", items }, ({ width }) => {
      const rows = items.map((item) => [
        shortDigest(item.digest),
        item.waiting.length > 0 ? `waits for ${item.waiting.join(", ")}` : item.state,
        String(item.changes),
        sayInstant(item.expiresAt),
        `${item.kind === "contain" ? item.runbook : `${item.kind} ${item.of ?? ""}`} on ${item.target} (${item.incident})`,
      ]);
      return rows.length === 0 ? ["no plans"] : table(COLUMNS, rows, width);
    });
    return EXIT.ok;
  });
}

/** Newest first. */
async function itemsOf(context: Context, state: LogState, incident: string | null) {
  const reader = await context.readerIfAny();
  const waiting = reader ? await waitingOf(reader, state, context.clock) : [];
  const plans = [...state.plans.values()].filter((plan) => incident === null || plan.incident === incident).reverse();
  return plans.map((plan) => {
    const open = waiting.find(({ what }) => what === plan.plan);
    const { plan: digest, kind, of, runbook, target, changes, required, createdAt, expiresAt, run: ran } = plan;
    return {
      digest,
      kind,
      ...(of === undefined ? {} : { of }),
      incident: plan.incident,
      runbook,
      target,
      state: stateOf(plan, open, context.clock.now()),
      changes,
      required,
      waiting: open?.roles ?? [],
      createdAt,
      expiresAt,
      run: ran,
    };
  });
}

function stateOf(
  plan: PlanState,
  open: Waiting | undefined,
  now: number,
): "applied" | "rejected" | "expired" | "pending" | "approved" | "incident-closed" {
  if (plan.run !== null) return "applied";
  if (plan.ruling?.state === "rejected") return "rejected";
  if (millis(plan.expiresAt) <= now) return "expired";
  if (!open) return "incident-closed";
  return open.kind === "apply" ? "approved" : "pending";
}
