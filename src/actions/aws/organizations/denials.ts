import { AT_APPLY, type Change, type MemberPrincipal } from "../../../model/index.ts";
import { asksOf, named, type Statement, statementsOf } from "../policy-document.ts";
import { type TimedPolicy, textOf } from "./timed-policy.ts";

/** What a role is denied: everything, or its sessions that were issued before the denial is applied. */
export const FORMS = ["everything", "issued-sessions"] as const;
export type Form = (typeof FORMS)[number];

/** Whom a statement names; of a role with `issuedBefore`, only its sessions from before that moment. */
export type Denied = MemberPrincipal & { readonly issuedBefore?: string };

/** The statements that deny them, under names that are free in the policy: one for what is denied everything, one for sessions of roles. */
export function denialsOf(principals: readonly MemberPrincipal[], roles: Form, text: string): readonly Statement[] {
  const present = statementsOf(text);
  const inSessions = principals.filter(({ kind }) => kind === "role" && roles === "issued-sessions");
  const whole = principals.filter((one) => !inSessions.includes(one));
  return [
    ...(whole.length === 0 ? [] : [named("Soc2ErPrincipal", denial(arnsOf(whole)), present)]),
    ...(inSessions.length === 0 ? [] : [named("Soc2ErSessions", denial({ ...arnsOf(inSessions), ...ISSUED_BEFORE }), present)]),
  ];
}

const ISSUED_BEFORE = { DateLessThan: { "aws:TokenIssueTime": AT_APPLY } };

type Conditions = { readonly [operator: string]: { readonly [key: string]: string | readonly string[] } };

function denial(Condition: Conditions): Statement {
  return { Effect: "Deny", Action: "*", Resource: "*", Condition };
}

/** Both with and without a path: names are unique in an account, whatever the path, and paths can be changed. */
function arnsOf(principals: readonly MemberPrincipal[]): Conditions {
  const arns = principals.flatMap(({ account, kind, name }) =>
    ["", "*/"].map((path) => `arn:aws:iam::${account}:${kind}/${path}${name}`),
  );
  return { ArnLike: { "aws:PrincipalArn": [...new Set(arns)].toSorted() } };
}

/** What a change asks for, with the moment of application where that is known: only what was written has it. */
export function askedOf({ asks, after }: Pick<Change<TimedPolicy>, "asks" | "after">): readonly Statement[] {
  const written = after === null ? [] : statementsOf(textOf(after));
  return asksOf(asks).map((ask) => {
    const isOpen = issuedBeforeIn(ask) === AT_APPLY;
    return (isOpen ? written.find(({ Sid }) => Sid === ask["Sid"]) : undefined) ?? ask;
  });
}

/** Whom a statement of ours names. */
export function deniedBy(statement: Statement): readonly Denied[] {
  const { ArnLike } = conditionsOf(statement);
  const issuedBefore = issuedBeforeIn(statement);
  return [ArnLike?.["aws:PrincipalArn"] ?? []].flat().flatMap((arn): Denied[] => {
    const [, account = "", kind, name = ""] = /^arn:aws:iam::(\d{12}):(user|role)\/([^*/]+)$/.exec(arn) ?? [];
    if (kind !== "user" && kind !== "role") return [];
    return [{ account, kind, name, ...(issuedBefore === undefined ? {} : { issuedBefore }) }];
  });
}

function issuedBeforeIn(statement: Statement): string | undefined {
  const moment = conditionsOf(statement)["DateLessThan"]?.["aws:TokenIssueTime"];
  return typeof moment === "string" ? moment : undefined;
}

function conditionsOf(statement: Statement): Conditions {
  return (statement["Condition"] ?? {}) as Conditions;
}

export function sayMember({ account, kind, name }: MemberPrincipal): string {
  return `${kind} "${name}" of ${account}`;
}
