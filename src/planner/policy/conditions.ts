import { contains, parseCidr } from "../../model/index.ts";
import type { RequestContext } from "./context.ts";
import { PolicyError } from "./error.ts";
import { expand, literal, matches, matchesArn, type Pieces } from "./pattern.ts";

/** One operator on one key, with its values as written. */
export type Condition = { readonly operator: string; readonly key: string; readonly values: readonly string[] };

/** True when a value of the request is what a value of the policy asks for. */
type Test = (asked: Pieces, actual: string) => boolean;
type Operator = {
  readonly test: Test;
  readonly negated: boolean;
  /** Only operators on text and ARNs take policy variables. */
  readonly variables: boolean;
  readonly isValue: (asked: string) => boolean;
};

const isText = () => true;
/** `*` alone is taken for any ARN; a variable may hold a whole one. */
const isArn = (asked: string) => asked === "*" || asked.includes("$" + "{") || asked.split(":").length >= 6;
const isNumber = (asked: string) => /^[+-]?\d+(\.\d+)?$/.test(asked);
const isBoolean = (asked: string) => /^(true|false)$/i.test(asked);
const isBinary = (asked: string) => asked.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(asked);
const isNetwork = (asked: string) => parseCidr(asked) !== null;
const isDate = (asked: string) => !Number.isNaN(moment(asked));

const text = (test: Test): Omit<Operator, "negated"> => ({ test, variables: true, isValue: isText });
const arn: Omit<Operator, "negated"> = { test: matchesArn, variables: true, isValue: isArn };
const plain = (operator: Omit<Operator, "negated">): Operator => ({ ...operator, negated: false });
const negated = (operator: Omit<Operator, "negated">): Operator => ({ ...operator, negated: true });
const fixed = (isValue: Operator["isValue"], test: Test) => ({ test, variables: false, isValue });

const equals = text((asked, actual) => literal(asked) === actual);
const equalsIgnoringCase = text((asked, actual) => literal(asked).toLowerCase() === actual.toLowerCase());
const like = text((asked, actual) => matches(asked, actual));
const boolean = fixed(isBoolean, equalsIgnoringCase.test);
const binary = fixed(isBinary, equals.test);
const address = fixed(isNetwork, (asked, actual) => {
  const [network, one] = [parseCidr(literal(asked)), parseCidr(actual)];
  return network !== null && one !== null && contains(network, one);
});
const numbers = (compare: (actual: number, asked: number) => boolean) =>
  fixed(isNumber, (asked, actual) => isNumber(actual) && compare(Number(actual), Number(literal(asked))));
const dates = (compare: (actual: number, asked: number) => boolean) =>
  fixed(isDate, (asked, actual) => isDate(actual) && compare(moment(actual), moment(literal(asked))));

const same = (actual: number, asked: number) => actual === asked;
const less = (actual: number, asked: number) => actual < asked;
const atMost = (actual: number, asked: number) => actual <= asked;
const more = (actual: number, asked: number) => actual > asked;
const atLeast = (actual: number, asked: number) => actual >= asked;

const OPERATORS: { readonly [name: string]: Operator } = {
  StringEquals: plain(equals),
  StringNotEquals: negated(equals),
  StringEqualsIgnoreCase: plain(equalsIgnoringCase),
  StringNotEqualsIgnoreCase: negated(equalsIgnoringCase),
  StringLike: plain(like),
  StringNotLike: negated(like),
  ArnEquals: plain(arn),
  ArnLike: plain(arn),
  ArnNotEquals: negated(arn),
  ArnNotLike: negated(arn),
  NumericEquals: plain(numbers(same)),
  NumericNotEquals: negated(numbers(same)),
  NumericLessThan: plain(numbers(less)),
  NumericLessThanEquals: plain(numbers(atMost)),
  NumericGreaterThan: plain(numbers(more)),
  NumericGreaterThanEquals: plain(numbers(atLeast)),
  DateEquals: plain(dates(same)),
  DateNotEquals: negated(dates(same)),
  DateLessThan: plain(dates(less)),
  DateLessThanEquals: plain(dates(atMost)),
  DateGreaterThan: plain(dates(more)),
  DateGreaterThanEquals: plain(dates(atLeast)),
  Bool: plain(boolean),
  BinaryEquals: plain(binary),
  IpAddress: plain(address),
  NotIpAddress: negated(address),
};

type Read = {
  readonly name: string;
  /** Null of `Null`, which asks only whether there is a value. */
  readonly operator: Operator | null;
  readonly quantifier: string | undefined;
  readonly ifExists: boolean;
};

/** Errors: PolicyError for an operator that is not known, and for a value that it cannot compare with. */
export function checkCondition({ operator, values }: Condition): void {
  const read = readOperator(operator);
  const wrong = values.find((value) => !(read.operator?.isValue ?? isBoolean)(value));
  if (wrong !== undefined) throw new PolicyError(`"${wrong}" is nothing that "${operator}" could compare with`);
}

/**
 * Whether all conditions of a statement hold. A key that the request lacks fails a plain operator and satisfies a negated
 * one: that is how AWS judges, and why `ArnNotLike` denies also callers without an ARN.
 */
export function conditionsHold(conditions: readonly Condition[], context: RequestContext, variables: boolean): boolean {
  return conditions.every((condition) => holds(condition, context, variables));
}

/** Whether a condition can only hold for callers whose ARN, or that of their role, it names. */
export function namesPrincipalArn({ operator, key }: Condition): boolean {
  const { name, ifExists } = readOperator(operator);
  return key.toLowerCase() === "aws:principalarn" && !ifExists && /^(ArnEquals|ArnLike|StringEquals|StringLike)$/.test(name);
}

function readOperator(written: string): Read {
  const [, quantifier, name = "", ifExists] = /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(written) ?? [];
  const read = { name, quantifier, ifExists: ifExists !== undefined };
  if (written === "Null") return { ...read, operator: null };
  const operator = Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined;
  if (operator === undefined) throw new PolicyError(`unknown condition operator "${written}"`);
  return { ...read, operator };
}

function holds({ operator: written, key, values }: Condition, context: RequestContext, variables: boolean): boolean {
  const { operator, quantifier, ifExists } = readOperator(written);
  const actual = context.values(key);
  if (operator === null) return values.some((asked) => (asked.toLowerCase() === "true") === (actual === null));
  if (actual === null && ifExists) return true;
  const asked = values
    .map((value) => expand(value, context, variables && operator.variables))
    .filter((pieces) => pieces !== null);
  const satisfied = (value: string) => asked.some((pieces) => operator.test(pieces, value)) !== operator.negated;
  if (quantifier !== undefined) {
    // Empty text is as good as no value.
    const set = actual?.some((value) => value !== "") ? actual : [];
    return quantifier === "ForAllValues" ? set.every(satisfied) : set.some(satisfied);
  }
  if (actual === null) return operator.negated;
  return operator.negated ? actual.every(satisfied) : actual.some(satisfied);
}

/** Milliseconds of a date or a moment with its zone as ISO 8601 writes them, or of seconds since 1970; else NaN. A year might be either. */
function moment(written: string): number {
  if (/^\d+$/.test(written) && written.length !== 4) return Number(written) * 1000;
  const isWhole = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(written);
  return isWhole ? Date.parse(written) : Number.NaN;
}
