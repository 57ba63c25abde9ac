import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { type FaultScript, openRange, type RangeWorld } from "../../src/exercise/range/index.ts";
import { freshFolder, type RunOptions, soc2er } from "./binary.ts";

export type Said = { readonly code: number | null; readonly document: Document; readonly err: string };
// biome-ignore lint/suspicious/noExplicitAny: documents of every command, read where the test knows their form
type Document = Record<string, any>;

/** One organization's drill on a world of its own; every command is a process of its own. */
export class Drill {
  readonly folder = freshFolder();
  readonly home = join(this.folder, "home");
  incident = "";

  static async begin(t: TestContext): Promise<Drill> {
    const drill = new Drill();
    t.after(() => rm(drill.folder, { recursive: true, force: true }));
    const declared = await drill.run(["incident", "declare", "--title", "stolen key", "--severity", "1"]);
    assert.equal(declared.code, 0, JSON.stringify(declared.document));
    drill.incident = declared.document["id"];
    return drill;
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
      const { code, document } = await this.run(["approve", plan], { who });
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
      range.setDelays({ iam: 50, "bucket-policy": 50, "network-acl": 50, "security-group": 50, waf: 50, nsg: 50 }),
    );
  }

  async goWrong(script: FaultScript): Promise<void> {
    await this.world((range) => range.setFaults(script));
  }

  /** All that exists, by kind. */
  async everything(): Promise<unknown> {
    return this.world((range) => (range.show() as { exists: unknown }).exists);
  }

  async entries(): Promise<Document[]> {
    const { document } = await this.run(["audit", "log"]);
    return document["items"];
  }

  async verify(expected = 0): Promise<Document> {
    const { code, document } = await this.run(["audit", "verify"]);
    assert.equal(code, expected, JSON.stringify(document));
    return document;
  }
}
