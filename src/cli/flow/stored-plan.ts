import { batchesSeen, type Ruling, rule } from "../../approvals/index.ts";
import type { AuditReader, AuditWriter } from "../../audit/index.ts";
import { type LogState, runbooksBehind } from "../../incidents/index.ts";
import { type Clock, type Digest, ErError, instant, isDigest, type Plan } from "../../model/index.ts";
import { decodePlan, planLines } from "../../planner/index.ts";

/** Makes a plan durable: its bytes first, then the entry that names them. */
export async function storePlan(log: AuditWriter, plan: Plan): Promise<void> {
  const stored = await log.putBlob(planLines(plan));
  if (stored !== plan.digest) throw new ErError("plan-altered", `plan "${plan.digest}" was stored as "${stored}"`);
  const { header } = plan;
  await log.append([
    {
      type: "plan.created",
      incident: header.incident,
      body: {
        plan: plan.digest,
        contentDigest: plan.contentDigest,
        kind: header.kind,
        ...(header.of === undefined ? {} : { of: header.of }),
        runbook: header.runbook.id,
        target: header.target,
        expiresAt: header.expiresAt,
        required: header.required,
        changes: plan.changes.length,
      },
    },
  ]);
}

export async function loadPlan(log: AuditReader, digest: Digest): Promise<Plan> {
  const bytes = await log.blob(digest);
  if (!bytes) {
    throw new ErError("unknown-plan", `the content of plan "${digest}" is not on this machine`, {
      hints: ["soc2-er audit sync", "soc2-er plan list"],
    });
  }
  const plan = decodePlan(bytes);
  if (plan.digest !== digest) throw new ErError("plan-altered", `plan "${digest}" does not have that digest any more`);
  return plan;
}

/** The digest that the operator means. A unique prefix counts only where a person is watching: a script must name it in full. */
export function findPlan(state: LogState, text: string, watched: boolean): Digest {
  const full = text.startsWith("sha256:") ? text : `sha256:${text}`;
  if (isDigest(full) && state.plans.has(full)) return full;
  const matches =
    watched && full.length >= "sha256:".length + 4 ? [...state.plans.keys()].filter((digest) => digest.startsWith(full)) : [];
  const [only] = matches;
  if (only !== undefined && matches.length === 1) return only;
  const hints = ["soc2-er plan list"];
  if (matches.length > 1) throw new ErError("ambiguous", `"${text}" is the beginning of ${matches.length} plans`, { hints });
  throw new ErError("unknown-plan", `no plan "${text}" is in the log`, { hints });
}

/** What the approvals in the log amount to now. */
export async function rulingOf(log: AuditReader, state: LogState, plan: Plan, clock: Clock): Promise<Ruling> {
  const { header, digest } = plan;
  const runbooks = runbooksBehind(state, { ...header, runbook: header.runbook.id });
  const { approvals = [] } = state.plans.get(digest) ?? {};
  const batches = await batchesSeen(
    log,
    approvals.map(({ body }) => body.statement),
  );
  return rule(plan, approvals, await log.keyring(), instant(clock.now()), runbooks, state.scopes.values(), batches);
}
