import { mkdir } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import type { AuditReader, AuditWriter, Forwarders, Keyring, Store } from "../audit/index.ts";
import type { Config } from "../config/index.ts";
import type { RangeWorld } from "../exercise/range/index.ts";
import { type Clock, type Digest, ErError, type FoundingPolicy, type Mode, systemClock } from "../model/index.ts";
import type { Providers, ScopeFactory, ScopeOptions } from "../providers/index.ts";
import type { Runbook } from "../runbooks/index.ts";
import type { LogKey, PersonSigner } from "../signing/index.ts";
import type { Globals } from "./command.ts";
import type { Desk, Screen } from "./flow/desk.ts";
import { keepGarbageSmall } from "./garbage.ts";
import { screenFor } from "./screen.ts";
import { signerFor } from "./signer.ts";

/**
 * What a command works with, each part made when it is first asked for. `close` releases all that was opened; commands run
 * inside `withContext`, which does.
 */
export interface Context extends Desk {
  readonly globals: Globals;
  /** Folder of this log: `<home>/real` or `<home>/drill`. The simulated cloud itself is in `<home>/range`. */
  readonly home: string;
  readonly range: RangeWorld | null;
  hasLog(): Promise<boolean>;
  /** Null while nothing has been logged here. Errors as of `reader`. */
  readerIfAny(): Promise<AuditReader | null>;
  signer(): Promise<PersonSigner>;
  /** True where a log is, here or, taken up from there, in the first store. */
  findLog(): Promise<boolean>;
  /** Writes the first entry of the log. `writer` does it by itself where there is no log. */
  beginLog(signer: PersonSigner): Promise<void>;
  providers(): Promise<Providers>;
  forwarders(): Promise<Forwarders>;
  /** Those of the organization's file; nothing is opened before it is used. */
  stores(): Promise<readonly Store[]>;
  /** The one of the organization's file that signs checkpoints; null without. Nothing is asked of it before it is used. */
  logKey(): Promise<LogKey | null>;
  /** Shipped ones and those beside the organization's file. A broken file is warned of and left out. */
  runbooks(): Promise<readonly Runbook[]>;
  close(): Promise<void>;
}

/** Opens the context, runs the work, and releases everything whatever happens. */
export async function withContext<T>(globals: Globals, work: (context: Context) => Promise<T>): Promise<T> {
  const context = await openContext(globals);
  try {
    return await work(context);
  } finally {
    await context.close();
  }
}

export async function openContext(globals: Globals): Promise<Context> {
  keepGarbageSmall();
  const { resolveHome } = await import("../config/index.ts");
  const root = resolveHome({ ...(globals.home === undefined ? {} : { home: globals.home }), env: globals.env });
  const range = globals.range ? await openRangeIn(join(root, "range")) : null;
  const config = range ? range.config : await configOf(globals);
  const mode: Mode = range ? "drill" : "real";
  if (range) globals.output.banner("DRILL: simulated cloud, nothing real is touched");
  return new OpenContext(globals, root, mode, config, range);
}

/** The organization's file as the global flags and the environment name it. */
export async function configOf(globals: Globals): Promise<Config> {
  const { loadConfig } = await import("../config/index.ts");
  return loadConfig({ ...(globals.config === undefined ? {} : { file: globals.config }), cwd: globals.cwd, env: globals.env });
}

async function openRangeIn(folder: string): Promise<RangeWorld> {
  const { openRange } = await import("../exercise/range/index.ts");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // A fault that kills the process belongs to the simulated cloud: drills of crashes need a real one.
  return openRange({ folder, kill: () => process.kill(process.pid, "SIGKILL") });
}

/** How long reading waits for what other machines handed to the store. */
const REFRESH_MS = 2_000;

/** How long the end of a command waits for forwarders that worked when last tried. */
const FORWARD_MS = 500;

class OpenContext implements Context {
  readonly globals: Globals;
  readonly config: Config;
  readonly range: RangeWorld | null;
  readonly mode: Mode;
  readonly origin: string;
  readonly home: string;
  readonly clock: Clock;
  readonly tool: string;
  readonly screen: Screen;
  #stores: readonly Store[] | null = null;
  #joining: Promise<boolean> | null = null;
  #forked: ErError | null = null;
  readonly #checked = new Set<Digest>();
  #reader: Promise<AuditReader & { close(): Promise<void> }> | null = null;
  #writer: Promise<AuditWriter> | null = null;
  #providers: Promise<Providers> | null = null;
  #forwarders: Promise<Forwarders> | null = null;

  constructor(globals: Globals, root: string, mode: Mode, config: Config, range: RangeWorld | null) {
    this.globals = globals;
    this.config = config;
    this.range = range;
    this.mode = mode;
    this.origin = config.origin;
    this.home = join(root, mode);
    this.clock = range?.clock ?? systemClock;
    this.tool = `soc2-er/${globals.version}`;
    this.screen = screenFor(globals.output, this.clock, config.sla.revocationMs);
  }

  get interactive(): boolean {
    return this.globals.output.interactivity.prompts;
  }

  async hasLog(): Promise<boolean> {
    const { logExists } = await import("../audit/index.ts");
    return logExists(this.home);
  }

  async readerIfAny(): Promise<AuditReader | null> {
    if (this.#writer) return this.#writer;
    return (await this.findLog()) ? this.reader() : null;
  }

  async findLog(): Promise<boolean> {
    return (await this.hasLog()) || this.#joinLog();
  }

  /** Errors: `audit-forked` where the store has another history, unless the log is open for writing: containment goes on. */
  async reader(): Promise<AuditReader> {
    if (this.#writer) return this.#writer;
    const reader = await this.#readOnly();
    if (this.#forked !== null) throw this.#forked;
    return reader;
  }

  #readOnly(): Promise<AuditReader & { close(): Promise<void> }> {
    this.#reader ??= this.#openReader();
    return this.#reader;
  }

  async #openReader(): Promise<AuditReader & { close(): Promise<void> }> {
    const { openReader } = await import("../audit/index.ts");
    if (!(await this.findLog()))
      throw new ErError("usage", "nothing has been logged here yet", {
        hints: ["soc2-er init --yes", "soc2-er incident declare --title 'what happens' --severity 2"],
      });
    const { home, origin, mode } = this;
    return openReader({
      ...{ home, origin, mode, checked: this.#checked },
      stores: await this.stores(),
      clock: this.clock,
      refreshMs: REFRESH_MS,
      onFork: (error) => {
        this.#forked = error;
        this.globals.output.warn(error.message);
      },
    });
  }

  /** Takes up the organization's log where a store has one: another machine began it. */
  #joinLog(): Promise<boolean> {
    this.#joining ??= this.#join();
    return this.#joining;
  }

  async #join(): Promise<boolean> {
    const { joinLog, StoreError } = await import("../audit/index.ts");
    const [first] = await this.stores();
    if (first === undefined) return false;
    try {
      const joined = await joinLog(this, first);
      if (joined === null) return false;
      this.globals.output.say(
        `joined the audit log of ${this.origin} from ${first.name}: compare ${joined.genesis} with a colleague`,
      );
      return true;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.globals.output.warn(`store "${first.name}": ${error.message}`);
      return false;
    }
  }

  async writer(): Promise<AuditWriter> {
    this.#writer ??= this.#openWriter();
    return this.#writer;
  }

  async #openWriter(): Promise<AuditWriter> {
    const { openWriter } = await import("../audit/index.ts");
    const signer = await this.signer();
    if (!(await this.findLog())) await this.beginLog(signer);
    const { home, origin, mode, clock, tool } = this;
    const writer = await openWriter({
      ...{ home, origin, mode, checked: this.#checked },
      stores: await this.stores(),
      signer,
      clock,
      host: hostname(),
      tool,
      logKey: await this.logKey(),
    });
    (await this.forwarders()).start();
    return writer;
  }

  /** The first entry of the log: people, keys and roles as the organization's file has them now. */
  async beginLog(signer: PersonSigner): Promise<void> {
    const { initLog, publicLogKey } = await import("../audit/index.ts");
    const { organization, people, policy } = this.config;
    const logKey = await this.logKey();
    await mkdir(dirname(this.home), { recursive: true, mode: 0o700 });
    await initLog({
      home: this.home,
      origin: this.origin,
      mode: this.mode,
      genesis: {
        ...{ organization, people, policy: foundingOf(policy) },
        ...(logKey === null ? {} : { logKey: await publicLogKey(logKey, this.origin) }),
      },
      signer,
      clock: this.clock,
      host: hostname(),
      tool: this.tool,
    });
    this.globals.output.say(`began the audit log of ${this.origin} with ${people.length} people from ${this.config.source}`);
  }

  async signer(): Promise<PersonSigner> {
    return signerFor(this.globals, { range: this.range, keyring: await this.#keyring(), people: this.config.people });
  }

  /** Not through the writer: opening that one asks for the signer, who asks here. */
  async #keyring(): Promise<Keyring | null> {
    return (await this.hasLog()) ? (await this.#readOnly()).keyring() : null;
  }

  async stores(): Promise<readonly Store[]> {
    const { storesFrom } = await import("../audit/index.ts");
    const tenant = this.config.providers.azure?.tenant;
    const stores =
      this.#stores ??
      storesFrom(this.config.audit.stores, {
        clock: this.clock,
        env: this.globals.env,
        base: dirname(this.config.source),
        ...(tenant === undefined ? {} : { tenant }),
      });
    this.#stores = stores;
    return stores;
  }

  async logKey(): Promise<LogKey | null> {
    const { logKey } = this.config.audit;
    if (logKey === undefined) return null;
    const { logKeyFrom } = await import("../audit/index.ts");
    const tenant = this.config.providers.azure?.tenant;
    const deps = { clock: this.clock, env: this.globals.env, base: dirname(this.config.source) };
    return logKeyFrom(logKey, { ...deps, ...(tenant === undefined ? {} : { tenant }) });
  }

  /** Where entries are handed to beside the stores. Begun by whoever writes. */
  forwarders(): Promise<Forwarders> {
    this.#forwarders ??= this.#openForwarders();
    return this.#forwarders;
  }

  async #openForwarders(): Promise<Forwarders> {
    const { forwardersFrom } = await import("../audit/index.ts");
    const { audit, source } = this.config;
    return forwardersFrom(audit.forward ?? [], { home: this.home, env: this.globals.env, base: dirname(source) });
  }

  async providers(): Promise<Providers> {
    this.#providers ??= this.#openProviders();
    return this.#providers;
  }

  async #openProviders(): Promise<Providers> {
    const { liveProviders, simulatedProviders } = await import("../providers/index.ts");
    if (this.range) return simulatedProviders(this.range.transport, { userAgent: { version: this.globals.version } });
    const { aws, azure } = this.config.providers;
    return liveProviders({
      accounts: aws?.accounts ?? [],
      ...(azure === undefined ? {} : { azure }),
      env: this.globals.env,
      clock: this.clock,
      userAgent: { version: this.globals.version },
    });
  }

  async scopes(options: ScopeOptions): Promise<ScopeFactory> {
    return (await this.providers()).scopes({ ...options, unlisted: true });
  }

  async lockRun(run: string): Promise<AsyncDisposable | null> {
    const { tryLock } = await import("../audit/index.ts");
    const folder = join(this.home, "locks");
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return tryLock(join(folder, run));
  }

  async runbooks(): Promise<readonly Runbook[]> {
    const { loadRunbooks } = await import("../runbooks/index.ts");
    return loadRunbooks(runbookFolders(this.globals, this.range ? null : this.config.source), (broken) =>
      this.globals.output.warn(broken.message),
    );
  }

  async close(): Promise<void> {
    if (this.#writer)
      await this.#writer.then((writer) => writer.close()).catch((error) => this.globals.output.debug(String(error)));
    if (this.#forwarders) await this.#forwarders.then((forwarders) => forwarders.stop(FORWARD_MS)).catch(() => undefined);
    if (this.#reader) await this.#reader.then((reader) => reader.close()).catch(() => undefined);
    if (this.#providers) await this.#providers.then((providers) => providers.close()).catch(() => undefined);
    this.range?.close();
  }
}

/** Shipped runbooks, then those in `runbooks/` beside the organization's file. */
export function runbookFolders(globals: Globals, source: string | null): string[] {
  const shipped = join(globals.package, "runbooks");
  return source === null ? [shipped] : [shipped, join(dirname(source), "runbooks")];
}

function foundingOf({ approvals, preapproved, breakGlass, requireVerification }: Config["policy"]): FoundingPolicy {
  return { approvals, preapproved, breakGlass, ...(requireVerification ? { verification: true } : {}) };
}
