import { spawnSync } from "node:child_process";
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { InThreads } from "../../src/verifier/threads.ts";
import { inFolder } from "./folder.ts";
import { writeHonestLog } from "./honest-log.ts";
import { type Bench, compare, median, type Row, timed } from "./measure.ts";
import { verifyTime } from "./openssl.ts";

const VERIFIER = join(import.meta.dirname, "../../dist/verifier.cjs");
/** Writes what the process took, in bytes and microseconds, where USED says. */
const USED = `data:text/javascript,import { writeFileSync } from "node:fs"; process.on("exit", () => { const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage(); writeFileSync(process.env.USED, JSON.stringify({ mib: maxRSS / 1024, us: userCPUTime + systemCPUTime })); });`;
const THREADS = 2;

type Used = { readonly mib: number; readonly us: number; readonly entries: number };

/** The stand-alone verifier over honest logs, in turns with OpenSSL. */
export const verifier: Bench = async ({ runs, quick }) =>
  inFolder(async (folder) => {
    const [few, many] = quick ? [40, 80] : [10_000, 100_000];
    const seconds = quick ? 1 : 3;
    const logs = await Promise.all([few, many].map((count) => logOf(join(folder, String(count)), count)));
    const [small, large] = [logs[0] ?? "", logs[1] ?? ""];
    const took: Used[] = [];
    const floors: number[] = [];
    const { mib } = verified(small, folder);
    const { who } = verifyTime(seconds);
    // Half a minute each: three turns are enough for a median.
    for (let run = 0; run < Math.min(runs, 3); run++) {
      floors.push(verifyTime(seconds).us);
      took.push(verified(large, folder));
    }
    const entries = (took[0]?.entries ?? 0).toLocaleString("en");
    return [
      {
        ...{ what: `verifier: an entry of ${entries}`, against: `a signature: ${who}`, unit: "µs", most: 2 },
        ...{ ours: median(took.map(({ us, entries: count }) => us / count)), floor: median(floors) },
      },
      {
        ...{
          what: `verifier: memory, ${entries} entries`,
          against: `${few.toLocaleString("en")} entries`,
          unit: "MiB",
          most: 1.25,
        },
        ...{ ours: median(took.map((one) => one.mib)), floor: mib },
      },
      await inTwoThreads(runs, quick ? 4_000 : 50_000, seconds),
      await coldStart(runs, await logOf(join(folder, "tiny"), 20)),
    ];
  });

async function logOf(home: string, count: number): Promise<string> {
  mkdirSync(home);
  await writeHonestLog(home, count);
  return join(home, "log");
}

function verified(log: string, folder: string): Used {
  const path = join(folder, "used");
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", USED, VERIFIER, log, "--json"], {
    env: { ...process.env, USED: path },
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`the verifier ended with ${status}: ${stderr}${stdout}`);
  return { ...JSON.parse(readFileSync(path, "utf8")), entries: JSON.parse(stdout).entries };
}

/** Signatures alone, handed to threads as the verifier does, by the wall clock. */
async function inTwoThreads(runs: number, count: number, seconds: number): Promise<Row> {
  const keys = Array.from({ length: 8 }, () => generateKeyPairSync("ed25519"));
  const signed = Array.from({ length: Math.min(count, 4_000) }, (_, index) => {
    const { privateKey, publicKey } = keys[index % keys.length] as { privateKey: KeyObject; publicKey: KeyObject };
    const text = randomBytes(700);
    return { text: { signed: text, signature: sign(null, text, privateKey) }, publicKey };
  });
  const threads = await InThreads.start(THREADS);
  try {
    const all = async () => {
      for (let index = 0; index < count; index++) {
        const { text, publicKey } = signed[index % signed.length] as (typeof signed)[number];
        threads.hold(text, publicKey);
        if (index % 256 === 0) await threads.room();
      }
      if (!(await threads.allHeld())) throw new Error("a signature failed");
    };
    let who = "";
    const floor = () => {
      const time = verifyTime(seconds, THREADS);
      who = time.who;
      return time.us;
    };
    const times = await compare(Math.min(runs, 3), async () => (1000 * (await timed(all))) / count, floor);
    return { what: `verifier: a signature, ${THREADS} threads`, against: who, ...times, unit: "µs", most: 1.25 };
  } finally {
    await threads.end();
  }
}

async function coldStart(runs: number, log: string): Promise<Row> {
  const run = (args: readonly string[]) => () =>
    timed(() => {
      const { status } = spawnSync(process.execPath, args);
      if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}`);
    });
  const times = await compare(Math.max(runs, 1) * 3, run([VERIFIER, log]), run(["-e", "0"]));
  return { what: "verifier: a log of 30 entries", against: "node -e 0", ...times, most: 3 };
}
