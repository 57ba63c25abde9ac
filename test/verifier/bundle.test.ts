import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Verification, verifyHome } from "../../src/verifier/index.ts";
import { digest, jcs, ORIGIN } from "./build-log.ts";
import { codes, folderOf, type Options, PLAN, tell } from "./story.ts";

/** A bundle as its format says, made without the product. */
function bundleOf(t: TestContext, options: Options = {}): { folder: string; genesis: string } {
  const folder = join(folderOf(t), "bundle");
  const { log, entries } = tell(options);
  log.write(join(folder, "log"));
  rmSync(join(folder, "log/lock"));
  writeFileSync(join(folder, "README.md"), "# what this is\n");
  writeFileSync(join(folder, "verifier.cjs"), "// a verifier\n");
  const genesis = digest(entries.get("genesis") ?? "");
  list(folder, genesis);
  return { folder, genesis };
}

function list(folder: string, genesis: string): void {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (name) => name !== "manifest.json" && statSync(join(folder, name)).isFile(),
  );
  const files = names.map((name) => ({
    ...{ name, bytes: statSync(join(folder, name)).size },
    digest: `sha256:${createHash("sha256")
      .update(readFileSync(join(folder, name)))
      .digest("hex")}`,
  }));
  const head = { schema: "soc2-er/audit-bundle@1", origin: ORIGIN, mode: "real", genesis, tool: "soc2-er/test" };
  writeFileSync(join(folder, "manifest.json"), jcs({ ...head, files }));
}

function has({ verdict, ...rest }: Verification, wanted: string, ...found: readonly string[]): void {
  assert.deepEqual([verdict, codes({ verdict, ...rest })], [wanted, [...found].sort()], JSON.stringify(rest.findings, null, 1));
}

test("a bundle is verified, and says that nobody told it which log it should be", async (t) => {
  const { folder, genesis } = bundleOf(t);
  const alone = await verifyHome({ folder });
  has(alone, "verified");
  assert.match(alone.notChecked[0] ?? "", /^whether sha256:[0-9a-f]{64} is the founding entry that you know/);
  assert.ok(alone.checked.includes("every file against the manifest of the bundle"));
  const pinned = await verifyHome({ folder, genesis });
  has(pinned, "verified");
  assert.doesNotMatch(pinned.notChecked.join("\n"), /founding entry that you know/);
  assert.match(pinned.checked.join("\n"), new RegExp(`that ${genesis} founds the log`));
});

test("a bundle of another log that brings its own pin is tampered with, whatever it says of itself", async (t) => {
  const { folder } = bundleOf(t);
  const { genesis } = bundleOf(t, { lies: { genesis: { body: { organization: "Evil" } } } });
  const other = await verifyHome({ folder, genesis });
  has(other, "tampered", "pin");
  assert.match(other.findings[0]?.detail ?? "", /it is another log$/);
});

for (const [name, spoil, verdict, code] of [
  ["without its manifest", (folder: string) => rmSync(join(folder, "manifest.json")), "incomplete", "bundle-short"],
  ["without the page", (folder: string) => rmSync(join(folder, "README.md")), "incomplete", "bundle-short"],
  [
    "with another verifier",
    (folder: string) => writeFileSync(join(folder, "verifier.cjs"), "//\n"),
    "tampered",
    "bundle-differs",
  ],
  [
    "with a link for a file",
    (folder: string) => {
      rmSync(join(folder, "README.md"));
      symlinkSync("/etc/passwd", join(folder, "README.md"));
    },
    "incomplete",
    "bundle-short",
  ],
] as const)
  test(`a bundle ${name}`, async (t) => {
    const { folder } = bundleOf(t);
    spoil(folder);
    has(await verifyHome({ folder }), verdict, code);
  });

test("a manifest whose names lead elsewhere is not followed", async (t) => {
  const { folder, genesis } = bundleOf(t);
  for (const name of ["../log/genesis.json", "/etc/passwd", "log/../../x", "log//x", ".hidden", "a/b/c/d/e/f/g"]) {
    const files = [{ name, bytes: 1, digest: genesis }];
    writeFileSync(
      join(folder, "manifest.json"),
      jcs({ schema: "soc2-er/audit-bundle@1", origin: ORIGIN, mode: "real", genesis, tool: "x", files }),
    );
    has(await verifyHome({ folder }), "tampered", "form");
  }
});

test("what others may lay beside the log is named as not read, and what nobody knows as no part of it", async (t) => {
  const { folder, genesis } = bundleOf(t);
  for (const name of ["cosig", "anchor", "tile", "notes"]) {
    mkdirSync(join(folder, "log", name));
    writeFileSync(join(folder, "log", name, "1"), "x");
  }
  writeFileSync(join(folder, "letter.txt"), "x");
  list(folder, genesis);
  const verification = await verifyHome({ folder });
  has(verification, "verified");
  const said = verification.notChecked.join("\n");
  for (const what of [/signatures of witnesses/, /time stamps of third parties/, /tiles of the tree/]) assert.match(said, what);
  assert.match(said, /no part of the log: "letter.txt", "notes\/"$/);
});

test("hostile files end with a verdict, soon and in little memory", (t) => {
  const spoilers: Record<string, (folder: string) => void> = {
    "a manifest of a gigabyte of nothing": (folder) => truncateSync(join(folder, "manifest.json"), 2 ** 30),
    "a pin that is a device": (folder) => {
      rmSync(join(folder, "log/genesis.json"));
      symlinkSync("/dev/zero", join(folder, "log/genesis.json"));
    },
    "a pin that is a pipe": (folder) => {
      rmSync(join(folder, "log/genesis.json"));
      spawnSync("mkfifo", [join(folder, "log/genesis.json")]);
    },
    "batches that are devices and pipes": (folder) => {
      symlinkSync("/dev/zero", join(folder, "log/batches/000000000003"));
      spawnSync("mkfifo", [join(folder, "log/batches/000000000004")]);
    },
    "a segment of ten gigabytes of nothing": (folder) => {
      writeFileSync(join(folder, "log/segments/0000000001.wal"), "");
      truncateSync(join(folder, "log/segments/0000000001.wal"), 10 * 2 ** 30);
    },
    "a blob and a quarantine of a hundred gigabytes": (folder) => {
      mkdirSync(join(folder, "log/quarantine"));
      for (const name of [`blobs/sha256/${"0".repeat(64)}`, "quarantine/0000000000.wal-0"]) {
        writeFileSync(join(folder, "log", name), "");
        truncateSync(join(folder, "log", name), 100 * 2 ** 30);
      }
    },
    "folders in folders": (folder) => {
      let deep = join(folder, "log/deep");
      for (let depth = 0; depth < 200; depth++) deep = join(deep, "d");
      mkdirSync(deep, { recursive: true });
    },
    "a batch of a hundred thousand nested lists": (folder) =>
      writeFileSync(join(folder, "log/batches/000000000003"), `${"[".repeat(1e5)}${"]".repeat(1e5)}\n`.repeat(20)),
    "a batch of four million empty lines": (folder) => writeFileSync(join(folder, "log/batches/000000000003"), "\n".repeat(4e6)),
    "a segment of a million wrong lines": (folder) =>
      writeFileSync(join(folder, "log/segments/0000000001.wal"), "00000001 0123456789abcdef x\n".repeat(1e6)),
  };
  const { folder: good } = bundleOf(t);
  const main = join(import.meta.dirname, "../../src/verifier/main.ts");
  for (const [name, spoil] of Object.entries(spoilers)) {
    const folder = join(folderOf(t), "bundle");
    cpSync(good, folder, { recursive: true });
    spoil(folder);
    const { status, stdout, stderr } = spawnSync(process.execPath, ["--max-old-space-size=256", main, folder, "--json"], {
      encoding: "utf8",
      timeout: 30_000,
    });
    assert.equal(stderr, "", name);
    assert.ok([0, 20, 30].includes(status ?? -1), `${name}: ${status} ${stdout.slice(0, 500)}`);
    assert.ok(stdout.length < 20_000, `${name}: an answer of ${stdout.length} bytes`);
  }
});

test("plans of any length and number end with a verdict, soon and in little memory", (t) => {
  const [header = "", change = ""] = PLAN.split("\n");
  const changes = (count: number, more: string): string =>
    Array.from({ length: count }, (_, n) => `{"id":"${n}"${more}}\n`).join("");
  const plans: Record<string, string> = {
    "a million and one changes": `${header}\n${changes(1_000_001, "")}`,
    "five million lines of nothing": `${header}\n${"{}\n".repeat(5e6)}`,
    "a line of sixty megabytes of lists": `${header}\n{"id":"1","x":[${"[],".repeat(2e7)}[]]}\n`,
    "many lines of lists": `${header}\n${changes(100, `,"x":[${"[],".repeat(3e5)}[]]`)}${change}\n`,
  };
  const main = join(import.meta.dirname, "../../src/verifier/main.ts");
  for (const [name, content] of Object.entries(plans)) {
    const folder = join(folderOf(t), "log");
    tell({ content }).log.write(folder);
    const args = ["--max-old-space-size=400", main, folder, "--json"];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", timeout: 60_000 });
    assert.equal(stderr, "", name);
    assert.equal(status, 30, `${name}: ${stdout.slice(0, 500)}`);
    assert.ok(
      JSON.parse(stdout).findings.some(({ code }: { code: string }) => code === "plan"),
      name,
    );
  }
});
