import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { IAMClient } from "@aws-sdk/client-iam";
import { userName } from "../../test/providers/throttling-stub.ts";
import { withCloud } from "./cloud.ts";
import { type Bench, timed } from "./measure.ts";
import { CONFIG, called } from "./plan.ts";

const BINARY = join(import.meta.dirname, "../../dist/bin/soc2-er.cjs");
const CHANGES_A_USER = 3;
const PEAK = `data:text/javascript,import { writeFileSync } from "node:fs"; process.on("exit", () => writeFileSync(process.env.PEAK, String(process.resourceUsage().maxRSS / 1024)));`;

type Planned = { readonly peak: number; readonly msAChange: number };

/** The built program planning for ten times as many users: its memory against what few take, its time against that of the calls alone. */
export const scale: Bench = async ({ quick }) => {
  const [few, many] = quick ? [5, 10] : [334, 3_334];
  return withCloud({ users: many, limit: null, latencyMs: 0 }, async () => {
    await dryRun(few);
    const small = await dryRun(few);
    const large = await dryRun(many);
    const alone = await callsAlone(few);
    const what = `${(CHANGES_A_USER * many).toLocaleString("en")} changes`;
    return [
      {
        what: `scale: memory, ${what}`,
        against: `${CHANGES_A_USER * few} changes`,
        ...{ ours: large.peak, floor: small.peak, unit: "MiB" },
      },
      { what: `scale: a change of ${what}`, against: "its calls, SDK alone", ours: large.msAChange, floor: alone },
    ];
  });
};

/** One dry run of the built program. */
async function dryRun(users: number): Promise<Planned> {
  const folder = await mkdtemp(join(tmpdir(), "soc2-er-bench-"));
  try {
    const [config, list, peak] = ["soc2-er.yaml", "list.txt", "peak"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    await writeFile(config, CONFIG);
    await writeFile(
      list,
      namesOf(users)
        .map((name) => `aws:user/${name}\n`)
        .join(""),
    );
    const changes = CHANGES_A_USER * users;
    const asked = ["revoke", "--from", list, "--max-changes", String(changes), "--dry-run", "--json"];
    const args = ["--import", PEAK, BINARY, ...asked, "--config", config, "--home", join(folder, "home")];
    const took = await timed(async () => {
      const child = spawn(process.execPath, args, {
        env: { ...process.env, PEAK: peak },
        stdio: ["ignore", "ignore", "inherit"],
      });
      const [code] = await once(child, "close");
      if (code !== 0) throw new Error(`a dry run ended with ${code}`);
    });
    return { peak: Number(await readFile(peak, "utf8")), msAChange: took / changes };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function callsAlone(users: number): Promise<number> {
  const client = new IAMClient({ region: "us-east-1", maxAttempts: 1 });
  try {
    await called(namesOf(users), client);
    return (await timed(() => called(namesOf(users), client))) / (CHANGES_A_USER * users);
  } finally {
    client.destroy();
  }
}

function namesOf(users: number): string[] {
  return Array.from({ length: users }, (_, index) => userName(index));
}
