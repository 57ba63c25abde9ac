import assert from "node:assert/strict";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { type Ended, freshFolder, soc2er } from "../cli/binary.ts";
import { type AwsCredentials, as, type Caller } from "./caller.ts";
import type { Emulator } from "./emulator.ts";
import { type Person, prepareAccount, writeOrganization } from "./organization.ts";
import { type Seeded, seed } from "./seed.ts";

// biome-ignore lint/suspicious/noExplicitAny: documents of every command, read where the test knows their form
type Document = Record<string, any>;

const LEADS: Readonly<Record<string, Person>> = { security: "sec-lead", engineering: "eng-lead" };

/** An organization in an incident on the emulator. Every command is a process of the built program, in real mode. */
export class Job {
  readonly seeded: Seeded;
  readonly #emulator: Emulator;
  readonly folder = freshFolder();
  readonly #closing: (() => void)[] = [];
  #config = "";
  machine = "home";
  /** Where the program looks for the cloud. */
  endpoint: string;
  /** What else its environment says. */
  env: Readonly<Record<string, string>> = {};

  private constructor(emulator: Emulator, seeded: Seeded) {
    this.#emulator = emulator;
    this.endpoint = emulator.endpoint;
    this.seeded = seeded;
  }

  /** An incident is open. */
  static async begin(t: TestContext, emulator: Emulator): Promise<Job> {
    const job = await Job.prepare(t, emulator);
    await job.declare();
    return job;
  }

  /** Nothing has been logged yet. `wanted`: of which services' estate, where it is another part than `seed` takes by itself. */
  static async prepare(t: TestContext, emulator: Emulator, wanted?: Parameters<typeof seed>[1]): Promise<Job> {
    const job = new Job(emulator, await seed(emulator, wanted));
    t.after(async () => {
      for (const close of job.#closing) close();
      await rm(job.folder, { recursive: true, force: true });
    });
    await prepareAccount(job.admin);
    job.#config = await writeOrganization(job.folder);
    await mkdir(job.home);
    return job;
  }

  async declare(): Promise<void> {
    await this.run(["init", "--yes"], "sec-lead");
    await this.run(["incident", "declare", "--title", "stolen key", "--severity", "1", "--tenant", "acme"]);
  }

  /** Whoever may write to the organization's file, may write anything into it. */
  async editFile(edit: (text: string) => string): Promise<void> {
    const [before, after] = await readFile(this.#config, "utf8").then((text) => [text, edit(text)]);
    assert.notEqual(after, before, "the edit does nothing");
    await writeFile(this.#config, after ?? "");
  }

  file(): Promise<string> {
    return readFile(this.#config, "utf8");
  }

  key(who: string): string {
    return join(this.folder, who);
  }

  /** Where the state and the log of this machine are. Another folder is another machine. */
  get home(): string {
    return join(this.folder, this.machine);
  }

  get admin(): Caller {
    return this.seeded.admin;
  }

  /** With a key file of that name in the organization's folder. Fails the test where the program ends otherwise than expected. */
  async run(args: readonly string[], who = "on-call", expected = 0, input = ""): Promise<Document> {
    const { out } = await this.ended(args, who, expected, input);
    return JSON.parse(out);
  }

  /** The same, with what was said beside the result. */
  async ended(args: readonly string[], who = "on-call", expected = 0, input = ""): Promise<Ended> {
    const { accessKeyId, secretAccessKey } = this.seeded.operator;
    const env = {
      AWS_ENDPOINT_URL: this.endpoint,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_EC2_METADATA_DISABLED: "true",
      ...this.env,
    };
    const whose = ["--config", this.#config, "--home", this.home, "--key", this.key(who)];
    const ended = await soc2er([...args, ...whose, "--json"], { env, cwd: this.folder, input });
    assert.equal(ended.code, expected, `${args.join(" ")}\n${ended.out}\n${ended.err}`);
    return ended;
  }

  /** From the plan to the end of the run, which must say `result`. Returns the run's document. */
  async through(args: readonly string[], result: "contained" | "rolled-back" | "partial"): Promise<Document> {
    const plan = await this.run(args, "on-call", 8);
    for (const role of plan["approvals"].waiting) await this.run(["approve", plan["digest"], "--yes"], LEADS[role]);
    const run = await this.run(["apply", plan["digest"], "--yes"], "on-call", result === "partial" ? 6 : 0);
    assert.equal(run["result"], result, JSON.stringify(run));
    return run;
  }

  caller(credentials: AwsCredentials): Caller {
    const caller = as(this.#emulator.endpoint, credentials);
    this.#closing.push(caller.close);
    return caller;
  }

  /** Somebody who works in the role from now on, asked for with the administrator's key. */
  async session(role: string): Promise<Caller> {
    type Assumed = { Credentials: { AccessKeyId: string; SecretAccessKey: string; SessionToken: string } };
    const RoleArn = `arn:aws:iam::123456789012:role/${role}`;
    const { Credentials } = await this.admin<Assumed>("sts:AssumeRole", { RoleArn, RoleSessionName: "test" });
    return this.caller({
      accessKeyId: Credentials.AccessKeyId,
      secretAccessKey: Credentials.SecretAccessKey,
      sessionToken: Credentials.SessionToken,
    });
  }

  stolen(name: string): Caller {
    const credentials = this.seeded.stolen.get(this.seeded.here(name)) ?? this.seeded.stolen.get(name);
    assert.ok(credentials, `nobody stole "${name}"`);
    return this.caller(credentials);
  }
}
