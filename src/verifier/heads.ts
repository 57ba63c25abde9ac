import { join } from "node:path";
import type { StoreFolder } from "./contents.ts";
import { Fault, type Findings, quote } from "./findings.ts";
import { numbered, readWhole } from "./folder.ts";
import { isSignedBy, MAX_NOTE, type Note, type NoteKey, readNote } from "./note.ts";

/** A checkpoint that the verifying person kept, with or without signatures. */
export type GivenNote = { readonly name: string; readonly bytes: Buffer };

/** Checkpoints must be signed by the log key; what a machine pinned or a person kept counts as it is. */
type Head = Note & { readonly at: string; readonly mustBeSigned: boolean; readonly store: StoreFolder | null };

/** What was found of the log: its roots by number of entries, as far as they were asked for and can be computed. */
export type Grown = {
  readonly origin: string;
  readonly logKey: NoteKey | null;
  readonly roots: ReadonlyMap<number, string>;
  readonly size: number;
  readonly nextBatch: number;
};

const NAME = /^\d{12}$/;

/** Tree heads that somebody verified before: the log must continue each of them. */
export class Heads {
  readonly #findings: Findings;
  readonly #heads: Head[] = [];
  #signedUpTo = 0;
  #ahead = 0;
  #unknown = 0;

  constructor(folder: string, stores: readonly StoreFolder[], given: readonly GivenNote[], findings: Findings) {
    this.#findings = findings;
    this.#gather(join(folder, "pins"), "pins", null);
    this.#gather(join(folder, "checkpoints"), "checkpoints", null);
    for (const store of stores) this.#gather(join(store.folder, "checkpoint"), `${store.name}: checkpoint`, store);
    for (const { name, bytes } of given) this.#read(name, bytes, null, false);
  }

  /** At which numbers of entries the log's roots are needed. */
  get sizes(): ReadonlySet<number> {
    return new Set(this.#heads.map(({ size }) => size));
  }

  check(log: Grown, stores: readonly StoreFolder[]): void {
    const ahead = stores.filter(({ folder }) =>
      numbered(join(folder, "batch"), NAME).some((name) => Number(name) >= log.nextBatch),
    );
    const signed = this.#heads.filter((head) => this.#findings.check(head.at, () => this.#checkHead(head, log, ahead)) === true);
    this.#checkForks(signed);
    for (const store of stores) this.#checkKept(store);
  }

  notChecked({ logKey, size }: Grown, given: readonly GivenNote[]): (readonly [boolean, string])[] {
    const rest = size - this.#signedUpTo;
    return [
      [given.length === 0, "whether the log continues what you verified before: no checkpoint of yours was given (--checkpoint)"],
      [logKey === null, "whether anybody but its writers vouches for the log: it was founded without a log key"],
      [logKey !== null && rest > 0, `the last ${rest} of ${size} entries in batches: no checkpoint is over them`],
      [this.#ahead > 0, `${this.#ahead} checkpoints in stores, over more entries than this machine saw`],
      [this.#unknown > 0, `${this.#unknown} checkpoints and pins behind the missing batch`],
    ];
  }

  #gather(folder: string, place: string, store: StoreFolder | null): void {
    for (const name of numbered(folder, NAME)) {
      const at = `${place}/${name}`;
      const bytes = this.#findings.check(at, () => readWhole(join(folder, name), MAX_NOTE)) ?? Buffer.alloc(0);
      const size = this.#read(at, bytes, store, place !== "pins");
      if (size !== null && size !== Number(name)) this.#findings.add("checkpoint", at, `it is over ${size} entries`);
    }
  }

  #read(at: string, bytes: Buffer, store: StoreFolder | null, mustBeSigned: boolean): number | null {
    const note = this.#findings.check(at, () => readNote(bytes));
    if (note !== null) this.#heads.push({ ...note, at, store, mustBeSigned });
    return note?.size ?? null;
  }

  /** Whether the log key signed it. Throws a `Fault` where it is none of this log's, or the log does not continue it. */
  #checkHead(head: Head, { origin, logKey, roots, size }: Grown, ahead: readonly StoreFolder[]): boolean {
    if (head.origin !== origin) throw new Fault("checkpoint", `it is of the log ${quote(head.origin)}`);
    const signed = logKey !== null && isSignedBy(head, logKey);
    if (head.mustBeSigned && !signed)
      throw new Fault("checkpoint", logKey === null ? "the log was founded without a log key" : "the log key did not sign it");
    if (head.size > size && head.store !== null && ahead.includes(head.store)) {
      this.#ahead++;
      return signed;
    }
    if (head.size > size) {
      this.#findings.add("tail-missing", head.at, `it is over ${head.size} entries, and ${size} stand in the batches here`);
      return signed;
    }
    const root = roots.get(head.size);
    if (root === undefined) this.#unknown++;
    else if (root !== head.root)
      this.#findings.add("fork", head.at, `its root over ${head.size} entries is ${head.root}, the one of the log here ${root}`);
    else if (signed) this.#signedUpTo = Math.max(this.#signedUpTo, head.size);
    return signed;
  }

  /** Two signed checkpoints over as many entries with different roots prove to anybody, without the log, that it has two histories. */
  #checkForks(signed: readonly Head[]): void {
    const first = new Map<number, Head>();
    for (const head of signed) {
      const other = first.get(head.size);
      if (other === undefined) first.set(head.size, head);
      else if (other.root !== head.root)
        this.#findings.add(
          "fork",
          `${other.at} and ${head.at}`,
          `the log key signed two histories of ${head.size} entries: roots ${other.root} and ${head.root}`,
        );
    }
  }

  /** Nothing leaves a store: what this machine took over from there, or created, must be there. */
  #checkKept(store: StoreFolder): void {
    const there = new Set(this.#heads.filter((head) => head.store === store).map(({ size }) => size));
    for (const { at, size, mustBeSigned, store: from } of this.#heads)
      if (mustBeSigned && from === null && !there.has(size))
        this.#findings.add(
          "store-short",
          `${store.name}: checkpoint/${at.slice(-12)}`,
          "the store lacks a checkpoint that this machine has",
        );
  }
}
