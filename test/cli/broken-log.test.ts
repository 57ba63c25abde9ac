import assert from "node:assert/strict";
import { chmodSync, chownSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Ended, soc2er } from "./binary.ts";
import { Company, fingerprint, refused } from "./company.ts";
import { some } from "./every-command.ts";

const DIGEST = `sha256:${"0".repeat(64)}`;

/** Commands that read or write the log, before anything else that they do. */
const COMMANDS = [
  ["status"],
  ["incident", "list"],
  ["incident", "declare", "--title", "x", "--severity", "1"],
  ["incident", "close", "--reason", "x"],
  ["isolate", "tenant", "acme", "--declare", "x"],
  ["isolate", "tenant", "acme", "--dry-run"],
  ["apply", DIGEST, "--yes"],
  ["approve", DIGEST],
  ["reject", DIGEST],
  ["plan", "list"],
  ["release", "inc-0000-nobody"],
  ["rollback", "run-0000-nobody"],
  ["resume"],
  ["audit", "log"],
  ["audit", "show", "999"],
  ["audit", "sync"],
] as const;
/** One that reads and one that writes, where the others were tried on the like. */
const TWO = [COMMANDS[0], COMMANDS[2]];

type Log = { readonly company: Company; readonly folder: string; readonly segment: string };

const STORE = "audit: { stores: [ { kind: directory, path: store } ] }\n";

/** Logs with two entries of an operator, written once for all tests; each breaks a copy. */
const whole = new Map<string, Promise<Company>>();

async function written(stores: string): Promise<Company> {
  const company = await Company.found({ after: () => undefined }, stores);
  for (const title of ["first", "second"])
    assert.equal((await company.run(["incident", "declare", "--title", title, "--severity", "2"])).code, 0);
  return company;
}

async function begin(t: TestContext, stores = STORE): Promise<Log> {
  const original = whole.get(stores) ?? written(stores);
  whole.set(stores, original);
  const company = (await original).copy(t);
  const folder = join(company.home, "real", "log");
  return { company, folder, segment: join(folder, "segments", "0000000000.wal") };
}

/** Every record of a segment with the line end that it has. */
function recordsOf(segment: string): Buffer[] {
  const bytes = readFileSync(segment);
  const records: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 26 + Number.parseInt(bytes.toString("latin1", at, at + 8), 16) + 1;
    records.push(bytes.subarray(at, end));
    at = end;
  }
  return records;
}

/** All of them end with exit 9 and say where; nothing in the home or in the store is another than before. */
async function unusable(
  { company }: Log,
  says: string | RegExp,
  { code = "audit-broken", commands = some<readonly string[]>(COMMANDS) } = {},
): Promise<void> {
  const before = [fingerprint(company.home), fingerprint(company.store)];
  for (const args of commands) {
    const hints = refused(await company.run(args), { code, exit: 9, says });
    assert.match(hints.join("\n"), /--home FOLDER/, args.join(" "));
  }
  const doctor = await company.run(["doctor", "--offline"]);
  assert.equal(doctor.code, 1, doctor.out);
  assert.match(doctor.out, /FAIL log /);
  assert.deepEqual([fingerprint(company.home), fingerprint(company.store)], before);
}

async function verdict({ company }: Log, exit: number): Promise<void> {
  const { code, out, err } = await company.run(["audit", "verify"]);
  assert.equal(code, exit, out + err);
}

test("a record that a crash cut short: reading passes over it, the next writer keeps it aside and goes on", async (t) => {
  const log = await begin(t);
  const { company, folder, segment } = log;
  const whole = readFileSync(segment);
  const last = recordsOf(segment).at(-1) ?? assert.fail();
  const torn = last.subarray(0, last.length / 2);
  writeFileSync(segment, Buffer.concat([whole, torn]));
  const before = fingerprint(folder);
  for (const args of [["status"], ["incident", "list"], ["audit", "log"], ["plan", "list"]]) {
    const { code, err } = await company.run(args);
    assert.equal(code, 0, err);
  }
  assert.deepEqual(fingerprint(folder), before, "reading changes nothing");

  const declared = await company.run(["incident", "declare", "--title", "third", "--severity", "2"]);
  assert.equal(declared.code, 0, declared.err);
  const now = readFileSync(segment);
  assert.ok(now.subarray(0, whole.length).equals(whole), "what was whole is as it was");
  assert.ok(now.length > whole.length);
  const [kept = "", ...more] = readdirSync(join(folder, "quarantine"));
  assert.deepEqual(more, []);
  assert.ok(readFileSync(join(folder, "quarantine", kept)).equals(torn), "the torn bytes are kept");
  const { out } = await company.run(["audit", "log", "--json"]);
  const types = JSON.parse(out).items.map(({ type }: { type: string }) => type);
  assert.equal(types.filter((type: string) => type === "recovery.truncated").length, 1);
  assert.equal(types.filter((type: string) => type === "incident.declared").length, 3);
  await verdict(log, 0);
});

test("an altered byte anywhere: nothing goes on, and the bytes stay as evidence", async (t) => {
  const log = await begin(t);
  const good = readFileSync(log.segment);
  const records = recordsOf(log.segment);
  const [first = 0, second = 0] = records.map(({ length }) => length);
  const places = [0, 12, 200, first - 1, first + 30, first + second - 2, good.length - 40, good.length - 1];
  for (const place of places) {
    const bad = Buffer.from(good);
    bad.writeUInt8(bad.readUInt8(place) ^ 1, place);
    writeFileSync(log.segment, bad);
    const before = fingerprint(log.folder);
    for (const args of TWO)
      refused(await log.company.run(args), { code: "audit-broken", exit: 9, says: `"${log.segment}" at byte ` });
    await verdict(log, 30);
    assert.deepEqual(fingerprint(log.folder), before, `byte ${place}`);
  }
  await unusable(log, `"${log.segment}" at byte `);
  writeFileSync(log.segment, good);
  await verdict(log, 0);
});

test("records taken out, doubled or put in another order: nothing goes on", async (t) => {
  const log = await begin(t, "");
  const records = recordsOf(log.segment);
  const [one = Buffer.alloc(0), two = Buffer.alloc(0), ...rest] = records;
  for (const altered of [[one, ...rest], [one, one, two, ...rest], [two, one, ...rest], [two, ...rest], []]) {
    writeFileSync(log.segment, Buffer.concat(altered));
    await unusable(log, log.folder, { commands: TWO });
    await verdict(log, altered.length === 0 ? 20 : 30);
  }
});

test("a log without the file that pins its founding is not founded anew", async (t) => {
  const log = await begin(t);
  const pin = join(log.folder, "genesis.json");
  const good = readFileSync(pin);
  rmSync(pin);
  await unusable(log, `"${pin}"`);
  refused(await log.company.run(["init", "--yes"]), { code: "audit-broken", exit: 9, says: `"${pin}"` });
  await verdict(log, 20);
  for (const bad of ["", "{}", good.subarray(1), good.toString().replace(/sha256:[0-9a-f]{8}/, "sha256:00000000")]) {
    writeFileSync(pin, bad);
    await unusable(log, log.folder, { commands: TWO });
  }
  writeFileSync(pin, good);
  await verdict(log, 0);
});

test("an altered batch, or a segment that is gone: nothing goes on", async (t) => {
  const log = await begin(t);
  const batch = join(log.folder, "batches", "000000000000");
  const good = readFileSync(batch);
  const bad = Buffer.from(good);
  bad.writeUInt8(bad.readUInt8(300) ^ 1, 300);
  writeFileSync(batch, bad);
  await unusable(log, log.folder);
  await verdict(log, 30);
  writeFileSync(batch, good);
  await verdict(log, 0);
  const alone = await begin(t, "");
  renameSync(alone.segment, `${alone.segment}.away`);
  await unusable(alone, alone.folder, { commands: TWO });
});

test("a home that keeps another organization's log is not written to", async (t) => {
  const log = await begin(t);
  writeFileSync(log.company.config, log.company.text.replace("acme.example/soc2-er/prod", "globex.example/soc2-er/prod"));
  await unusable(log, '"acme.example/soc2-er/prod"', { code: "audit-forked" });
});

test("a log that may not be read or written: nothing goes on, and it is there when the right is given back", async (t) => {
  const log = await begin(t);
  const { company, folder } = log;
  giveToNobody(company.folder);
  const run = (args: readonly string[]) => asNobody(company, args);
  assert.equal((await run(["status"])).code, 0, "with the rights it works");
  const before = fingerprint(company.home);
  const declare = ["incident", "declare", "--title", "x", "--severity", "1"];
  for (const { path, mode, commands } of [
    { path: log.segment, mode: 0o000, commands: COMMANDS },
    { path: join(folder, "segments"), mode: 0o000, commands: [["status"], declare] },
    { path: join(folder, "genesis.json"), mode: 0o000, commands: [["status"], declare, ["init", "--yes"]] },
    { path: folder, mode: 0o000, commands: [["status"], declare, ["init", "--yes"]] },
    { path: log.segment, mode: 0o400, commands: [declare] },
  ]) {
    const given = statSync(path).mode;
    chmodSync(path, mode);
    for (const args of commands) refused(await run(args), { code: "audit-unavailable", exit: 9, says: /permission denied/ });
    chmodSync(path, given);
    assert.deepEqual(fingerprint(company.home), before, path);
  }
  chmodSync(log.segment, 0o400);
  assert.equal((await run(["audit", "log"])).code, 0, "what may be read is read");
  chmodSync(log.segment, 0o600);
  assert.equal((await run(declare)).code, 0);
  await verdict(log, 0);
});

/** The superuser may do everything: then it is somebody else who starts the program. */
const NOBODY = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

function giveToNobody(folder: string): void {
  if (NOBODY.uid === undefined) return;
  for (const name of ["", ...readdirSync(folder, { recursive: true, encoding: "utf8" })])
    chownSync(join(folder, name), NOBODY.uid, NOBODY.gid);
}

function asNobody(company: Company, args: readonly string[]): Promise<Ended> {
  const whose = ["--config", company.config, "--home", company.home, "--key", join(company.folder, "on-call")];
  return soc2er([...args, ...whose], { cwd: company.folder, as: NOBODY });
}
