import fc from "fast-check";
import type { Question } from "./opinions.ts";
import {
  ACCOUNT,
  ACTION_PATTERNS,
  ACTIONS,
  CALLERS,
  iam,
  KEYS,
  NAMES,
  OPERATORS,
  OTHER,
  RESOURCE_PATTERNS,
  RESOURCES,
  sts,
  VALUES,
} from "./words.ts";

const pick = <T>(values: readonly T[]) => fc.constantFrom(...values);
const oneOrMore = <T>(values: readonly T[], max = 3) =>
  fc.oneof(pick(values), fc.uniqueArray(pick(values), { minLength: 1, maxLength: max }));
/** Values are drawn so that wrong ones, which end the question, stay rare. */
const rarely = <T>(usual: fc.Arbitrary<T>, seldom: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 30, arbitrary: usual }, { weight: 1, arbitrary: seldom });

const condition = pick(Object.keys(OPERATORS)).chain((kind) => {
  const [operators = [], keys = [], values = []] = [OPERATORS[kind], KEYS[kind], VALUES[kind]];
  const sound = values.slice(0, Math.max(2, Math.ceil(values.length / 2)));
  const base = fc.tuple(pick(["", "", "", "ForAnyValue:", "ForAllValues:"]), pick(operators), pick(["", "", "IfExists"]));
  return fc.record({
    operator: rarely(
      base.map((parts) => parts.join("")),
      pick(["StringAlmost", "NullIfExists", "ForSome:StringLike", "toString"]),
    ),
    key: pick(keys),
    values: rarely(oneOrMore(sound), oneOrMore(values)),
  });
});
const nothing = fc.record({
  operator: fc.constant("Null"),
  key: pick(["x:absent", "x:text", "aws:username"]),
  values: oneOrMore(["true", "false"], 2),
});
const conditions = fc
  .array(fc.oneof({ weight: 8, arbitrary: condition }, { weight: 1, arbitrary: nothing }), { maxLength: 2 })
  .map((list) => {
    const block: Record<string, Record<string, unknown>> = {};
    for (const { operator, key, values } of list) block[operator] = { ...block[operator], [key]: values };
    return list.length === 0 ? {} : { Condition: block };
  });

const named = (name: string, values: readonly string[], wrong: string) =>
  fc
    .tuple(
      pick([name, name, name, `Not${name}`]),
      fc.oneof(
        { weight: 3, arbitrary: fc.constant<string | string[]>("*") },
        { weight: 4, arbitrary: rarely(oneOrMore(values), fc.constant(wrong)) },
      ),
    )
    .map(([element, value]) => ({ [element]: value }));

const principals = fc.oneof(
  fc.constant<unknown>("*"),
  oneOrMore(NAMES).map((AWS) => ({ AWS })),
  fc.constant({ Service: ["logs.amazonaws.com", "ec2.amazonaws.com"] }),
  oneOrMore(NAMES.slice(1)).map((AWS) => ({ AWS, Service: "logs.amazonaws.com" })),
  rarely<unknown>(
    fc.constant({ Federated: "accounts.google.com" }),
    pick([{ CanonicalUser: "79a59df9" }, { Aws: ACCOUNT }, { AWS: "arn:aws:iam::*:root" }]),
  ),
);
const spared = fc
  .uniqueArray(
    pick([ACCOUNT, iam("root"), iam("user/jane"), iam("role/app"), sts("assumed-role/app/one"), sts("federated-user/bob")]),
    {
      minLength: 1,
    },
  )
  .map((AWS) => ({ NotPrincipal: { AWS } }));

const statement = (of: "identity" | "resource") =>
  fc
    .tuple(
      pick(["Allow", "Allow", "Allow", "Deny"]),
      named("Action", ACTION_PATTERNS.slice(0, -1), "s3*"),
      named("Resource", RESOURCE_PATTERNS.slice(0, -1), "bucket/*"),
      conditions,
      fc.tuple(principals, spared, fc.nat(5)),
      fc.nat(120),
    )
    .map(([Effect, action, resource, condition, [Principal, not, turn], odd]) => ({
      Effect,
      ...action,
      ...resource,
      ...condition,
      ...(of === "identity" ? {} : Effect === "Deny" && turn < 2 ? not : { Principal }),
      ...(odd === 0 ? { Conditions: {} } : {}),
      ...(odd === 1 ? { Principal: "*" } : {}),
      ...(odd === 2 ? { Principal: undefined, NotPrincipal: { AWS: ACCOUNT } } : {}),
    }));

const FULL = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] };
const document = (of: "identity" | "resource") =>
  fc
    .tuple(pick(["2012-10-17", "2012-10-17", "2008-10-17", undefined]), fc.array(statement(of), { minLength: 1, maxLength: 2 }))
    .map(([Version, Statement]) => ({ ...(Version === undefined ? {} : { Version }), Statement }));
const limit = fc.oneof({ weight: 3, arbitrary: fc.constant<object>(FULL) }, { weight: 2, arbitrary: document("identity") });
const perhaps = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

const context = fc.record(
  {
    "x:text": pick(["red", "Red", "r*", "jane", ""]),
    "x:texts": fc.oneof(fc.constant([""]), fc.array(pick(["red", "jane", "blue", ""]), { maxLength: 3 })),
    "x:arn": pick([iam("role/app"), iam("user/jane"), "nobody"]),
    "x:number": pick(["1", "10", "2.5", "many"]),
    "x:moment": pick(["2026-01-01T00:00:00.000Z", "2026-07-01", "1780272000", "later"]),
    "x:truth": pick(["true", "FALSE", "perhaps"]),
    "x:bytes": pick(["cmVk", "cmVkZA=="]),
    "aws:SourceIp": pick(["203.0.113.9", "198.51.100.1", "2001:db8::1", "an address"]),
  },
  { requiredKeys: [] },
);

/** Everything at once. */
const mixed = fc.record({
  caller: pick(CALLERS),
  action: pick(ACTIONS),
  resource: pick(RESOURCES),
  context,
  policies: fc.record({
    control: perhaps(fc.array(fc.array(limit, { maxLength: 2 }), { maxLength: 3 })),
    identity: fc.array(fc.oneof(fc.constant<object>(FULL), document("identity"), document("identity")), { maxLength: 2 }),
    boundary: perhaps(limit),
    session: perhaps(limit),
    resource: perhaps(document("resource")),
    closed: pick([false, false, true]),
    owner: pick([undefined, ACCOUNT, ACCOUNT, OTHER]),
  }),
});

/** One statement that applies under its conditions alone. */
const conditional = fc
  .tuple(pick(CALLERS.filter(({ kind }) => /user|session/.test(kind))), context, conditions, pick(["2012-10-17", "2008-10-17"]))
  .map(([caller, given, condition, Version]) => {
    const identity = [FULL, { Version, Statement: { Effect: "Deny", Action: "*", Resource: "*", ...condition } }];
    return { caller, action: "s3:GetObject", resource: "*", context: given, policies: { identity, session: FULL } };
  });

/** One grant by the resource, and limits that allow all or nothing. */
const aboutArn = pick([
  {},
  { Condition: { ArnLike: { "aws:PrincipalArn": [iam("*"), sts("*")] } } },
  { Condition: { ArnLikeIfExists: { "aws:PrincipalArn": [iam("*"), sts("*")] } } },
  { Condition: { ArnNotLike: { "aws:PrincipalArn": iam("role/other") } } },
  { Condition: { StringLike: { "aws:PrincipalAccount": ACCOUNT } } },
]);
const none = { Statement: [{ Effect: "Allow", Action: "iam:Nothing", Resource: "*" }] };
const allOrNothing = pick<object>([FULL, none]);
const granted = fc.tuple(pick(CALLERS), fc.oneof(principals, spared), aboutArn).chain(([caller, principal, condition]) => {
  const named =
    principal !== null && typeof principal === "object" && "NotPrincipal" in principal ? principal : { Principal: principal };
  const Effect = "NotPrincipal" in named ? "Deny" : "Allow";
  const resource = { Statement: [{ Effect, ...named, Action: "*", Resource: "*", ...condition }] };
  return fc.record({
    caller: fc.constant(caller),
    action: fc.constant("s3:GetObject"),
    resource: fc.constant("*"),
    context: fc.constant({}),
    policies: fc.record({
      identity: fc.tuple(allOrNothing),
      boundary: perhaps(allOrNothing),
      session: perhaps(allOrNothing),
      resource: fc.constant(resource),
      closed: fc.boolean(),
      owner: pick([ACCOUNT, OTHER]),
    }),
  });
});

export const question: fc.Arbitrary<Question> = fc
  .oneof<fc.Arbitrary<unknown>[]>(mixed, conditional, granted)
  // As JSON has it: what is undefined is not there.
  .map((drawn) => JSON.parse(JSON.stringify(drawn)) as Question);
