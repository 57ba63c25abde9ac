import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { joinLog } from "../../src/audit/init.ts";
import { directoryStore } from "../../src/audit/stores/directory.ts";
import { verifyLog } from "../../src/audit/verify.ts";
import { lacking } from "../debian.ts";
import { all, bench, note, ORIGIN, texts } from "./bench.ts";
import { type Call, FAULTS, type Injection, type Made, Subject, type Trial } from "./faults/strace.ts";

const skip = lacking(["strace"]) ?? false;
const EVERY = process.env["SOC2_ER_EVERY_FAULT"] === "1";
const LEFT_OUT = "SKIPPED, IT TAKES LONG: SOC2_ER_EVERY_FAULT=1 npm test -- test/audit/faults.test.ts tries it";
const AT_ONCE = 2;
const MOST_TRIES = 8;

type Bench = Awaited<ReturnType<typeof bench>>;
type Tried = { readonly injections: readonly Injection[]; readonly made: readonly Made[]; readonly hit: readonly Made[] };
type Fault = keyof typeof FAULTS;
const EVERY_FAULT = Object.keys(FAULTS) as readonly Fault[];

/** Subjects of one test: one that survived its fault goes on with the next. */
class Trials {
  readonly #t: TestContext;
  readonly #made: Bench;
  readonly #args: readonly string[];
  #count = 0;

  constructor(t: TestContext, made: Bench) {
    const person = { id: "ana", roles: ["operator"], keys: [made.signer("ana").publicKey.text] };
    const genesis = { organization: "Acme", people: [person], policy: { approvals: { default: [] } } };
    this.#t = t;
    this.#made = made;
    this.#args = [join(made.folder, "keys/ana"), JSON.stringify(genesis)];
  }

  /** What is made without a fault: the calls that can be made to fail. */
  async rehearse(): Promise<readonly Made[]> {
    const [tried] = await this.#each([[]]);
    return tried?.made ?? [];
  }

  /**
   * Lets each group of calls fail in a log of its own, and says which did. What a thread does besides differs a little from log to
   * log: where a call is missed, the next one of its kind is taken.
   */
  async run(groups: readonly (readonly Injection[])[]): Promise<readonly Made[]> {
    const hit: Made[] = [];
    let left = groups;
    for (let tries = 0; tries < MOST_TRIES && left.length > 0; tries++) {
      const tried = await this.#each(left);
      hit.push(...tried.flatMap(({ hit }) => hit));
      left = tried.flatMap(({ injections, hit }) =>
        injections.every(({ call }) => hit.some((one) => one.call === call)) ? [] : [later(injections)],
      );
    }
    assert.deepEqual(left, [], "these calls were not made to fail");
    return hit;
  }

  /** As `run`, but what is missed is left: near the end some calls are made in one log and not in the next. */
  async once(groups: readonly (readonly Injection[])[]): Promise<readonly Made[]> {
    return (await this.#each(groups)).flatMap(({ hit }) => hit);
  }

  /** Who survived its faults goes on with the next ones. */
  async #each(groups: readonly (readonly Injection[])[]): Promise<readonly Tried[]> {
    const left = groups.values();
    const lanes = Array.from({ length: Math.min(AT_ONCE, groups.length) }, async () => {
      const found: Tried[] = [];
      let subject: Subject | null = null;
      for (const injections of left) {
        subject ??= this.#subject();
        const { folder, trial } = await this.#trial(subject, injections);
        if (injections.some(({ fault }) => fault === "SIGKILL")) subject = null;
        await holds(this.#made, folder, trial, injections);
        found.push({ injections, made: trial.made, hit: trial.made.filter(({ injected }) => injected) });
      }
      await subject?.stop();
      return found;
    });
    return (await Promise.all(lanes)).flat();
  }

  async #trial(subject: Subject, injections: readonly Injection[]): Promise<{ folder: string; trial: Trial }> {
    const folder = join(this.#made.folder, `trial-${this.#count++}`);
    return { folder, trial: await subject.write(folder, injections) };
  }

  #subject(): Subject {
    const subject = new Subject(this.#made.folder, `subject-${this.#count++}`, this.#args);
    this.#t.after(() => subject.stop());
    return subject;
  }
}

function later([first, ...others]: readonly Injection[]): readonly Injection[] {
  return first === undefined ? [] : [{ ...first, nth: first.nth + 1 }, ...others];
}

/** What a fresh process finds: all that was told is there, once and in order; it can be written, handed over, taken up and verified. */
async function holds(
  { init, write, read }: Bench,
  folder: string,
  { told, made }: Trial,
  injections: readonly Injection[],
): Promise<void> {
  const at = JSON.stringify({ injections, told, hit: made.filter(({ injected }) => injected).map(({ line }) => line) }, null, 1);
  const home = join(folder, "home");
  const store = directoryStore("folder", join(folder, "store"));
  for (const line of told) assert.match(line, /^done |^refused (audit-unavailable|already-initialized) /, at);
  const founded = told.some((line) => line.startsWith("done opening"));
  await init(home).catch(({ code }) => assert.equal(code, "already-initialized", at));
  const pen = await write({ home, stores: [store] });
  await pen.append([note("after")]);
  // The subject may still be handing over what it wrote: who asks meanwhile is told so, and asks again.
  let state = await pen.sync(5_000);
  for (let asked = 0; state.state !== "up-to-date" && asked < 50; asked++) {
    await sleep(20);
    state = await pen.sync(5_000);
  }
  assert.equal(state.state, "up-to-date", at);
  await pen.close();

  const entries = await all(await read({ home }));
  const there = texts(entries);
  assert.deepEqual(
    there,
    ["one", "two", "three", "four", "after"].filter((text) => there.includes(text)),
    at,
  );
  const promised = told.flatMap((line) => /^done note (\w+)$/.exec(line)?.[1] ?? []);
  for (const text of promised) assert.ok(there.includes(text), `"${text}" is lost: ${at}`);
  if (told.includes("done plan"))
    assert.ok(
      entries.some(({ type }) => type === "plan.created"),
      at,
    );
  assert.ok(founded || promised.length === 0);

  const { verdict, findings } = await verifyLog({ home, origin: ORIGIN });
  assert.match(verdict, /^verified/, `${JSON.stringify(findings)} ${at}`);
  const other = join(folder, "other");
  assert.ok(await joinLog({ home: other, origin: ORIGIN, mode: "real" }, store), at);
  const taken = await read({ home: other, stores: [store], refreshMs: 10_000 });
  assert.deepEqual(texts(await all(taken)), there, at);
}

async function trials(t: TestContext): Promise<Trials> {
  const made = await bench(t);
  await mkdir(made.home(), { recursive: true });
  return new Trials(t, made);
}

const ofSegment = ({ line }: Made): boolean => line.includes("/segments/0000000000.wal>");

test("each call of the system that writes, failing, without room or cut off by a kill, loses nothing that was told", {
  skip,
}, async (t) => {
  const tried = await trials(t);
  const made = await tried.rehearse();
  const calls = [...new Set(made.map(({ call }) => call))];
  for (const call of ["openat", "mkdir", "pwrite64", "fdatasync", "fsync", "link", "rename", "unlink"] as const)
    assert.ok(calls.includes(call), `${call} is no longer made`);
  // A place of its own for each fault: in the founding, in the middle, near the end.
  const groups = calls.flatMap((call) => {
    const places = made.filter((one) => one.call === call);
    return EVERY_FAULT.map((fault, index) => [
      { call, fault, nth: places[Math.floor((places.length * (2 * index + 1)) / 6)]?.nth ?? 1 },
    ]);
  });
  const hit = await tried.run(groups);
  assert.ok(hit.length >= calls.length * EVERY_FAULT.length, String(hit.length));
});

test("a write to the segment that fails, and then the taking back of it", { skip }, async (t) => {
  const tried = await trials(t);
  const made = await tried.rehearse();
  const [, , write] = made.filter((one) => one.call === "pwrite64" && ofSegment(one));
  const [, , sync] = made.filter((one) => one.call === "fdatasync" && ofSegment(one));
  assert.ok(write && sync);
  const first: readonly Injection[] = [
    { call: "pwrite64", fault: "ENOSPC", nth: write.nth },
    { call: "fdatasync", fault: "EIO", nth: sync.nth },
  ];
  const hit = await tried.run(
    first.flatMap((one) => EVERY_FAULT.map((fault) => [one, { call: "ftruncate", fault, nth: 1 } as const])),
  );
  assert.equal(hit.filter(({ call }) => call === "ftruncate").length, first.length * EVERY_FAULT.length);
});

test("every call, each in every way", { skip: EVERY ? skip : LEFT_OUT, timeout: 3_600_000 }, async (t) => {
  const tried = await trials(t);
  const made = await tried.rehearse();
  const points = new Map<string, { call: Call; nth: number }>();
  for (const { call, nth } of made) points.set(`${call} ${nth}`, { call, nth });
  const hit = await tried.once([...points.values()].flatMap((point) => EVERY_FAULT.map((fault) => [{ ...point, fault }])));
  assert.ok(hit.length >= points.size * EVERY_FAULT.length * 0.9, `${hit.length} of ${points.size * EVERY_FAULT.length}`);
});
