import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Bench, compare, timed } from "./measure.ts";

const BINARY = join(import.meta.dirname, "../../dist/bin/soc2-er.cjs");

/** What a person waits for before anything happens, against Node's own start. */
export const start: Bench = async ({ runs }) => {
  const home = mkdtempSync(join(tmpdir(), "soc2-er-bench-"));
  const run = (args: readonly string[]) => () =>
    timed(() => {
      const { status, stderr } = spawnSync(process.execPath, args, { env: { HOME: home }, encoding: "utf8" });
      if (status !== 0) throw new Error(`${args.join(" ")}: ${stderr}`);
    });
  const floor = run(["-e", "0"]);
  const against = "node -e 0";
  try {
    return [
      { what: "start: --version", against, ...(await compare(runs, run([BINARY, "--version"]), floor)) },
      { what: "start: revoke --help", against, ...(await compare(runs, run([BINARY, "revoke", "--help"]), floor)) },
      {
        what: "start: runbook list --json",
        against,
        ...(await compare(runs, run([BINARY, "runbook", "list", "--json"]), floor)),
      },
    ];
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
};
