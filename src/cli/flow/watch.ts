import { ErError, type ExitCode, instant, sayDuration } from "../../model/index.ts";
import { heldView, NO_WAY_BACK, type Output, plural, sayBroken, sayResource, sayWindow } from "../../terminal/index.ts";
import type { Globals } from "../command.ts";
import { withContext } from "../context.ts";
import { type Checked, type CheckedLease, checkHeld, type Known } from "./held.ts";

/**
 * Looks again and again until it is interrupted, and ends with the last look's document and exit code. Every look opens what it
 * needs anew: it sees what other machines wrote meanwhile, its session never ends, and nothing grows.
 */
export async function watchHeld(globals: Globals, only: string | undefined, everyMs: number): Promise<ExitCode> {
  const { output, interruption } = globals;
  const stop = interruption.handle(() => output.say("stopping"));
  const known = new Map<string, Known>();
  const crier = new Crier(output);
  return withContext(globals, async ({ clock }) => {
    let last: Checked | ErError | null = null;
    for (;;) {
      const seen = await lookOnce(globals, only, known, stop, last === null);
      const cut = stop.aborted;
      // A look that was cut short says less than the one before it.
      if (cut && last !== null) break;
      last = seen;
      if (cut) break;
      crier.tell(last, everyMs, instant(clock.now()));
      await clock.sleep(everyMs, stop).catch(() => undefined);
      if (stop.aborted) break;
    }
    if (last instanceof ErError) throw last;
    const { document, exit } = last;
    output.result(document, (view) => heldView(document, view, clock.now()));
    return document.check.cut === true ? (interruption.exit ?? exit) : exit;
  });
}

/** The first look fails as any command does; a later failure is told, and the watch goes on. */
async function lookOnce(
  globals: Globals,
  only: string | undefined,
  known: Map<string, Known>,
  stop: AbortSignal,
  first: boolean,
): Promise<Checked | ErError> {
  try {
    return await withContext(globals, (context) => checkHeld(context, only, { known, stop }));
  } catch (error) {
    if (first || !(error instanceof ErError)) throw error;
    return error;
  }
}

/** Tells what changed since the look before: each lease that was undone once, until it is held again. */
class Crier {
  readonly #output: Output;
  /** Leases that are not as they should be, by what was said of them. */
  #said = new Map<string, "broken" | "unverified">();
  #unlogged: string | null = null;
  #failed: string | null = null;
  #looks = 0;

  constructor(output: Output) {
    this.#output = output;
  }

  tell(seen: Checked | ErError, everyMs: number, at: string): void {
    if (seen instanceof ErError) {
      this.#tellFailure(seen, at);
      return;
    }
    const { leases, check } = seen.document;
    if (this.#looks++ === 0) {
      const text = `watching ${plural(leases.length, "lease")} every ${sayDuration(everyMs)}; interrupt to end`;
      this.#event({ type: "watching", leases: leases.length, everyMs }, text);
    }
    if (this.#failed !== null) this.#event({ type: "look-again", at }, "looking works again");
    this.#failed = null;
    const before = this.#said;
    this.#said = new Map();
    for (const lease of leases) this.#tellLease(lease, before.get(lease.id));
    this.#tellUnseen(leases, before);
    if (!check.logged && check.why !== this.#unlogged)
      this.#alarm({ type: "not-logged", why: check.why }, `not written to the log: ${check.why}`);
    this.#unlogged = check.logged ? null : (check.why ?? null);
    const { held, undone, partly, unverified } = check;
    const counts = `${held} held, ${undone} undone, ${partly} partly, ${unverified} unverified`;
    if (this.#output.format === "ndjson") this.#event({ type: "looked", at: check.at, held, undone, partly, unverified }, counts);
    else this.#output.detail(counts);
  }

  #tellLease(lease: CheckedLease, before: "broken" | "unverified" | undefined): void {
    const { id, resource, check } = lease;
    if (check.window !== undefined) {
      this.#said.set(id, "broken");
      if (before !== "broken") this.#alarmOf(lease);
    } else if (check.verdict === "held" && before === "broken")
      this.#event({ type: "lease-held", lease }, `held again: ${sayResource(resource)}, lease ${id}`);
    // What was undone and cannot be seen now is still said to be undone: it alarms no second time.
    else if (check.verdict === "unverified" && before === "broken") this.#said.set(id, "broken");
  }

  /** With the command on a line of its own, to be pasted as it stands. */
  #alarmOf(lease: CheckedLease): void {
    this.#alarm({ type: "lease-undone", lease }, `${sayBroken(lease)}; ${sayWindow(lease)}; put back:`);
    if (this.#output.format === "ndjson") return;
    const { reapply } = lease.check;
    if (reapply) this.#output.command(reapply.argv);
    else this.#output.say(`  ${NO_WAY_BACK}`);
  }

  #tellUnseen(leases: readonly CheckedLease[], before: ReadonlyMap<string, "broken" | "unverified">): void {
    const unseen = leases.filter(({ id, check }) => check.verdict === "unverified" && this.#said.get(id) !== "broken");
    for (const { id } of unseen) this.#said.set(id, "unverified");
    const fresh = unseen.filter(({ id }) => before.get(id) !== "unverified");
    for (const [why, own] of Map.groupBy(fresh, ({ check }) => check.detail ?? "")) {
      const ids = own.map(({ id }) => id);
      this.#alarm({ type: "leases-unverified", leases: ids, why }, `${plural(own.length, "lease")} cannot be verified: ${why}`);
    }
    const seen = leases
      .filter(({ id, check }) => before.get(id) === "unverified" && check.verdict === "held")
      .map(({ id }) => id);
    if (seen.length > 0)
      this.#event({ type: "leases-verified", leases: seen }, `${plural(seen.length, "lease")} can be verified again, and held`);
  }

  #tellFailure({ code, message }: ErError, at: string): void {
    if (message !== this.#failed) this.#alarm({ type: "look-failed", at, code, message }, `this look failed: ${message}`);
    this.#failed = message;
  }

  /** Said even with `--quiet`. */
  #alarm(message: object, text: string): void {
    if (this.#output.format === "ndjson") this.#event(message, text);
    else this.#output.warn(text);
  }

  #event(message: object, text: string): void {
    this.#output.event({ schema: "soc2-er/event@1", ...message }, text);
  }
}
