import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { freshFolder, ROOT, soc2er } from "./binary.ts";
import { fingerprint } from "./company.ts";
import { Drill } from "./drill.ts";

/** One drill whose log every test reads; none writes to it. */
let drill: Drill;
before(async () => {
  drill = await Drill.begin({ after: () => undefined } as never);
  await drill.hurry();
  const { code, document } = await drill.contain("revoke", "aws:user/intruder");
  assert.equal(code, 0, JSON.stringify(document));
});

const folder = freshFolder();
/** Somewhere new. */
let made = 0;
const place = (ending = ""): string => join(folder, `export-${made++}${ending}`);

async function exported(...args: string[]): Promise<Record<string, unknown> & { genesis: string; next: { argv: string[] }[] }> {
  const { code, document } = await drill.run(["audit", "export", ...args]);
  assert.equal(code, 0, JSON.stringify(document));
  return document as never;
}

/** The verifier that stands in the bundle, with the Node of these tests or another. */
function verifier(args: readonly string[], node = process.execPath): { status: number | null; stdout: string } {
  return spawnSync(node, args, { encoding: "utf8" });
}

test("what is exported is verified by what lies in it, by the program, and on a machine without an organization", async () => {
  const out = place();
  const before = fingerprint(join(drill.home, "drill"));
  const { genesis, next, ...document } = await exported("--out", out);
  assert.deepEqual(fingerprint(join(drill.home, "drill")), before, "an export changes nothing here");
  assert.deepEqual([document["schema"], document["format"], document["out"]], ["soc2-er/audit-export@1", "bundle", out]);

  const alone = verifier([join(out, "verifier.cjs"), out, "--genesis", genesis]);
  assert.equal(alone.status, 0, alone.stdout);
  assert.match(alone.stdout, /^verified: acme\.example\/soc2-er\/drill, \d+ entries by \d+ sessions\n {2}not checked: /);
  assert.match(alone.stdout, /\n {2}population: change\.intended: \d+ applied\n/);
  assert.match(alone.stdout, /\n {2}population: run\.opened: 1 contained\n/);

  const [{ argv } = { argv: [] }] = next;
  const { code, out: said } = await soc2er(
    [...argv.slice(1), "--json"].filter((word) => word !== "--range" && word !== drill.home && word !== "--home"),
  );
  assert.equal(code, 0, said);
  const json = verifier([join(out, "verifier.cjs"), out, "--genesis", genesis, "--json"]).stdout;
  assert.deepEqual(JSON.parse(said), JSON.parse(json));
});

test("the manifest has every file with its digest, and nothing of the machine but its log is handed over", async () => {
  const out = place();
  await exported("--out", out);
  const { files } = JSON.parse(readFileSync(join(out, "manifest.json"), "utf8"));
  const there = readdirSync(out, { recursive: true, encoding: "utf8" }).filter((name) => statSync(join(out, name)).isFile());
  assert.deepEqual(
    files.map(({ name }: { name: string }) => name).sort(),
    there.filter((name) => name !== "manifest.json").sort(),
  );
  for (const { name, bytes, digest } of files) {
    const content = readFileSync(join(out, name));
    const found = `sha256:${createHash("sha256").update(content).digest("hex")}`;
    assert.deepEqual([content.length, found], [bytes, digest], name);
  }
  const kinds = new Set(there.map((name) => name.replace(/\d{10,}(\.wal)?$|[0-9a-f]{64}$/, "*")));
  assert.deepEqual(
    kinds,
    new Set([
      "README.md",
      "manifest.json",
      "verifier.cjs",
      "log/genesis.json",
      "log/pins/*",
      "log/checkpoints/*",
      "log/batches/*",
      "log/segments/*",
      "log/blobs/sha256/*",
    ]),
  );
  for (const name of there.filter((name) => name.startsWith("log/")))
    assert.deepEqual(readFileSync(join(out, name)), readFileSync(join(drill.home, "drill", name)), name);
});

test("an archive has the same files as a folder, and the same log makes the same bytes", async () => {
  const [out, first, second] = [place(), place(".tar"), place(".tar")];
  for (const one of [out, first, second]) await exported("--out", one);
  assert.deepEqual(readFileSync(first), readFileSync(second));
  const unpacked = place();
  assert.equal(spawnSync("mkdir", [unpacked]).status, 0);
  const { status, stderr } = spawnSync("tar", ["-xf", first, "-C", unpacked], { encoding: "utf8" });
  assert.deepEqual([status, stderr], [0, ""]);
  assert.deepEqual(fingerprint(unpacked), fingerprint(out));
});

test("an export writes over nothing and says what stands in its way", async () => {
  const out = place();
  await exported("--out", out);
  for (const [where, why] of [
    [out, /is there already/],
    [join(ROOT, "package.json"), /cannot be written/],
    [join(out, "README.md", "x.tar"), /cannot be written/],
  ] as const) {
    const { code, document } = await drill.run(["audit", "export", "--out", where]);
    assert.deepEqual([code, document["error"].code], [2, "usage"], JSON.stringify(document));
    assert.match(document["error"].message, why);
  }
});

test("the population is every privileged action, one row each, and a file that is there is not written over", async () => {
  const [out, csv] = [place(), place(".csv")];
  await exported("--out", out);
  const { code, document } = await drill.run(["audit", "verify", "--population", csv]);
  assert.equal(code, 0, JSON.stringify(document));
  const rows = readFileSync(csv, "utf8").split("\r\n");
  assert.equal(rows.pop(), "");
  const [head, ...body] = rows;
  assert.equal(
    head,
    "kind,at,person,host,incident,mode,run,change,action,resource,plan,approvals,outcome,endedAt,verdict,gap,entry",
  );
  const entries = await drill.entries();
  const actions = entries.filter(({ type }) => ["genesis", "run.opened", "change.intended"].includes(type));
  assert.deepEqual(
    body.map((row) => row.split(",").at(-1)),
    actions.map(({ digest }) => digest),
  );
  const [run = ""] = body.filter((row) => row.startsWith("run.opened,"));
  assert.match(
    run,
    /,on-call,.*,revoke-credentials,aws:user\/intruder,sha256:.*,"(eng|sec)-lead as \w+ at [^;]+; (eng|sec)-lead as \w+ at /,
  );
  assert.match(run, /,contained,20[^,]+Z,,none,sha256:/);
  const bundled = place(".csv");
  await drill.run(["audit", "verify", "--bundle", out, "--population", bundled]);
  assert.deepEqual(readFileSync(bundled), readFileSync(csv));
  const again = await drill.run(["audit", "verify", "--population", csv]);
  assert.deepEqual([again.code, again.document["error"].code], [2, "usage"], JSON.stringify(again.document));
});

test("a log that does not hold is handed over all the same, and the bundle is tampered with", async () => {
  const broken = drill.copy();
  const segment = join(broken.home, "drill/log/segments/0000000000.wal");
  const bytes = readFileSync(segment);
  bytes[2_000] = (bytes[2_000] ?? 0) ^ 1;
  writeFileSync(segment, bytes);
  const out = place();
  const { code, err } = await broken.run(["audit", "export", "--out", out]);
  assert.equal(code, 0, err);
  assert.match(err, /warning: the audit log is altered/);
  assert.equal(verifier([join(out, "verifier.cjs"), out]).status, 30);
  await broken.drop();
});

test("an export before anything was logged says so", async () => {
  const home = freshFolder();
  const { code, out } = await soc2er(["audit", "export", "--out", "x", "--range", "--home", home, "--json"]);
  assert.deepEqual([code, JSON.parse(out).error.code], [2, "usage"]);
  rmSync(home, { recursive: true });
});

test("entries leave as events, rows or lines, narrowed as asked, and the log is what they say", async () => {
  const entries = await drill.entries();
  for (const format of ["ocsf", "csv", "ndjson"]) {
    const out = place();
    const { code, document } = await drill.run(["audit", "export", "--format", format, "--out", out]);
    assert.equal(code, 0, JSON.stringify(document));
    assert.deepEqual([document["format"], document["lines"]], [format, entries.length]);
    const text = readFileSync(out, "utf8");
    for (const { digest } of entries) assert.ok(text.includes(digest), `${format} has ${digest}`);
    const some = place();
    const narrowed = ["--incident", drill.incident, "--since", "2020-01-01"];
    const part = await drill.run(["audit", "export", "--format", format, "--out", some, ...narrowed]);
    assert.equal(part.document["lines"], entries.filter(({ incident }) => incident === drill.incident).length);
    const none = await drill.run(["audit", "export", "--format", format, "--out", place(), "--since", "2099-01-01T00:00Z"]);
    assert.equal(none.document["lines"], 0);
    const again = await drill.run(["audit", "export", "--format", format, "--out", out]);
    assert.deepEqual([again.code, again.document["error"].code], [2, "usage"]);
  }
});

test("what does not go together, and a time that is none, is a matter of usage", async () => {
  for (const [args, why] of [
    [["--incident", drill.incident], /a bundle does not go with --incident/],
    [["--since", "2026-01-01"], /a bundle does not go with --since/],
    [["--inventory", "--format", "ocsf"], /--inventory does not go with --format/],
    [["--format", "ocsf", "--since", "2026-02-31"], /neither a day nor an instant/],
    [["--format", "ocsf", "--since", "yesterday"], /neither a day nor an instant/],
    [["--inventory"], /no audit store of kind s3 is configured/],
  ] as const) {
    const { code, document } = await drill.run(["audit", "export", "--out", place(), ...args]);
    assert.deepEqual([code, document["error"].code], [2, "usage"], JSON.stringify(document));
    assert.match(document["error"].message, why);
  }
});
