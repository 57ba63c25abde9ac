import { run } from "node:test";
import { spec } from "node:test/reporters";

/**
 * Runs files of tests in the order in which they are named, so many at a time, each in a process of its own; `node --test` would
 * sort them. Arguments: how many, then the files.
 */
const [width = "1", ...files] = process.argv.slice(2);
const LONGEST_MS = 300_000;

const events = run({ files, concurrency: Number(width), execArgv: [`--test-timeout=${LONGEST_MS}`] });
events.on("test:fail", ({ todo }) => {
  if (todo === undefined || todo === false) process.exitCode = 1;
});
events.compose(spec).pipe(process.stdout);
