import type { Ruling } from "../../approvals/index.ts";
import { foldLog } from "../../incidents/index.ts";
import { ErError, EXIT, type Plan } from "../../model/index.ts";
import { type Next, planView } from "../../terminal/index.ts";
import { blastRadii } from "../blast-radii.ts";
import type { Context } from "../context.ts";
import { nextOfPlan, planDocument } from "../documents.ts";
import { requestsFor, toDocument } from "./request.ts";
import { rulingOf } from "./stored-plan.ts";

/** The plan of a dry run: not stored, so nothing can be approved. A failed check is a refusal. */
export async function showDryRun(context: Context, plan: Plan, full: boolean): Promise<number> {
  await showPlan(context, plan, null, [], full, { dryRun: true });
  return plan.header.checks.some(({ status }) => status === "failed") ? EXIT.refused : EXIT.ok;
}

/** A stored plan that waits for approval. */
export async function showPending(context: Context, plan: Plan, full: boolean): Promise<number> {
  const log = await context.writer();
  const ruling = await rulingOf(log, await foldLog(log), plan, context.clock);
  const request = { argv: ["soc2-er", "plan", "show", plan.digest, "--request"] };
  const requests = (await requestsIfAny(context, log, plan, ruling)).map(toDocument);
  const next = [...nextOfPlan(plan.digest, ruling), ...(requests.length === 0 ? [] : [request])];
  await showPlan(context, plan, ruling, next, full, { requests });
  return EXIT.approval;
}

/** Nobody who could be asked is no reason to hide the plan. */
async function requestsIfAny(...asked: Parameters<typeof requestsFor>): ReturnType<typeof requestsFor> {
  try {
    return await requestsFor(...asked);
  } catch (error) {
    if (error instanceof ErError && error.code === "approval-role") return [];
    throw error;
  }
}

/** On stderr before a decision, so that stdout stays the one result. */
export async function previewPlan(context: Context, plan: Plan, ruling: Ruling | null, full: boolean): Promise<void> {
  const blastRadius = await blastRadii();
  const document = planDocument(plan, ruling, []);
  const lines = planView(document, context.globals.output.err, { now: context.clock.now(), full, blastRadius });
  for (const line of lines) context.screen.notice(line);
}

async function showPlan(
  context: Context,
  plan: Plan,
  ruling: Ruling | null,
  next: readonly Next[],
  full: boolean,
  more: { readonly dryRun?: true; readonly requests?: readonly ReturnType<typeof toDocument>[] },
): Promise<void> {
  const blastRadius = await blastRadii();
  const document = { ...planDocument(plan, ruling, next), ...more };
  context.globals.output.result(document, (view) => planView(document, view, { now: context.clock.now(), full, blastRadius }));
}
