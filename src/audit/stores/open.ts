import { resolve } from "node:path";
import type { StoreConfig } from "../../config/index.ts";
import { type Clock, ErError } from "../../model/index.ts";
import { directoryStore } from "./directory.ts";
import { s3Store } from "./s3.ts";
import type { Store } from "./store.ts";

/** Shorter than a closing command waits: a store that never answers is noted as down by the first command that meets it. */
const DEADLINE_MS = 4_000;

type Deps = { readonly clock: Clock; readonly env: Readonly<Record<string, string | undefined>>; readonly base: string };

/** The stores of the organization's file. Relative folders start at `base`. Nothing is opened before it is used. */
export function storesFrom(configs: readonly StoreConfig[], deps: Deps): readonly Store[] {
  return configs.map((config) => open(config, deps));
}

function open(config: StoreConfig, { clock, env, base }: Deps): Store {
  switch (config.kind) {
    case "directory":
      return directoryStore(`directory:${config.path}`, resolve(base, config.path));
    case "s3": {
      const { kind, prefix, account: _account, ...place } = config;
      const folder = prefix === "" || prefix.endsWith("/") ? prefix : `${prefix}/`;
      const name = `${kind}:${place.bucket}/${prefix}`.replace(/\/$/, "");
      return s3Store({ ...place, name, prefix: folder, clock, env, deadlineMs: DEADLINE_MS });
    }
    case "azure-blob":
      throw new ErError("config-invalid", `an audit store of kind "azure-blob" is not supported by this version`, {
        hints: ["kind: s3 or kind: directory"],
      });
  }
}
