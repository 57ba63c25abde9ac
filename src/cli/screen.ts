import type { EngineEvent } from "../engine/index.ts";
import { type ChangeResult, type Clock, millis } from "../model/index.ts";
import { clip, confirmTyped, type Output, Progress, type Tone, tame } from "../terminal/index.ts";
import type { Screen } from "./flow/desk.ts";

/** Of what is named in a line that is repainted: a target may be hundreds of principals. */
const LABEL_WIDTH = 48;

/** The person's screen, or a script's pipes, over the one Output. */
export function screenFor(output: Output, clock: Clock, slaMs: number): Screen {
  return {
    result: (document, lines, next) => output.result({ ...document, next }, ({ width }) => lines(width)),
    notice: (text) => output.say(text),
    confirm: (expected, to, instead) => confirmTyped(output, expected, to, instead),
    planning: (label) => new Progress(output, { label: clip(tame(label), LABEL_WIDTH), clock, declaredAt: null, slaMs: null }),
    progress: (label, declaredAt) =>
      watchRun(
        new Progress(output, {
          label: clip(tame(label), LABEL_WIDTH),
          clock,
          declaredAt: declaredAt === null ? null : millis(declaredAt),
          slaMs,
        }),
      ),
  };
}

function watchRun(progress: Progress): ReturnType<Screen["progress"]> {
  const running = new Set<string>();
  return {
    stop: () => progress.stop(),
    event(event) {
      if (event.type === "change-started") running.add(event.id);
      if (event.type === "change-settled") running.delete(event.result.id);
      progress.count({
        running: running.size,
        ...("total" in event ? { total: event.total } : {}),
        ...("settled" in event ? { settled: event.settled } : {}),
        ...("done" in event ? { done: event.done } : {}),
      });
      const { text, tone = "plain" } = sayEvent(event);
      progress.line({ schema: "soc2-er/event@1", ...event }, text, tone);
    },
  };
}

function sayEvent(event: EngineEvent): { text: string; tone?: Tone } {
  switch (event.type) {
    case "run-opened":
      return { text: `${event.run} opened, ${event.total} changes` };
    case "change-started":
      return { text: `${event.id} ${event.summary}` };
    case "change-settled":
      return {
        text: `${event.result.id} ${sayOutcome(event.result)} (${event.settled}/${event.total})`,
        tone: toneOf(event.result),
      };
    case "change-verified":
      return {
        text: `${event.result.id} ${sayVerdict(event.result)} (${event.done}/${event.total})`,
        tone: toneOf(event.result),
      };
    case "swept":
      return { text: `sweep: ${event.looks} looks, ${event.contained} contained, ${event.left} left` };
    case "stopping":
      return { text: `stopping: nothing new starts, ${event.inFlight} in flight settle; interrupt again to stop now` };
  }
}

function sayOutcome({ outcome }: ChangeResult): string {
  return outcome.why === undefined ? outcome.status : `${outcome.status}: ${outcome.why}`;
}

function sayVerdict({ verification }: ChangeResult): string {
  if (!verification) return "not verified";
  const detail = verification.detail === undefined ? "" : `: ${verification.detail}`;
  return `${verification.verdict} by ${verification.level}${detail}`;
}

function toneOf({ outcome, verification }: ChangeResult): Tone {
  if (outcome.status === "refused" || outcome.status === "unknown" || verification?.verdict === "contradicted") return "bad";
  return verification?.verdict === "confirmed" ? "good" : "plain";
}
