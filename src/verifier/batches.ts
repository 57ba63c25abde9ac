import { canonical, digestOf, MerkleTree, parseCanonical } from "./bytes.ts";
import type { Chain } from "./chain.ts";
import { BATCH, type Envelope, readEnvelope } from "./envelope.ts";
import { Fault, type Findings } from "./findings.ts";
import { type BatchHead, batchHeadOf } from "./forms.ts";
import type { Signatures } from "./signatures.ts";
import type { Void } from "./voids.ts";

export const MAX_BATCH = 8 * 1024 * 1024;
const MOST_ENTRIES = 256;
const MAX_ENVELOPE = 2 * 1024 * 1024;
const LF = 0x0a;

/** A batch taken apart; `head` is null when the seal cannot be read. */
export type Batch = { readonly head: BatchHead | null; readonly seal: Envelope | null; readonly envelopes: readonly Buffer[] };

/** Checks that batches follow each other and that each names the root over all entries up to its own. */
export class BatchChain {
  readonly #findings: Findings;
  readonly #origin: string;
  readonly #signatures: Signatures;
  /** Of the batches as whole files, by number. */
  readonly digests = new Map<number, string>();
  next = 0;
  /** Entries in the batches so far, as their heads say. */
  size = 0;
  /** The roots over as many entries as were asked for; those behind a missing batch are not known. */
  readonly roots = new Map<number, string>();
  readonly #asked: ReadonlySet<number>;
  /** Of the void slots, by number. */
  readonly voids = new Map<number, string>();
  /** Those behind the last batch; null after a missing number, since it may have been one of them. */
  #skipped: Void[] | null = [];
  /** The digest of the batch before; null before the first, undefined after a missing one. */
  #last: string | null | undefined = null;
  /** Null after a missing batch: roots cannot be computed any more. */
  #tree: MerkleTree | null = new MerkleTree();

  constructor(origin: string, signatures: Signatures, findings: Findings, asked: ReadonlySet<number> = new Set()) {
    this.#origin = origin;
    this.#asked = asked;
    this.#signatures = signatures;
    this.#findings = findings;
  }

  get rootsChecked(): boolean {
    return this.#tree !== null;
  }

  /** Passes over a void slot, which the next batch has to name. */
  skip({ n, digest }: Void, at: string): void {
    this.#reach(n, at);
    this.#skipped?.push({ n, digest });
    this.voids.set(n, digest);
    this.next++;
  }

  /** Takes the next batch apart. Call `seal` after its entries were accepted. */
  take(number: number, bytes: Buffer, at: string): Batch {
    this.#reach(number, at);
    const [first, ...envelopes] = linesOf(bytes);
    if (first === undefined) this.#findings.add("batch", at, "the file is no batch: it does not consist of lines");
    if (envelopes.length > MOST_ENTRIES || envelopes.some(({ length }) => length > MAX_ENVELOPE))
      this.#findings.add("batch", at, `it has more than ${MOST_ENTRIES} entries, or one that is too long`);
    const seal = first === undefined ? null : this.#findings.check(at, () => readEnvelope(first, BATCH));
    const head = seal === null ? null : this.#findings.check(at, () => batchHeadOf(parseCanonical(seal.payload)));
    for (const envelope of envelopes) this.#grow(envelope);
    this.size = this.#tree?.size ?? head?.size ?? this.size;
    if (head !== null) this.#findings.check(at, () => this.#checkHead(head, envelopes));
    return { head, seal, envelopes };
  }

  #reach(number: number, at: string): void {
    if (number <= this.next) return;
    const range = number - 1 > this.next ? `batches ${this.next} to ${number - 1} are` : `batch ${this.next} is`;
    this.#findings.add("batch-missing", at, `${range} missing before it`);
    this.next = number;
    this.#last = undefined;
    this.#skipped = null;
    this.#tree = null;
  }

  /** Ends the batch: the sealing session may have begun inside it. */
  seal({ head, seal }: Batch, bytes: Buffer, chain: Chain, at: string): void {
    this.#last = digestOf(bytes);
    this.#skipped = [];
    this.digests.set(this.next++, this.#last);
    if (head === null || seal === null) return;
    const key = this.#findings.check(at, () => chain.sealKey(head)) ?? undefined;
    if (seal.keyid !== head.writer || key === undefined || !this.#signatures.hold(seal, key))
      this.#findings.add("batch-signature", at, `its signature by writer ${head.writer} does not verify`);
  }

  #grow(envelope: Buffer): void {
    if (this.#tree === null) return;
    this.#tree.add(envelope);
    if (this.#asked.has(this.#tree.size)) this.roots.set(this.#tree.size, this.#tree.root());
  }

  #checkHead(head: BatchHead, envelopes: readonly Buffer[]): void {
    const number = this.next;
    const before = this.#last;
    if (head.origin !== this.#origin) throw new Fault("batch", "it belongs to another log");
    if (head.n !== number) throw new Fault("batch", `it says it is batch ${head.n} and stands as ${number}`);
    if (before !== undefined && head.prev !== before) throw new Fault("batch", "it does not follow the batch before it");
    if (this.#skipped !== null && canonical([...head.voids]) !== canonical(this.#skipped))
      throw new Fault("batch", `it names ${head.voids.length} void slots before it, and not those that are there`);
    const [first] = envelopes;
    if (first === undefined || head.count !== envelopes.length || head.first !== digestOf(first))
      throw new Fault("batch", "it does not hold the entries that its head names");
    if (this.#tree !== null && (head.size !== this.#tree.size || head.root !== this.#tree.root()))
      throw new Fault("batch-root", `its root over ${head.size} entries does not hold`);
  }
}

/** Without their LF; none when the last has no LF. Of too many, one more than a batch may have, which is enough to say so. */
export function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  if (bytes.at(-1) !== LF) return [];
  for (let start = 0; start < bytes.length && lines.length <= MOST_ENTRIES + 1; ) {
    const end = bytes.indexOf(LF, start);
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return lines;
}
