import { Fault, type Findings } from "./findings.ts";
import type { Payload } from "./forms.ts";

const LONGEST_MS = 12 * 3_600_000;
/** By so much a clock is set back without a word: a step by NTP is far below. */
const SET_BACK_MS = 60_000;

/** How a session's own story goes on: its name stays, its clock does not run backwards, and when it ended it has ended. */
export class Course {
  readonly #boot: string;
  #mono: number;
  #at: number;
  #closed = false;
  #setBack = false;

  /** Begins with the entry that opens the session. */
  constructor({ boot, mono, at, body, writer }: Payload) {
    const lasts = Date.parse(String(body.expiresAt)) - Date.parse(at);
    if (lasts > LONGEST_MS + SET_BACK_MS)
      throw new Fault("session", `writer ${writer} opens its session for ${Math.round(lasts / 60_000)} minutes`);
    this.#boot = boot;
    this.#mono = mono;
    this.#at = Date.parse(at);
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Throws a `Fault`. A clock that was set back is noted: times of the session before and after cannot be compared. */
  follow({ boot, mono, at: time, type, body, writer, wseq }: Payload, at: string, findings: Findings): void {
    const passed = Date.parse(time) - this.#at - (mono - this.#mono);
    const backwards = mono < this.#mono;
    this.#mono = mono;
    this.#at = Date.parse(time);
    // What became of handing over the last entries is all that can come after them.
    if (this.#closed && type !== "remote.down" && type !== "remote.up")
      throw new Fault("session", `writer ${writer} writes on after it said that its session ended`);
    const closes = type === "session.closed";
    this.#closed ||= closes;
    if (boot !== this.#boot)
      throw new Fault("session", `writer ${writer} is another process than the one that opened its session`);
    if (backwards) throw new Fault("chain", `the time since writer ${writer} began runs backwards`);
    if (closes && body.entries !== wseq + 1)
      throw new Fault("chain", `writer ${writer} ends its session with ${wseq + 1} entries and says ${String(body.entries)}`);
    if (passed < -SET_BACK_MS && !this.#setBack)
      findings.add("clock-set-back", at, `the clock of writer ${writer} was set back by ${Math.round(-passed / 1000)} seconds`);
    this.#setBack ||= passed < -SET_BACK_MS;
  }
}
