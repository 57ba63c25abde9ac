import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { otherNode } from "../other-node.ts";
import { folderOf, type Options, RESOURCE, type Story, tell } from "./story.ts";

const VERIFIER = join(import.meta.dirname, "../../dist/verifier.cjs");
assert.ok(existsSync(VERIFIER), "this test runs the built verifier: npm run build");

const point = (hex: string): string => Buffer.from(hex, "hex").toString("base64");
const key = (sessionKey: string): Options => ({ batches: 0, lies: { "session.opened": { body: { sessionKey } } } });
const said = (text: string): Options => ({
  lies: {
    "change.intended": { body: { action: text, resource: { ...RESOURCE, id: text } } },
    "incident.declared": { payload: { person: text } },
  },
});

/** Where crypto libraries, Unicode and JSON differ from release to release, and some of everything else. */
const LOGS: Readonly<Record<string, { readonly options?: Options; readonly change?: (story: Story) => void }>> = {
  honest: {},
  "in no batch": { options: { batches: 0 } },
  "without its last batch": { options: { batches: 2 } },
  "a point of order 1": { options: key(point(`01${"00".repeat(31)}`)) },
  "a point of order 2": { options: key(point(`ec${"ff".repeat(30)}7f`)) },
  "a point of order 4": { options: key(point("00".repeat(32))) },
  "a point of order 8": { options: key(point("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")) },
  "a point that is not on the curve": { options: key(point(`02${"00".repeat(31)}`)) },
  "a point that is not canonical": { options: key(point(`ee${"ff".repeat(30)}7f`)) },
  "a key of 31 bytes": { options: key(point("01".repeat(31))) },
  "a number beyond the safe ones": {
    options: {
      lies: { "incident.declared": { raw: (payload) => payload.replace('"severity":2', '"severity":9007199254740993') } },
    },
  },
  "minus nothing": {
    options: { lies: { "incident.declared": { raw: (payload) => payload.replace('"severity":2', '"severity":-0') } } },
  },
  "half a character": { options: { lies: { "incident.declared": { raw: (payload) => payload.replace("Ünusual", "\\ud800") } } } },
  "broken UTF-8": {
    options: { lies: { "incident.declared": { raw: (payload) => Buffer.from(payload.replace("Ünusual", "\u00ff"), "latin1") } } },
  },
  "a list in ten thousand lists": {
    options: {
      lies: {
        "change.settled": {
          raw: (payload) => payload.replace('"receipts":[]', `"receipts":${"[".repeat(1e4)}${"]".repeat(1e4)}`),
        },
      },
    },
  },
  "a leap second, and a day that is none": {
    options: {
      lies: {
        "incident.declared": { payload: { at: "2026-06-30T23:59:60.000Z" } },
        note: {},
        "run.closed": { payload: { at: "2026-02-31T00:00:00.000Z" } },
      },
    },
  },
  "letters that Unicode has had since 15, 16 and 17, and those that are not seen": {
    options: said("\u{1fabf}\u{1c89}\u{1fae9}\u{11de0}\u202e\u200b\u{e0041}\u2066"),
  },
  "a batch that is cut": {
    change: ({ log }) => {
      log.batches[1] = log.batches[1]?.subarray(0, 900) ?? Buffer.alloc(0);
    },
  },
  "a pin that is broken": {
    change: ({ log }) => {
      log.files.set("genesis.json", Buffer.from("{"));
    },
  },
};

/** What the verifier says of a folder under a Node: its words, its document, the population and how it ends. */
function verdict(node: string, folder: string, t: TestContext, inWords: boolean): string[] {
  const csv = join(folderOf(t), "population.csv");
  const runs = [["--json", "--population", csv], ...(inWords ? [[]] : [])].map((args) =>
    spawnSync(node, [VERIFIER, folder, ...args], {
      encoding: "latin1",
      env: { LANG: "C", TZ: node === process.execPath ? "UTC" : "Asia/Kolkata" },
    }),
  );
  return [...runs.flatMap(({ status, stdout, stderr }) => [String(status), stdout, stderr]), readFileSync(csv, "latin1")];
}

for (const major of [20, 22]) {
  const other = otherNode(major);
  const options = "missing" in other ? { skip: `NOT TESTED: ${other.missing}` } : {};
  test(`Node ${major} says of every log, byte for byte, what this Node says`, options, (t) => {
    assert.ok("node" in other);
    const verdicts = new Set<string>();
    for (const [name, { options, change }] of Object.entries(LOGS)) {
      const story = tell(options);
      change?.(story);
      const folder = story.log.write(join(folderOf(t), "log"));
      const inWords = /honest|letters/.test(name);
      const here = verdict(process.execPath, folder, t, inWords);
      assert.deepEqual(verdict(other.node, folder, t, inWords), here, name);
      assert.equal(here[2], "", name);
      verdicts.add(here[0] ?? "");
    }
    assert.deepEqual([...verdicts].sort(), ["0", "10", "30"]);
    const broken = join(folderOf(t), "log");
    writeFileSync(broken, "");
    assert.equal(spawnSync(other.node, [VERIFIER, broken]).status, 2);
  });
}
