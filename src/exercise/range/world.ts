import { chmodSync, closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { type Clock, ErError, type Json, type JsonObject, systemClock } from "../../model/index.ts";
import { type ClockSetting, RangeClock } from "./range-clock.ts";

export type WorldRow = { readonly key: string; readonly value: Json };

/** One call that the simulated cloud judged. Calls that never arrived are not in it. */
export type CallRecord = {
  readonly at: number;
  readonly who: string;
  /** As in a fault script: `iam:PutUserPolicy`, `azure:PUT`. */
  readonly operation: string;
  /** Sent with the provider's own dry-run flag. */
  readonly dryRun: boolean;
  /** `ok`, or the code of the refusal. */
  readonly answer: string;
  /** Keys of the rows that it changed. */
  readonly wrote: readonly string[];
  /** What an event history tells of it; absent for what none is kept of. */
  readonly trail?: { readonly by: JsonObject; readonly asked: Json; readonly answered: Json };
};

/**
 * A look at the world and a change of it, all or nothing. Configuration reads (`newest`, `list`) see what was written last;
 * enforcement reads (`effective`, `listEffective`) see what has taken effect by `now`.
 */
export interface Transaction {
  /** World time in milliseconds, the same for the whole transaction. */
  readonly now: number;
  newest<T extends Json>(key: string): T | null;
  effective<T extends Json>(key: string): T | null;
  /** What exists under a prefix, in key order. */
  list<T extends Json>(prefix: string): readonly { readonly key: string; readonly value: T }[];
  listEffective<T extends Json>(prefix: string): readonly { readonly key: string; readonly value: T }[];
  /** Writes a new version that takes effect `delayMs` of world time from now; null = absent. */
  put(key: string, value: Json | null, delayMs?: number): void;
  /** Versions that are written and have not taken effect yet. */
  pending(): readonly { readonly key: string; readonly effectiveAt: number }[];
  /** A setting of the world, e.g. `delays`. Settings have one version and no propagation. */
  setting<T extends Json>(name: string): T | null;
  set(name: string, value: Json): void;
  /** Adds a call to the world's record, with what this transaction has written so far. */
  record(call: Omit<CallRecord, "at" | "wrote">): void;
  /** All recorded calls, in the order in which they were answered. */
  calls(): readonly CallRecord[];
}

/**
 * One SQLite file that several processes share. `transact` holds the only write lock, and what it wrote outlives every process when
 * it returns (a machine that loses power may lose the last of it); a process that dies inside leaves the world as it was before.
 */
export interface World {
  readonly clock: RangeClock;
  /** `work` must be synchronous. When it throws, nothing of it happened. */
  transact<T>(work: (tx: Transaction) => T): T;
  /** Sets how many world seconds pass in one real one, from now on, for every process. */
  setFactor(factor: number): void;
  /** Empties the world and fills it again. */
  refill(fill: (tx: Transaction) => void): void;
  close(): void;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS rows (
    key TEXT NOT NULL, seq INTEGER NOT NULL, written_at REAL NOT NULL, effective_at REAL NOT NULL, json TEXT,
    PRIMARY KEY (key, seq)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS calls (n INTEGER PRIMARY KEY, json TEXT NOT NULL);`;

const BUSY_TIMEOUT_MS = 20_000;

/** Opens the world in `folder`, creating and filling it when there is none. Errors: `environment` when the file cannot be used. */
export function openWorld(options: { folder: string; fill: (tx: Transaction) => void; wall?: Clock; factor?: number }): World {
  if (options.factor !== undefined) checkFactor(options.factor);
  const wall = options.wall ?? systemClock;
  const database = openDatabase(options.folder);
  const clock = new RangeClock(wall);
  const prepare = preparing(database);
  const world = worldOver(database, prepare, clock);
  database.exec("BEGIN IMMEDIATE");
  try {
    database.exec(SCHEMA);
    const store = storeOf(prepare, 0);
    if (store.setting("clock") === null) {
      store.set("clock", { epoch: wall.now(), wall: wall.now(), factor: options.factor ?? 1 });
      clock.adopt(readClock(store));
      options.fill(storeOf(prepare, clock.now()));
    }
    clock.adopt(readClock(store));
    database.exec("COMMIT");
  } catch (error) {
    database.exec("ROLLBACK");
    database.close();
    throw error;
  }
  if (options.factor !== undefined && options.factor !== clock.factor) world.setFactor(options.factor);
  return world;
}

function openDatabase(folder: string): DatabaseSync {
  const path = join(folder, "world.db");
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // The file must never exist with wider permissions: SQLite gives its side files the mode of this one.
    closeSync(openSync(path, "a", 0o600));
    chmodSync(path, 0o600);
    const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
    return database;
  } catch (error) {
    throw new ErError("environment", `the range's world "${path}" cannot be opened`, {
      cause: error,
      hints: ["check that the state folder is writable, or choose another with --home DIR"],
    });
  }
}

function worldOver(database: DatabaseSync, prepare: Prepare, clock: RangeClock): World {
  const transact = <T>(work: (tx: Transaction) => T): T => {
    database.exec("BEGIN IMMEDIATE");
    try {
      clock.adopt(readClock(storeOf(prepare, 0)));
      const result = work(storeOf(prepare, clock.now()));
      database.exec("COMMIT");
      return result;
    } catch (error) {
      if (database.isTransaction) database.exec("ROLLBACK");
      throw error;
    }
  };
  return {
    clock,
    transact,
    setFactor(factor) {
      checkFactor(factor);
      transact((tx) => tx.set("clock", clock.rebased(factor)));
      transact(() => undefined);
    },
    refill(fill) {
      transact((tx) => {
        database.exec("DELETE FROM rows; DELETE FROM calls; DELETE FROM settings WHERE name <> 'clock';");
        fill(tx);
      });
    },
    close: () => database.close(),
  };
}

function checkFactor(factor: number): void {
  if (factor > 0 && Number.isFinite(factor)) return;
  throw new ErError("parameter-invalid", `clock factor "${factor}" is not a positive number`);
}

function readClock(tx: Transaction): ClockSetting {
  const setting = tx.setting<ClockSetting>("clock");
  if (setting === null) throw new ErError("environment", "the range's world has no clock", { hints: ["soc2-er range reset"] });
  return setting;
}

const NEWEST = "SELECT json FROM rows WHERE key = ? ORDER BY seq DESC LIMIT 1";
const EFFECTIVE = "SELECT json FROM rows WHERE key = ? AND effective_at <= ? ORDER BY seq DESC LIMIT 1";
const LIST = `SELECT key, json FROM rows r WHERE key >= ? AND key < ? AND json IS NOT NULL
  AND seq = (SELECT max(seq) FROM rows WHERE key = r.key) ORDER BY key`;
const LIST_EFFECTIVE = `SELECT key, json FROM rows r WHERE key >= ? AND key < ? AND json IS NOT NULL
  AND seq = (SELECT max(seq) FROM rows WHERE key = r.key AND effective_at <= ?) ORDER BY key`;
const INSERT = `INSERT INTO rows (key, seq, written_at, effective_at, json)
  VALUES (?1, (SELECT coalesce(max(seq), 0) + 1 FROM rows WHERE key = ?1), ?2, ?3, ?4)`;
/** Versions older than the one in effect can be seen by nobody any more. */
const PRUNE = "DELETE FROM rows WHERE key = ?1 AND seq < (SELECT max(seq) FROM rows WHERE key = ?1 AND effective_at <= ?2)";

type Prepare = (sql: string) => StatementSync;

/** Statements are prepared once for as long as the database is open. */
function preparing(database: DatabaseSync): Prepare {
  const prepared = new Map<string, StatementSync>();
  return (sql) => {
    const statement = prepared.get(sql) ?? database.prepare(sql);
    prepared.set(sql, statement);
    return statement;
  };
}

function storeOf(prepare: Prepare, now: number): Transaction {
  const one = (sql: string, ...args: (string | number)[]) => prepare(sql).get(...args)?.["json"];
  const parse = (json: unknown) => (typeof json === "string" ? JSON.parse(json) : null);
  const wrote: string[] = [];
  const many = (sql: string, prefix: string, ...args: number[]) =>
    prepare(sql)
      .all(prefix, `${prefix}\u{10ffff}`, ...args)
      .map((row) => ({ key: String(row["key"]), value: parse(row["json"]) }));
  return {
    now,
    newest: (key) => parse(one(NEWEST, key)),
    effective: (key) => parse(one(EFFECTIVE, key, now)),
    list: (prefix) => many(LIST, prefix),
    listEffective: (prefix) => many(LIST_EFFECTIVE, prefix, now),
    put(key, value, delayMs = 0) {
      wrote.push(key);
      prepare(INSERT).run(key, now, now + delayMs, value === null ? null : JSON.stringify(value));
      prepare(PRUNE).run(key, now);
    },
    pending: () =>
      prepare("SELECT key, effective_at FROM rows WHERE effective_at > ? ORDER BY effective_at, key")
        .all(now)
        .map((row) => ({ key: String(row["key"]), effectiveAt: Number(row["effective_at"]) })),
    setting: (name) => parse(one("SELECT json FROM settings WHERE name = ?", name)),
    set: (name, value) => {
      prepare("INSERT INTO settings (name, json) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET json = ?2").run(
        name,
        JSON.stringify(value),
      );
    },
    record(call) {
      prepare("INSERT INTO calls (json) VALUES (?)").run(JSON.stringify({ at: now, ...call, wrote }));
    },
    calls: () =>
      prepare("SELECT json FROM calls ORDER BY n")
        .all()
        .map((row) => parse(row["json"])),
  };
}
