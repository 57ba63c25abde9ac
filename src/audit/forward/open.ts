import { resolve } from "node:path";
import type { ForwardConfig } from "../../config/index.ts";
import { type Clock, systemClock } from "../../model/index.ts";
import { fileSink } from "./file.ts";
import { Forwarders } from "./forwarders.ts";
import { ForwardError, type ForwardSink } from "./sink.ts";
import { webhookSink } from "./webhook.ts";

type Deps = {
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where relative names of files start. */
  readonly base: string;
};

/** The forwarders of the organization's file. Nothing is opened before it is used. */
export function forwardersFrom(configs: readonly ForwardConfig[], { home, env, base }: Deps): Forwarders {
  const sinks = configs.map((config) => open(config, env, base, systemClock));
  return new Forwarders(home, sinks, systemClock);
}

function open(config: ForwardConfig, env: Deps["env"], base: string, clock: Clock): ForwardSink {
  const { format } = config;
  if (config.kind === "file") return fileSink(`file:${config.path}`, resolve(base, config.path), format);
  const url = config.url ?? env[config.urlEnv ?? ""];
  // Of an address only the host is said: the rest is often a secret.
  const name = config.url === undefined ? `webhook:$${config.urlEnv}` : `webhook:${new URL(config.url).host}`;
  const id = `webhook ${config.url ?? config.urlEnv} ${format}`;
  const unusable = (why: string): ForwardSink => ({ name, id, format, deliver: () => Promise.reject(new ForwardError(why)) });
  if (url === undefined || !/^https?:\/\/[^\s]+$/.test(url)) return unusable(`${config.urlEnv} is not set to an address`);
  const missing = Object.values(config.headersEnv).find((variable) => env[variable] === undefined);
  if (missing !== undefined) return unusable(`${missing} is not set`);
  const headers = Object.fromEntries(
    Object.entries(config.headersEnv).map(([header, variable]) => [header, env[variable] ?? ""]),
  );
  return webhookSink({ name, id, url, format, headers, clock, env });
}
