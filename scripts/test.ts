import "./node-version.ts";
import { spawnSync } from "node:child_process";
import { glob } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";

/**
 * Everything that must hold: types, lint, derived files, tests. All parts run even if an earlier one fails, and the tests come last,
 * so that what is read at the end is their summary. Arguments narrow the tests: `npm test -- test/house/*.test.ts`.
 */
const ROOT = join(import.meta.dirname, "..");
const bin = (name: string): string => join(ROOT, "node_modules/.bin", name);
/** Folders whose files take long, the longest first, so that at the end no core waits for the last of them. */
const LONG = ["test/conformance/", "test/emulator/", "test/cli/"];
const only = process.argv.slice(2);

const failed: string[] = [];

run("types", bin("tsc"), ["-p", "tsconfig.json"]);
run("lint", bin("biome"), ["lint", "--error-on-warnings", "."]);
run("fresh", process.execPath, ["scripts/generate.ts", "--check"]);
run("build", process.execPath, ["scripts/build.ts"]);
const files = only.length > 0 ? only : await testFiles();
// Many tests wait for a clock: more of them than there are cores keep these busy.
const width = availableParallelism() + 2;
run("tests", process.execPath, [join(ROOT, "scripts/run-tests.ts"), String(width), ...files]);

if (failed.length > 0) {
  console.error(`failed: ${failed.join(", ")}`);
  process.exitCode = 1;
}

function run(name: string, command: string, args: readonly string[]): void {
  const { status, error } = spawnSync(command, args, { cwd: ROOT, stdio: "inherit", env: childEnvironment() });
  if (status === 0) return;
  failed.push(name);
  console.error(`${name} failed${error ? `: ${error.message}` : ""}`);
}

/** What colors or silences the output of the programs under test must not come from whoever starts the tests. */
function childEnvironment(): NodeJS.ProcessEnv {
  const {
    NO_COLOR: _noColor,
    FORCE_COLOR: _forceColor,
    SOC2_ER_HOME: _home,
    SOC2_ER_CONFIG: _config,
    SOC2_ER_INCIDENT: _incident,
    SOC2_ER_KEY: _key,
    ...rest
  } = process.env;
  // Every file of tests loads much of the same source: it is stripped and compiled once.
  return { ...rest, NODE_COMPILE_CACHE: join(ROOT, "node_modules/.cache/compiled") };
}

async function testFiles(): Promise<string[]> {
  const found: string[] = [];
  for await (const file of glob("test/**/*.test.ts", { cwd: ROOT })) found.push(file);
  if (found.length === 0) throw new Error("no tests found");
  const rank = (file: string) => {
    const at = LONG.findIndex((folder) => file.startsWith(folder));
    return at === -1 ? LONG.length : at;
  };
  return found.toSorted((left, right) => rank(left) - rank(right) || (left < right ? -1 : 1));
}
