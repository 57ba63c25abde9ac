import assert from "node:assert/strict";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite, type TestContext, test } from "node:test";
import { generateKeyFile } from "../../src/signing/index.ts";
import { ACCOUNT, deniedEverything, type Limit, type Stub, startStub } from "../providers/throttling-stub.ts";
import { freshFolder, soc2er } from "./binary.ts";

// biome-ignore lint/suspicious/noExplicitAny: documents of every command, read where the test knows their form
type Document = Record<string, any>;
type Said = { readonly document: Document; readonly err: string /** Of the process, in MiB. */; readonly peak: number };

const PEOPLE = { "sec-lead": "security", "eng-lead": "engineering", "on-call": "operator" } as const;
const CHANGES_A_USER = 3;

/** V8 lets garbage lie while there is room. With little room, what is held shows; with too little, the process dies. */
const SMALL_HEAP = ["--max-old-space-size=64", "--max-semi-space-size=8"];
/** Says at its end how much memory the process had at most. */
const PEAK = `data:text/javascript,import { writeFileSync } from "node:fs"; process.on("exit", () => writeFileSync(process.env.PEAK, String(process.resourceUsage().maxRSS / 1024)));`;

/** An organization with so many users, all of whom are in the list of those to revoke. */
class Organization {
  readonly stub: Stub;
  readonly users: readonly string[];
  readonly #folder = freshFolder();

  private constructor(stub: Stub) {
    this.stub = stub;
    this.users = [...stub.users.keys()];
  }

  static async begin(t: TestContext, users: number, limit: Limit | null): Promise<Organization> {
    const organization = new Organization(await startStub({ users, limit }));
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
    const env = {
      AWS_ENDPOINT_URL: this.stub.endpoint,
      AWS_ACCESS_KEY_ID: "AKIAOPERATOR",
      AWS_SECRET_ACCESS_KEY: "secret",
      AWS_EC2_METADATA_DISABLED: "true",
      PEAK: this.#path("peak"),
    };
    const whose = ["--config", this.#path("soc2-er.yaml"), "--home", this.#path("home"), "--key", this.#path(who)];
    const options = { env, cwd: this.#folder, node: [...SMALL_HEAP, "--import", PEAK], timeoutMs: 120_000 };
    const { code, out, err } = await soc2er([...args, ...whose, "--json"], options);
    assert.equal(code, expected, `${args.join(" ")}\n${out.slice(0, 2_000)}\n${err.slice(-2_000)}`);
    return { document: JSON.parse(out), err, peak: Number(await readFile(this.#path("peak"), "utf8")) };
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

type Revoked = Awaited<ReturnType<Organization["revoke"]>>;

/** What holds however many users there are and however hard the service throttles. */
async function checkRevoked({ stub, users }: Organization, { planned, applied }: Revoked): Promise<void> {
  const changes = CHANGES_A_USER * users.length;
  assert.equal(planned.document["changes"].length, changes);
  assert.equal(applied.document["result"], "contained");
  for (const [name, user] of stub.users) {
    assert.ok(deniedEverything(user), `${name} may still act`);
    assert.deepEqual([...user.keys.values()], ["Inactive", "Inactive"], name);
  }
  assert.deepEqual(stub.unguarded, [], "keys were changed before their user was denied everything");
  assert.ok(stub.widest() <= 16, `${stub.widest()} calls at once`);
  const writes = stub.heard.filter(({ throttled, operation }) => !throttled && /^(Put|Update|Delete)/.test(operation));
  assert.equal(writes.length, changes, "a change was made twice");
  assert.equal(new Set(applied.document["changes"].map(({ id }: Document) => id)).size, changes);
  for (const { id, outcome, verification } of applied.document["changes"])
    assert.deepEqual([outcome.status, verification.verdict], ["applied", "confirmed"], id);
}

/** Without a terminal a line per event, which ends at all of them. */
function checkProgress({ users }: Organization, { applied: { err } }: Revoked): void {
  const changes = CHANGES_A_USER * users.length;
  for (const line of [/deny user "user-\d+" everything$/, /applied \(\d+\/\d+\)$/, /confirmed by configuration \(\d+\/\d+\)$/]) {
    const said = err.split("\n").filter((text) => line.test(text));
    assert.equal(said.length, line.source.startsWith("deny") ? users.length : changes, String(line));
  }
  assert.match(err, new RegExp(`applied \\(${changes}/${changes}\\)`));
}

async function checkLog(organization: Organization, { applied: { document } }: Revoked): Promise<void> {
  const ids: string[] = document["changes"].map(({ id }: Document) => id);
  for (const type of ["change.intended", "change.settled", "change.verified"])
    assert.deepEqual((await organization.entries(type)).map(({ body }) => body.change).sort(), ids.toSorted(), type);
  const open = [...(await organization.entries("run.residual")), ...(await organization.entries("run.closed"))];
  assert.deepEqual(
    open.flatMap(({ body }) => body.residual),
    document["residual"],
  );
  const { document: verification } = await organization.run(["audit", "verify"]);
  assert.deepEqual([verification["verdict"], verification["findings"]], ["verified", []]);
}

/**
 * A user takes 19 calls, of which 3 write: 300 users would take 280 seconds at 20 calls a second, whoever makes them. So 30 meet that
 * limit, and 300 one that is ten times as wide, which a slow machine might never meet alone: there others use it, too. The lanes themselves
 * make 900 writes at 20 a second in the providers' test.
 */
suite("users with two keys each, from a file, at a service that throttles", { concurrency: true }, () => {
  const peaks = new Map<number, number>();

  for (const [users, limit] of [
    [30, { perSecond: 20, burst: 100 }],
    [300, { perSecond: 200, burst: 1_000, others: { everyCalls: 500, owe: 20 } }],
  ] as const)
    test(`${users} are denied everything, then lose their keys; none is lost and none is given up`, async (t) => {
      t.after(() => peaks.set(users, peaks.get(users) ?? Number.NaN));
      const organization = await Organization.begin(t, users, limit);
      const revoked = await organization.revoke();
      const { heard } = organization.stub;
      const throttled = heard.filter((call) => call.throttled).length;
      t.diagnostic(`${heard.length} calls, ${throttled} throttled; at most ${revoked.applied.peak.toFixed(0)} MiB`);
      assert.ok(throttled > 0, "the limit was never met: this test shows nothing");
      await checkRevoked(organization, revoked);
      checkProgress(organization, revoked);
      await checkLog(organization, revoked);
      peaks.set(users, Math.max(revoked.planned.peak, revoked.applied.peak));
    });

  test("memory does not follow the number of users", async () => {
    while (peaks.size < 2) await new Promise((resolve) => setTimeout(resolve, 100));
    const [few = 0, many = 0] = [peaks.get(30), peaks.get(300)];
    assert.ok(few > 40, `${few} MiB is no process`);
    assert.ok(many < 2 * few, `${few.toFixed(0)} MiB for 30 users, ${many.toFixed(0)} MiB for 300`);
  });
});
