import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { soc2er } from "./binary.ts";
import { Drill } from "./drill.ts";

const codes = ({ findings }: { findings?: { code: string }[] }) => [...new Set(findings?.map(({ code }) => code))].sort();

test("checkpoints are made, and the one that somebody kept is held against the log", async (t) => {
  const drill = await Drill.begin(t);
  const [log, store] = [join(drill.home, "drill/log"), join(drill.home, "range/audit-store")];
  const synced = await drill.run(["audit", "sync"]);
  assert.equal(synced.code, 0, synced.err);
  const newest = (await readdir(join(store, "checkpoint"))).sort().at(-1) ?? "";
  const { entries } = synced.document["checkpoint"];
  assert.ok(entries > 0 && entries <= Number(newest), `${entries}, ${newest}`);
  const kept = join(drill.folder, "kept.note");
  await cp(join(log, "checkpoints", newest), kept);
  const genesis = (await drill.entries()).find(({ type }) => type === "genesis");
  const key = genesis?.type === "genesis" ? (genesis.body.logKey ?? "") : "";
  assert.match(key, /^acme\.example\/soc2-er\/drill\+[0-9a-f]{8}\+A/);
  assert.equal((await drill.run(["incident", "close", drill.incident, "--reason", "over"])).code, 0);
  const verify = async (...args: string[]) => (await drill.run(["audit", "verify", "--checkpoint", kept, ...args])).document;
  assert.deepEqual(codes(await verify("--log-key", key)), []);
  const other = `acme.example/soc2-er/drill+00000000+${key.split("+").slice(2).join("+")}`;
  assert.ok(codes(await verify("--log-key", other)).includes("log-key"));
  const head = (await readFile(kept, "utf8")).split("\n");
  await writeFile(kept, [head[0], head[1], Buffer.alloc(32).toString("base64"), "", ""].join("\n"));
  assert.deepEqual(codes(await verify()), ["fork"]);
  const { code, document } = await drill.run(["audit", "verify", "--checkpoint", `${kept}.none`]);
  assert.deepEqual([code, document["error"]?.code], [2, "usage"]);
});

test("a store that was rolled back stops reading, deciding and undoing, and no containment", async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  const plan = await drill.plan("revoke", "aws:user/intruder", "--incident", drill.incident, "--plan-only");
  await drill.approve(plan, "sec-lead");
  const batches = join(drill.home, "range/audit-store/batch");
  const last = (await readdir(batches)).sort().at(-1) ?? "";
  const bytes = await readFile(join(batches, last));
  await rm(join(batches, last));
  for (const args of [
    ["status"],
    ["audit", "log"],
    ["approve", plan, "--yes", "--key", "eng-lead"],
    ["release", drill.incident, "--plan-only"],
  ]) {
    const { code, document, err } = await drill.run(args);
    assert.deepEqual([code, document["error"]?.code], [9, "audit-forked"], `${args.join(" ")}: ${err}`);
    assert.match(document["error"].message, /is gone: it was cut or rolled back/);
  }
  const more = await drill.run(["block", "ip", "203.0.113.9", "--incident", drill.incident, "--plan-only"]);
  assert.equal(more.code, 8, JSON.stringify(more.document));
  assert.match(more.err, /cut or rolled back/);
  assert.equal((await drill.run(["audit", "sync"])).code, 9);
  await writeFile(join(batches, last), bytes);
  await drill.approve(plan, "eng-lead");
  const applied = await drill.run(["apply", plan, "--yes"]);
  assert.equal(applied.code, 0, JSON.stringify(applied.document));
  assert.deepEqual(codes(await drill.verify(10)), ["remote-down"]);
});

test("a checkpoint and proofs are handed to who has no log", async (t) => {
  const drill = await Drill.begin(t);
  const plain = async (...args: string[]) => (await soc2er([...args, "--range", "--home", drill.home, "--quiet"])).out;
  const kept = join(drill.folder, "kept.note");
  await writeFile(kept, await plain("audit", "checkpoint"));
  const { document: newest } = await drill.run(["audit", "checkpoint"]);
  assert.deepEqual([newest["note"], newest["signed"]], [await readFile(kept, "utf8"), true]);
  const { document: shown } = await drill.run(["audit", "show", "1", "--proof"]);
  const proof = join(drill.folder, "1.tlog-proof");
  await writeFile(proof, await plain("audit", "show", "1", "--proof"));
  assert.equal(await readFile(proof, "utf8"), shown["proof"].text);
  const verifier = join(import.meta.dirname, "../../dist/verifier.cjs");
  const verified = (...args: string[]) =>
    spawnSync(process.execPath, [verifier, "--proof", proof, ...args], { encoding: "utf8" });
  const { status, stdout } = verified("--log-key", shown["body"].logKey);
  assert.equal(status, 0, stdout);
  assert.match(stdout, /^verified: entry 1 of \d+ in acme\.example\/soc2-er\/drill: genesis at .* by on-call/);
  assert.equal(verified().status, 10);
  assert.equal(verified("--log-key", shown["body"].logKey, "--origin", "other").status, 30);
  assert.equal(verified(drill.home).status, 2);
  assert.equal((await drill.run(["incident", "declare", "--title", "more", "--severity", "4"])).code, 0);
  const { document: grown } = await drill.run(["audit", "checkpoint", "--since", kept]);
  assert.ok(grown["size"] > newest["size"] && grown["since"].hashes.length > 0);
  assert.match(await plain("audit", "checkpoint", "--since", kept), new RegExp(`^old ${newest["size"]}\n`));
  const unproven = await drill.run(["audit", "show", "9999", "--proof"]);
  assert.deepEqual([unproven.code, unproven.document["error"]?.code], [2, "usage"]);
});

test("doctor says whether the log key is the log's", async (t) => {
  const drill = await Drill.begin(t);
  const looked = async () => (await drill.run(["doctor"])).document["checks"].find(({ id }: { id: string }) => id === "log key");
  assert.deepEqual((await looked()).status, "ok");
  const path = join(drill.home, "range/keys/log");
  await cp(join(drill.home, "range/keys/on-call"), path);
  const other = await looked();
  assert.equal(other.status, "fail");
  assert.match(other.detail, /is not the key that the log was founded with, which is acme\.example\/soc2-er\/drill\+/);
  await rm(path);
  assert.match((await looked()).detail, /cannot be used: .*no such file/i);
});
