import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { CommandSpec } from "../../src/cli/command.ts";
import { freshFolder } from "./binary.ts";
import { Drill } from "./drill.ts";

/** What stands for each argument and each required option of the command table, by its name there. */
export type Words = Readonly<Record<string, string | readonly string[]>>;

/** The shortest whole command line. A name that `words` does not have fails the test that asks: new commands must be spoken for. */
export function argvOf({ path, args = "", options = [] }: CommandSpec, words: Words): string[] {
  const say = (name: string): string | readonly string[] => {
    const word = words[`${path} ${name}`] ?? words[name];
    return word ?? assert.fail(`nobody says here what stands for "${name}" of "soc2-er ${path}"`);
  };
  const named = [...args.matchAll(/[<[]([^\]>]+?)(?:\.\.\.)?[>\]]/g)].flatMap(([, name = ""]) => say(name));
  const required = options
    .filter((option) => option.required)
    .flatMap(({ flags }) => flags.match(/--[a-z-]+/)?.[0] ?? [])
    .flatMap((flag) => [flag, say(flag)].flat());
  return [...path.split(" "), ...named, ...required];
}

/** One drill with something of everything in it, and homes that are copies of its home, so that no command disturbs another. */
export class Scene {
  readonly drill: Drill;
  readonly words: Words;
  readonly #folders: string[] = [];

  private constructor(drill: Drill, words: Words) {
    this.drill = drill;
    this.words = words;
  }

  static async set(): Promise<Scene> {
    // A test context's `after` would clear it away at the end of the hook that sets it: `end` does.
    const drill = await Drill.begin({ after: () => undefined } as unknown as TestContext);
    await drill.hurry();
    const done = await drill.contain("isolate", "tenant", "globex");
    assert.equal(done.code, 0, JSON.stringify(done.document));
    const revoked = await drill.contain("revoke", "aws:user/deploy-bot");
    assert.equal(revoked.code, 0, JSON.stringify(revoked.document));
    const unfinished = await killed(drill);
    const plan = await drill.plan("revoke", "aws:role/app-data");
    const approval = (await drill.run(["approval", "list"])).document["items"][0].approval;
    const statement = await signedChange(drill);
    const incident = await drill.run(["incident", "declare", "--title", "a second one", "--severity", "4"]);
    return new Scene(drill, {
      tenant: "acme",
      cidr: "203.0.113.0/24",
      principal: "aws:user/intruder",
      runbook: "isolate-tenant",
      "run runbook": ["isolate-tenant", "--param", "tenant=acme"],
      "incident|lease": drill.incident,
      incident: drill.incident,
      "incident close incident": incident.document["id"],
      plan,
      "plan|scope": plan,
      approval,
      run: done.document["id"],
      "resume run": unfinished,
      "sweep run": revoked.document["id"],
      entry: "0",
      action: "aws.s3.deny-tenant-prefix",
      file: join(import.meta.dirname, "../../runbooks/isolate-tenant.yaml"),
      change: "remove-person",
      person: "dual",
      "audit key propose key": [],
      statement,
      "--out": "bundle",
      "--title": "a third one",
      "--severity": "3",
      "--reason": "over",
      "--target": "acme",
      "--expires": "30d",
    });
  }

  copyOfHome(): string {
    const home = this.newHome();
    cpSync(this.drill.home, home, { recursive: true });
    return home;
  }

  /** The name of a home that nobody has made yet. */
  newHome(): string {
    const folder = freshFolder();
    this.#folders.push(folder);
    return join(folder, "home");
  }

  async end(): Promise<void> {
    for (const folder of [this.drill.folder, ...this.#folders]) await rm(folder, { recursive: true, force: true });
  }
}

/** A file with a change of the keyring that enough people signed and nobody recorded. */
async function signedChange(drill: Drill): Promise<string> {
  const file = join(drill.folder, "change.txt");
  const change = ["audit", "key", "propose", "remove-person", "dual", "--yes"];
  const proposed = await drill.run(change, { who: "eng-lead" });
  assert.equal(proposed.code, 0, JSON.stringify(proposed.document));
  const signed = await drill.run(["audit", "key", "sign", "-", "--yes"], { who: "sec-lead", input: proposed.document["text"] });
  assert.equal(signed.code, 0, JSON.stringify(signed.document));
  await writeFile(file, signed.document["text"]);
  return file;
}

/** A run whose process died, which `resume` is for. */
async function killed(drill: Drill): Promise<string> {
  const plan = await drill.plan("revoke", "aws:user/intruder");
  await drill.approve(plan);
  await drill.goWrong([{ operation: "iam:PutUserPolicy", kind: "kill", moment: "before" }]);
  assert.equal((await drill.run(["apply", plan, "--yes"])).code, null, "the process was killed");
  const opened = (await drill.entries()).filter(({ type }) => type === "run.opened");
  return opened.at(-1)?.["body"].run;
}

/** Works on all of them, a few at a time, and says at the end all that went wrong. */
export async function fewAtATime<T>(items: readonly T[], work: (item: T) => Promise<void>, width = 3): Promise<void> {
  const left = [...items];
  const wrong: unknown[] = [];
  const worker = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift())
      await work(item).catch((error) => wrong.push(error instanceof Error ? error.message : error));
  };
  await Promise.all(Array.from({ length: width }, worker));
  if (wrong.length > 0) assert.fail(wrong.join("\n\n"));
}

/** All of them where `SOC2_ER_EVERY_COMMAND=1` or `SOC2_ER_LONG=1` says so, else each fourth: for what does not depend on the command. */
export function some<T>(items: readonly T[]): readonly T[] {
  const every = process.env["SOC2_ER_EVERY_COMMAND"] === "1" || process.env["SOC2_ER_LONG"] === "1";
  return every ? items : items.filter((_, index) => index % 4 === 0);
}
