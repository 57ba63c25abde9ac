import type { NamedPrincipal } from "../model/index.ts";
import type { Caller } from "./policy/index.ts";
import { callerFrom } from "./policy-access.ts";

/** Somebody whom a policy is asked about. */
export type Party = NamedPrincipal & {
  readonly kind: "one" | "service" | "everybody";
  /** Who stands for it; of everybody a root user, a user, a role and, without an account, a stranger, whom nothing names. None: no caller here is like it. */
  readonly callers: readonly Caller[];
};

type Statement = { readonly Effect?: unknown; readonly Principal?: unknown; readonly NotPrincipal?: unknown };

const NO_ACCOUNT = "000000000000";
/** Of a name that nobody has given anything. */
const UNKNOWN = "soc2-er-anybody-else";

/** Whom the text of a policy names where it allows. It need not be one that can be judged. */
export function namedIn(policy: string | null): readonly Party[] {
  const listed = policy === null ? [] : (JSON.parse(policy) as { Statement?: Statement | readonly Statement[] }).Statement;
  const allows = [listed ?? []].flat().filter((statement) => statement.Effect === "Allow");
  return allows.flatMap(({ Principal, NotPrincipal }) => {
    if (NotPrincipal !== undefined || Principal === "*") return [everybody(null)];
    if (Principal === null || typeof Principal !== "object") return [];
    return Object.entries(Principal).flatMap(([type, names]) =>
      [names].flat().flatMap((name: unknown) => (typeof name === "string" ? partyNamed(type, name) : [])),
    );
  });
}

function partyNamed(type: string, name: string): readonly Party[] {
  if (type === "Service") {
    const caller: Caller = { kind: "service", arn: name, account: "" };
    return [{ kind: "service", principal: name, account: null, callers: [caller] }];
  }
  if (type !== "AWS") return [{ kind: "one", principal: name, account: null, callers: [] }];
  if (name === "*") return [everybody(null)];
  const account = /^(?:arn:[^:]+:iam::)?(\d{12})(?::root)?$/.exec(name)?.[1];
  if (account !== undefined) return [everybody(account)];
  // What is gone is shown by its unique id, which nobody has any more.
  return /^A[A-Z0-9]{15,}$/.test(name) ? [] : [partyOf(name)];
}

export function partyOf(arn: string): Party {
  const caller = /[*?]/.test(arn) ? null : callerFrom(arn);
  const [, , , , account = ""] = arn.split(":");
  return {
    kind: "one",
    principal: sayArn(arn),
    account: account === "" ? null : account,
    callers: caller === null ? [] : [caller],
  };
}

/** Who works in a session, by its role: sessions have other names every time. */
export function callerParty(arn: string): Party {
  const party = partyOf(arn);
  return { ...party, principal: party.principal.replace(/^aws:session\/([^/]+)\/.*$/, "aws:role/$1") };
}

/** Of an account, or at all. */
export function everybody(account: string | null): Party {
  const own = account ?? NO_ACCOUNT;
  const root: Caller = { kind: "root", arn: `arn:aws:iam::${own}:root`, account: own };
  const users = ["user", "role"].flatMap((kind) => callerFrom(`arn:aws:iam::${own}:${kind}/${UNKNOWN}`) ?? []);
  const strangers: readonly Caller[] = account === null ? [{ kind: "anonymous", arn: "anonymous", account: "" }] : [];
  return {
    kind: "everybody",
    principal: account === null ? "*" : `aws:account/${account}`,
    account,
    callers: [root, ...users, ...strangers],
  };
}

/** As it is typed, where it can be. */
function sayArn(arn: string): string {
  const [, kind, path = ""] = /^arn:[^:]+:(?:iam|sts)::\d{12}:(user|role|assumed-role)\/(.+)$/.exec(arn) ?? [];
  if (kind === undefined) return arn;
  if (kind === "assumed-role") return `aws:session/${path}`;
  return `aws:${kind}/${path.slice(path.lastIndexOf("/") + 1)}`;
}
