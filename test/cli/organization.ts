import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { generateKeyFile } from "../../src/signing/index.ts";
import { ACCOUNT, type Stub, type StubOptions, startStub } from "../providers/throttling-stub.ts";
import { freshFolder, SHIM, soc2er } from "./binary.ts";

// biome-ignore lint/suspicious/noExplicitAny: documents of every command, read where the test knows their form
export type Document = Record<string, any>;
export type Said = { readonly document: Document; readonly err: string /** Of the process, in MiB. */; readonly peak: number };

const PEOPLE = { "sec-lead": "security", "eng-lead": "engineering", "on-call": "operator" } as const;
export const CHANGES_A_USER = 3;

const TIMEOUT_MS = 900_000;
/** Says at its end how much memory the process had at most. */
const PEAK = `data:text/javascript,import { writeFileSync } from "node:fs"; process.on("exit", () => writeFileSync(process.env.PEAK, String(process.resourceUsage().maxRSS / 1024)));`;

/** An organization with so many users, all of whom are in the list of those to revoke. */
export class Organization {
  readonly stub: Stub;
  readonly users: readonly string[];
  readonly #folder = freshFolder();
  readonly #node: readonly string[];

  private constructor(stub: Stub, node: readonly string[]) {
    this.stub = stub;
    this.#node = node;
    this.users = [...stub.users.keys()];
  }

  /** `node`: flags for the program's Node. */
  static async begin(t: TestContext, stub: StubOptions, node: readonly string[] = []): Promise<Organization> {
    const organization = new Organization(await startStub(stub), node);
    t.after(async () => {
      organization.stub.close();
      await rm(organization.#folder, { recursive: true, force: true });
    });
    await organization.#found();
    await organization.run(["init", "--yes"], "sec-lead");
    await organization.run(["incident", "declare", "--title", "stolen directory", "--severity", "1"]);
    return organization;
  }

  async #found(): Promise<void> {
    const people = await Promise.all(
      Object.entries(PEOPLE).map(async ([person, role]) => {
        const { text } = await generateKeyFile(join(this.#folder, person), person);
        return `  - { id: ${person}, roles: [${role}], keys: [${JSON.stringify(text)}] }\n`;
      }),
    );
    await writeFile(
      this.#path("soc2-er.yaml"),
      `organization: Acme
origin: acme.example/soc2-er/many
providers: { aws: { accounts: [ { id: "${ACCOUNT}", name: prod, regions: [us-east-1] } ] } }
people:
${people.join("")}`,
    );
    await writeFile(this.list, `# everybody\n${this.users.map((user) => `aws:user/${user}\n`).join("")}`);
  }

  get list(): string {
    return this.#path("stolen.txt");
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }

  /** Fails the test where the program ends otherwise than expected. */
  async run(args: readonly string[], who: keyof typeof PEOPLE = "on-call", expected = 0): Promise<Said> {
    const options = { env: this.#env(), cwd: this.#folder, node: [...this.#node, "--import", PEAK], timeoutMs: TIMEOUT_MS };
    const { code, out, err } = await soc2er([...args, ...this.#whose(who), "--json"], options);
    assert.equal(code, expected, `${args.join(" ")}\n${out.slice(0, 2_000)}\n${err.slice(-2_000)}`);
    return { document: JSON.parse(out), err, peak: await this.#peak() };
  }

  /** As `run`, for people, on a pseudo-terminal (util-linux `script`): all that it showed. */
  async onTerminal(args: readonly string[], expected: number): Promise<{ readonly shown: string; readonly peak: number }> {
    const words = [process.execPath, ...this.#node, "--import", PEAK, SHIM, ...args, ...this.#whose("on-call")];
    const command = `stty cols 100 rows 30; ${words.map((word) => `'${word}'`).join(" ")}`;
    const env = { ...this.#env(), PATH: process.env["PATH"] ?? "", HOME: this.#folder, SHELL: "/bin/sh", TERM: "xterm" };
    const cache = { XDG_CACHE_HOME: join(tmpdir(), "soc2-er-test-cache") };
    const options = { cwd: this.#folder, env: { ...env, ...cache }, stdio: "pipe", timeout: TIMEOUT_MS } as const;
    const child = spawn("script", ["-qec", command, "/dev/null"], options);
    let shown = "";
    child.stdout.on("data", (part) => {
      shown += part;
    });
    const code = await new Promise((resolve) => child.on("close", resolve));
    assert.equal(code, expected, shown.slice(-2_000));
    return { shown, peak: await this.#peak() };
  }

  #env(): Record<string, string> {
    return {
      AWS_ENDPOINT_URL: this.stub.endpoint,
      AWS_ACCESS_KEY_ID: "AKIAOPERATOR",
      AWS_SECRET_ACCESS_KEY: "secret",
      AWS_EC2_METADATA_DISABLED: "true",
      PEAK: this.#path("peak"),
    };
  }

  #whose(who: keyof typeof PEOPLE): readonly string[] {
    return ["--config", this.#path("soc2-er.yaml"), "--home", this.#path("home"), "--key", this.#path(who)];
  }

  async #peak(): Promise<number> {
    return Number(await readFile(this.#path("peak"), "utf8"));
  }

  /** From the list to the end of the run. */
  async revoke(): Promise<{ readonly planned: Said; readonly applied: Said }> {
    const most = String(CHANGES_A_USER * this.users.length);
    const planned = await this.run(["revoke", "--from", this.list, "--max-changes", most, "--plan-only"], "on-call", 8);
    const digest: string = planned.document["digest"];
    for (const lead of ["sec-lead", "eng-lead"] as const) await this.run(["approve", digest, "--yes"], lead);
    return { planned, applied: await this.run(["apply", digest, "--yes"]) };
  }

  async entries(type: string): Promise<readonly Document[]> {
    return (await this.run(["audit", "log", "--type", type])).document["items"];
  }
}
