import type { Config } from "../config/index.ts";
import type { Selection } from "../model/index.ts";

/** The users and roles among the places, in each of their account's Regions where clusters may let them in. */
export function clusterPrincipals(
  places: readonly Selection[],
  config: Config,
  region: string | undefined,
): readonly Selection[] {
  return places.flatMap((place): Selection[] => {
    if (place.kind !== "aws.user" && place.kind !== "aws.role") return [];
    const { account, name } = place;
    const principal = place.kind === "aws.user" ? "user" : "role";
    const regions = config.providers.aws?.accounts.find(({ id }) => id === account)?.regions ?? [];
    return regions
      .filter((one) => region === undefined || one === region)
      .map((one) => ({ kind: "aws.cluster-principal", account, region: one, principal, name }));
  });
}
