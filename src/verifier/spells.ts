import { type Findings, quote } from "./findings.ts";
import type { Payload } from "./forms.ts";

type Spell = {
  readonly at: string;
  readonly store: string;
  readonly from: string;
  readonly reason: string;
  until: string | null;
};

/** The times in which the log itself says that a store could not be reached: until then only the machine vouches for its entries. */
export class Spells {
  readonly #spells: Spell[] = [];
  readonly #open = new Map<string, Spell>();

  get open(): boolean {
    return this.#open.size > 0;
  }

  see({ type, body, at: time }: Payload, at: string): void {
    const store = String(body.store);
    if (type === "remote.down" && !this.#open.has(store)) {
      const spell = { at, store, from: time, reason: String(body.reason), until: null };
      this.#open.set(store, spell);
      this.#spells.push(spell);
    }
    const ended = type === "remote.up" ? this.#open.get(store) : undefined;
    if (ended !== undefined) {
      ended.until = time;
      this.#open.delete(store);
    }
  }

  report(findings: Findings): void {
    for (const { at, store, from, reason, until } of this.#spells) {
      const end = until === null ? "and still cannot" : `until ${until}`;
      findings.add("remote-down", at, `the store ${quote(store)} could not be reached from ${from} ${end}: ${quote(reason)}`);
    }
  }
}
