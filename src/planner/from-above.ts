import { accountOf, type Config } from "../config/index.ts";
import { ErError, type MemberPrincipal, type Selection, type Skipped } from "../model/index.ts";
import type { ReadScope } from "../providers/index.ts";
import { managementAccount } from "./directory.ts";
import type { Reach } from "./reach.ts";

/**
 * The users and roles among the places, as the organization's own policy can name them: one place for all of them, because its policy is
 * one document. Whom no such policy binds is said.
 */
export async function findAbove(
  places: readonly Selection[],
  config: Config,
  scope: ReadScope,
  reach: Reach,
): Promise<{ readonly selections: readonly Selection[]; readonly skipped: readonly Skipped[] }> {
  const organization = config.providers.aws?.organization;
  const found = places.flatMap((place): MemberPrincipal[] =>
    place.kind === "aws.user" || place.kind === "aws.role"
      ? [{ account: place.account, kind: place.kind === "aws.user" ? "user" : "role", name: place.name }]
      : [],
  );
  if (organization?.denyPolicy === undefined || found.length === 0) return { selections: [], skipped: [] };
  const { account, denyPolicy: policy } = organization;
  const management = await reach.look(account, () => managementAccount(scope, account));
  const unbound = found.flatMap((one): [MemberPrincipal, string][] => {
    if (one.account === management) return [[one, "the organization's management account"]];
    return one.kind === "role" && one.name.startsWith("AWSServiceRoleFor") ? [[one, "a role of an AWS service"]] : [];
  });
  const principals = found.filter((one) => !unbound.some(([other]) => other === one));
  return {
    selections: principals.length === 0 ? [] : [{ kind: "aws.organization-principals", account, policy, principals }],
    skipped: unbound.map(([{ kind, name, account: own }, what]) => ({
      resource: null,
      reason: `aws:${kind}/${name} in ${own} is not denied from above: service control policies do not bind ${what}`,
    })),
  };
}

/** An account that is to be locked down whole: one of the organization's file, or any other of the organization, by its id. */
export function memberAccount(nameOrId: string, config: Config): Selection {
  const { account, quarantinePolicy: policy } = config.providers.aws?.organization ?? {};
  if (account === undefined || policy === undefined) {
    throw new ErError("config-part-missing", `account "${nameOrId}" cannot be quarantined: the file names no policy for that`, {
      hints: [`add providers.aws.organization with a quarantine-policy to ${config.source}`],
    });
  }
  const member = /^\d{12}$/.test(nameOrId) ? nameOrId : accountOf(config, nameOrId).id;
  return { kind: "aws.member-account", account, policy, member };
}
