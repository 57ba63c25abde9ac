import type { Change, ChangeId, Claim, Json, Loss, NamedPrincipal, Selection } from "../model/index.ts";
import { callerParty, everybody, namedIn, type Party, partyOf } from "./parties.ts";
import { policiedBy } from "./policied.ts";
import {
  type Caller,
  evaluate,
  type Policies,
  type PolicyDocument,
  PolicyError,
  parsePolicy,
  type Statement,
} from "./policy/index.ts";
import { ALLOW_ALL, type Ask, policyText } from "./policy-access.ts";
import type { Protection } from "./self-lockout.ts";

/** What is known of one principal by one change. */
export type Finding = NamedPrincipal & { readonly what: string; readonly by: ChangeId } & Verdict;

type Verdict =
  | { readonly verdict: "denied"; readonly shown: Loss["shown"]; readonly but?: readonly string[] }
  | { readonly verdict: "kept" }
  | { readonly verdict: "unknown"; readonly why: string };

/** The same questions about several parties, to what a change adds to a policy. Null where the policy cannot be judged. */
type Inquiry = {
  readonly added: PolicyDocument | null;
  readonly under: (policy: PolicyDocument) => Policies;
  readonly asks: readonly Ask[];
  readonly say: (asks: readonly Ask[]) => string;
  readonly parties: readonly Party[];
  /** Said of who is not denied. */
  readonly otherwise: (party: Party) => Verdict;
  /** Callers of AWS services: why they are not judged, where they are not. */
  readonly services?: string;
};

const KEPT = (): Verdict => ({ verdict: "kept" });
const UNREADABLE = "the policy has elements that cannot be judged here";
const LESS = (): Verdict => ({ verdict: "unknown", why: "the policy denies less than everything, or not only by who asks" });
/** Any call: a statement that denies everything denies it. */
const ANY: Ask = { action: "iam:GetUser", resource: "*" };

/** Whom the policy that a change edits denies something: of a resource or of the organization. */
export function findingsByPolicy(change: Change, selection: Selection, protection: Protection): readonly Finding[] {
  const inquiry = inquiryInto(change, selection, protection);
  return inquiry === null ? [] : inquiry.parties.map((party) => findingOf(party, inquiry, change.id));
}

/** Of what an action says, which may be that a policy of an identity denies everything. */
export function judgeClaim({ principal, account, what, under, unknown }: Claim, by: ChangeId): Finding {
  const named = { ...whoIs(principal, account), what, by };
  if (unknown !== undefined) return { ...named, verdict: "unknown", why: unknown };
  if (under === undefined) return { ...named, verdict: "denied", shown: "setting" };
  const added = readable(() => total(parsePolicy(under.policy)));
  // Of sessions the role's name says nothing: the request's keys tell whose they are.
  const path = /^aws:((?:user|role)\/.+)$/.exec(principal)?.[1] ?? "role/any";
  const asks = [{ ...ANY, context: under.keys ?? {} }];
  return { ...findingOf(partyOf(`arn:aws:iam::${account}:${path}`), { ...IN_IDENTITY, added, asks }, by), ...named };
}

function whoIs(principal: string, account: string): NamedPrincipal {
  if (principal.startsWith("arn:")) {
    const party = partyOf(principal);
    return { principal: party.principal, account: party.account };
  }
  return { principal, account: principal === "*" ? null : account };
}

function inquiryInto(change: Change, selection: Selection, protection: Protection): Inquiry | null {
  const text = policyText(change.after);
  if (text === null) return null;
  switch (selection.kind) {
    case "aws.member-account": {
      const { member } = selection;
      const added = readable(() => total(parsePolicy(text)));
      const parties = [everybody(member), ...guarded(protection).filter(({ account }) => account === member)];
      const isSpared = (party: Party): boolean => party.kind !== "everybody" && added?.statements.length !== 0;
      return { ...IN_CONTROL, added, parties, otherwise: (party) => (isSpared(party) ? KEPT() : LESS()) };
    }
    default:
      return intoResource(change, selection, text, protection);
  }
}

const IN_IDENTITY = {
  under: (policy: PolicyDocument): Policies => ({ identity: [ALLOW_ALL, policy] }),
  say: () => "everything",
  otherwise: LESS,
};

const IN_CONTROL = {
  under: (policy: PolicyDocument): Policies => ({ identity: [ALLOW_ALL], control: [[ALLOW_ALL, policy]] }),
  say: () => "everything",
  asks: [ANY],
};

function intoResource(change: Change, selection: Selection, text: string, protection: Protection): Inquiry | null {
  const asked = askedOf(change, selection);
  if (asked === null) return null;
  const { account, shown, asks, services } = asked;
  const spared = "exempt" in selection ? [...selection.exempt.map(partyOf), ...guarded(protection)] : [];
  return {
    added: readable(() => addedTo(text, change.asks)),
    under: (policy) => ({ identity: [ALLOW_ALL], resource: policy, owner: account }),
    asks,
    say: (denied) => `${denied.map(({ action }) => action).join(", ")} on ${shown}`,
    parties: distinct([...namedIn(policyText(change.before)), everybody(account), ...spared]),
    otherwise: KEPT,
    ...(services === undefined ? {} : { services }),
  };
}

type Asked = { readonly account: string; readonly shown: string; readonly asks: readonly Ask[]; readonly services?: string };

function askedOf(change: Change, selection: Selection): Asked | null {
  const policied = policiedBy(change, selection);
  if (policied !== null) return { ...policied, asks: [policied.read, ...policied.undo] };
  const { type, account, id } = change.resource;
  if (type !== "iam-role-trust") return null;
  return {
    account,
    shown: `aws:role/${id.slice(id.lastIndexOf("/") + 1)}`,
    asks: [{ action: "sts:AssumeRole", resource: `arn:aws:iam::${account}:role/${id}` }],
    services: "AWS does not say that a denial of everybody holds for its own services",
  };
}

function guarded({ responders, callers }: Protection): readonly Party[] {
  return [...responders.map(partyOf), ...callers.map(callerParty)];
}

/** Patterns name nobody; the statement's condition is shown with whom it denies. */
function distinct(parties: readonly Party[]): readonly Party[] {
  const byName = new Map<string, Party>();
  for (const party of parties) {
    const key = `${party.principal}\n${party.account}`;
    if (!byName.has(key) && !/^arn:.*[*?]/.test(party.principal)) byName.set(key, party);
  }
  return [...byName.values()];
}

function findingOf(party: Party, inquiry: Omit<Inquiry, "parties">, by: ChangeId): Finding {
  const { principal, account } = party;
  const { added, asks, say } = inquiry;
  const named = { principal, account, by };
  const unknown = (why: string): Finding => ({ ...named, what: say(asks.slice(0, 1)), verdict: "unknown", why });
  if (added === null) return unknown(UNREADABLE);
  if (party.callers.length === 0) return unknown("callers of this kind are not judged here");
  if (party.kind === "service" && inquiry.services !== undefined) return unknown(inquiry.services);
  const denied = readable(() => asks.filter((ask) => party.callers.some((caller) => denies(added, ask, caller, inquiry.under))));
  if (denied === null) return unknown(UNREADABLE);
  if (denied.length === 0) return { ...named, what: say(asks.slice(0, 1)), ...inquiry.otherwise(party) };
  const found: Finding = { ...named, what: say(denied), verdict: "denied", shown: "policy" };
  if (party.kind !== "everybody") return found;
  const spared = denied.map((ask) => sparedBy(added, ask, party, inquiry.under));
  if (spared.includes(null)) return unknown("whom the policy spares cannot be told");
  const but = [...new Set(spared.flatMap((one) => one ?? []))].toSorted();
  return but.length === 0 ? found : { ...found, but };
}

function denies(policy: PolicyDocument, ask: Ask, caller: Caller, under: Inquiry["under"]): boolean {
  return evaluate({ caller, ...ask }, under(policy)).effect === "explicit-deny";
}

/** Whom of everybody a statement spares that denies all the rest; null where none does, or where its conditions ask for more than an ARN. */
function sparedBy(
  added: PolicyDocument,
  ask: Ask,
  { account, callers }: Party,
  under: Inquiry["under"],
): readonly string[] | null {
  for (const statement of added.statements) {
    const alone = { ...added, statements: [statement] };
    const spared = callers.every((caller) => denies(alone, ask, caller, under)) ? exemptIn(statement, ask) : null;
    if (spared !== null) return spared.filter((arn) => account === null || ofAccount(arn, account));
  }
  return null;
}

function exemptIn({ principal, conditions }: Statement, { context = {} }: Ask): readonly string[] | null {
  if (principal?.not === true) return null;
  const others = conditions.filter(({ key }) => !Object.hasOwn(context, key));
  const byArn = others.filter(
    ({ operator, key }) => key.toLowerCase() === "aws:principalarn" && /^(Arn|String)Not(Like|Equals)$/.test(operator),
  );
  return byArn.length === others.length ? byArn.flatMap(({ values }) => values) : null;
}

function ofAccount(pattern: string, account: string): boolean {
  const named = pattern.split(":")[4] ?? "";
  return named === account || /[*?]/.test(named);
}

/** What a change wants present: the statements of its own names, of a policy that can be judged as a whole. */
function addedTo(text: string, asks: Json | undefined): PolicyDocument {
  const names = new Set(((asks ?? []) as readonly { readonly Sid?: string }[]).map(({ Sid }) => Sid));
  return only(parsePolicy(text), ({ sid }) => sid !== null && names.has(sid));
}

/** The statements that deny every call on everything: whom they deny one call, they deny all. */
function total(policy: PolicyDocument): PolicyDocument {
  const isTotal = ({ effect, action, resource }: Statement): boolean =>
    effect === "Deny" && isEverything(action) && resource !== null && isEverything(resource);
  return only(policy, isTotal);
}

function only(policy: PolicyDocument, wanted: (statement: Statement) => boolean): PolicyDocument {
  return { ...policy, statements: policy.statements.filter(wanted) };
}

function isEverything({ not, patterns }: Statement["action"]): boolean {
  return !not && patterns.includes("*");
}

function readable<T>(work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    if (error instanceof PolicyError) return null;
    throw error;
  }
}
