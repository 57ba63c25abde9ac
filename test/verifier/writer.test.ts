import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { verifyHome } from "../../src/verifier/index.ts";
import { bench, note } from "../audit/bench.ts";

/** The program's own log, read by the verifier that shares no code with it. */
test("what the program writes is verified", async (t) => {
  const { init, write, home } = await bench(t);
  await init();
  const ana = await write();
  const ben = await write({ who: "ben" });
  await Promise.all([ana, ben, ana].map((writer, index) => writer.append([note(`at once ${index}`), note("ünïcödé ☎")])));
  await ben.close();
  await ana.append([note("last")]);
  await ana.close();
  const { verdict, findings, entries, writers } = await verifyHome({ folder: join(home(), "log") });
  assert.deepEqual(findings, []);
  assert.deepEqual([verdict, entries, writers], ["verified", 14, 3]);
});
