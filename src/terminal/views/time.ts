import { type Instant, millis, sayDuration } from "../../model/index.ts";

/** To the second, in UTC: `2026-11-26 03:21:04Z`. */
export function sayInstant(at: Instant): string {
  return `${at.slice(0, 10)} ${at.slice(11, 19)}Z`;
}

/** `03:21:04Z`: for a list whose day is clear. */
export function sayTime(at: Instant): string {
  return `${at.slice(11, 19)}Z`;
}

/** `in 30m` or `5m ago`. */
export function sayRelative(at: Instant, now: number): string {
  const distance = millis(at) - now;
  return distance >= 0 ? `in ${sayDuration(roundly(distance))}` : `${sayDuration(roundly(-distance))} ago`;
}

/** Seconds do not matter an hour away, nor milliseconds a second away. */
function roundly(ms: number): number {
  return ms >= 3_600_000 ? Math.round(ms / 60_000) * 60_000 : ms >= 1_000 ? Math.round(ms / 1_000) * 1_000 : ms;
}
