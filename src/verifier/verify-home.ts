import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Authority } from "./authority.ts";
import { BatchChain, linesOf, MAX_BATCH } from "./batches.ts";
import { checkManifest, isBundle } from "./bundle.ts";
import { digestOf } from "./bytes.ts";
import { Chain } from "./chain.ts";
import {
  checkBlobs,
  checkKinds,
  checkQuarantine,
  checkStore,
  type Pin,
  readPin,
  type StoreFolder,
  strangers,
  type Truncation,
  unread,
} from "./contents.ts";
import { DigestSet } from "./digest-set.ts";
import { claimOf } from "./envelope.ts";
import { Fault, Findings, quote, type Verification } from "./findings.ts";
import { numbered, readWhole } from "./folder.ts";
import { type GivenNote, type Grown, Heads } from "./heads.ts";
import { readInventory } from "./inventory.ts";
import { readNoteKey } from "./note.ts";
import { Population } from "./population.ts";
import { type Record, readSegments, segmentsIn } from "./segments.ts";
import { inPlace, type Signatures } from "./signatures.ts";
import { Spells } from "./spells.ts";
import { listTainted } from "./tainted.ts";
import { signaturesFor } from "./threads.ts";
import { checkVersions } from "./versions.ts";
import { noteVoid, voidIn } from "./voids.ts";

export type VerifyOptions = {
  /** `<home>/log`, or a bundle, which has one inside. */
  readonly folder: string;
  /** The founding entry that the asker noted. What the folder itself pins is no proof of which log it is. */
  readonly genesis?: string;
  /** The log that it should be; without, the one that its pin names. */
  readonly origin?: string;
  /** Copies of remote stores, as folders with `batch/` and `blob/`. */
  readonly stores?: readonly StoreFolder[];
  /** A list of all versions in the deciding store, and for how many days it has to keep what it has. */
  readonly versions?: string;
  readonly retention?: number;
  /** A new file that gets every privileged action, as CSV. */
  readonly population?: string;
  /** The log key that it should have been founded with, as a vkey. */
  readonly logKey?: string;
  /** Checkpoints that the log must continue. */
  readonly checkpoints?: readonly GivenNote[];
};

/**
 * Checks a machine's log from its bytes alone. Reads only, but for the file of the population; needs no key, no network and no
 * clock. Whatever the bytes are, the answer is a verdict; rejects only when the file system refuses.
 */
export async function verifyHome(options: VerifyOptions): Promise<Verification> {
  for (const { folder } of [options, ...(options.stores ?? [])]) readdirSync(folder);
  const signatures = await signaturesFor(logIn(options.folder));
  try {
    const check = new HomeCheck(options, signatures);
    const verification = await check.run();
    if (await signatures.allHeld()) return check.write(verification);
  } finally {
    await signatures.end();
  }
  // What was concluded from a signature that does not hold is worthless.
  const check = new HomeCheck(options, inPlace);
  return check.write(await check.run());
}

function logIn(folder: string): string {
  return isBundle(folder) ? join(folder, "log") : folder;
}

class HomeCheck {
  readonly #folder: string;
  readonly #options: VerifyOptions;
  readonly #signatures: Signatures;
  readonly #findings = new Findings();
  readonly #records: AsyncGenerator<Record, void>;
  readonly #spells = new Spells();
  readonly #population: Population;
  readonly #heads: Heads;
  readonly #truncations: Truncation[] = [];
  readonly #committed = new DigestSet();
  readonly #committedPlans = new Set<string>();
  /** The next record of the segments that is not known to stand in a batch. */
  #record: Record | null = null;
  #localOnly = 0;

  constructor(options: VerifyOptions, signatures: Signatures) {
    this.#options = options;
    this.#signatures = signatures;
    this.#folder = logIn(options.folder);
    this.#heads = new Heads(this.#folder, options.stores ?? [], options.checkpoints ?? [], this.#findings);
    this.#population = new Population(options.population !== undefined);
    this.#records = readSegments(this.#folder, this.#findings);
  }

  async run(): Promise<Verification> {
    const findings = this.#findings;
    const beside = this.#isBundle ? await checkManifest(this.#options.folder, findings) : [];
    const pin = readPin(this.#folder, findings);
    this.#record = await this.#next();
    const { origin, mode } = pin ?? this.#claim();
    const wanted = this.#options.origin ?? origin;
    if (origin !== wanted) findings.add("origin", "genesis.json", `the log is ${quote(origin)}, not ${quote(wanted)}`);
    const signatures = this.#signatures;
    const batches = new BatchChain(origin, signatures, findings, this.#heads.sizes);
    const chain = new Chain({ origin, mode, batches, signatures }, findings);
    const authority = new Authority(this.#folder, await checkBlobs(this.#folder, findings), findings);
    const take: Take = (bytes, digest, place) => this.#take(chain, authority, bytes, digest, place);

    await this.#readBatches(batches, chain, take);
    await this.#readPending(take);
    // A machine that took the log up and only reads has batches alone.
    if (segmentsIn(this.#folder).length === 0 && batches.next === 0)
      findings.add("segment-missing", "segments", "there is no segment");

    this.#checkGenesis(pin, chain);
    checkKinds(this.#folder, findings);
    await listTainted(this.#folder, chain.taints, this.#committed, findings);
    await checkQuarantine(this.#folder, this.#truncations, findings);
    this.#spells.report(findings);
    authority.report();
    if (this.#localOnly > 0 && (batches.next > 0 || this.#spells.open))
      findings.add("local-only", "segments", `${this.#localOnly} entries are on this machine only, in no batch yet`);
    const facts = { batches: batches.digests, voids: batches.voids, next: batches.next, plans: this.#committedPlans };
    for (const store of this.#options.stores ?? []) await checkStore(store, facts, findings);
    const grown = this.#grown(origin, chain, batches);
    this.#heads.check(grown, this.#options.stores ?? []);
    const { versions, retention = null } = this.#options;
    const told = versions === undefined ? null : checkVersions(await readInventory(versions), facts, retention, findings);
    return {
      verdict: findings.verdict,
      origin,
      entries: chain.entries,
      writers: chain.writers,
      findings: findings.list(),
      checked: [...this.#checked(chain, authority, batches), ...(told === null ? [] : [told.checked])],
      notChecked: [...this.#notChecked(chain, authority, batches, grown, beside), ...(told?.notes ?? [])],
      population: this.#population.counts,
    };
  }

  /** Writes the population, where it is asked for. */
  write(verification: Verification): Verification {
    if (this.#options.population !== undefined)
      writeFileSync(this.#options.population, [...this.#population.csv()].join(""), { flag: "wx", mode: 0o600 });
    return verification;
  }

  get #isBundle(): boolean {
    return this.#folder !== this.#options.folder;
  }

  /** Without a pin: what the first entry says of its log. All others must say the same. */
  #claim(): { readonly origin: string; readonly mode: string } {
    const [name = "000000000000"] = numbered(join(this.#folder, "batches"), /^\d{12}$/);
    const first = this.#record?.envelope ?? firstOf(join(this.#folder, "batches", name));
    return (first && claimOf(first)) ?? { origin: this.#options.origin ?? "", mode: "real" };
  }

  async #readBatches(batches: BatchChain, chain: Chain, take: Take): Promise<void> {
    const folder = join(this.#folder, "batches");
    const names = numbered(folder, /^\d{12}(\.void)?$/);
    if (numberOf(names.at(-1) ?? "0") >= names.length) for (const name of names) if (!isVoid(name)) this.#noteCommitted(name);
    for (const name of names) {
      if (numberOf(name) > batches.next) await this.#fillIn(take);
      const at = `batches/${name}`;
      if (isVoid(name)) {
        const found = voidIn(folder, name, numberOf(name));
        noteVoid(found, chain, at, this.#findings);
        if (found.n < batches.next) this.#findings.add("batch", at, `number ${found.n} holds a batch, and is kept as void too`);
        else batches.skip(found, at);
        continue;
      }
      const bytes = this.#readBatch(name);
      const batch = batches.take(Number(name), bytes, at);
      await this.#signatures.room();
      let local = 0;
      for (const [index, envelope] of batch.envelopes.entries()) {
        const mine = this.#record?.envelope.equals(envelope) ? this.#record : null;
        const digest = mine?.digest ?? digestOf(envelope);
        this.#committed.add(digest);
        if (mine !== null) {
          local++;
          this.#record = await this.#next();
        }
        take(envelope, digest, { at: `${at}#${index}`, batch: Number(name), local: mine !== null });
      }
      batches.seal(batch, bytes, chain, at);
      if (local > 0 && local < batch.envelopes.length)
        this.#findings.add(
          "segments-short",
          at,
          `the segments have ${local} of its ${batch.envelopes.length} entries, though it was made here`,
        );
    }
  }

  #readBatch(name: string): Buffer {
    const at = `batches/${name}`;
    return this.#findings.check(at, () => readWhole(join(this.#folder, at), MAX_BATCH)) ?? Buffer.alloc(0);
  }

  #noteCommitted(name: string): void {
    for (const envelope of linesOf(this.#readBatch(name)).slice(1)) this.#committed.add(digestOf(envelope));
  }

  /** Where a batch is missing: what the segments have before the next one that is there. */
  async #fillIn(take: Take): Promise<void> {
    for (; this.#record !== null && !this.#committed.has(this.#record.digest); this.#record = await this.#next())
      take(this.#record.envelope, this.#record.digest, { at: this.#record.at, batch: Number.POSITIVE_INFINITY, local: true });
  }

  /** What is in no batch comes last, in the order of the segments. */
  async #readPending(take: Take): Promise<void> {
    let displaced: string | null = null;
    for (; this.#record !== null; this.#record = await this.#next()) {
      const { envelope, digest, at } = this.#record;
      if (this.#committed.has(digest)) {
        displaced ??= at;
        continue;
      }
      this.#localOnly++;
      await this.#signatures.room();
      take(envelope, digest, { at, batch: Number.POSITIVE_INFINITY, local: true });
    }
    if (displaced !== null)
      this.#findings.add("order", displaced, "from here on the segments do not hold the entries in the order of the batches");
  }

  #take(chain: Chain, authority: Authority, bytes: Buffer, digest: string, { at, batch, local }: Place): void {
    this.#findings.check(at, () => {
      const entry = chain.accept(bytes, digest, at, batch !== Number.POSITIVE_INFINITY);
      if (entry === null) return;
      const { type, body } = entry;
      this.#spells.see(entry, at);
      this.#population.see(entry, digest, batch !== Number.POSITIVE_INFINITY);
      if (type === "plan.created" && batch !== Number.POSITIVE_INFINITY) this.#committedPlans.add(String(body.plan));
      if (type === "recovery.truncated" && local)
        this.#truncations.push({ at, segment: String(body.segment), bytes: Number(body.bytes), digest: String(body.digest) });
      if (chain.keyring !== null) authority.see(entry, at, batch, chain.keyring);
    });
  }

  #checkGenesis(pin: Pin | null, chain: Chain): void {
    if (chain.genesis === null) this.#findings.add("genesis-missing", "segments", "no entry founds the log");
    else if (pin !== null && pin.genesis !== chain.genesis)
      this.#findings.add("pin", "genesis.json", `the log is founded by ${chain.genesis}, pinned is ${pin.genesis}`);
    const { genesis } = this.#options;
    if (genesis !== undefined && genesis !== chain.genesis)
      this.#findings.add(
        "pin",
        "genesis",
        `the log is founded by ${chain.genesis ?? "nobody"}, you noted ${genesis}: it is another log`,
      );
  }

  #grown(origin: string, chain: Chain, batches: BatchChain): Grown {
    const { logKey: wanted } = this.#options;
    const founded = chain.logKey?.text ?? null;
    if (wanted !== undefined && wanted !== founded)
      this.#findings.add(
        "log-key",
        "genesis",
        `the log was founded with the log key ${quote(founded)}, not with ${quote(wanted)}`,
      );
    const logKey = wanted === undefined ? chain.logKey : this.#findings.check("the log key given", () => readNoteKey(wanted));
    return { origin, logKey, roots: batches.roots, size: batches.size, nextBatch: batches.next };
  }

  async #next(): Promise<Record | null> {
    const step = await this.#records.next();
    return step.done ? null : step.value;
  }

  #checked(chain: Chain, { plans, approvals, runs }: Authority, { next }: BatchChain): string[] {
    const { stores = [], genesis } = this.#options;
    const notes: readonly (readonly [boolean, string])[] = [
      [true, `signature, person, chain and spelling of ${chain.entries} entries by ${chain.writers} sessions`],
      [next > 0, `order, seal and root of ${next} batches`],
      [true, `${plans} plans, ${approvals} approvals, and that what ${runs} runs did is what was approved before`],
      [genesis !== undefined, `that ${String(genesis)} founds the log, as you noted`],
      [this.#isBundle, "every file against the manifest of the bundle"],
      ...stores.map(({ name }) => [true, `the copy of the store ${quote(name)}`] as const),
    ];
    return notes.filter(([applies]) => applies).map(([, note]) => note);
  }

  #notChecked(chain: Chain, authority: Authority, batches: BatchChain, grown: Grown, beside: readonly string[]): string[] {
    const { stores = [], checkpoints = [], genesis, versions } = this.#options;
    const odd = [...beside, ...strangers(this.#folder)];
    const notes: readonly (readonly [boolean, string])[] = [
      [
        genesis === undefined,
        `whether ${chain.genesis ?? "the founding entry"} is the founding entry that you know: its pin lies in the same folder`,
      ],
      ...this.#heads.notChecked(grown, checkpoints),
      [true, "whether entries were held back, or written anew, before they came into a batch"],
      [true, "whether the clocks of the machines were right"],
      [true, "whether the one-line summary in each approval tells what its plan does"],
      [stores.length === 0 && versions === undefined, "the remote stores: none was given"],
      [
        stores.length > 0 && versions === undefined,
        "whether the stores forbid to overwrite and delete, and what older versions they hold",
      ],
      [segmentsIn(this.#folder).length === 0, "whether this machine wrote anything itself: it has no segments"],
      [!batches.rootsChecked, "the roots of the batches after the missing one"],
      [
        chain.open > 0,
        `the ends of ${chain.open} sessions that did not say that they ended: later entries of theirs may be cut off`,
      ],
      ...authority.notes,
      ...unread(this.#folder).map((what) => [true, what] as const),
      [
        odd.length > 0,
        `files that are no part of the log: ${odd.slice(0, 5).map(quote).join(", ")}${odd.length > 5 ? ", …" : ""}`,
      ],
    ];
    return notes.filter(([applies]) => applies).map(([, note]) => note);
  }
}

function isVoid(name: string): boolean {
  return name.endsWith(".void");
}

function numberOf(name: string): number {
  return Number(name.slice(0, 12));
}

type Place = { readonly at: string; readonly batch: number; readonly local: boolean };
type Take = (bytes: Buffer, digest: string, place: Place) => void;

/** The first entry of a batch. */
function firstOf(path: string): Buffer | null {
  try {
    const lines = readWhole(path, MAX_BATCH)?.toString("latin1").split("\n", 2) ?? [];
    return lines[1] === undefined ? null : Buffer.from(lines[1], "latin1");
  } catch (error) {
    if (error instanceof Fault) return null;
    throw error;
  }
}
