import { type Emergency, refuseBreakGlass } from "../../approvals/index.ts";
import { emergenciesIn, emergencyOf, foldLog } from "../../incidents/index.ts";
import { type EntryBodies, type Plan, type Role, systemClock } from "../../model/index.ts";
import { plural } from "../../terminal/index.ts";
import type { Context } from "../context.ts";

/** What `--break-glass` asks for; null where it was not given. */
export function emergencyAsked(context: Context, reason: string | undefined): Emergency | null {
  return reason === undefined ? null : { reason, policy: context.config.policy.breakGlass };
}

/** Says at once, before anything is planned, that no ruling can be had; the engine judges again. Errors: those of `refuseBreakGlass`. */
export async function refuseEmergency(context: Context, runbook: string, emergency: Emergency | null): Promise<void> {
  if (emergency === null) return;
  const log = await context.writer();
  const earlier = emergenciesIn(await foldLog(log), log.origin);
  refuseBreakGlass(runbook, emergency, log.person.id, earlier, await log.keyring(), context.clock.now());
}

type Notified = EntryBodies["ruling.notified"];

/**
 * Tells those whom the plan's break-glass ruling skipped, and writes down who could not be told. Null where there was no such ruling,
 * or it was told before. Runs beside the containment; what fails is said on stderr and in the log, and stops nothing.
 */
export async function tellSkipped(context: Context, plan: Plan): Promise<Notified | null> {
  const log = await context.writer();
  const state = await foldLog(log);
  const planned = state.plans.get(plan.digest);
  const emergency = planned && planned.notified.length === 0 ? emergencyOf(planned, log.origin) : null;
  if (emergency === null) return null;
  const { tell } = await import("../../notices/index.ts");
  const { breakGlass, applier, incident, runbook, target, run } = emergency;
  const review = ["soc2-er", "approve", plan.digest, "--review"];
  const facts = {
    schema: "soc2-er/notice@1",
    kind: "break-glass",
    ...{
      origin: log.origin,
      mode: log.mode,
      incident,
      runbook,
      target,
      plan: plan.digest,
      run,
      by: applier,
      ...breakGlass,
      review,
    },
  };
  const text = [
    `${log.mode === "drill" ? "DRILL " : ""}break-glass: ${applier} runs ${runbook} on ${target} (${incident}) without ${breakGlass.skipped.join(" and ")}`,
    `reason: ${breakGlass.reason}`,
    `until ${breakGlass.until}; to be reviewed by ${breakGlass.reviewBy}: ${review.join(" ")}`,
  ].join("\n");
  const means = { env: context.globals.env, clock: systemClock };
  const deliveries = await tell({ text, facts }, breakGlass.skipped, context.config.notices, means);
  const body = notifiedOf(plan, breakGlass.skipped, deliveries);
  for (const { channel, reason } of body.failed)
    context.globals.output.warn(`the break-glass ruling could not be told through "${channel}": ${reason}`);
  if (body.untold.length > 0) context.globals.output.warn(sayUntold(body.untold, context.config.notices.length));
  await log.append([{ type: "ruling.notified", incident: plan.header.incident, body }]);
  return body;
}

/** What a run's document says of the break-glass ruling behind it. */
export async function breakGlassPart(context: Context, { digest }: Plan) {
  const log = await context.writer();
  const planned = (await foldLog(log)).plans.get(digest);
  const emergency = planned ? emergencyOf(planned, log.origin) : null;
  return emergency === null ? {} : { breakGlass: { ...emergency.breakGlass, untold: emergency.untold } };
}

function notifiedOf(
  { digest }: Plan,
  skipped: readonly Role[],
  deliveries: readonly { readonly channel: string; readonly roles: readonly Role[]; readonly reason?: string }[],
): Notified {
  const told = deliveries.filter(({ reason }) => reason === undefined);
  const reached = new Set(told.flatMap(({ roles }) => roles));
  return {
    plan: digest,
    told: told.map(({ channel, roles }) => ({ channel, roles })),
    failed: deliveries.flatMap(({ channel, roles, reason }) => (reason === undefined ? [] : [{ channel, roles, reason }])),
    untold: skipped.filter((role) => !reached.has(role)),
  };
}

function sayUntold(roles: readonly Role[], channels: number): string {
  const how = channels === 0 ? "no notices are configured" : `none of ${plural(channels, "channel")} reached them`;
  return `${roles.join(" and ")} were NOT told of the break-glass ruling: ${how}. Tell them yourself`;
}
