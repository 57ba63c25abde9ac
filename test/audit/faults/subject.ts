import { writevSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { initLog } from "../../../src/audit/init.ts";
import { directoryStore } from "../../../src/audit/stores/directory.ts";
import { openWriter } from "../../../src/audit/writer.ts";
import { storePlan } from "../../../src/cli/flow/stored-plan.ts";
import { digestBytes, ErError, systemClock } from "../../../src/model/index.ts";
import { sealPlan } from "../../../src/planner/index.ts";
import { fileSigner } from "../../../src/signing/index.ts";

/**
 * A process whose calls of the system are made to fail: for each line `FOLDER` on stdin it founds a log there, writes it, hands it to a
 * store, closes it, and tells of all that it was told, on descriptor 3. It tells with writev(2), which nothing else here uses: the
 * faults hit what is tried, never the telling of it. The thread pool has one thread, so that calls are counted alike each time.
 */
const signer = await fileSigner(process.argv[2] ?? "");
const genesis = JSON.parse(process.argv[3] ?? "");
const plan = sealPlan(
  {
    schema: "soc2-er/plan@1",
    kind: "contain",
    nonce: "00",
    origin: "acme.example/soc2-er/test",
    mode: "real",
    incident: "inc-1",
    runbook: { id: "r", digest: digestBytes("r") },
    target: "acme",
    params: {},
    operator: "ana",
    createdAt: "2026-01-01T00:00:00.000Z",
    expiresAt: "2026-01-01T01:00:00.000Z",
    required: [],
    leasesExpireAt: null,
    checks: [],
    skipped: [],
    tool: "test",
  },
  [],
);

function tell(what: string): void {
  writevSync(3, [Buffer.from(what), Buffer.from("\n")]);
}

async function attempt<T>(what: string, work: () => Promise<T>): Promise<T | null> {
  try {
    const done = await work();
    tell(`done ${what}`);
    return done;
  } catch (error) {
    tell(`${error instanceof ErError ? `refused ${error.code}` : "defect"} ${what}: ${String(error).replaceAll("\n", " ")}`);
    return null;
  }
}

async function write(folder: string): Promise<void> {
  const here = { home: join(folder, "home"), origin: "acme.example/soc2-er/test", mode: "real" as const };
  const facts = { ...here, signer, clock: systemClock, host: "laptop", tool: "soc2-er/test" };
  const stores = [directoryStore("folder", join(folder, "store"))];
  // Who sees an error types the command once more.
  const found = () => initLog({ ...facts, genesis }).then(() => true);
  if ((await attempt("founding", found)) === null) await attempt("founding", found);
  const open = () => openWriter({ ...facts, stores });
  const pen = (await attempt("opening", open)) ?? (await attempt("opening", open));
  if (pen === null) return;
  const append = (text: string) => attempt(`note ${text}`, () => pen.append([{ type: "note", body: { text } }]));
  for (const text of ["one", "two"]) await append(text);
  await attempt("syncing", () => pen.sync(5_000));
  await attempt("plan", async () => {
    await pen.append([{ type: "incident.declared", body: { id: plan.header.incident, title: "x", severity: 2 } }]);
    return storePlan(pen, plan);
  });
  for (const text of ["three", "four"]) await append(text);
  await attempt("syncing", () => pen.sync(5_000));
  await attempt("closing", () => pen.close());
}

// Once without anybody looking: what is loaded at first use is loaded by then.
const rehearsal = await mkdtemp(join(tmpdir(), "faults-"));
await mkdir(join(rehearsal, "store"));
await write(rehearsal);
await rm(rehearsal, { recursive: true });
tell("end");
for await (const folder of createInterface({ input: process.stdin })) {
  await write(folder);
  tell("end");
}
