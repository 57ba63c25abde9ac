import type { Caller } from "../../../src/planner/policy/index.ts";

/** Words are few, so that what is drawn apart meets often; some are wrong, so that what nobody may take for allowed comes up. */
export const ACCOUNT = "111122223333";
export const OTHER = "444455556666";
export const iam = (rest: string, account = ACCOUNT) => `arn:aws:iam::${account}:${rest}`;
export const sts = (rest: string) => `arn:aws:sts::${ACCOUNT}:${rest}`;
const of = (name: string) => `$${"{"}${name}}`;

export const CALLERS: readonly Caller[] = [
  { kind: "user", account: ACCOUNT, arn: iam("user/jane"), userId: "AIDAJANE", userName: "jane", tags: { team: "red" } },
  { kind: "user", account: OTHER, arn: iam("user/jane", OTHER), userName: "jane" },
  {
    kind: "role-session",
    account: ACCOUNT,
    arn: iam("role/app"),
    userId: "AROAAPP:one",
    session: { arn: sts("assumed-role/app/one"), issued: "2026-06-01T00:00:00Z" },
    tags: { team: "b*" },
  },
  {
    kind: "role-session",
    account: ACCOUNT,
    arn: iam("role/aws-service-role/ops.amazonaws.com/Ops"),
    session: { arn: sts("assumed-role/Ops/one"), issued: "2026-06-01T00:00:00Z" },
  },
  {
    kind: "federated-user",
    account: ACCOUNT,
    arn: sts("federated-user/bob"),
    issuer: iam("user/jane"),
    userId: `${ACCOUNT}:bob`,
    session: { arn: sts("federated-user/bob"), issued: "2026-06-01T00:00:00Z" },
  },
  { kind: "root", account: ACCOUNT, arn: iam("root"), userId: ACCOUNT },
  { kind: "service", account: "", arn: "logs.amazonaws.com" },
  { kind: "anonymous", account: "", arn: "*" },
];

export const NAMES = [
  "*",
  ACCOUNT,
  iam("root"),
  iam("user/jane"),
  iam("role/app"),
  sts("assumed-role/app/one"),
  sts("federated-user/bob"),
  OTHER,
  iam("user/jane", OTHER),
  "AIDAGONEGONEGONE0",
];
export const ACTIONS = ["s3:GetObject", "s3:PutObject", "iam:PassRole", "kms:Decrypt"];
export const ACTION_PATTERNS = ["*", "s3:*", "s3:Get*", "S3:getobject", "s3:?utObject", "iam:*", "kms:Decrypt", "*:*", "s3*"];
export const RESOURCES = [
  "*",
  "arn:aws:s3:::bucket",
  "arn:aws:s3:::bucket/jane/a:1",
  "arn:aws:s3:::bucket/red/b",
  `arn:aws:sqs:us-east-1:${ACCOUNT}:queue`,
  `arn:aws:secretsmanager:us-east-1:${ACCOUNT}:secret:db-a1`,
  iam("role/app"),
];
export const RESOURCE_PATTERNS = [
  "*",
  "arn:aws:s3:::bucket/*",
  "arn:aws:s3:::*",
  "arn:aws:s3:::bucket",
  "arn:aws:s3",
  "arn:aws:s*",
  "arn:aws:sqs:*:queue",
  "arn:aws:sqs:us-*-1:*:queue",
  `arn:aws:secretsmanager:*:${ACCOUNT}:secret:db-??`,
  "arn:aws:secretsmanager:us-east-1:?*:secret:*",
  `arn:aws:s3:::bucket/${of("aws:username")}/*`,
  `arn:aws:s3:::bucket/${of("aws:PrincipalTag/team, 'red'")}/?`,
  of("aws:PrincipalArn"),
  "arn:aws:s3:::b?cket/j*:1",
  "bucket/*",
];

export const VALUES: Readonly<Record<string, readonly string[]>> = {
  text: [
    "",
    "red",
    "Red",
    "r*",
    "r?d",
    of("aws:username"),
    of("x:absent, 'red'"),
    of("*"),
    `${of("$")}{x}`,
    "jane",
    "*",
    of("x:texts"),
    "FederatedUser",
  ],
  arn: [
    iam("role/app"),
    iam("role/*"),
    iam("user/jane"),
    "arn:aws:iam::*:role/app",
    "arn:*:role/app",
    "*",
    of("aws:PrincipalArn"),
  ],
  number: ["1", "10", "-3", "2.50", "+1", "1e3", " 1", "0x1", ""],
  moment: [
    "2026-01-01",
    "2026-06-01T00:00:00Z",
    "2026-06-01T02:00:00+02:00",
    "1780272000",
    "soon",
    "2026-06-01T00:00:00",
    "2026",
  ],
  truth: ["true", "false", "True", "yes"],
  network: ["203.0.113.0/24", "203.0.113.9", "2001:db8::/32", "2001:db8::1", "0.0.0.0/0", "203.0.113.9/24", "here"],
  bytes: ["cmVk", "cmVkZA==", "red", ""],
};
export const OPERATORS: Readonly<Record<string, readonly string[]>> = {
  text: ["StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike"],
  arn: ["ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike"],
  number: [
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
  ],
  moment: ["DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals"],
  truth: ["Bool"],
  network: ["IpAddress", "NotIpAddress"],
  bytes: ["BinaryEquals"],
};
export const KEYS: Readonly<Record<string, readonly string[]>> = {
  text: ["x:text", "X:Text", "x:texts", "aws:username", "aws:PrincipalType", "aws:PrincipalTag/team", "x:absent"],
  arn: ["aws:PrincipalArn", "aws:principalarn", "x:arn", "x:absent"],
  number: ["x:number", "x:absent"],
  moment: ["aws:TokenIssueTime", "x:moment", "x:absent"],
  truth: ["aws:SecureTransport", "x:truth", "x:absent"],
  network: ["aws:SourceIp", "x:absent"],
  bytes: ["x:bytes", "x:absent"],
};
