import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { cpSync, readdirSync, readFileSync, statSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { generateKeyFile } from "../../src/signing/index.ts";
import { type Ended, freshFolder, type RunOptions, soc2er } from "./binary.ts";

const PEOPLE = { "sec-lead": "security", "eng-lead": "engineering", "on-call": "operator" } as const;
export type Employee = keyof typeof PEOPLE;

/** An organization in real mode, with its file, people's keys, home and log. It has no cloud unless `env` names an endpoint. */
export class Company {
  readonly folder = freshFolder();
  readonly home = join(this.folder, "home");
  readonly config = join(this.folder, "soc2-er.yaml");
  readonly runbooks = join(this.folder, "runbooks");
  readonly store = join(this.folder, "store");
  /** The organization's file as it was founded with. */
  text = "";
  env: Record<string, string> = {};

  static async found(t: Pick<TestContext, "after">, more = ""): Promise<Company> {
    const company = new Company();
    t.after(() => rm(company.folder, { recursive: true, force: true }));
    const people: string[] = [];
    for (const [id, role] of Object.entries(PEOPLE)) {
      const { text } = await generateKeyFile(join(company.folder, id), id);
      people.push(`  - { id: ${id}, roles: [${role}], keys: [${JSON.stringify(text)}] }`);
    }
    company.text = `organization: Acme
origin: acme.example/soc2-er/prod
providers:
  aws: { accounts: [ { id: "123456789012", name: prod, regions: [us-east-1] } ] }
tenancy:
  tag: tenant
  tenants: [acme, globex]
  s3: [ { account: prod, bucket: acme-data, prefix: "tenants/{tenant}/" } ]
people:
${people.join("\n")}
responders: ["arn:aws:iam::123456789012:role/soc2-er-responder"]
${more}`;
    await writeFile(company.config, company.text);
    for (const name of ["runbooks", "store"]) await mkdir(join(company.folder, name));
    const { code, err } = await company.run(["init", "--yes"]);
    assert.equal(code, 0, err);
    return company;
  }

  /** The same organization and log again, somewhere else. */
  copy(t: TestContext): Company {
    const company = new Company();
    t.after(() => rm(company.folder, { recursive: true, force: true }));
    cpSync(this.folder, company.folder, { recursive: true });
    company.text = this.text;
    company.env = this.env;
    return company;
  }

  async run(args: readonly string[], options: RunOptions & { readonly who?: Employee } = {}): Promise<Ended> {
    const whose = ["--config", this.config, "--home", this.home, "--key", join(this.folder, options.who ?? "on-call")];
    return soc2er([...args, ...whose], { cwd: this.folder, ...options, env: { ...this.env, ...options.env } });
  }
}

/**
 * Every file below a folder with the sum of its bytes, and every folder; but for the files that processes lock, and the world of
 * the range, which remembers who asked what.
 */
export function fingerprint(folder: string): Record<string, string> {
  const apart = /(^|\/)((sync\.)?lock|world\.db)$/;
  const found = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => !apart.test(name));
  return Object.fromEntries(
    found.sort().map((name) => {
      const path = join(folder, name);
      const sum = statSync(path).isDirectory() ? "folder" : createHash("sha256").update(readFileSync(path)).digest("hex");
      return [name, sum];
    }),
  );
}

/** Holds a failure against the form that every one has, and returns its hints. `says` must stand in the message. */
export function refused({ code, out, err }: Ended, expected: { code: string; exit: number; says: string | RegExp }): string[] {
  const said = `exit ${code}\n${out}${err}`;
  assert.equal(code, expected.exit, said);
  assert.equal(out, "", said);
  const lines = err.split("\n").filter((line) => line !== "" && !/^ ?DRILL|^warning: /.test(line));
  const [first = "", ...hints] = lines;
  const message = new RegExp(`^soc2-er: (.+) \\[${expected.code}\\]$`).exec(first)?.[1];
  assert.ok(message !== undefined, said);
  assert.doesNotMatch(message, /^[A-Z][a-z]|\.$/, said);
  if (typeof expected.says === "string") assert.ok(message.includes(expected.says), said);
  else assert.match(message, expected.says, said);
  assert.ok(hints.length > 0, `nothing to do is said\n${said}`);
  for (const hint of hints) assert.match(hint, /^hint: \S/, said);
  return hints.map((hint) => hint.slice("hint: ".length));
}
