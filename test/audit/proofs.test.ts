import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type EntryProof, entryProofText, growthProofText, proveEntry, proveGrowth } from "../../src/audit/proof.ts";
import { directoryStore } from "../../src/audit/stores/directory.ts";
import type { ErError } from "../../src/model/index.ts";
import { noteKey, parseCheckpoint } from "../../src/signing/index.ts";
import { type ProofVerification, verifyProof } from "../../src/verifier/proof.ts";
import { freshFolder } from "../cli/binary.ts";
import { lacking } from "../debian.ts";
import { all, bench, note, ORIGIN } from "./bench.ts";
import { newLogKey } from "./log-keys.ts";

const GO = lacking(["go", "/usr/share/gocode/src/golang.org/x/mod/sumdb/note/note.go"], ["golang-go", "golang-golang-x-mod-dev"]);

/** A log of several batches, each with its checkpoint. */
async function logOf(t: TestContext, type: "ed25519" | "ec") {
  const logKey = await newLogKey(type);
  const { init, write, read, home } = await bench(t, { logKey });
  await init();
  const store = directoryStore("share", freshFolder());
  const writer = await write({ stores: [store], logKey });
  for (const texts of [["one"], ["two", "three", "four"], ["five"], ["six", "seven"]]) {
    await writer.append(texts.map(note));
    await writer.sync(5_000);
  }
  await writer.close();
  const place = { home: home(), origin: ORIGIN };
  const notes = await readdir(join(home(), "log/checkpoints")).then((names) =>
    Promise.all(names.sort().map((name) => readFile(join(home(), "log/checkpoints", name), "utf8"))),
  );
  const entries = await all(await read());
  const proofs = await Promise.all(entries.map(({ index }) => proveEntry(place, index)));
  return { place, logKey, vkey: noteKey(ORIGIN, await logKey.publicKey()).text, notes, proofs };
}

type Question = {
  readonly note: string;
  readonly key: string;
  readonly leaf?: string;
  readonly index?: number;
  readonly oldSize?: number;
  readonly oldRoot?: string;
  readonly hashes?: readonly string[];
};

/** What Go says to each; "true" where it holds. */
function askGo(questions: readonly Question[]): string[] {
  const env = { ...process.env, GO111MODULE: "off", GOPATH: "/usr/share/gocode" };
  const input = questions.map((question) => `${JSON.stringify(question)}\n`).join("");
  const { status, stdout, stderr } = spawnSync("go", ["run", join(import.meta.dirname, "go-oracle.go")], {
    input,
    env,
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
  return stdout.trimEnd().split("\n");
}

const asked = (key: string, { note, envelope, index, hashes }: EntryProof): Question => ({
  ...{ note, key, index, hashes },
  leaf: Buffer.from(envelope).toString("base64"),
});

test("Go's own notes and proofs accept ours, and refuse them altered", { skip: GO ?? false }, async (t) => {
  const right: Question[] = [];
  const wrong: Question[] = [];
  for (const type of ["ed25519", "ec"] as const) {
    const { place, vkey, notes, proofs } = await logOf(t, type);
    assert.ok(notes.length >= 4 && proofs.length >= 12, `${notes.length} checkpoints, ${proofs.length} entries`);
    right.push(...notes.map((one) => ({ note: one, key: vkey })), ...proofs.map((proof) => asked(vkey, proof)));
    for (const old of notes.map((one) => parseCheckpoint(Buffer.from(one)))) {
      const { hashes, note } = await proveGrowth(place, old);
      const growth = { note, key: vkey, oldSize: old.size, oldRoot: old.root, hashes };
      right.push(growth);
      wrong.push({ ...growth, oldRoot: "00".repeat(32) }, { ...growth, oldSize: old.size + 1 });
      if (hashes.length > 0) wrong.push({ ...growth, hashes: hashes.slice(1) });
    }
    const [first, second] = proofs;
    assert.ok(first && second);
    const good = asked(vkey, second);
    const stranger = noteKey(ORIGIN, await (await newLogKey(type)).publicKey()).text;
    wrong.push(
      { ...good, key: stranger },
      { ...good, index: 2 },
      { ...good, leaf: asked(vkey, first).leaf ?? "" },
      { ...good, hashes: good.hashes?.toReversed() ?? [] },
      { ...good, note: good.note.replace(/\n\d+\n/, "\n9\n") },
    );
  }
  const answers = askGo([...right, ...wrong]);
  assert.deepEqual(
    answers.slice(0, right.length),
    right.map(() => "true"),
  );
  assert.deepEqual(
    answers.slice(right.length).filter((answer) => answer === "true"),
    [],
  );
  assert.equal(answers.length, right.length + wrong.length);
});

test("OpenSSL accepts the signature of a P-256 log key", async (t) => {
  const { logKey, notes } = await logOf(t, "ec");
  const folder = freshFolder();
  const { text, signatures } = parseCheckpoint(Buffer.from(notes.at(-1) ?? ""));
  const publicKey = (await logKey.publicKey()).export({ format: "pem", type: "spki" });
  for (const [name, bytes] of Object.entries({ text, sig: signatures[0]?.signature ?? "", pub: publicKey }))
    await writeFile(join(folder, name), bytes);
  const verify = () =>
    spawnSync("openssl", ["dgst", "-sha256", "-verify", "pub", "-signature", "sig", "text"], { cwd: folder, encoding: "utf8" })
      .stdout;
  assert.equal(verify(), "Verified OK\n");
  await writeFile(join(folder, "text"), text.replace(ORIGIN, `${ORIGIN}x`));
  assert.notEqual(verify(), "Verified OK\n");
});

test("the verifier checks a proof without the log, and refuses it altered", async (t) => {
  const { place, vkey, proofs } = await logOf(t, "ed25519");
  const said = (text: string, logKey: string | undefined = vkey): ProofVerification =>
    verifyProof(Buffer.from(text), { origin: ORIGIN, ...(logKey === "" ? {} : { logKey }) });
  for (const proof of proofs) {
    const { verdict, index, says } = said(entryProofText(proof));
    assert.deepEqual([verdict, index], ["verified", proof.index]);
    assert.match(says, /^[a-z.]+ at .* by ana, writer [0-9a-f]{16} entry \d+$/);
  }
  const [, proof] = proofs;
  assert.ok(proof);
  const text = entryProofText(proof);
  const codes = (altered: string, key?: string): string[] => said(altered, key).findings.map(({ code }) => code);
  assert.equal(said(text, "").verdict, "verified-with-gaps");
  assert.deepEqual(codes(text, noteKey(ORIGIN, await (await newLogKey()).publicKey()).text), ["checkpoint"]);
  assert.deepEqual(codes(text.replace("index 1", "index 2")), ["batch-root"]);
  assert.deepEqual(codes(text.replace("index 1", "index 99999")), ["batch-root"]);
  assert.deepEqual(codes(text.replace(/(?<=^extra ..)./m, (one) => (one === "A" ? "B" : "A"))), ["batch-root"]);
  assert.deepEqual(codes(entryProofText({ ...proof, hashes: proof.hashes.slice(1) })), ["batch-root"]);
  assert.deepEqual(codes(entryProofText({ ...proof, hashes: [...proof.hashes, "00".repeat(32)] })), ["batch-root"]);
  assert.deepEqual(codes(text.replace(`\n${proof.head.size}\n`, `\n${proof.head.size + 1}\n`)), ["checkpoint"]);
  assert.deepEqual(codes(text.replace(/^extra .*\n/m, "")), ["form"]);
  assert.deepEqual(codes(text.replaceAll(ORIGIN, `${ORIGIN}x`)), ["origin"]);
  assert.deepEqual(codes("rubbish"), ["form"]);
  const newest = (await proveGrowth(place, null)).head;
  const inner = proofs.at(-1)?.hashes.at(-1) ?? "";
  const node = Buffer.concat([Buffer.of(1), Buffer.from(inner, "hex"), Buffer.alloc(32)]);
  assert.deepEqual(
    codes(entryProofText({ ...proof, envelope: node, head: newest })),
    ["batch-root"],
    "an inner node is no entry",
  );
});

test("what is not in a batch, or of another history, is not proven", async (t) => {
  const { place, proofs } = await logOf(t, "ed25519");
  const refused = (code: string, message: RegExp) => (error: unknown) => {
    assert.equal((error as ErError).code, code);
    assert.match((error as ErError).message, message);
    return true;
  };
  const { head } = await proveGrowth(place, null);
  await assert.rejects(proveEntry(place, proofs.length), refused("usage", /stands in no batch yet/));
  await assert.rejects(proveGrowth(place, { ...head, size: head.size + 1 }), refused("usage", /the newest one here over/));
  await assert.rejects(proveGrowth(place, { ...head, root: "00".repeat(32) }), refused("audit-forked", /another history/));
  const growth = await proveGrowth(place, head);
  assert.deepEqual(growth.hashes, []);
  assert.match(growthProofText(growth, head), new RegExp(`^old ${head.size}\n\n${ORIGIN}\n${head.size}\n`));
});
