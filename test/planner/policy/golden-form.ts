import type { Caller } from "../../../src/planner/policy/index.ts";
import type { Opinion, Question } from "./opinions.ts";

/** What AWS's own pages say, each as one request: they settle what two evaluators might see differently. */
export type Golden = { readonly name: string; readonly source: string; readonly asked: Question; readonly verdict: Opinion };

const IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide";
const SOURCES = {
  logic: `How AWS enforcement code logic evaluates requests to allow or deny access, ${IAM}/reference_policies_evaluation-logic_policy-eval-denyallow.html`,
  across: `Cross-account policy evaluation logic, ${IAM}/reference_policies_evaluation-logic-cross-account.html`,
  boundary: `Permissions boundaries for IAM entities, ${IAM}/access_policies_boundaries.html`,
  principal: `AWS JSON policy elements: Principal, ${IAM}/reference_policies_elements_principal.html`,
  spared: `AWS JSON policy elements: NotPrincipal, ${IAM}/reference_policies_elements_notprincipal.html`,
  resource: `IAM JSON policy elements: Resource, ${IAM}/reference_policies_elements_resource.html`,
  arns: `Identify AWS resources with Amazon Resource Names (ARNs), ${IAM}/reference-arns.html`,
  operators: `IAM JSON policy elements: Condition operators, ${IAM}/reference_policies_elements_condition_operators.html`,
  several: `Conditions with multiple context keys or values, ${IAM}/reference_policies_condition-logic-multiple-context-keys-or-values.html`,
  sets: `Single-valued vs. multivalued context keys, ${IAM}/reference_policies_condition-single-vs-multi-valued-context-keys.html`,
  variables: `IAM policy elements: Variables and tags, ${IAM}/reference_policies_variables.html`,
  keys: `AWS global condition context keys, ${IAM}/reference_policies_condition-keys.html`,
  levels: "SCP evaluation, https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html",
  control: "Service control policies, https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html",
  kms: "Key policies in AWS KMS, https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html",
};

export const ACCOUNT = "111122223333";
export const OTHER = "444455556666";
export const user: Caller = {
  kind: "user",
  account: ACCOUNT,
  arn: `arn:aws:iam::${ACCOUNT}:user/exampleuser`,
  userName: "exampleuser",
};
export const SESSION = `arn:aws:sts::${ACCOUNT}:assumed-role/examplerole/examplerolesessionname`;
export const session: Caller = {
  kind: "role-session",
  account: ACCOUNT,
  arn: `arn:aws:iam::${ACCOUNT}:role/examplerole`,
  session: { arn: SESSION, issued: "2026-01-01T00:00:00Z" },
};
export const FEDERATED = `arn:aws:sts::${ACCOUNT}:federated-user/exampleuser`;
export const federated: Caller = {
  kind: "federated-user",
  account: ACCOUNT,
  arn: FEDERATED,
  issuer: user.arn,
  session: { arn: FEDERATED, issued: "2026-01-01T00:00:00Z" },
};
export const root: Caller = { kind: "root", account: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:root` };
export const service: Caller = { kind: "service", account: "", arn: "logs.amazonaws.com" };
export const anonymous: Caller = { kind: "anonymous", account: "", arn: "*" };
export const linked: Caller = { ...session, arn: `arn:aws:iam::${ACCOUNT}:role/aws-service-role/ops.amazonaws.com/Ops` };

export const policy = (...Statement: object[]) => ({ Version: "2012-10-17", Statement });
export const full = policy({ Effect: "Allow", Action: "*", Resource: "*" });
export const elsewhere = policy({ Effect: "Allow", Action: "ec2:*", Resource: "*" });
export const denying = policy({ Effect: "Deny", Action: "s3:*", Resource: "*" });
export const granting = (AWS: string | readonly string[], more: object = {}) =>
  policy({ Effect: "Allow", Principal: { AWS }, Action: "s3:*", Resource: "*", ...more });

type Policies = Question["policies"];
type Asked = { readonly caller?: Caller; readonly resource?: string; readonly context?: Question["context"] };

const OBJECT = "arn:aws:s3:::amzn-s3-demo-bucket/taxes/2026.csv";

export function is(
  source: keyof typeof SOURCES,
  verdict: Opinion,
  name: string,
  policies: Partial<Policies>,
  asked: Asked = {},
): Golden {
  const { caller = user, resource = OBJECT, context = {} } = asked;
  const whole = { caller, action: "s3:GetObject", resource, context, policies: { identity: [], ...policies } };
  return { name, source: SOURCES[source], asked: whole, verdict };
}

/** A policy of the caller's that allows everything under one condition. */
export function under(
  source: keyof typeof SOURCES,
  verdict: boolean,
  name: string,
  Condition: object,
  context: Question["context"] = {},
): Golden {
  const identity = [policy({ Effect: "Allow", Action: "*", Resource: "*", Condition })];
  return is(source, verdict ? "allow" : "implicit-deny", name, { identity }, { context });
}

/** A policy of the caller's that allows everything on one resource. */
export function on(source: keyof typeof SOURCES, verdict: boolean, pattern: string, resource: string): Golden {
  const identity = [policy({ Effect: "Allow", Action: "*", Resource: pattern })];
  return is(source, verdict ? "allow" : "implicit-deny", `${pattern} and ${resource}`, { identity }, { resource });
}

export const of = (name: string) => `$${"{"}${name}}`;
export const tags = (...values: string[]) => ({ "aws:TagKeys": values });
