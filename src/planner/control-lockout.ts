import type { Config, StoreConfig } from "../config/index.ts";
import { type Change, type Check, ErError, type Person, parsePrincipal, sameJson } from "../model/index.ts";
import type { Callers } from "./callers.ts";
import { type Ask, newlyControlled } from "./policy-access.ts";

/** Somebody whom no service control policy may cut off, by ARN. */
export type Identity = { readonly arn: string; readonly who: string };

/** A denial of everything denies any of these. */
const ASKS: readonly Ask[] = ["organizations:UpdatePolicy", "iam:DeleteUserPolicy", "s3:PutObject", "sts:AssumeRole"].map(
  (action) => ({ action, resource: "*" }),
);

/** Responders, who runs this, people as far as they are users or roles, and who writes the log. A name alone is one in each account. */
export function identitiesOf(
  config: Config,
  stores: readonly StoreConfig[],
  callers: Pick<Callers, "arns" | "sources">,
  logged: readonly Person[] = [],
): readonly Identity[] {
  const accounts = (config.providers.aws?.accounts ?? []).map(({ id }) => id);
  const arnsOf = (text: string): readonly string[] => {
    if (text.startsWith("arn:")) return [text];
    const principal = parsePrincipal(text);
    if (principal?.kind !== "aws:user" && principal?.kind !== "aws:role") return [];
    return accounts.map((account) => `arn:aws:iam::${account}:${principal.kind.slice("aws:".length)}/${principal.name}`);
  };
  return [
    ...config.responders.map((arn) => ({ arn, who: "a responder" })),
    ...callers.arns.map((arn) => ({ arn, who: "who runs this command" })),
    ...callers.sources.map((arn) => ({ arn, who: "the one whose credentials this command uses" })),
    ...[...config.people, ...logged].flatMap(({ id, principals = [] }) =>
      [`aws:user/${id}`, `aws:role/${id}`, ...principals].flatMap(arnsOf).map((arn) => ({ arn, who: `"${id}" of the people` })),
    ),
    ...stores.flatMap((store) =>
      store.kind === "s3" && store.role !== undefined ? [{ arn: store.role, who: "the audit store's writer" }] : [],
    ),
  ];
}

/**
 * Errors: `self-lockout` when the text of a service control policy denies somebody what it did not deny before, whether or not the policy
 * reaches their account.
 */
export function guardControl(changes: readonly Change[], identities: readonly Identity[]): Check[] {
  return changes.flatMap((change): Check[] => {
    if (change.resource.type !== "organizations-policy" || sameJson(change.before, change.after)) return [];
    for (const { arn, who } of identities) {
      const denied = newlyControlled(change, arn, ASKS);
      if (denied === "unknown") {
        const detail = "the service control policy has elements that cannot be judged here";
        return [{ id: `control:${change.resource.id}`, level: "offline", status: "not-checkable", detail }];
      }
      if (denied === null) continue;
      throw new ErError(
        "self-lockout",
        `service control policy "${change.resource.id}" would deny ${who} ("${arn}") ${denied.action}`,
        {
          hints: ["leave them out of the target"],
          detail: { principal: arn, action: denied.action, resource: denied.resource },
        },
      );
    }
    return [];
  });
}
