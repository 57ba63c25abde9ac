import { contains, parseCidr } from "../../model/index.ts";
import type { RequestContext } from "./context.ts";
import { PolicyError, type Statement } from "./document.ts";
import { expand, literal, matches, matchesArn } from "./pattern.ts";

type Pieces = NonNullable<ReturnType<typeof expand>>;
/** True when a value of the request is what a value of the policy asks for. */
type Test = (asked: Pieces, actual: string) => boolean;
type Operator = { readonly test: Test; readonly negated: boolean };

const plain = (test: Test): Operator => ({ test, negated: false });
const negated = (test: Test): Operator => ({ test, negated: true });

const equals: Test = (asked, actual) => literal(asked) === actual;
const equalsIgnoringCase: Test = (asked, actual) => literal(asked).toLowerCase() === actual.toLowerCase();
const like: Test = (asked, actual) => matches(asked, actual);
const sameAddress: Test = (asked, actual) => {
  const network = parseCidr(literal(asked));
  if (network === null) throw new PolicyError(`"${literal(asked)}" is not an address or network`);
  const address = parseCidr(actual);
  return address !== null && contains(network, address);
};

const OPERATORS: { readonly [name: string]: Operator } = {
  StringEquals: plain(equals),
  StringNotEquals: negated(equals),
  StringEqualsIgnoreCase: plain(equalsIgnoringCase),
  StringNotEqualsIgnoreCase: negated(equalsIgnoringCase),
  StringLike: plain(like),
  StringNotLike: negated(like),
  ArnEquals: plain(matchesArn),
  ArnLike: plain(matchesArn),
  ArnNotEquals: negated(matchesArn),
  ArnNotLike: negated(matchesArn),
  NumericEquals: plain(numbers((asked, actual) => actual === asked)),
  NumericNotEquals: negated(numbers((asked, actual) => actual === asked)),
  NumericLessThan: plain(numbers((asked, actual) => actual < asked)),
  NumericLessThanEquals: plain(numbers((asked, actual) => actual <= asked)),
  NumericGreaterThan: plain(numbers((asked, actual) => actual > asked)),
  NumericGreaterThanEquals: plain(numbers((asked, actual) => actual >= asked)),
  DateEquals: plain(dates((asked, actual) => actual === asked)),
  DateNotEquals: negated(dates((asked, actual) => actual === asked)),
  DateLessThan: plain(dates((asked, actual) => actual < asked)),
  DateLessThanEquals: plain(dates((asked, actual) => actual <= asked)),
  DateGreaterThan: plain(dates((asked, actual) => actual > asked)),
  DateGreaterThanEquals: plain(dates((asked, actual) => actual >= asked)),
  Bool: plain(equalsIgnoringCase),
  BinaryEquals: plain(equals),
  IpAddress: plain(sameAddress),
  NotIpAddress: negated(sameAddress),
};

/**
 * Whether all conditions of a statement hold. A key that the request lacks fails a plain operator and satisfies a negated
 * one: that is how AWS judges, and why `ArnNotLike` denies also callers without an ARN. Errors: PolicyError for an unknown operator.
 */
export function conditionsHold(conditions: Statement["conditions"], context: RequestContext, variables: boolean): boolean {
  // No short cut: an operator that nobody knows must be found also behind a condition that fails.
  return conditions.map((condition) => holds(condition, context, variables)).every(Boolean);
}

function holds(condition: Statement["conditions"][number], context: RequestContext, variables: boolean): boolean {
  const [, quantifier, name = "", ifExists] =
    /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(condition.operator) ?? [];
  const actual = context.values(condition.key);
  if (name === "Null") return condition.values.some((asked) => (asked.toLowerCase() === "true") === (actual === null));
  const operator = Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined;
  if (operator === undefined) throw new PolicyError(`unknown condition operator "${condition.operator}"`);
  if (actual === null && ifExists !== undefined) return true;
  const asked = condition.values.map((value) => expand(value, context, variables)).filter((pieces) => pieces !== null);
  const matched = (value: string) => asked.map((pieces) => operator.test(pieces, value)).some(Boolean);
  const satisfied = (value: string) => matched(value) !== operator.negated;
  if (quantifier === "ForAllValues") return (actual ?? []).every(satisfied);
  if (quantifier === "ForAnyValue") return (actual ?? []).some(satisfied);
  if (actual === null) return operator.negated;
  return operator.negated ? actual.every(satisfied) : actual.some(satisfied);
}

function numbers(compare: (asked: number, actual: number) => boolean): Test {
  return (asked, actual) => {
    const wanted = Number(literal(asked));
    if (Number.isNaN(wanted)) throw new PolicyError(`"${literal(asked)}" is not a number`);
    return !Number.isNaN(Number(actual)) && compare(wanted, Number(actual));
  };
}

function dates(compare: (asked: number, actual: number) => boolean): Test {
  return (asked, actual) => {
    const wanted = moment(literal(asked));
    if (Number.isNaN(wanted)) throw new PolicyError(`"${literal(asked)}" is not a date`);
    return !Number.isNaN(moment(actual)) && compare(wanted, moment(actual));
  };
}

/** ISO 8601 or seconds since 1970. */
function moment(text: string): number {
  return /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text);
}
