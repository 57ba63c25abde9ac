import type { Config, StoreConfig } from "../config/index.ts";
import { type Change, type Check, ErError, type Person, parsePrincipal, type Selection, sameJson } from "../model/index.ts";
import type { Callers } from "./callers.ts";
import { type Ask, newlyControlled } from "./policy-access.ts";

/** Somebody whom no service control policy may cut off, by ARN. */
export type Identity = {
  readonly arn: string;
  readonly who: string;
  /** Nobody gave the ARN: it is a user or role of an account who has the name of one of the people. */
  readonly byName?: true;
};

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
    ...(config.providers.aws?.accounts ?? []).flatMap(({ role }) =>
      role === undefined ? [] : [{ arn: role, who: "the role that this command works in" }],
    ),
    ...[...config.people, ...logged].flatMap(({ id, principals = [] }) => {
      const who = `"${id}" of the people`;
      const given = principals.flatMap(arnsOf).map((arn) => ({ arn, who }));
      return [
        ...given,
        ...[`aws:user/${id}`, `aws:role/${id}`].flatMap(arnsOf).map((arn) => ({ arn, who, byName: true as const })),
      ];
    }),
    ...stores.flatMap((store) =>
      store.kind === "s3" && store.role !== undefined ? [{ arn: store.role, who: "the audit store's writer" }] : [],
    ),
  ];
}

/**
 * Errors: `self-lockout` when the text of a service control policy denies somebody what it did not deny before, whether or not the policy
 * reaches their account; attached to one account, when it denies somebody there.
 */
export function guardControl(changes: readonly Change[], identities: readonly Identity[]): Check[] {
  return changes.flatMap((change): Check[] => {
    if (sameJson(change.before, change.after)) return [];
    if (change.resource.type === "organizations-policy") return judge(change, identities, "leave them out of the target");
    if (change.resource.type !== "organizations-attachment") return [];
    const there = identities.filter(({ arn, byName }) => byName !== true && arn.split(":")[4] === memberOf(change));
    const attached = { ...change, before: attachedIn(change.before), after: attachedIn(change.after) };
    return judge(attached, there, "let the policy spare them: ArnNotLike on aws:PrincipalArn");
  });
}

function judge(change: Change, identities: readonly Identity[], hint: string): Check[] {
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
        hints: [hint],
        detail: { principal: arn, action: denied.action, resource: denied.resource },
      },
    );
  }
  return [];
}

/** A policy counts where it is attached. */
function attachedIn(state: Change["after"]): Change["after"] {
  return (state as { attached?: boolean } | null)?.attached === true ? state : null;
}

function memberOf({ resource }: Change): string | undefined {
  return resource.id.split("/")[0];
}

/**
 * Errors: `self-lockout` when an account that is to be locked down is the responders' own, manages the organization, or has the log: what a
 * policy spares there today, somebody may need otherwise tomorrow.
 */
export function guardMembers(
  selections: readonly Selection[],
  config: Config,
  stores: readonly StoreConfig[],
  callers: Pick<Callers, "arns" | "sources">,
): void {
  const accounts = config.providers.aws?.accounts ?? [];
  const idOf = (nameOrId: string) => accounts.find(({ name }) => name === nameOrId)?.id ?? nameOrId;
  const kept = stores.flatMap((store) => (store.kind === "s3" ? [store.account, store.role?.split(":")[4]] : []));
  for (const selection of selections) {
    if (selection.kind !== "aws.member-account") continue;
    const { member, account } = selection;
    const because =
      member === account
        ? "manages the organization's policies"
        : [...callers.sources, ...callers.arns].some((arn) => arn.split(":")[4] === member)
          ? "is the one whose credentials this command uses"
          : kept.some((one) => one !== undefined && idOf(one) === member)
            ? "has the audit log's store"
            : null;
    if (because === null) continue;
    throw new ErError("self-lockout", `account ${member} ${because}: locking it down would cut off the response`, {
      hints: ["revoke what is compromised in it: soc2-er revoke, soc2-er run freeze-roles"],
      detail: { account: member, because },
    });
  }
}
