import "./node-version.ts";
import { parseArgs } from "node:util";
import { append, verification } from "./bench/log.ts";
import type { Bench, Row } from "./bench/measure.ts";
import { plan } from "./bench/plan.ts";
import { scale } from "./bench/scale.ts";
import { start } from "./bench/start.ts";
import { verifier } from "./bench/verifier.ts";

/**
 * How far the program is from what no program can get below, on this machine, now. Both sides of a line run in turns in the same
 * minutes: read the ratio, not the times. docs/bench.md says how.
 */
const BENCHES: Readonly<Record<string, Bench>> = { start, append, plan, scale, verification, verifier };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: "string", default: "5" }, quick: { type: "boolean", default: false } },
});
const runs = values.quick ? 1 : Number(values.runs);
const names = positionals.length > 0 ? positionals : Object.keys(BENCHES);
const unknown = names.find((name) => !(name in BENCHES));
if (!Number.isInteger(runs) || runs < 1) fail(`--runs "${values.runs}" is not a number of runs`);
else if (unknown !== undefined) fail(`no bench "${unknown}"; there are ${Object.keys(BENCHES).join(", ")}`);
else await measure();

async function measure(): Promise<void> {
  print("", ["ours", "floor", "ratio"], "against");
  for (const name of names) for (const row of (await BENCHES[name]?.({ runs, quick: values.quick })) ?? []) show(row);
}

function show({ what, against, ours, floor, unit = "ms", most }: Row): void {
  const promised = most === undefined ? "" : `, at most ${most}x`;
  print(
    what,
    [`${ours.toFixed(1)} ${unit}`, `${floor.toFixed(1)} ${unit}`, `${(ours / floor).toFixed(2)}x`],
    `${against}${promised}`,
  );
}

function print(what: string, figures: readonly string[], against: string): void {
  process.stdout.write(`${what.padEnd(38)}${figures.map((figure) => figure.padStart(12)).join("")}   ${against}\n`);
}

function fail(message: string): void {
  process.stderr.write(`bench: ${message}\nhint: npm run bench -- --runs 5 plan\n`);
  process.exitCode = 2;
}
