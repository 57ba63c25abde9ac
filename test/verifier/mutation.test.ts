import assert from "node:assert/strict";
import type { KeyObject } from "node:crypto";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Verification, verifyHome } from "../../src/verifier/index.ts";
import { LONG } from "../emulator/long.ts";
import { digest, envelope, jcs, Log, ORIGIN, root, sshSign, type Value } from "./build-log.ts";
import { folderOf } from "./story.ts";
import { type TwoHomes, twoHomes } from "./two-homes.ts";

const ENTRY = "application/vnd.soc2-er.entry.v1+json";
const BATCH = "application/vnd.soc2-er.batch.v1+json";
const SEED = 20261129;

type Random = (below: number) => number;

/** Reproducible: the seed stands in the test's name. */
function random(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** What one change makes of the log, in words, and where what is found must lie. */
type Mutant = { readonly what: string; readonly near: RegExp };

/** The log as lists that can be changed: of each batch its lines, the seal first. */
class Model {
  readonly records: Buffer[];
  readonly batches: Buffer[][];
  readonly blobs: Map<string, Buffer>;
  cutBatch: readonly [batch: number, bytes: number] | null = null;

  constructor({ log }: TwoHomes) {
    this.records = [...(log.segments[0] ?? [])];
    this.batches = log.batches.map((bytes) => linesOf(bytes));
    this.blobs = new Map(log.files);
  }

  write(folder: string): string {
    const log = new Log();
    log.segments = [this.records];
    log.batches = this.batches.map((lines, index) => {
      const bytes = Buffer.concat(lines.flatMap((line) => [line, Buffer.from("\n")]));
      return this.cutBatch?.[0] === index ? bytes.subarray(0, this.cutBatch[1]) : bytes;
    });
    log.files = this.blobs;
    return log.write(folder);
  }

  /** The places of all entries in batches. */
  entries(): { readonly batch: number; readonly line: number }[] {
    return this.batches.flatMap((lines, batch) => lines.slice(1).map((_, index) => ({ batch, line: index + 1 })));
  }

  /** Puts an entry in the place of another, in its batch and in the segment. */
  replace({ batch, line }: { batch: number; line: number }, made: Buffer): void {
    const old = this.batches[batch]?.[line] ?? Buffer.of();
    (this.batches[batch] as Buffer[])[line] = made;
    const record = this.records.findIndex((one) => one.equals(old));
    if (record >= 0) this.records[record] = made;
  }
}

function linesOf(bytes: Buffer): Buffer[] {
  return bytes
    .toString("latin1")
    .split("\n")
    .slice(0, -1)
    .map((line) => Buffer.from(line, "latin1"));
}

const batchAt = (batch: number): string => `batches/${String(batch).padStart(12, "0")}`;
/** The batch itself, or the one after it, which no longer follows. */
const ofBatch = (batch: number): RegExp => new RegExp(`^(${batchAt(batch)}|${batchAt(batch + 1)})`);
/** A record shows in its segment, or in the batch whose entries the segment has no longer. */
const OF_SEGMENT = /^(segments|batches)/;

function flip(bytes: Buffer, next: Random): Buffer {
  const bad = Buffer.from(bytes);
  const at = next(bad.length);
  bad[at] = (bad[at] ?? 0) ^ (1 << next(8));
  return bad;
}

type List = { readonly name: string; readonly items: Buffer[]; readonly near: (index: number) => RegExp };

/** Flips, drops, swaps and doubles in any list of the log. */
function shuffled(model: Model, next: Random): Mutant {
  const batch = next(model.batches.length);
  const lists: readonly List[] = [
    { name: "record", items: model.records, near: () => OF_SEGMENT },
    { name: `line of batch ${batch}`, items: model.batches[batch] ?? [], near: () => ofBatch(batch) },
  ];
  const { name, items, near } = lists[next(2)] as List;
  const [one, other] = [next(items.length), next(items.length)];
  const how = next(4);
  if (how === 0) items[one] = flip(items[one] ?? Buffer.of(), next);
  else if (how === 1) items.splice(one, 1);
  else if (how === 2) [items[one], items[other]] = [items[other] ?? Buffer.of(), items[one] ?? Buffer.of()];
  else items.splice(other, 0, items[one] ?? Buffer.of());
  return { what: `${["a bit flipped in", "without", "swapped:", "twice:"][how]} ${name} ${one}, ${other}`, near: near(one) };
}

function wholeBatches(model: Model, next: Random): Mutant {
  const [one, other] = [next(model.batches.length), next(model.batches.length)];
  const how = next(3);
  const { batches } = model;
  if (how === 0) batches.splice(one, 1);
  else if (how === 1) [batches[one], batches[other]] = [batches[other] ?? [], batches[one] ?? []];
  else batches.splice(one, 0, batches[other] ?? []);
  return { what: `${["without", "swapped:", "once more:"][how]} batch ${one}, ${other}`, near: /^(batches|segments)/ };
}

function blob(model: Model, next: Random): Mutant {
  const names = [...model.blobs.keys()];
  const name = names[next(names.length)] ?? "";
  const how = next(2);
  if (how === 0) model.blobs.delete(name);
  else model.blobs.set(name, flip(model.blobs.get(name) ?? Buffer.of(), next));
  // A plan is missed where it is spoken of; of a pin of another log, all that is here is another's.
  return {
    what: `${["without", "a bit flipped in"][how]} ${name}`,
    near: how === 0 || name === "genesis.json" ? /^(batches|genesis)/ : new RegExp(`^${name}`),
  };
}

function cut(model: Model, next: Random): Mutant {
  const batch = next(model.batches.length);
  const bytes = (model.batches[batch] ?? []).reduce((sum, { length }) => sum + length + 1, 0);
  model.cutBatch = [batch, next(bytes)];
  return { what: `batch ${batch} cut to ${model.cutBatch[1]} bytes`, near: ofBatch(batch) };
}

/** Each value in an entry, by its path. */
function* leaves(value: Value, path: readonly (string | number)[] = []): Generator<readonly (string | number)[]> {
  if (value === null || typeof value !== "object") yield path;
  else for (const [key, item] of Object.entries(value)) yield* leaves(item, [...path, Array.isArray(value) ? Number(key) : key]);
}

function edited(value: Value, [key, ...rest]: readonly (string | number)[]): Value {
  if (key === undefined) return another(value);
  const copy = Array.isArray(value) ? [...value] : { ...(value as object) };
  const object = copy as Record<string | number, Value>;
  object[key] = edited(object[key], rest);
  return copy;
}

/** Something of the same kind that says something else. */
function another(value: Value): Value {
  if (typeof value === "number") return value + 1;
  if (value === null) return digest("something");
  if (typeof value !== "string") return !value;
  const instant = Date.parse(value);
  if (/^\d{4}-.*Z$/.test(value)) return new Date(instant + 1000).toISOString();
  return value.replace(/[0-9a-z]/, (first) => (first === "a" ? "b" : "a"));
}

function payloadOf(made: Buffer): Record<string, Value> {
  return JSON.parse(Buffer.from(JSON.parse(String(made)).payload, "base64").toString());
}

type Edit = { readonly batch: number; readonly line: number; readonly path: readonly (string | number)[] };

function edits(model: Model): Edit[] {
  return model
    .entries()
    .flatMap((place) =>
      [...leaves(payloadOf(model.batches[place.batch]?.[place.line] ?? Buffer.of()))].map((path) => ({ ...place, path })),
    );
}

/** Edits one value and signs the entry anew; with `reseal`, whoever sealed its batch seals it anew, too. */
function resigned(model: Model, homes: TwoHomes, { batch, line, path }: Edit, by: string, reseal: boolean): Mutant {
  const lines = model.batches[batch] ?? [];
  const payload = edited(payloadOf(lines[line] ?? Buffer.of()), path) as Record<string, Value>;
  const { key, writer } = homes.sessions[by as keyof TwoHomes["sessions"]];
  const keyid = String(payload["writer"]);
  model.replace({ batch, line }, envelope(ENTRY, jcs(payload), keyid, key.privateKey));
  if (reseal) resealed(model, homes, batch);
  const what = `${path.join(".")} of ${String(payload["type"])} at ${batchAt(batch)}#${line - 1} signed by ${by} (${writer})`;
  return { what: reseal ? `${what}, sealed anew` : what, near: ofBatch(batch) };
}

function resealed(model: Model, homes: TwoHomes, batch: number): void {
  const [seal = Buffer.of(), ...entries] = model.batches[batch] ?? [];
  const head = payloadOf(seal);
  const sealer = Object.values(homes.sessions).find(({ writer }) => writer === head["writer"]);
  const before = model.batches.slice(0, batch).flatMap((lines) => lines.slice(1));
  const made = { ...head, first: digest(entries[0] ?? Buffer.of()), root: root([...before, ...entries]).toString("hex") };
  (model.batches[batch] as Buffer[])[0] = envelope(BATCH, jcs(made), String(head["writer"]), sealer?.key.privateKey as KeyObject);
}

/** What is found beyond what the log declares itself. */
type Compared = { readonly verification: Verification; readonly found: Verification["findings"] };

class Trials {
  readonly homes = twoHomes();
  readonly #folder: string;
  #count = 0;
  #declared: readonly string[] = [];

  constructor(t: TestContext) {
    this.#folder = folderOf(t);
  }

  async begin(): Promise<void> {
    const { verdict, findings } = await this.#verify(new Model(this.homes));
    assert.equal(verdict, "verified-with-gaps");
    assert.deepEqual(
      findings.map(({ code }) => code),
      ["remote-down", "remote-down"],
    );
    this.#declared = findings.map((one) => JSON.stringify(one));
  }

  async compare(model: Model): Promise<Compared> {
    const verification = await this.#verify(model);
    return { verification, found: verification.findings.filter((one) => !this.#declared.includes(JSON.stringify(one))) };
  }

  #verify(model: Model): Promise<Verification> {
    return verifyHome({ folder: model.write(join(this.#folder, String(this.#count++))) });
  }

  /** A mutant must be found, and where. */
  async mutant(make: (model: Model) => Mutant): Promise<void> {
    const model = new Model(this.homes);
    const { what, near } = make(model);
    const good = new Model(this.homes);
    if (same(model, good) || loses(model, good) || isUnseen(model, good)) return;
    const { verification, found } = await this.compare(model);
    assert.ok(found.length > 0, `nothing is found: ${what}`);
    // The newest batch taken away leaves its entries in the segments: nothing is lost, and they are said to be in no batch.
    const gap = found.every(({ code }) => code === "local-only");
    if (!gap) assert.match(verification.verdict, /^(incomplete|tampered)$/, `${what}: ${JSON.stringify(found)}`);
    assert.ok(
      found.some(({ at }) => near.test(at)),
      `${what}: not named in ${JSON.stringify(found)}`,
    );
  }
}

function same(model: Model, good: Model): boolean {
  const texts = ({ records, batches, blobs, cutBatch }: Model): Value => [
    ...[
      records.map(String),
      batches.map((lines) => lines.map(String)),
      [...blobs].map(([name, bytes]) => [name, bytes.toString("latin1")]),
    ],
    cutBatch,
  ];
  return jcs(texts(model)) === jcs(texts(good));
}

/**
 * Changes nothing that is claimed: the segments lack all that they had of some batches, whose copies are all there. A machine that took the
 * log up later looks so, and nothing is lost.
 */
function loses(model: Model, good: Model): boolean {
  const has = new Set(model.records.map(String));
  const sameBatches =
    jcs(model.batches.map((lines) => lines.map(String))) === jcs(good.batches.map((lines) => lines.map(String)));
  const inOrder = good.records.filter((one) => has.has(String(one))).map(String);
  const whole = good.batches.every((lines) => {
    const own = lines.slice(1).filter((line) => good.records.some((one) => one.equals(line)));
    return own.every((line) => has.has(String(line))) || own.every((line) => !has.has(String(line)));
  });
  const kept = jcs(model.records.map(String)) === jcs(inOrder);
  return (
    sameBatches && kept && whole && model.cutBatch === null && model.blobs.size === good.blobs.size && blobsSame(model, good)
  );
}

function blobsSame(model: Model, good: Model): boolean {
  return [...good.blobs].every(([name, bytes]) => model.blobs.get(name)?.equals(bytes));
}

/**
 * Cannot be told by anybody from these bytes: the newest batch and the end of its sealer's session, told otherwise by the very key that
 * wrote both, before anybody saw them. Pins, checkpoints and stores are there for that. What contradicts itself is found all the same.
 */
function isUnseen(model: Model, good: Model): boolean {
  const last = good.batches.length - 1;
  const sameBefore =
    jcs(model.batches.slice(0, last).map((l) => l.map(String))) === jcs(good.batches.slice(0, last).map((l) => l.map(String)));
  const [seal, entry] = model.batches[last] ?? [];
  if (!sameBefore || seal === undefined || entry === undefined || model.batches.length !== good.batches.length) return false;
  const newly = !seal.equals(good.batches[last]?.[0] ?? seal) && !entry.equals(good.batches[last]?.[1] ?? entry);
  return newly && ["at", "mono"].some((name) => onlyDiffers(entry, good.batches[last]?.[1] ?? entry, name));
}

function onlyDiffers(one: Buffer, other: Buffer, name: string): boolean {
  try {
    const [left, right] = [payloadOf(one), payloadOf(other)];
    return left[name] !== right[name] && jcs({ ...left, [name]: 0 }) === jcs({ ...right, [name]: 0 });
  } catch {
    return false;
  }
}

const EVERY = process.env["SOC2_ER_EVERY_MUTANT"] === "1";
const LENGTH = EVERY ? { timeout: 3_600_000 } : {};
const COUNT = EVERY ? 6_000 : LONG ? 600 : 120;
const BY = ["ana", "ben", "eve"];

test(
  `${COUNT} logs of two homes in which something was flipped, dropped, swapped, doubled or cut are all found (seed ${SEED})`,
  LENGTH,
  async (t) => {
    const trials = new Trials(t);
    await trials.begin();
    const next = random(SEED);
    const ways = [shuffled, shuffled, shuffled, wholeBatches, blob, cut];
    for (let round = 0; round < COUNT; round++)
      await trials.mutant((model) => (ways[next(ways.length)] ?? shuffled)(model, next));
  },
);

const SIGNED = EVERY ? "every value" : "a sample of the values";
const SAMPLE = LONG ? 300 : 60;

test(
  `${SIGNED} of every entry, told otherwise and signed anew with each session's key, is found (seed ${SEED})`,
  LENGTH,
  async (t) => {
    const trials = new Trials(t);
    await trials.begin();
    const next = random(SEED + 1);
    const all = edits(new Model(trials.homes)).flatMap((edit) =>
      BY.flatMap((by) => [false, true].map((reseal) => ({ edit, by, reseal }))),
    );
    const some = EVERY ? all : Array.from({ length: SAMPLE }, () => all[next(all.length)] as (typeof all)[number]);
    for (const { edit, by, reseal } of some) await trials.mutant((model) => resigned(model, trials.homes, edit, by, reseal));
  },
);

/** The statement of an approval with one line told otherwise, signed by a person. */
function restated(model: Model, homes: TwoHomes, edit: { batch: number; line: number }, label: string, signer: string): Mutant {
  const payload = payloadOf(model.batches[edit.batch]?.[edit.line] ?? Buffer.of());
  const body = payload["body"] as Record<string, string>;
  const statement = (body["statement"] ?? "").replace(
    new RegExp(`^(${label}: )(.*)$`, "m"),
    (_, name: string, said: string) => `${name}${String(another(said))}`,
  );
  const signature = sshSign(signer, "approval.soc2-er.v1", statement);
  const session = Object.values(homes.sessions).find(({ writer }) => writer === payload["writer"]);
  const told = { ...payload, body: { ...body, statement, signature } };
  model.replace(edit, envelope(ENTRY, jcs(told), String(payload["writer"]), session?.key.privateKey as KeyObject));
  resealed(model, homes, edit.batch);
  return {
    what: `${label} of an approval at ${batchAt(edit.batch)}, signed by ${signer}, sealed anew`,
    near: ofBatch(edit.batch),
  };
}

const LABELS = [
  "origin",
  "incident",
  "action",
  "plan",
  "summary",
  "decision",
  "role",
  "person",
  "key",
  "not-before",
  "not-after",
  "nonce",
  "seen",
];

test("each line of an approval, told otherwise and signed with each person's key, is found", async (t) => {
  const trials = new Trials(t);
  await trials.begin();
  const good = new Model(trials.homes);
  const approvals = good
    .entries()
    .filter(({ batch, line }) => payloadOf(good.batches[batch]?.[line] ?? Buffer.of())["type"] === "approval.recorded");
  for (const edit of LONG ? approvals : approvals.slice(0, 1))
    for (const label of LABELS)
      for (const signer of BY) await trials.mutant((model) => restated(model, trials.homes, edit, label, signer));
});

test("the opening of a session, certified by each person's key, is found", async (t) => {
  const trials = new Trials(t);
  await trials.begin();
  const good = new Model(trials.homes);
  const openings = good
    .entries()
    .filter(({ batch, line }) => payloadOf(good.batches[batch]?.[line] ?? Buffer.of())["type"] === "session.opened");
  for (const edit of openings)
    for (const name of ["host", "tool", "expiresAt", "person"])
      for (const signer of BY)
        await trials.mutant((model) => {
          const payload = payloadOf(model.batches[edit.batch]?.[edit.line] ?? Buffer.of());
          const { certificate: _, ...body } = payload["body"] as Record<string, Value>;
          const told = { ...body, [name]: another(body[name]) };
          const certificate = sshSign(
            signer,
            "session.soc2-er.v1",
            jcs({ origin: ORIGIN, writer: payload["writer"], body: told }),
          );
          const session = Object.values(trials.homes.sessions).find(({ writer }) => writer === payload["writer"]);
          const made = jcs({ ...payload, body: { ...told, certificate } });
          model.replace(edit, envelope(ENTRY, made, String(payload["writer"]), session?.key.privateKey as KeyObject));
          resealed(model, trials.homes, edit.batch);
          return {
            what: `${name} of a session at ${batchAt(edit.batch)}#${edit.line - 1}, certified by ${signer}`,
            near: ofBatch(edit.batch),
          };
        });
});
