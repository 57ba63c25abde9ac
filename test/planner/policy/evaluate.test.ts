import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Caller,
  type ContextValues,
  evaluate,
  type Policies,
  PolicyError,
  parsePolicy,
} from "../../../src/planner/policy/index.ts";

const account = "123456789012";
const user: Caller = {
  kind: "user",
  account,
  arn: `arn:aws:iam::${account}:user/jane`,
  userId: "AIDAJANE",
  userName: "jane",
  tags: { team: "red" },
};
const role: Caller = {
  kind: "role-session",
  account,
  arn: `arn:aws:iam::${account}:role/break-glass`,
  userId: "AROAGLASS:night",
  session: { arn: `arn:aws:sts::${account}:assumed-role/break-glass/night`, issued: "2026-11-26T03:00:00Z" },
};
const anonymous: Caller = { kind: "anonymous", arn: "*", account: "" };

const policy = (...statements: object[]) => parsePolicy(JSON.stringify({ Version: "2012-10-17", Statement: statements }));
const everything = policy({ Effect: "Allow", Action: "*", Resource: "*" });
/** A policy variable. */
const of = (name: string) => `$${"{"}${name}}`;

const object = "arn:aws:s3:::bucket/tenants/acme/a.csv";

function decide(
  caller: Caller,
  policies: Policies,
  context: ContextValues = {},
  action = "s3:GetObject",
  resource = object,
): string {
  return evaluate({ caller, action, resource, context }, policies).effect;
}

/** Whether a deny with this condition hits the caller. */
function hit(Condition: object, context: ContextValues = {}, caller = user): boolean {
  return (
    decide(caller, { identity: [everything, policy({ Effect: "Deny", Action: "*", Resource: "*", Condition })] }, context) ===
    "explicit-deny"
  );
}

test("nothing allows without an allow, and a deny beats every allow", () => {
  assert.equal(decide(user, { identity: [] }), "implicit-deny");
  assert.equal(decide(user, { identity: [everything] }), "allow");
  const decision = evaluate(
    { caller: user, action: "s3:GetObject", resource: object },
    { identity: [everything, policy({ Sid: "No", Effect: "Deny", Action: "s3:*", Resource: "*" })] },
  );
  assert.deepEqual(decision, { effect: "explicit-deny", by: { policy: "identity", sid: "No" } });
});

test("actions compare without case, resources with; Not turns them around", () => {
  const allow = (more: object, action = "s3:GetObject", resource = object) =>
    decide(user, { identity: [policy({ Effect: "Allow", Action: "*", Resource: "*", ...more })] }, {}, action, resource) ===
    "allow";
  assert.equal(allow({ Action: "S3:getobject" }), true);
  assert.equal(allow({ Action: "s3:Get*" }, "s3:PutObject"), false);
  assert.equal(allow({ Resource: "arn:aws:s3:::bucket/tenants/*" }), true);
  assert.equal(allow({ Resource: "arn:aws:s3:::bucket/Tenants/*" }), false);
  assert.equal(allow({ Resource: "arn:aws:s3:::bucket" }), false);
  assert.equal(allow({ Action: undefined, NotAction: "iam:*" }), true);
  assert.equal(allow({ Action: undefined, NotAction: ["iam:*", "s3:*"] }), false);
  assert.equal(allow({ Resource: undefined, NotResource: "arn:aws:s3:::bucket/tenants/globex/*" }), true);
  assert.equal(allow({ Resource: undefined, NotResource: "arn:aws:s3:::bucket/*" }), false);
});

test("the break-glass exception: the session is known by its role's ARN, never by its own", () => {
  const guarded = (exempt: string) =>
    policy({
      Sid: "Cut",
      Effect: "Deny",
      Principal: "*",
      Action: "s3:*",
      Resource: "arn:aws:s3:::bucket/tenants/acme/*",
      Condition: { ArnNotLike: { "aws:PrincipalArn": [exempt] } },
    });
  const byRole = { identity: [everything], resource: guarded(role.arn) };
  assert.equal(decide(role, byRole), "allow");
  assert.equal(decide(user, byRole), "explicit-deny");
  assert.equal(decide(anonymous, byRole), "explicit-deny", "a key that is missing counts as not like");
  assert.equal(decide(user, byRole, {}, "s3:GetObject", "arn:aws:s3:::bucket/tenants/globex/a.csv"), "allow");
  assert.equal(decide(role, { identity: [everything], resource: guarded(role.session?.arn ?? "") }), "explicit-deny");
});

test("revoking older sessions does not touch long-term keys, which have no issue time", () => {
  const before = (moment: string) => ({ DateLessThan: { "aws:TokenIssueTime": moment } });
  assert.equal(hit(before("2026-11-26T04:00:00Z"), {}, role), true);
  assert.equal(hit(before("2026-11-26T03:00:00Z"), {}, role), false, "less than, not equal");
  assert.equal(hit(before("2026-11-26T02:00:00Z"), {}, role), false);
  assert.equal(hit(before("2026-11-26T04:00:00Z"), {}, user), false);
});

test("a missing key fails a plain operator and satisfies a negated one; IfExists and Null", () => {
  assert.equal(hit({ StringEquals: { "x:k": "v" } }), false);
  assert.equal(hit({ StringNotEquals: { "x:k": "v" } }), true);
  assert.equal(hit({ NotIpAddress: { "aws:SourceIp": "198.51.100.0/24" } }), true);
  assert.equal(hit({ StringEqualsIfExists: { "x:k": "v" } }), true);
  assert.equal(hit({ StringNotEqualsIfExists: { "x:k": "v" } }, { "x:k": "v" }), false);
  assert.equal(hit({ BoolIfExists: { "aws:MultiFactorAuthPresent": "false" } }), true);
  assert.equal(hit({ Null: { "x:k": "true" } }), true);
  assert.equal(hit({ Null: { "x:k": "true" } }, { "X:K": "" }), false, "names of keys compare without case");
  assert.equal(hit({ Null: { "aws:TokenIssueTime": "false" } }, {}, role), true);
});

test("operators compare as they are called", () => {
  const k = "x:k";
  const table: [string, string, string, boolean][] = [
    ["StringEquals", "a*", "ab", false],
    ["StringLike", "a*", "ab", true],
    ["StringLike", "a?", "abc", false],
    ["StringNotLike", "a*", "ab", false],
    ["StringEqualsIgnoreCase", "AB", "ab", true],
    ["ArnLike", "arn:aws:iam::*:role/x", "arn:aws:iam::1:role/x", true],
    ["ArnLike", "arn:aws:iam::*:x", "arn:aws:iam::1:role:x", false],
    ["ArnEquals", "arn:aws:iam::1:role/*", "arn:aws:iam::1:role/a/b", true],
    ["Bool", "true", "True", true],
    ["NumericLessThan", "10", "9", true],
    ["NumericGreaterThanEquals", "10", "9", false],
    ["DateGreaterThan", "2026-01-01T00:00:00Z", "1798761600", true],
    ["IpAddress", "203.0.113.0/24", "203.0.113.9", true],
    ["IpAddress", "2001:db8::/32", "2001:db8:1::1", true],
    ["IpAddress", "203.0.113.0/24", "2001:db8::1", false],
    ["NotIpAddress", "203.0.113.0/24", "203.0.113.9", false],
  ];
  for (const [operator, asked, actual, expected] of table)
    assert.equal(hit({ [operator]: { [k]: asked } }, { [k]: actual }), expected, `${operator} ${asked} ${actual}`);
  assert.equal(hit({ StringEquals: { [k]: ["a", "b"] } }, { [k]: "b" }), true, "values are joined with or");
  assert.equal(hit({ StringEquals: { [k]: "a", "x:other": "b" } }, { [k]: "a" }), false, "keys are joined with and");
});

test("quantifiers over several values", () => {
  const tags = (...values: string[]) => ({ "aws:TagKeys": values });
  assert.equal(hit({ "ForAllValues:StringEquals": { "aws:TagKeys": ["a", "b"] } }, tags("a", "b")), true);
  assert.equal(hit({ "ForAllValues:StringEquals": { "aws:TagKeys": ["a", "b"] } }, tags("a", "c")), false);
  assert.equal(hit({ "ForAllValues:StringEquals": { "aws:TagKeys": ["a"] } }), true, "of no values, all");
  assert.equal(hit({ "ForAnyValue:StringEquals": { "aws:TagKeys": ["a"] } }, tags("c", "a")), true);
  assert.equal(hit({ "ForAnyValue:StringEquals": { "aws:TagKeys": ["a"] } }), false, "of no values, none");
  assert.equal(hit({ "ForAnyValue:StringNotEquals": { "aws:TagKeys": ["a"] } }, tags("a", "c")), true);
});

test("variables are literal, and one without a value matches nothing", () => {
  const home = (Resource: string, resource: string, caller = user) =>
    decide(caller, { identity: [policy({ Effect: "Allow", Action: "*", Resource })] }, {}, "s3:GetObject", resource) === "allow";
  assert.equal(home(`arn:aws:s3:::b/${of("aws:username")}/*`, "arn:aws:s3:::b/jane/x"), true);
  assert.equal(home(`arn:aws:s3:::b/${of("aws:username")}/*`, "arn:aws:s3:::b/john/x"), false);
  assert.equal(home(`arn:aws:s3:::b/${of("aws:username")}/*`, "arn:aws:s3:::b/jane/x", role), false);
  assert.equal(home(`arn:aws:s3:::b/${of("aws:username, 'guest'")}/*`, "arn:aws:s3:::b/guest/x", role), true);
  assert.equal(home(`arn:aws:s3:::b/${of("aws:PrincipalTag/team")}`, "arn:aws:s3:::b/red"), true);
  assert.equal(home(`arn:aws:s3:::b/${of("aws:username")}`, "arn:aws:s3:::b/anything", { ...user, userName: "*" }), false);
  assert.equal(home(`arn:aws:s3:::b/${of("*")}`, "arn:aws:s3:::b/x"), false);
  const old = parsePolicy(
    JSON.stringify({ Statement: { Effect: "Allow", Action: "*", Resource: `arn:aws:s3:::b/${of("aws:username")}` } }),
  );
  assert.equal(
    decide(user, { identity: [old] }, {}, "s3:GetObject", "arn:aws:s3:::b/jane"),
    "implicit-deny",
    "the older version has no variables",
  );
});

test("boundaries and session policies limit; a resource policy grants", () => {
  const onlyEc2 = policy({ Effect: "Allow", Action: "ec2:*", Resource: "*" });
  assert.equal(decide(user, { identity: [everything], boundary: onlyEc2 }), "implicit-deny");
  assert.equal(decide(role, { identity: [everything], session: onlyEc2 }), "implicit-deny");
  const grants = (Principal: object | string) => policy({ Effect: "Allow", Principal, Action: "s3:*", Resource: "*" });
  assert.equal(decide(user, { identity: [], resource: grants({ AWS: user.arn }) }), "allow");
  assert.equal(
    decide(user, { identity: [], resource: grants({ AWS: account }) }),
    "implicit-deny",
    "naming the account leaves it to the account",
  );
  const both = { AWS: [`arn:aws:iam::${account}:root`, role.arn] };
  assert.equal(decide(role, { identity: [], resource: grants(both) }), "allow");
  const twice = (...principals: object[]) =>
    policy(...principals.map((Principal) => ({ Effect: "Allow", Principal, Action: "s3:*", Resource: "*" })));
  for (const order of [
    [{ AWS: account }, { AWS: role.arn }],
    [{ AWS: role.arn }, { AWS: account }],
  ] as const)
    assert.equal(decide(role, { identity: [], resource: twice(...order) }), "allow", "the statement that names it is enough");
  assert.equal(decide(role, { identity: [everything], resource: null }), "allow");
  assert.equal(decide(role, { identity: [everything], resource: grants({ AWS: user.arn }) }), "allow");
  assert.equal(
    decide(role, { identity: [everything], resource: grants({ AWS: user.arn }), closed: true }),
    "implicit-deny",
    "what is closed takes only those whom its own policy lets in",
  );
  assert.equal(decide(role, { identity: [everything], resource: grants({ AWS: account }), closed: true }), "allow");
  assert.equal(decide(role, { identity: [], boundary: onlyEc2, resource: grants({ AWS: role.arn }) }), "implicit-deny");
  assert.equal(decide(role, { identity: [], boundary: onlyEc2, resource: grants({ AWS: role.session?.arn ?? "" }) }), "allow");
  assert.equal(decide(anonymous, { identity: [], resource: grants("*") }), "allow");
  const foreign: Policies = { identity: [everything], resource: grants({ AWS: user.arn }), owner: "210987654321" };
  assert.equal(decide(user, foreign), "allow");
  assert.equal(decide(user, { ...foreign, resource: null }), "implicit-deny", "across accounts both have to allow");
  assert.equal(decide(user, { ...foreign, identity: [] }), "implicit-deny");
});

test("service control policies limit level by level, and bind neither services, strangers nor service-linked roles", () => {
  const full = [everything];
  const onlyS3 = [policy({ Effect: "Allow", Action: "s3:*", Resource: "*" })];
  const onlyEc2 = [policy({ Effect: "Allow", Action: "ec2:*", Resource: "*" })];
  const under = (...control: (typeof full)[]): Policies => ({ identity: [everything], control });
  assert.equal(decide(user, under()), "allow", "no level, no limit");
  assert.equal(decide(user, under(full, full, onlyS3)), "allow");
  assert.equal(decide(user, under(full, onlyEc2, full)), "implicit-deny", "each level has to allow");
  assert.equal(decide(user, under(full, [])), "implicit-deny", "a level without a policy allows nothing");
  assert.equal(decide(user, under([...onlyEc2, ...onlyS3])), "allow", "of one level, any policy is enough");
  assert.equal(decide(user, { identity: [], control: [full] }), "implicit-deny", "they grant nothing");
  const guardrail = policy({
    Sid: "Lockdown",
    Effect: "Deny",
    Action: "*",
    Resource: "*",
    Condition: { ArnNotLike: { "aws:PrincipalArn": role.arn } },
  });
  const locked = under(full, [everything, guardrail]);
  assert.deepEqual(evaluate({ caller: user, action: "s3:GetObject", resource: object }, locked), {
    effect: "explicit-deny",
    by: { policy: "control", sid: "Lockdown" },
  });
  assert.equal(decide(role, locked), "allow");
  const grant = (Principal: object | string) => policy({ Effect: "Allow", Principal, Action: "s3:*", Resource: "*" });
  const named: Policies = { ...under(onlyEc2), resource: grant({ AWS: user.arn }) };
  assert.equal(decide(user, named), "implicit-deny", "nor does the resource's own policy reach past them");
  assert.equal(decide(anonymous, { ...under(onlyEc2), resource: grant("*") }), "allow");
  const linked = { ...role, arn: `arn:aws:iam::${account}:role/aws-service-role/ops.amazonaws.com/Ops` };
  assert.equal(decide(linked, under(onlyEc2)), "allow");
});

test("NotPrincipal spares only who is listed with account, role and session, and nobody with a boundary", () => {
  const spare = (...AWS: string[]) => ({
    identity: [everything],
    resource: policy({ Effect: "Deny", NotPrincipal: { AWS }, Action: "s3:*", Resource: "*" }),
  });
  const root = `arn:aws:iam::${account}:root`;
  assert.equal(decide(user, spare(root, user.arn)), "allow");
  assert.equal(decide(user, spare(user.arn)), "explicit-deny");
  assert.equal(decide(role, spare(root, role.arn)), "explicit-deny");
  assert.equal(decide(role, spare(account, role.arn, role.session?.arn ?? "")), "allow");
  assert.equal(decide(user, { ...spare(root, user.arn), boundary: everything }), "explicit-deny");
});

test("what cannot be judged is an error, also behind a condition that fails", () => {
  assert.throws(() => hit({ StringEquals: { "x:k": "v" }, StringAlmost: { "x:k": "v" } }), PolicyError);
  assert.throws(() => hit({ toString: { "x:k": "v" } }), PolicyError);
  assert.throws(() => hit({ DateLessThan: { "x:k": "soon" } }, { "x:k": "2026-01-01T00:00:00Z" }), PolicyError);
  for (const [operator, value] of [
    ["DateLessThan", "2026-01-01T00:00:00"],
    ["DateLessThan", "2026"],
    ["NumericEquals", "0x1"],
    ["NumericEquals", of("aws:username")],
    ["Bool", "yes"],
    ["IpAddress", "203.0.113.9/24"],
    ["BinaryEquals", "red"],
    ["ArnLike", "arn:aws:iam::*"],
    ["NullIfExists", "true"],
    ["ForAnyValue:Null", "true"],
  ] as const)
    assert.throws(() => hit({ [operator]: { "x:k": value } }), PolicyError, `${operator} ${value}`);
  const trust = policy({ Effect: "Allow", Action: "sts:AssumeRole", Principal: "*" });
  assert.throws(() => decide(user, { identity: [trust] }), PolicyError, "not a policy of an identity");
  assert.throws(() => decide(user, { identity: [], resource: everything }), PolicyError, "nor one of a resource");
  for (const text of [
    "{",
    "[]",
    '{"Version":"2026-01-01","Statement":[]}',
    '{"Statement":[{"Effect":"Maybe","Action":"*","Resource":"*"}]}',
    '{"Statement":[{"Effect":"Deny","Resource":"*"}]}',
    '{"Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Principal":{"AWS":"arn:aws:iam::*:root"}}]}',
    '{"Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Principal":{"CanonicalUser":"79a59df900b949e5"}}]}',
    '{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","NotPrincipal":{"AWS":"123456789012"}}]}',
    '{"Statement":[{"Effect":"Deny","Action":"*","Resource":"bucket/*"}]}',
    '{"Statement":[{"Effect":"Deny","Action":"s3*","Resource":"*"}]}',
    '{"Statement":[],"Statements":[]}',
    '{"Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Conditions":{}}]}',
  ]) {
    assert.throws(() => parsePolicy(text), PolicyError, text);
  }
});
