import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { generateKeyFile } from "../../src/signing/index.ts";
import { freshFolder } from "../cli/binary.ts";
import { Drill } from "../cli/drill.ts";
import { readDocument } from "../house/documents.ts";
import { ROOT } from "../house/source.ts";

const page = readDocument("docs/audit-log.md");
/** What the page tells an auditor to type, as one shell session. */
const WALK = `set -eu\n${page.blocks
  .filter(({ language }) => language === "sh")
  .map(({ text }) => text)
  .join("")}`;

/** LibreSSL, which some systems call openssl, cannot check Ed25519. */
const openssl = spawnSync("openssl", ["version"], { encoding: "utf8" }).stdout ?? "none";
const LACKING = /^OpenSSL [3-9]/.test(openssl) ? false : `NOT RUN: the walk by hand needs OpenSSL 3, here is ${openssl.trim()}`;

function walk(log: string): { status: number | null; out: string; err: string } {
  const { PATH = "" } = process.env;
  const { status, stdout, stderr } = spawnSync("sh", ["-c", WALK], {
    cwd: freshFolder(),
    env: { PATH, LOG: log },
    encoding: "utf8",
  });
  return { status, out: stdout, err: stderr };
}

/** A log with a run that one lead approved and the other had signed for in advance, all of it in batches but the end of its last session. */
async function logOf(drill: Drill, more: (drill: Drill) => Promise<void> = async () => undefined): Promise<string> {
  await drill.hurry();
  const limits = ["--target", "aws:user/*", "--expires", "1d"];
  assert.equal((await drill.run(["authorize", "revoke-credentials", ...limits, "--yes"], { who: "sec-lead" })).code, 0);
  assert.equal((await drill.contain("revoke", "aws:user/intruder")).code, 0);
  await more(drill);
  assert.equal((await drill.run(["audit", "sync"])).code, 0);
  return join(drill.home, "drill/log");
}

/** A second key of the on-call, which opens a session. */
async function addKey(drill: Drill): Promise<void> {
  const file = join(drill.folder, "second");
  await generateKeyFile(file, "on-call");
  const change = ["audit", "key", "propose", "add-key", "on-call", `${file}.pub`, "--yes"];
  const { document } = await drill.run(change, { who: "sec-lead" });
  const signed = await drill.run(["audit", "key", "sign", "-", "--yes"], { who: "eng-lead", input: document["text"] });
  const applied = await drill.run(["audit", "key", "apply", "-", "--yes"], { input: signed.document["text"] });
  assert.equal(applied.code, 0, JSON.stringify(applied.document));
  const declare = ["incident", "declare", "--title", "by the new key", "--severity", "4"];
  assert.equal((await drill.run(declare, { who: file })).code, 0);
}

/** A copy of the log in which one text of an entry is another of the same length, framed as before. */
async function altered(log: string, part: "segments" | "batches", from: string, to: string): Promise<string> {
  assert.equal(from.length, to.length);
  const copy = join(freshFolder(), "log");
  await cp(log, copy, { recursive: true });
  let changed = 0;
  for (const name of await readdir(join(copy, part))) {
    const path = join(copy, part, name);
    const text = await readFile(path, "latin1");
    const forged = text.replace(/"payload":"([^"]+)"/g, (whole, payload: string) => {
      const said = Buffer.from(payload, "base64").toString("latin1");
      if (!said.includes(from)) return whole;
      changed++;
      return whole.replace(payload, Buffer.from(said.replace(from, to), "latin1").toString("base64"));
    });
    await writeFile(path, forged, "latin1");
  }
  assert.ok(changed > 0, `"${from}" is nowhere`);
  return copy;
}

test("the walk by hand, as the page has it, passes the program's own log and stops at forgeries", {
  skip: LACKING,
}, async (t) => {
  const drill = await Drill.begin(t);
  const log = await logOf(drill, addKey);
  const entries = await drill.entries();
  const { status, out, err } = walk(log);
  assert.equal(status, 0, err);
  assert.match(out, new RegExp(`^${entries.length} entries by \\d+ sessions, \\d+ of them in batches`, "m"));
  assert.match(
    out,
    /look: .* is within the scope sha256:.*\n.*by on-call, approved by .*eng-lead.*engineering.*sec-lead.*security/,
  );
  assert.match(out, /every signature holds\nentry 1 of \d+ is under root [0-9a-f]{64} by [1-9]\d* hashes\n$/);

  const framed = walk(await altered(log, "segments", '"person":"sec-lead"', '"person":"eng-lead"'));
  assert.notEqual(framed.status, 0);
  assert.match(framed.err, /altered/);
  const rooted = walk(await altered(log, "batches", '"mode":"drill"', '"mode":"drilL"'));
  assert.notEqual(rooted.status, 0);
  assert.match(rooted.err, /root|next one/);
});

test("a forgery that everything but its signature hides is found by openssl", { skip: LACKING }, async (t) => {
  const log = await logOf(await Drill.begin(t));
  const copy = join(freshFolder(), "log");
  await cp(log, copy, { recursive: true, filter: (path) => !path.includes("/batches") });
  const segment = join(copy, "segments/0000000000.wal");
  await writeFile(segment, await reframed(segment, (said) => said.replace(/"mono":\d+/, '"mono":77777')));
  const { status, out } = walk(copy);
  assert.equal(status, 1);
  assert.match(out, /signed\/\d+ does not verify\n$/);
});

/** The segment with its last entry said otherwise, under the old signature. */
async function reframed(path: string, say: (said: string) => string): Promise<Buffer> {
  const bytes = await readFile(path);
  const start = bytes.lastIndexOf(0x0a, bytes.length - 2) + 1;
  const envelope = JSON.parse(bytes.toString("latin1", start + 26, bytes.length - 1));
  envelope.payload = Buffer.from(say(Buffer.from(envelope.payload, "base64").toString())).toString("base64");
  const forged = Buffer.from(JSON.stringify(envelope));
  const sum = createHash("sha256").update(forged).digest("hex").slice(0, 16);
  const header = `${forged.length.toString(16).padStart(8, "0")} ${sum} `;
  return Buffer.concat([bytes.subarray(0, start), Buffer.from(header), forged, Buffer.from("\n")]);
}

test("the page names every type of entry, every finding, and no other", async () => {
  const bodies = await readFile(join(ROOT, "src/audit/bodies.ts"), "utf8");
  const types = [...bodies.matchAll(/^ {2}"?([a-z.]+)"?: \[/gm)].map(([, type = ""]) => type);
  assert.ok(types.length > 15, types.join());
  const section = /## Types of entries\n(.*?)\n## /s.exec(page.text)?.[1] ?? "";
  const named = [...section.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, cell = ""]) => cell.replaceAll("`", "").split(", "));
  assert.deepEqual(named.toSorted(), types.toSorted());

  const findings = await readFile(join(ROOT, "src/verifier/findings.ts"), "utf8");
  const graded = [...findings.matchAll(/^ {2}"?([a-z-]+)"?: ([123]),$/gm)].map(([, code, grade]) => `${grade} ${code}`);
  assert.ok(graded.length > 35, graded.join());
  const verdicts = ["verified-with-gaps", "incomplete", "tampered"];
  const told = verdicts.flatMap((verdict, index) => {
    const row = page.text.split("\n").find((line) => line.startsWith(`| ${verdict} |`)) ?? "";
    return [...row.matchAll(/`([a-z-]+)`/g)].map(([, code]) => `${index + 1} ${code}`);
  });
  assert.deepEqual(told.toSorted(), graded.toSorted());
});
