import type { Denied, DeniedPrincipal, Loss, NamedPrincipal } from "../../model/index.ts";
import type { View } from "../output.ts";
import { tame, wrap } from "../text.ts";
import { plural } from "./words.ts";

/** Who is denied something: named one by one, or counted in a line or two that tell what names them. */
export function deniedLines(title: string, denied: Denied | undefined, { width }: View, namedBy: string | null): string[] {
  if (denied === undefined || denied.principals.length + denied.unjudged.length === 0) return [];
  if (namedBy !== null) return wrap(`${title} ${countsOf(denied)}: ${namedBy} names them`, width, 2);
  const named = [
    ...denied.principals.map(({ loses, ...who }) => `${sayWho(who)}: ${loses.map(sayLoss).join(", ")}`),
    ...denied.unjudged.map((one) => `not judged: ${sayWho(one)}: ${one.what} (${one.by}), because ${one.why}`),
    ...denied.kept.map((one) => `kept: ${sayWho(one)}`),
  ];
  return [title, ...named.flatMap((line) => wrap(tame(`  ${line}`), width, 4))];
}

function countsOf({ principals, kept, unjudged }: Denied): string {
  const strangers = principals.filter(({ principal }) => principal === "*");
  const accounts = principals.filter(({ principal }) => isAccount(principal));
  const single = distinct(principals) - distinct(strangers) - distinct(accounts);
  const parts = [
    ...(single === 0 ? [] : [plural(single, "principal")]),
    ...(strangers.length === 0 ? [] : [`anybody${butHowMany(strangers)}`]),
    ...(accounts.length === 0 ? [] : [`anybody of ${sayAccounts(accounts)}${butHowMany(accounts)}`]),
    ...(unjudged.length === 0 ? [] : [`${distinct(unjudged)} not judged`]),
    ...(kept.length === 0 ? [] : [`${kept.length} kept`]),
  ];
  return parts.join(", ");
}

function sayAccounts(accounts: readonly DeniedPrincipal[]): string {
  const count = distinct(accounts);
  return count === 1 ? `account ${accounts[0]?.account}` : plural(count, "account");
}

function butHowMany(those: readonly DeniedPrincipal[]): string {
  const spared = new Set(those.flatMap(({ but = [] }) => but)).size;
  return spared === 0 ? "" : ` but ${spared} spared`;
}

function distinct(those: readonly NamedPrincipal[]): number {
  return new Set(those.map(({ principal, account }) => `${principal} ${account}`)).size;
}

function isAccount(principal: string): boolean {
  return principal.startsWith("aws:account/");
}

function sayWho({ principal, account, but = [] }: NamedPrincipal & Pick<DeniedPrincipal, "but">): string {
  const spared = but.length === 0 ? "" : ` but ${but.join(", ")}`;
  if (principal === "*") return `anybody${spared}`;
  if (isAccount(principal)) return `anybody of account ${account}${spared}`;
  return account === null || principal.startsWith("arn:") ? principal : `${principal} (${account})`;
}

function sayLoss({ what, by, shown }: Loss): string {
  return `${what} (${by}${shown === "setting" ? ", by a setting" : ""})`;
}
