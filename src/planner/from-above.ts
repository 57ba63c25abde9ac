import { accountOf, type Config } from "../config/index.ts";
import { ErError, type MemberPrincipal, type Selection } from "../model/index.ts";

/**
 * The users and roles among the places, as the organization's own policy can name them: one place for all of them, because its policy is
 * one document. Whom no such policy binds is the action's to say.
 */
export function placesAbove(places: readonly Selection[], config: Config): readonly Selection[] {
  const organization = config.providers.aws?.organization;
  const principals = places.flatMap((place): MemberPrincipal[] =>
    place.kind === "aws.user" || place.kind === "aws.role"
      ? [{ account: place.account, kind: place.kind === "aws.user" ? "user" : "role", name: place.name }]
      : [],
  );
  if (organization?.denyPolicy === undefined || principals.length === 0) return [];
  const { account, denyPolicy: policy } = organization;
  return [{ kind: "aws.organization-principals", account, policy, principals }];
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
