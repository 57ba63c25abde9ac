import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { openReader, verifyLog } from "../../src/audit/index.ts";
import { directoryStore } from "../../src/audit/stores/directory.ts";
import { type CallRecord, type FaultScript, openRange, type RangeWorld } from "../../src/exercise/range/index.ts";
import { systemClock } from "../../src/model/index.ts";
import { freshFolder, type Launched, launch, type RunOptions, soc2er } from "./binary.ts";

const ORIGIN = "acme.example/soc2-er/drill";
const VERDICT_EXIT = { verified: 0, "verified-with-gaps": 10, incomplete: 20, tampered: 30 } as const;

export type Said = { readonly code: number | null; readonly document: Document; readonly err: string };
// biome-ignore lint/suspicious/noExplicitAny: documents of every command, read where the test knows their form
type Document = Record<string, any>;

/** A log with one open incident, founded once for all tests of a file: each begins with a copy. */
let beginning: Promise<Drill> | undefined;

async function declared(): Promise<Drill> {
  const drill = new Drill();
  const { code, document } = await drill.run(["incident", "declare", "--title", "stolen key", "--severity", "1"]);
  assert.equal(code, 0, JSON.stringify(document));
  drill.incident = document["id"];
  return drill;
}

/** One organization's drill on a world of its own; every command is a process of its own. */
export class Drill {
  readonly folder = freshFolder();
  readonly home = join(this.folder, "home");
  incident = "";

  static async begin(t: TestContext): Promise<Drill> {
    beginning ??= declared();
    const drill = (await beginning).copy();
    t.after(() => drill.drop());
    return drill;
  }

  /** The same world and log again, somewhere else: one beginning for several ends. */
  copy(): Drill {
    const drill = new Drill();
    cpSync(this.folder, drill.folder, { recursive: true });
    drill.incident = this.incident;
    return drill;
  }

  async drop(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  /** A command that the test does something to while it runs. */
  launch(args: readonly string[], options: RunOptions = {}): Launched {
    const format = args.includes("--ndjson") ? [] : ["--json"];
    return launch([...args, "--range", "--home", this.home, ...format], options);
  }

  async run(args: readonly string[], options: RunOptions & { readonly who?: string } = {}): Promise<Said> {
    const who = options.who === undefined ? [] : ["--key", options.who];
    const { code, out, err } = await soc2er([...args, "--range", "--home", this.home, ...who, "--json"], options);
    assert.doesNotMatch(err, /\bat .*\.(cjs|ts):\d+/, "a stack trace without --debug");
    return { code, document: out === "" ? {} : JSON.parse(out), err };
  }

  /** The digest of the plan that a command leaves waiting. */
  async plan(...args: string[]): Promise<string> {
    const { code, document } = await this.run(args);
    assert.equal(code, 8, JSON.stringify(document));
    return document["digest"];
  }

  async approve(plan: string, ...people: string[]): Promise<void> {
    for (const who of people.length > 0 ? people : ["sec-lead", "eng-lead"]) {
      const { code, document } = await this.run(["approve", plan, "--yes"], { who });
      assert.equal(code, 0, JSON.stringify(document));
    }
  }

  /** Everything from the plan to the end of the run. */
  async contain(...args: string[]): Promise<Said> {
    const { code, document } = await this.run(args);
    assert.equal(code, 8, JSON.stringify(document));
    const leads: Record<string, string> = { security: "sec-lead", engineering: "eng-lead" };
    await this.approve(document["digest"], ...document["approvals"].waiting.map((role: string) => leads[role]));
    return this.run(["apply", document["digest"], "--yes"]);
  }

  async world<T>(work: (range: RangeWorld) => T | Promise<T>, factor?: number): Promise<T> {
    const range = await openRange({ folder: join(this.home, "range"), ...(factor === undefined ? {} : { factor }) });
    try {
      return await work(range);
    } finally {
      range.close();
    }
  }

  /** Effects within moments, so that a test does not wait for them. */
  async hurry(): Promise<void> {
    await this.world((range) =>
      range.setDelays({
        iam: 50,
        "bucket-policy": 50,
        "key-policy": 50,
        "network-acl": 50,
        "security-group": 50,
        waf: 50,
        nsg: 50,
      }),
    );
  }

  /** Lets so much of the world's time go by. */
  async pass(ms: number): Promise<void> {
    const until = await this.world((range) => range.clock.now() + ms);
    await this.world((range) => range.clock.sleep(until - range.clock.now()), 36_000);
    await this.world(() => undefined, 1);
  }

  async goWrong(script: FaultScript): Promise<void> {
    await this.world((range) => range.setFaults(script));
  }

  /** Operations that will yet go wrong. */
  async waitingFaults(): Promise<readonly string[]> {
    const shown = (await this.world((range) => range.show())) as { faults: { operation: string }[] };
    return shown.faults.map(({ operation }) => operation);
  }

  /** All that exists, and how. What the clouds make up on the way is masked. */
  async everything(): Promise<Readonly<Record<string, unknown>>> {
    const contents = await this.world((range) => range.contents());
    return JSON.parse(masked(JSON.stringify(contents)), (key, value) => {
      if (VERSION_MARKS.has(key)) return "any";
      return SETS.has(key) ? value.map((one: unknown) => JSON.stringify(one)).sort() : value;
    });
  }

  /** What the responders' calls wrote from the n-th call of the world's record on: every row that was written, once for each write. */
  async writes(from = 0): Promise<readonly string[]> {
    const calls = (await this.calls()).slice(from);
    return calls.flatMap(({ operation, wrote }) => wrote.map((key) => masked(`${operation} ${key}`))).sort();
  }

  async calls(): Promise<readonly CallRecord[]> {
    return this.world((range) => range.calls());
  }

  /** The run that was opened last, or null. */
  async lastRun(): Promise<string | null> {
    return (await this.entries()).findLast(({ type }) => type === "run.opened")?.["body"].run ?? null;
  }

  async entries(): Promise<Document[]> {
    return this.#onLog(async (log) => {
      const entries: Document[] = [];
      for await (const entry of log.entries()) entries.push(entry);
      return entries;
    });
  }

  async verify(expected = 0): Promise<Document> {
    const verification = await this.verification();
    assert.equal(VERDICT_EXIT[verification.verdict], expected, JSON.stringify(verification));
    return verification;
  }

  /** What `audit verify` would find. */
  async verification() {
    const store = join(this.home, "range/audit-store");
    return verifyLog({ home: join(this.home, "drill"), origin: ORIGIN }, [directoryStore(`directory:${store}`, store)]);
  }

  async #onLog<T>(work: (log: Awaited<ReturnType<typeof openReader>>) => Promise<T>): Promise<T> {
    const place = { home: join(this.home, "drill"), origin: ORIGIN, mode: "drill" as const };
    const log = await openReader({ ...place, stores: [], clock: systemClock });
    try {
      return await work(log);
    } finally {
      await log.close();
    }
  }
}

/** Lists without an order: it only tells in which one parallel calls arrived. */
const SETS = new Set(["entries", "addresses"]);
const VERSION_MARKS = new Set(["lockToken", "etag"]);

/** Without the ids that the simulated cloud makes up, and without the moment of a cut-off. */
function masked(text: string): string {
  return text
    .replaceAll(/\b(sg|sgr)-[0-9a-f]{17}\b/g, "$1-new")
    .replaceAll(/(aws:TokenIssueTime\W+)\d{4}-[\dT:.-]+Z/g, "$1moment");
}
