import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, rename, symlink } from "node:fs/promises";
import { join } from "node:path";
import { freshFolder, type RunOptions, soc2er } from "./binary.ts";
import type { Drill, Said } from "./drill.ts";

/** Another machine on the drill's world: a home and a log of its own, the same simulated cloud and the same store. */
export class Laptop {
  readonly home = join(freshFolder(), "home");

  static async of(drill: Drill): Promise<Laptop> {
    const laptop = new Laptop();
    await mkdir(laptop.home);
    await symlink(join(drill.home, "range"), join(laptop.home, "range"));
    return laptop;
  }

  async run(args: readonly string[], options: RunOptions & { readonly who?: string } = {}): Promise<Said> {
    const who = options.who === undefined ? [] : ["--key", options.who];
    const { code, out, err } = await soc2er([...args, "--range", "--home", this.home, ...who, "--json"], options);
    return { code, document: out === "" ? {} : JSON.parse(out), err };
  }

  /** What happened, as this machine tells it. */
  async timeline(incident: string): Promise<readonly Record<string, unknown>[]> {
    const { code, document, err } = await this.run(["incident", "timeline", incident]);
    assert.equal(code, 0, err);
    return document["items"];
  }
}

/** The share that all of them have the store on. */
export class Share {
  readonly #folder: string;

  constructor(drill: Drill) {
    this.#folder = join(drill.home, "range", "audit-store");
  }

  async vanish(): Promise<void> {
    await rename(this.#folder, `${this.#folder}.away`);
  }

  async comeBack(): Promise<void> {
    if (existsSync(`${this.#folder}.away`)) await rename(`${this.#folder}.away`, this.#folder);
  }
}
