import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "../../config/index.ts";
import { type Clock, instant, type Json } from "../../model/index.ts";
import type { Transport } from "../../providers/index.ts";
import { type Attacker, rangeAttacker } from "./attacker.ts";
import type { Credentials } from "./aws/authorize.ts";
import { createAwsFront } from "./aws/front.ts";
import { azureAt, azureEffects, azureRows, createAzureFront } from "./azure/index.ts";
import { rangeEffects } from "./effects.ts";
import { estateRows, RESPONDER_ROLE } from "./estate.ts";
import { type EstatePerson, estateConfig } from "./estate-config.ts";
import { type FaultScript, type KillMoment, ProcessFaults, setFaults, worldFaults } from "./faults.ts";
import { rangeKeys } from "./people.ts";
import { type Delays, delaysOf, setDelays } from "./settings.ts";
import { type CallRecord, openWorld, type Transaction, type World } from "./world.ts";

export type RangeOptions = {
  /** Holds the world, the people's keys and the audit store. Made when it is not there. */
  readonly folder: string;
  /** World seconds in a real one; sets it for everybody who shares the world. As the world has it when absent. */
  readonly factor?: number;
  /** Faults of this process only. */
  readonly faults?: FaultScript;
  /** Ends the process without cleaning up, for faults of the kind `kill`; without it they do nothing. */
  readonly kill?: (moment: KillMoment) => void;
  /** Real time; for tests. */
  readonly wall?: Clock;
};

/** An open range. */
export interface RangeWorld {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly config: Config;
  /** Paths of the private keys by person. */
  readonly keys: Readonly<Record<EstatePerson, string>>;
  readonly attacker: Attacker;
  /** Makes calls as somebody else, past all faults: the attacker, another administrator. */
  as(who: Credentials): Pick<Transport, "aws">;
  /** What goes wrong in this world, for every process. */
  setFaults(script: FaultScript): void;
  setDelays(delays: Partial<Delays>): void;
  /** Longest page of any list; null = the service's own. */
  setPageLimit(limit: number | null): void;
  /** Back to the estate's beginning. Keys and clock stay. */
  reset(): void;
  show(): Json;
  /** Everything that exists, by key, as it was written last. */
  contents(): Readonly<Record<string, Json>>;
  /** Every call that the simulated clouds judged since the world's beginning, by whom and what it wrote. */
  calls(): readonly CallRecord[];
  close(): void;
}

/** Opens the range in a folder, creating it on first use. Errors: `environment` when the folder cannot be used. */
export async function openRange(options: RangeOptions): Promise<RangeWorld> {
  const auditStore = join(options.folder, "audit-store");
  // Only a new world gets one: a store that went missing must stay missing, as a share that is not mounted does.
  if (!existsSync(join(options.folder, "world.db"))) await mkdir(auditStore, { recursive: true, mode: 0o700 });
  const world = openWorld({
    folder: options.folder,
    fill: fillEstate,
    ...(options.wall ? { wall: options.wall } : {}),
    ...(options.factor === undefined ? {} : { factor: options.factor }),
  });
  const keys = await rangeKeys(options.folder);
  const config = estateConfig(keys.publicKeys, auditStore, keys.logKey);
  const { clock } = world;
  const opened = clock.now();
  const faults = new ProcessFaults(options.faults ?? []);
  const kill = options.kill ?? null;
  const front = createAwsFront({
    world,
    faults,
    kill,
    responder: (account) => ({ kind: "role-session", account, role: RESPONDER_ROLE, session: "soc2-er", issued: opened }),
  });
  return {
    transport: {
      name: "range",
      clock,
      effects: rangeEffects(world, azureEffects(world)),
      aws: (call) => front.answer(call),
      azure: createAzureFront({ world, faults, kill }),
    },
    clock,
    config,
    keys: keys.files,
    attacker: rangeAttacker(world),
    as: (who) => ({ aws: async (call) => front.answerAs(who, call) }),
    setFaults: (script) => world.transact((tx) => setFaults(tx, script)),
    setDelays: (delays) => world.transact((tx) => setDelays(tx, delays)),
    setPageLimit: (limit) => world.transact((tx) => tx.set("pageLimit", limit)),
    reset: () => world.refill(fillEstate),
    show: () => show(world),
    contents: () => world.transact((tx) => Object.fromEntries(tx.list("").map((row) => [row.key, azureAt(row, tx.now)]))),
    calls: () => world.transact((tx) => tx.calls()),
    close: () => world.close(),
  };
}

function fillEstate(tx: Transaction): void {
  for (const { key, value } of [...estateRows(tx.now), ...azureRows()]) tx.put(key, value);
}

/** What exists by kind, what is on its way to take effect, what will go wrong. */
function show(world: World): Json {
  return world.transact((tx) => {
    const kinds: Record<string, string[]> = {};
    for (const { key } of tx.list("")) {
      const parts = key.split("/");
      const kind = parts.slice(2, parts[2] === "iam" || parts[2] === "s3" ? 4 : 5).join("/");
      kinds[kind] = [...(kinds[kind] ?? []), parts.at(-1) ?? key];
    }
    return {
      schema: "soc2-er/range@1",
      now: instant(tx.now),
      factor: String(world.clock.factor),
      delays: delaysOf(tx),
      pending: tx.pending().map(({ key, effectiveAt }) => ({ key, effectiveAt: instant(effectiveAt) })),
      faults: worldFaults(tx).map(({ operation, kind }) => ({ operation, kind })),
      exists: kinds,
    };
  });
}
