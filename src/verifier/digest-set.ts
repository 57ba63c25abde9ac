const WORDS = 4;

/** Which digests were seen, by their first 128 bits, in 32 to 64 bytes each: a long log has many. */
export class DigestSet {
  #slots = new Uint32Array(WORDS * 1024);
  #size = 0;

  add(digest: string): void {
    if (WORDS * 2 * this.#size >= this.#slots.length) this.#grow();
    if (place(this.#slots, wordsOf(digest))) this.#size++;
  }

  has(digest: string): boolean {
    const words = wordsOf(digest);
    return holds(this.#slots, slotOf(this.#slots, words), words);
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(2 * old.length);
    for (let at = 0; at < old.length; at += WORDS) if (old[at] !== 0) place(this.#slots, old.subarray(at, at + WORDS));
  }
}

/** Of `sha256:` and hex digits. The first is never 0, which marks a free slot. */
function wordsOf(digest: string): Uint32Array {
  const words = Uint32Array.from({ length: WORDS }, (_, index) =>
    Number.parseInt(digest.slice(7 + 8 * index, 15 + 8 * index), 16),
  );
  words[0] = (words[0] ?? 0) || 1;
  return words;
}

/** Where the words are, or the free slot where they belong. */
function slotOf(slots: Uint32Array, words: Uint32Array): number {
  const count = slots.length / WORDS;
  let slot = (words[1] ?? 0) % count;
  while (slots[WORDS * slot] !== 0 && !holds(slots, WORDS * slot, words)) slot = (slot + 1) % count;
  return WORDS * slot;
}

function holds(slots: Uint32Array, at: number, words: Uint32Array): boolean {
  return words.every((word, index) => slots[at + index] === word);
}

/** Whether it was not there yet. */
function place(slots: Uint32Array, words: Uint32Array): boolean {
  const at = slotOf(slots, words);
  if (holds(slots, at, words)) return false;
  slots.set(words, at);
  return true;
}
