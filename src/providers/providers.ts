import { type Clock, compact, ErError, systemClock } from "../model/index.ts";
import { assumedRole } from "./aws/assume-role.ts";
import type { AwsCredentials } from "./aws/clients.ts";
import { AwsClientPool } from "./aws/clients.ts";
import { liveCredential } from "./azure/credential.ts";
import type { AzureConnection } from "./azure/index.ts";
import { Gate, type RequestRecord, under } from "./gate.ts";
import type { Lane } from "./lane.ts";
import type { Permission } from "./permission.ts";
import { ProviderError } from "./provider-error.ts";
import type { AwsClients, AwsPlace, ProbeScope, ReadScope, ScopeGrant, WriteScope } from "./scope.ts";
import type { Transport } from "./transport.ts";
import { Turns } from "./turns.ts";

/** The clouds of one process. */
export interface Providers {
  scopes(options: ScopeOptions): ScopeFactory;
  close(): Promise<void>;
}

export type ScopeOptions = {
  /** Ends what is on its way; calls that have not left are not sent. */
  readonly signal: AbortSignal;
  /** Both are named in the user agent, so that the provider's own trail tells our calls from an attacker's. */
  readonly incident?: string;
  readonly run?: string;
  /** Whose command it is: named in every event that the provider's trail has of an assumed role, where its trust permits that. */
  readonly person?: string;
  /** No list of the calls is kept: a command may make hundreds of thousands and looks at none afterwards. */
  readonly unlisted?: true;
};

/** Opens scopes for actions. Nothing else hands out a cloud client. */
export interface ScopeFactory {
  read(grant: readonly Permission[]): ReadScope;
  /** Only the engine opens one. `onProgress` makes the token of a long-running operation durable. */
  write(grant: ScopeGrant, onProgress: (token: string) => Promise<void>): WriteScope;
  probe(grant: ScopeGrant): ProbeScope;
  /** Calls so far, oldest first; none where they are unlisted. */
  readonly requests: readonly RequestRecord[];
}

type Common = { readonly userAgent: { readonly version: string } };
export type LiveOptions = Common & {
  readonly accounts: readonly { readonly id: string; readonly role?: string }[];
  readonly azure?: { readonly tenant?: string };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock?: Clock;
  /** Longest time that one attempt of a call may take. */
  readonly deadlineMs?: number;
};

const DEADLINE_MS = 10_000;

/** The real clouds, with the credentials that this machine has. */
export function liveProviders(options: LiveOptions): Providers {
  return new CloudProviders({
    ...options,
    clock: options.clock ?? systemClock,
    deadlineMs: options.deadlineMs ?? DEADLINE_MS,
    transport: null,
  });
}

/** A simulated cloud. No client of it can open a connection. */
export function simulatedProviders(transport: Transport, options: Common): Providers {
  return new CloudProviders({ ...options, accounts: [], env: {}, clock: transport.clock, deadlineMs: DEADLINE_MS, transport });
}

type Setting = Omit<LiveOptions, "clock" | "deadlineMs"> & {
  readonly clock: Clock;
  readonly deadlineMs: number;
  readonly transport: Transport | null;
};

class CloudProviders implements Providers {
  readonly #setting: Setting;
  readonly #lanes = new Map<string, Lane>();
  readonly #turns = new Turns();
  readonly #pools: AwsClientPool[] = [];
  readonly #roles = new Map<string, () => Promise<AwsCredentials>>();
  readonly #azureCredential: AzureConnection["credential"];

  constructor(setting: Setting) {
    this.#setting = setting;
    this.#azureCredential = liveCredential({ ...setting.azure, env: setting.env, clock: setting.clock });
  }

  scopes(options: ScopeOptions): ScopeFactory {
    const { clock, env, deadlineMs, transport } = this.#setting;
    const userAgent = this.#userAgent(options);
    const pool = new AwsClientPool(
      { clock, env, deadlineMs, transport, userAgent, credentials: (account) => this.#credentialsOf(account, options) },
      this.#lanes,
    );
    this.#pools.push(pool);
    const azure = {
      clock,
      deadlineMs,
      transport,
      lanes: this.#lanes,
      credential: this.#azureCredential,
      userAgent: userAgent.map((pair) => pair.join("/")).join(" "),
    };
    const { signal, unlisted = false } = options;
    return new Scopes({ ...this.#setting, signal, unlisted, turns: this.#turns }, pool, azure);
  }

  #userAgent({ incident, run }: ScopeOptions): readonly (readonly [string, string])[] {
    const pairs: [string, string][] = [["soc2-er", this.#setting.userAgent.version]];
    if (incident !== undefined) pairs.push(["incident", incident]);
    if (run !== undefined) pairs.push(["run", run]);
    return pairs;
  }

  #credentialsOf(account: string, options: ScopeOptions): (() => Promise<AwsCredentials>) | undefined {
    const role = this.#setting.accounts.find(({ id }) => id === account)?.role;
    if (role === undefined) return undefined;
    const { incident, person } = options;
    const name = `soc2-er-${incident ?? "look"}`.replace(/[^\w+=,.@-]/g, "-").slice(0, 64);
    const key = `${role} ${name} ${person ?? ""}`;
    const known = this.#roles.get(key);
    if (known) return known;
    const assumed = assumedRole(role, compact({ name, person, incident }), this.#setting);
    this.#roles.set(key, assumed);
    return assumed;
  }

  async close(): Promise<void> {
    await Promise.all(this.#pools.map((pool) => pool.close()));
  }
}

type ScopesSetting = Pick<Setting, "clock" | "transport"> & {
  readonly signal: AbortSignal;
  readonly unlisted: boolean;
  readonly turns: Turns;
};

class Scopes implements ScopeFactory {
  readonly requests: RequestRecord[] = [];
  readonly #setting: ScopesSetting;
  readonly #pool: AwsClientPool;
  readonly #azureConnection: AzureConnection;

  constructor(setting: ScopesSetting, pool: AwsClientPool, azure: AzureConnection) {
    this.#setting = setting;
    this.#pool = pool;
    this.#azureConnection = azure;
  }

  read(grant: readonly Permission[]): ReadScope {
    return this.#open("read", { read: grant, write: [] }).scope;
  }

  write(grant: ScopeGrant, onProgress: (token: string) => Promise<void>): WriteScope {
    const { scope, gate } = this.#open("write", grant);
    const { turns } = this.#setting;
    return { ...scope, receipts: gate.receipts, progress: onProgress, inTurn: (name, work) => turns.take(name, work) };
  }

  probe(grant: ScopeGrant): ProbeScope {
    return { ...this.#open("probe", grant).scope, probing: true };
  }

  #open(kind: "read" | "write" | "probe", grant: ScopeGrant): { readonly scope: ReadScope; readonly gate: Gate } {
    const { clock, transport, signal, unlisted } = this.#setting;
    const gate = new Gate(kind, grant, { clock, signal, requests: unlisted ? null : this.requests });
    const scope: ReadScope = {
      clock,
      signal,
      effects: transport?.effects ?? null,
      aws: (service, place) => this.#aws(gate, service, place),
      azure: (subscription) => this.#azure(gate, subscription),
    };
    return { scope, gate };
  }

  async #aws<N extends keyof AwsClients>(gate: Gate, service: N, place: AwsPlace): Promise<Pick<AwsClients[N], "send">> {
    const client = await this.#pool.get(service, place);
    type Send = (command: never, options?: object) => Promise<unknown>;
    const send: Send = (command, options) =>
      under(gate, () => (client.send as Send).call(client, command, { ...options, abortSignal: gate.signal })).catch((error) => {
        throw error instanceof ProviderError || error instanceof ErError ? error : notSendable(service, error);
      });
    return { send } as Pick<AwsClients[N], "send">;
  }

  async #azure(gate: Gate, subscription: string) {
    const { azureClient } = await import("./azure/index.ts");
    return azureClient(gate, subscription, this.#azureConnection);
  }
}

/** The SDK refused the input itself. */
function notSendable(service: string, error: unknown): ProviderError {
  const { name, message } = error instanceof Error ? error : { name: "", message: String(error) };
  return new ProviderError("invalid", {
    service: `aws.${service}`,
    operation: "",
    providerCode: name,
    status: null,
    requestId: null,
    message,
    cause: error,
  });
}
