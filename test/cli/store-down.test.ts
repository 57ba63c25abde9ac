import assert from "node:assert/strict";
import { readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { Drill } from "./drill.ts";

/** The range's store is a folder. Where it is missing, or a file lies in its place, nobody can write into it, not even root. */
class Store {
  readonly #folder: string;

  constructor(drill: Drill) {
    this.#folder = join(drill.home, "range", "audit-store");
  }

  async vanish(left: "nothing" | "a file"): Promise<void> {
    await rename(this.#folder, `${this.#folder}.away`);
    if (left === "a file") await writeFile(this.#folder, "the share is not mounted");
  }

  async comeBack(): Promise<void> {
    await rm(this.#folder, { force: true });
    await rename(`${this.#folder}.away`, this.#folder);
  }

  /** How many objects are in it, whatever they hold. */
  async objects(): Promise<number> {
    return (await readdir(this.#folder, { recursive: true, withFileTypes: true })).filter((one) => one.isFile()).length;
  }
}

for (const left of ["nothing", "a file"] as const) {
  test(`with ${left} where the store should be, from before a run to its end: contained, the lag shown, caught up, the gap declared`, async (t) => {
    const drill = await Drill.begin(t);
    await drill.hurry();
    const store = new Store(drill);
    const before = await store.objects();
    assert.ok(before > 0, "the store was in use");
    assert.deepEqual((await drill.run(["status"])).document["remote"], { state: "up-to-date", lagSeconds: 0 });
    await store.vanish(left);

    const plan = await drill.plan("revoke", "aws:user/intruder");
    await drill.approve(plan);
    const began = performance.now();
    const applied = await drill.run(["apply", plan, "--yes"]);
    assert.ok(performance.now() - began < 40_000, "nobody waited for the store");
    assert.equal(applied.code, 0, applied.err);
    assert.equal(applied.document["result"], "contained");
    assert.match(applied.err, /\d+ entries are not in every store yet: soc2-er audit sync/);
    const probes = await drill.world((range) => range.attacker.probe());
    assert.ok(probes.every(({ id, open }) => !id.startsWith("key-") || !open));

    const { remote } = (await drill.run(["status"])).document as { remote: { state: string; lagSeconds: number } };
    assert.equal(remote.state, "down");
    assert.ok(remote.lagSeconds >= 1, `${remote.lagSeconds} s`);
    const failed = await drill.run(["audit", "sync"]);
    assert.equal(failed.code, 9, "who asks is told");
    const [down] = failed.document["stores"];
    assert.equal(down.state, "down");
    assert.ok(down.pending > 15, `${down.pending} pending`);
    assert.match(down.reason, left === "nothing" ? /no such folder/ : /ENOTDIR|cannot be used/);
    assert.equal((await drill.verify(10))["verdict"], "verified-with-gaps");

    await store.comeBack();
    assert.equal(await store.objects(), before, "nothing went elsewhere meanwhile");
    const synced = await drill.run(["audit", "sync"]);
    assert.equal(synced.code, 0, JSON.stringify(synced.document));
    assert.equal(synced.document["pending"], 0);
    assert.ok((await store.objects()) > before);
    assert.deepEqual((await drill.run(["status"])).document["remote"], { state: "up-to-date", lagSeconds: 0 });
    await gapIsDeclared(drill);
  });
}

/** The log says from when to when the store was away, and the verifier repeats it: nothing else is wrong. */
async function gapIsDeclared(drill: Drill): Promise<void> {
  const types = (await drill.entries()).map(({ type }) => type);
  assert.equal(types.filter((type) => type === "remote.down").length, 1, types.join(" "));
  assert.equal(types.filter((type) => type === "remote.up").length, 1);
  const gap = types.slice(types.indexOf("remote.down"), types.indexOf("remote.up"));
  assert.ok(gap.includes("run.opened") && gap.includes("run.closed"), gap.join(" "));
  const { verdict, findings } = await drill.verify(10);
  assert.equal(verdict, "verified-with-gaps");
  assert.deepEqual(
    findings.map(({ code }: { code: string }) => code),
    ["remote-down"],
    JSON.stringify(findings),
  );
}
