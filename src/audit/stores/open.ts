import { resolve } from "node:path";
import type { StoreConfig } from "../../config/index.ts";
import type { Clock } from "../../model/index.ts";
import { azureBlobStore } from "./azure-blob.ts";
import { directoryStore } from "./directory.ts";
import { s3Store } from "./s3.ts";
import type { Store } from "./store.ts";

/** Shorter than a closing command waits: a store that never answers is noted as down by the first command that meets it. */
const DEADLINE_MS = 4_000;

type Deps = {
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly base: string;
  /** Of Azure; else the credential's own. */
  readonly tenant?: string;
};

/** The stores of the organization's file. Relative folders start at `base`. Nothing is opened before it is used. */
export function storesFrom(configs: readonly StoreConfig[], deps: Deps): readonly Store[] {
  return configs.map((config) => open(config, deps));
}

function open(config: StoreConfig, { clock, env, base, tenant }: Deps): Store {
  switch (config.kind) {
    case "directory":
      return directoryStore(`directory:${config.path}`, resolve(base, config.path));
    case "s3": {
      const { kind, prefix, account: _account, ...place } = config;
      const name = `${kind}:${place.bucket}/${prefix}`.replace(/\/$/, "");
      return s3Store({ ...place, name, prefix: folderOf(prefix), clock, env, deadlineMs: DEADLINE_MS });
    }
    case "azure-blob": {
      const { kind, prefix, ...place } = config;
      const name = `${kind}:${place.account}/${place.container}/${prefix}`.replace(/\/$/, "");
      const signIn = tenant === undefined ? {} : { tenant };
      return azureBlobStore({ ...place, ...signIn, name, prefix: folderOf(prefix), clock, env, deadlineMs: DEADLINE_MS });
    }
  }
}

function folderOf(prefix: string): string {
  return prefix === "" || prefix.endsWith("/") ? prefix : `${prefix}/`;
}
