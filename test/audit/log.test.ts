import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { appendFile, readdir, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { all, bench, note, texts } from "./bench.ts";

const segment = (home: string): string => join(home, "log/segments/0000000000.wal");
const code = (expected: string) => (error: unknown) => {
  assert.equal((error as { code?: string }).code, expected, String(error));
  return true;
};

test("what was written is read back in order, with its place and author", async (t) => {
  const { init, write, read, home } = await bench(t);
  await init();
  const ana = await write();
  const [first] = await ana.append([note("one")]);
  await Promise.all(["two", "three"].map((text) => ana.append([note(text)])));
  const ben = await write({ who: "ben" });
  const [later] = await ben.append([note("four")]);
  await ben.close();
  await ana.close();
  const entries = await all(await read());
  assert.deepEqual(
    entries.map(({ type }) => type),
    [
      "session.opened",
      "genesis",
      "session.closed",
      "session.opened",
      "note",
      "note",
      "note",
      "session.opened",
      "note",
      "session.closed",
      "session.closed",
    ],
  );
  assert.deepEqual(
    entries.map(({ index }) => index),
    entries.map((_, index) => index),
  );
  assert.deepEqual(texts(entries), ["one", "two", "three", "four"]);
  assert.deepEqual(
    entries.find(({ digest }) => digest === first?.digest),
    first,
  );
  assert.deepEqual(
    entries.find(({ digest }) => digest === later?.digest),
    later,
  );
  assert.equal(later?.person, "ben");
  assert.deepEqual((await readdir(home())).sort(), ["log"]);
});

test("the keyring is that of the first entry; a stranger's key opens no session", async (t) => {
  const { init, write, read } = await bench(t);
  await init();
  const keyring = await (await read()).keyring();
  assert.ok(keyring.holds("ben", "security"));
  assert.ok(!keyring.holds("ana", "security"));
  await assert.rejects(write({ who: "mallory" }), code("key-unknown"));
  await assert.rejects(init(), code("already-initialized"));
  await assert.rejects(write({ origin: "other.example/log" }), code("audit-forked"));
});

test("who founds a log is among its people", async (t) => {
  const { init, exists, home } = await bench(t);
  await assert.rejects(init(home(), "mallory"), code("key-unknown"));
  assert.equal(await exists(home()), false);
});

test("two that found a log at once: one does", async (t) => {
  const { init, read } = await bench(t);
  const tried = await Promise.allSettled([init(), init(), init()]);
  assert.equal(tried.filter(({ status }) => status === "fulfilled").length, 1);
  for (const one of tried) if (one.status === "rejected") code("already-initialized")(one.reason);
  assert.equal((await all(await read())).length, 3);
});

test("a torn tail is kept aside, and said in the log", async (t) => {
  const { init, write, read, home } = await bench(t);
  await init();
  const before = await readFile(segment(home()));
  await appendFile(segment(home()), before.subarray(0, 100));
  assert.equal((await all(await read())).length, 3, "a reader leaves it alone");
  const ana = await write();
  await ana.append([note("after")]);
  await ana.close();
  const entries = await all(await read());
  const cut = entries.find((entry) => entry.type === "recovery.truncated");
  assert.equal(cut?.type === "recovery.truncated" && cut.body.bytes, 100);
  const [kept = ""] = await readdir(join(home(), "log/quarantine"));
  assert.deepEqual(await readFile(join(home(), "log/quarantine", kept)), before.subarray(0, 100));
});

test("an altered byte anywhere is found, by readers and writers", async (t) => {
  const { init, write, read, home } = await bench(t);
  await init();
  const ana = await write();
  await ana.append([note("one"), note("two")]);
  await ana.close();
  const good = await readFile(segment(home()));
  for (let at = 0; at < good.length; at += 97) {
    const bad = Buffer.from(good);
    bad[at] = (bad[at] ?? 0) ^ 1;
    await writeFile(segment(home()), bad);
    await assert.rejects(all(await read()), code("audit-broken"), `byte ${at}`);
  }
  await assert.rejects(write(), code("audit-broken"));
});

test("whole records cut off the end of a log are not noticed without a copy, cut off its middle are", async (t) => {
  const { init, write, read, home } = await bench(t);
  await init();
  const ana = await write();
  await ana.append([note("one")]);
  const { length } = await readFile(segment(home()));
  await ana.append([note("two")]);
  await ana.close();
  const good = await readFile(segment(home()));
  await truncate(segment(home()), length);
  assert.deepEqual(texts(await all(await read())), ["one"]);
  const lines = good.toString("latin1").split("\n");
  await writeFile(segment(home()), lines.toSpliced(4, 1).join("\n"), "latin1");
  await assert.rejects(all(await read()), code("audit-broken"));
});

test("many processes write at once: nothing is lost, every chain is whole", async (t) => {
  const { init, read, home, folder } = await bench(t);
  await init();
  const program = `
    import { openWriter } from ${JSON.stringify(join(import.meta.dirname, "../../src/audit/writer.ts"))};
    import { fileSigner } from ${JSON.stringify(join(import.meta.dirname, "../../src/signing/index.ts"))};
    import { systemClock } from ${JSON.stringify(join(import.meta.dirname, "../../src/model/index.ts"))};
    const [home, key, name] = process.argv.slice(1);
    const writer = await openWriter({ home, origin: "acme.example/soc2-er/test", mode: "real", stores: [], signer: await fileSigner(key), clock: systemClock, host: "h", tool: "t" });
    for (let n = 0; n < 20; n++) await writer.append([{ type: "note", body: { text: name + n } }]);
    if (name === "k") process.kill(process.pid, "SIGKILL");
    await writer.close();`;
  const run = (name: string) =>
    new Promise<void>((resolve) => {
      spawn(process.execPath, ["--input-type=module", "-e", program, home(), join(folder, "keys/ana"), name], {
        stdio: "inherit",
      }).on("exit", () => resolve());
    });
  await Promise.all(["a", "b", "k"].map(run));
  const seen = texts(await all(await read()));
  for (const name of ["a", "b", "k"]) {
    assert.deepEqual(
      seen.filter((text) => text.startsWith(name)),
      Array.from({ length: 20 }, (_, n) => `${name}${n}`),
    );
  }
});

test("inside `exclusively` no other process appends, and own appends go through", async (t) => {
  const { init, write } = await bench(t);
  await init();
  const [ana, ben] = [await write(), await write({ who: "ben" })];
  const late = await ana.exclusively(async () => {
    const appended = ben.append([note("ben")]);
    await ana.append([note("ana 1")]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await ana.append([note("ana 2")]);
    assert.deepEqual(texts(await all(ana)), ["ana 1", "ana 2"]);
    return { appended };
  });
  await late.appended;
  assert.deepEqual(texts(await all(ana)), ["ana 1", "ana 2", "ben"]);
  await Promise.all([ana.close(), ben.close()]);
});

test("a blob is what its digest says, or an error", async (t) => {
  const { init, write, home } = await bench(t);
  await init();
  const ana = await write();
  const digest = await ana.putBlob([Buffer.from("plan")]);
  assert.equal(Buffer.from((await ana.blob(digest)) ?? []).toString(), "plan");
  assert.equal(await ana.blob(`sha256:${"0".repeat(64)}`), null);
  await writeFile(join(home(), "log/blobs/sha256", digest.slice(7)), "plot");
  await assert.rejects(async () => ana.blob(digest), code("audit-broken"));
  await ana.close();
});
