import { ErError, nearest } from "../model/index.ts";
import type { AwsAccount, AzureSubscription, Config } from "./config.ts";

type Named = { readonly id: string; readonly name: string };

/** By id or name; errors are `config-part-missing` when no account is configured and `usage` when it is not one of them. */
export function accountOf(config: Pick<Config, "providers" | "source">, nameOrId: string): AwsAccount {
  return find(config.providers.aws?.accounts ?? [], nameOrId, "AWS account", "providers.aws.accounts", config.source);
}

export function subscriptionOf(config: Pick<Config, "providers" | "source">, nameOrId: string): AzureSubscription {
  return find(
    config.providers.azure?.subscriptions ?? [],
    nameOrId,
    "Azure subscription",
    "providers.azure.subscriptions",
    config.source,
  );
}

function find<T extends Named>(all: readonly T[], nameOrId: string, what: string, part: string, source: string): T {
  const found = all.find(({ id, name }) => id === nameOrId || name === nameOrId);
  if (found) return found;
  if (all.length === 0)
    throw new ErError("config-part-missing", `no ${what} is configured`, { hints: [`add ${part} to ${source}`] });
  throw new ErError("usage", `unknown ${what} "${nameOrId}"`, { hints: [sayKnown(all, nameOrId)] });
}

function sayKnown(all: readonly Named[], typed: string): string {
  const meant = nearest(
    typed,
    all.map(({ name }) => name),
  );
  return meant ? `did you mean "${meant}"?` : `known are ${all.map(({ name }) => name).join(", ")}`;
}
