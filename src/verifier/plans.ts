import { join } from "node:path";
import { Fault, type Findings } from "./findings.ts";
import { readWhole } from "./folder.ts";
import { type Plan, readPlan } from "./plan.ts";

const MAX_PLAN = 256 * 1024 * 1024;
/** Of plans that were read, so much is kept for the next question, and always the last one. */
const KEPT_BYTES = 64 * 1024 * 1024;
/** An honest log asks for a plan when it is made, ruled and run. One that asks without an end gets one. */
const MOST_READ_BYTES = 16 * 1024 * 1024 * 1024;

type Kept = { readonly plan: Plan; readonly bytes: number };

/** The contents of plans, in bounded memory and time however many there are, however long, and however often they are asked for. */
export class Plans {
  readonly #folder: string;
  readonly #intact: ReadonlySet<string>;
  readonly #findings: Findings;
  /** The one asked for last stands last. */
  readonly #kept = new Map<string, Kept>();
  #keptBytes = 0;
  #readBytes = 0;

  /** `intact` has the blobs of the folder whose content is what their name says. */
  constructor(folder: string, intact: ReadonlySet<string>, findings: Findings) {
    this.#folder = folder;
    this.#intact = intact;
    this.#findings = findings;
  }

  /** Null when it cannot be read, which is noted. */
  read(digest: string, at: string): Plan | null {
    const name = digest.slice("sha256:".length);
    if (!this.#intact.has(name)) {
      this.#findings.add("blob-missing", at, `the content of plan ${digest} is not there, or altered`);
      return null;
    }
    const known = this.#kept.get(name) ?? this.#findings.check(at, () => this.#load(name));
    if (known === null) return null;
    this.#keep(name, known);
    return known.plan;
  }

  /** Its run ended: it is not asked for again soon. */
  release(digest: string): void {
    const name = digest.slice("sha256:".length);
    this.#keptBytes -= this.#kept.get(name)?.bytes ?? 0;
    this.#kept.delete(name);
  }

  #load(name: string): Kept | null {
    const bytes = readWhole(join(this.#folder, "blobs", "sha256", name), MAX_PLAN);
    if (bytes === null) return null;
    this.#readBytes += bytes.length;
    if (this.#readBytes > MOST_READ_BYTES) throw new Fault("plan", "the log asks for its plans more often than any honest one");
    return { plan: readPlan(bytes), bytes: bytes.length };
  }

  #keep(name: string, asked: Kept): void {
    if (!this.#kept.delete(name)) this.#keptBytes += asked.bytes;
    this.#kept.set(name, asked);
    for (const [oldest, { bytes }] of this.#kept) {
      if (this.#keptBytes <= KEPT_BYTES || oldest === name) return;
      this.#kept.delete(oldest);
      this.#keptBytes -= bytes;
    }
  }
}
