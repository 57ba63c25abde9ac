import { type KeyObject, verify } from "node:crypto";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import { numbered, sizeOf } from "./folder.ts";
import { inPlace, SIGNATURE_BYTES, type Signatures } from "./signatures.ts";

/** Of what there is to read; below, threads take longer to start than they save. */
const LARGE_BYTES = 8 * 1024 * 1024;
/** One thread reads, and keeps no more than these busy. */
const MOST_THREADS = 4;

/** The way that suits the log in the folder. */
export async function signaturesFor(folder: string): Promise<Signatures> {
  if (!isLarge(folder)) return inPlace;
  // Else V8 lets the room for what is garbage in a moment grow to 64 MiB, and a long log seems to take more memory than a short one.
  (await import("node:v8")).setFlagsFromString("--semi-space-growth-factor=1");
  const count = Math.min(MOST_THREADS, availableParallelism());
  return count > 1 ? InThreads.start(count) : inPlace;
}

function isLarge(folder: string): boolean {
  const parts = [join(folder, "segments"), join(folder, "batches")];
  const sizes = parts.flatMap((part) => numbered(part, /^[0-9]+(\.wal)?$/).map((name) => sizeOf(part, name)));
  return sizes.reduce((sum, size) => sum + size, 0) > LARGE_BYTES;
}

const LOAD_SIGNATURES = 2048;
const LOAD_BYTES = 2 * 1024 * 1024;
/** One to work on and one that waits, so that no thread waits for the reader, and memory is bounded. */
const LOADS_A_THREAD = 2;

/** Where in the memory of a load the numbers of keys, the signatures and the texts begin; the ends of the texts come first. */
const LAYOUT = {
  count: LOAD_SIGNATURES,
  keys: 4 * LOAD_SIGNATURES,
  signatures: 8 * LOAD_SIGNATURES,
  texts: (8 + SIGNATURE_BYTES) * LOAD_SIGNATURES,
};

/** What a thread gets at once, in one piece of memory that is handed to and fro: signed texts, and for each its end, key and signature. */
class Load {
  readonly #ends: Uint32Array;
  readonly #keys: Uint32Array;
  readonly #signatures: Buffer;
  readonly #texts: Buffer;
  readonly memory: ArrayBuffer;
  count = 0;

  constructor(memory: ArrayBuffer) {
    this.memory = memory;
    this.#ends = new Uint32Array(memory, 0, LAYOUT.count);
    this.#keys = new Uint32Array(memory, LAYOUT.keys, LAYOUT.count);
    this.#signatures = Buffer.from(memory, LAYOUT.signatures, SIGNATURE_BYTES * LAYOUT.count);
    this.#texts = Buffer.from(memory, LAYOUT.texts, LOAD_BYTES);
  }

  has(room: number): boolean {
    return this.count < LAYOUT.count && this.#end + room <= LOAD_BYTES;
  }

  add(text: Buffer, signature: Buffer, key: number): void {
    text.copy(this.#texts, this.#end);
    signature.copy(this.#signatures, this.count * SIGNATURE_BYTES);
    this.#ends[this.count] = this.#end + text.length;
    this.#keys[this.count++] = key;
  }

  get #end(): number {
    return this.#ends[this.count - 1] ?? 0;
  }
}

type Order = { readonly memory: ArrayBuffer; readonly count: number; readonly newKeys: readonly KeyObject[] };
type Answer = { readonly memory: ArrayBuffer; readonly held: boolean };
type Thread = { readonly worker: Worker; keys: number };

/** Checks signatures in threads, each of which is given some thousand of them at a time. `room` and `allHeld` reject when one dies. */
export class InThreads implements Signatures {
  readonly #threads: readonly Thread[];
  readonly #keys: KeyObject[] = [];
  readonly #numbers = new Map<KeyObject, number>();
  readonly #free: ArrayBuffer[] = [];
  #load: Load | null = null;
  #out = 0;
  #sent = 0;
  #held = true;
  #fault: { readonly error: unknown } | null = null;
  #answered: () => void = () => undefined;

  private constructor(workers: readonly Worker[]) {
    this.#threads = workers.map((worker) => ({ worker, keys: 0 }));
    for (const worker of workers) {
      worker.on("message", ({ memory, held }: Answer) => {
        this.#out--;
        this.#held &&= held;
        this.#free.push(memory);
        this.#answered();
      });
      worker.on("error", (error) => this.#fail(error));
      worker.on("exit", () => this.#fail(new Error("a thread that checks signatures ended")));
    }
  }

  /** The threads run a function of this file: it is one file, wherever it was bundled to. */
  static async start(count: number): Promise<InThreads> {
    const { Worker } = await import("node:worker_threads");
    const code = `(${String(serve)})(require("node:worker_threads").parentPort, require("node:crypto").verify, ${JSON.stringify(LAYOUT)})`;
    return new InThreads(Array.from({ length: count }, () => new Worker(code, { eval: true })));
  }

  hold({ signature, signed }: Parameters<Signatures["hold"]>[0], key: KeyObject): boolean {
    if (signature.length !== SIGNATURE_BYTES) return false;
    if (signed.length > LOAD_BYTES) return verify(null, signed, key, signature);
    if (this.#load?.has(signed.length) === false) this.#send();
    this.#load ??= new Load(this.#free.pop() ?? new ArrayBuffer(LAYOUT.texts + LOAD_BYTES));
    this.#load.add(signed, signature, this.#numberOf(key));
    return true;
  }

  async room(): Promise<void> {
    await this.#until(LOADS_A_THREAD * this.#threads.length - 1);
  }

  async allHeld(): Promise<boolean> {
    this.#send();
    await this.#until(0);
    return this.#held;
  }

  async end(): Promise<void> {
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }

  #fail(error: unknown): void {
    this.#fault ??= { error };
    this.#answered();
  }

  async #until(most: number): Promise<void> {
    while (this.#out > most && this.#fault === null)
      await new Promise<void>((resolve) => {
        this.#answered = resolve;
      });
    if (this.#fault !== null) throw this.#fault.error;
  }

  #numberOf(key: KeyObject): number {
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.#keys.push(key) - 1);
    return this.#keys.length - 1;
  }

  #send(): void {
    const load = this.#load;
    const thread = this.#threads[this.#sent++ % this.#threads.length];
    this.#load = null;
    if (load === null || thread === undefined) return;
    const { memory, count } = load;
    const order: Order = { memory, count, newKeys: this.#keys.slice(thread.keys) };
    thread.keys = this.#keys.length;
    this.#out++;
    thread.worker.postMessage(order, [memory]);
  }
}

type Port = { on(event: "message", take: (order: Order) => void): void; postMessage(answer: Answer, move: ArrayBuffer[]): void };
type Verify = (algorithm: null, text: Uint8Array, key: KeyObject, signature: Uint8Array) => boolean;

/** Runs in the thread, from its text: it can use nothing but its arguments and what every program has. */
function serve(port: Port, check: Verify, layout: typeof LAYOUT): void {
  const keys: KeyObject[] = [];
  port.on("message", ({ memory, count, newKeys }) => {
    keys.push(...newKeys);
    const ends = new Uint32Array(memory, 0, layout.count);
    const numbers = new Uint32Array(memory, layout.keys, layout.count);
    let held = true;
    for (let index = 0, start = 0; index < count && held; index++) {
      const end = ends[index] ?? 0;
      const key = keys[numbers[index] ?? -1];
      const text = new Uint8Array(memory, layout.texts + start, end - start);
      held = key !== undefined && check(null, text, key, new Uint8Array(memory, layout.signatures + 64 * index, 64));
      start = end;
    }
    port.postMessage({ memory, held }, [memory]);
  });
}
