import { AT_APPLY, type Change, type Json, type JsonObject } from "../model/index.ts";
import {
  type AccessRequest,
  type ContextValues,
  evaluate,
  type Policies,
  type PolicyDocument,
  PolicyError,
  parsePolicy,
} from "./policy/index.ts";

export type Ask = { readonly action: string; readonly resource: string; readonly context?: ContextValues };

export const ALLOW_ALL = parsePolicy('{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}');

/**
 * The first request that the changed policy of a resource denies to a principal that could do everything before. `unknown` when a policy
 * has elements that cannot be judged: never taken for "still allowed".
 */
export function newlyDenied(change: Change, arn: string, owner: string, asks: readonly Ask[]): Ask | "unknown" | null {
  return firstDenied(change, arn, asks, (policy) => ({ identity: [ALLOW_ALL], resource: policy, owner }));
}

/** The same of a changed service control policy, for a principal that it reaches. */
export function newlyControlled(change: Change, arn: string, asks: readonly Ask[]): Ask | "unknown" | null {
  return firstDenied(change, arn, asks, (policy) => ({ identity: [ALLOW_ALL], control: [[ALLOW_ALL, policy]] }));
}

function firstDenied(
  change: Change,
  arn: string,
  asks: readonly Ask[],
  under: (policy: PolicyDocument) => Policies,
): Ask | "unknown" | null {
  const caller = callerFrom(arn);
  if (!caller) return null;
  try {
    const before = policyIn(change.before);
    const after = policyIn(change.after);
    if (!after) return null;
    const denies = (policy: PolicyDocument | null, ask: Ask) =>
      policy !== null && evaluate({ caller, ...ask }, under(policy)).effect === "explicit-deny";
    return asks.find((ask) => denies(after, ask) && !denies(before, ask)) ?? null;
  } catch (error) {
    if (error instanceof PolicyError) return "unknown";
    throw error;
  }
}

/** Whatever moment is filled in, sessions that are there now are from before it. */
const IN_TIME = "9999-12-31T23:59:59.999Z";

function policyIn(state: Json): PolicyDocument | null {
  const text = policyText(state);
  return text === null ? null : parsePolicy(text.replaceAll(AT_APPLY, IN_TIME));
}

/** The policy document in an action's view of a resource: the text itself, or a member that holds it. */
export function policyText(state: Json): string | null {
  if (typeof state === "string") return /^\s*\{[\s\S]*"Statement"/.test(state) ? state : null;
  if (state === null || typeof state !== "object" || Array.isArray(state)) return null;
  for (const member of Object.values(state as JsonObject)) {
    const text = typeof member === "string" ? policyText(member) : null;
    if (text !== null) return text;
  }
  return null;
}

export function callerFrom(arn: string): AccessRequest["caller"] | null {
  const match = /^arn:(aws[a-z-]*):(iam|sts)::(\d{12}):(user|role|assumed-role)\/(.+)$/.exec(arn);
  if (!match) return null;
  const [, partition, , account = "", kind, rest = ""] = match;
  const name = rest.split("/").at(-1) ?? "";
  if (kind === "user") return { kind: "user", arn, account, userName: name };
  // A session's ARN does not tell the role's path; policies compare the role's.
  const [role = "", session = "soc2-er"] = kind === "assumed-role" ? rest.split("/") : [name];
  return {
    kind: "role-session",
    arn: kind === "role" ? arn : `arn:${partition}:iam::${account}:role/${role}`,
    account,
    session: { arn: `arn:${partition}:sts::${account}:assumed-role/${role}/${session}`, issued: "2000-01-01T00:00:00.000Z" },
  };
}
