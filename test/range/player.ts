/** A process of its own for the tests: opens the range in argv[2] and makes the calls in argv[3]; kills itself where a fault says so. */
import { openRange } from "../../src/exercise/range/index.ts";
import { call } from "./open.ts";

const [folder = "", calls = "[]"] = process.argv.slice(2);
const range = await openRange({ folder, kill: () => process.kill(process.pid, "SIGKILL") });
for (const [name, input] of JSON.parse(calls) as [string, object][]) await call(range, name, input);
range.close();
