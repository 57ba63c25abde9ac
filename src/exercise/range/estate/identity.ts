import type { Json } from "../../../model/index.ts";
import { iam } from "../keys.ts";
import type { AccessKeyRow, ManagedPolicyRow, RoleRow, UserRow } from "../rows.ts";
import { ACCOUNT, BUCKET, type EstateRow, INTRUDER, INTRUDER_KEY, INTRUDER_SECOND_KEY, REGION, RESPONDER_ROLE } from "./names.ts";

const CREATED = "2026-03-02T09:00:00.000Z";
const IAM_FULL_ACCESS = "arn:aws:iam::aws:policy/IAMFullAccess";

type Statement = { Effect: "Allow" | "Deny"; Action: string | string[]; Resource: string | string[] };

/** As an administrator wrote it, by hand. */
const EXPORT_TRUST = `{
  "Version": "2012-10-17",
  "Statement": [
    { "Sid": "Tasks", "Effect": "Allow", "Principal": { "Service": "ecs-tasks.amazonaws.com" }, "Action": "sts:AssumeRole" },
    { "Sid": "Exports", "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::${ACCOUNT}:user/${INTRUDER}" },
      "Action": ["sts:AssumeRole", "sts:TagSession"] }
  ]
}`;

/** IAM as the estate starts: the intruder, two tenants' principals, the application, the responders. */
export function identityRows(): EstateRow[] {
  return [
    managedPolicy("IAMFullAccess", IAM_FULL_ACCESS, [{ Effect: "Allow", Action: "iam:*", Resource: "*" }]),
    ...intruder(),
    user("acme-portal", "/tenants/acme/", "AIDAACMEPORTAL0000001"),
    accessKey("AKIAACMEPORTAL000001", "acme-portal"),
    userPolicy("acme-portal", "tenant-data", [tenantData("acme")]),
    user("globex-portal", "/tenants/globex/", "AIDAGLOBEXPORTAL00001"),
    accessKey("AKIAGLOBEXPORTAL0001", "globex-portal"),
    userPolicy("globex-portal", "tenant-data", [tenantData("globex")]),
    user("deploy-bot", "/", "AIDADEPLOYBOT00000001", { team: "platform" }),
    accessKey("AKIADEPLOYBOT0000001", "deploy-bot"),
    userPolicy("deploy-bot", "deploy", [{ Effect: "Allow", Action: ["ec2:Describe*", "s3:ListAllMyBuckets"], Resource: "*" }]),
    ...approvers(),
    role(RESPONDER_ROLE, "AROARESPONDER00000001", "ec2.amazonaws.com"),
    rolePolicy(RESPONDER_ROLE, "respond", [{ Effect: "Allow", Action: "*", Resource: "*" }]),
    role("app-data", "AROAAPPDATA0000000001", "ecs-tasks.amazonaws.com"),
    rolePolicy("app-data", "tenant-data", [
      { Effect: "Allow", Action: "s3:*", Resource: [`arn:aws:s3:::${BUCKET}`, `arn:aws:s3:::${BUCKET}/*`] },
      ...keyed(),
    ]),
    role("acme-worker", "AROAACMEWORKER0000001", "ec2.amazonaws.com", { tenant: "acme" }),
    rolePolicy("acme-worker", "tenant-data", [tenantData("acme")]),
    role("globex-worker", "AROAGLOBEXWORKER00001", "ec2.amazonaws.com", { tenant: "globex" }),
    rolePolicy("globex-worker", "tenant-data", [tenantData("globex")]),
    role("export-jobs", "AROAEXPORTJOBS0000001", EXPORT_TRUST),
    rolePolicy("export-jobs", "exports", [
      { Effect: "Allow", Action: "s3:GetObject", Resource: `arn:aws:s3:::${BUCKET}/exports/*` },
    ]),
  ];
}

/** Whose keys approve, with the log-in that each has in the cloud too. */
function approvers(): EstateRow[] {
  return [
    user("sec-lead", "/people/", "AIDASECLEAD0000000001"),
    accessKey("AKIASECLEAD000000001", "sec-lead"),
    user("eng-lead", "/people/", "AIDAENGLEAD0000000001"),
  ];
}

function intruder(): EstateRow[] {
  return [
    user(INTRUDER, "/", "AIDAINTRUDER000000001", {}, [IAM_FULL_ACCESS]),
    accessKey(INTRUDER_KEY, INTRUDER),
    accessKey(INTRUDER_SECOND_KEY, INTRUDER),
    userPolicy(INTRUDER, "data-export", [
      {
        Effect: "Allow",
        Action: ["s3:GetObject", "s3:ListBucket"],
        Resource: [`arn:aws:s3:::${BUCKET}`, `arn:aws:s3:::${BUCKET}/*`],
      },
    ]),
    ...consoleAccess(),
    {
      key: iam.sshKey(ACCOUNT, INTRUDER, "APKAINTRUDER00000001"),
      value: { user: INTRUDER, id: "APKAINTRUDER00000001", status: "Active", uploaded: CREATED },
    },
    {
      key: iam.certificate(ACCOUNT, INTRUDER, "CERTINTRUDER000000000001"),
      value: {
        user: INTRUDER,
        id: "CERTINTRUDER000000000001",
        status: "Active",
        uploaded: CREATED,
        body: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
      },
    },
    {
      key: iam.serviceCredential(ACCOUNT, INTRUDER, "ACCAINTRUDER00000001"),
      value: {
        user: INTRUDER,
        id: "ACCAINTRUDER00000001",
        status: "Active",
        created: CREATED,
        service: "codecommit.amazonaws.com",
        serviceUserName: `${INTRUDER}-at-${ACCOUNT}`,
      },
    },
  ];
}

/** The attacker gave the user a password, and enrolled a device for it. */
function consoleAccess(): EstateRow[] {
  const serial = `arn:aws:iam::${ACCOUNT}:mfa/pixel-of-mine`;
  return [
    {
      key: iam.loginProfile(ACCOUNT, INTRUDER),
      value: { user: INTRUDER, created: "2026-11-25T21:40:07.000Z", resetRequired: false },
    },
    { key: iam.mfaDevice(ACCOUNT, serial), value: { serial, user: INTRUDER, enabled: "2026-11-25T21:58:31.000Z" } },
  ];
}

/** The application serves all tenants: each one's secrets, and the tables that they share. */
function keyed(): Statement[] {
  const here = `${REGION}:${ACCOUNT}`;
  return [
    { Effect: "Allow", Action: "secretsmanager:GetSecretValue", Resource: `arn:aws:secretsmanager:${here}:secret:prod/*` },
    {
      Effect: "Allow",
      Action: ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem"],
      Resource: `arn:aws:dynamodb:${here}:table/app-*`,
    },
  ];
}

function tenantData(tenant: string): Statement {
  return { Effect: "Allow", Action: ["s3:GetObject", "s3:PutObject"], Resource: `arn:aws:s3:::${BUCKET}/tenants/${tenant}/*` };
}

function user(name: string, path: string, id: string, tags: Record<string, string> = {}, attached: string[] = []): EstateRow {
  const value: UserRow = { name, path, id, created: CREATED, tags, attached, boundary: null };
  return { key: iam.user(ACCOUNT, name), value };
}

function accessKey(id: string, owner: string): EstateRow {
  const value: AccessKeyRow = {
    id,
    user: owner,
    status: "Active",
    created: CREATED,
    lastUsed: { at: "2026-11-25T22:14:00.000Z", service: "s3", region: "us-east-1" },
  };
  return { key: iam.accessKey(ACCOUNT, id), value };
}

/** `trusted` is a service, or the whole trust policy. */
function role(name: string, id: string, trusted: string, tags: Record<string, string> = {}): EstateRow {
  const trust = trusted.startsWith("{")
    ? trusted
    : policy([{ Effect: "Allow", Principal: { Service: trusted }, Action: "sts:AssumeRole" }]);
  const value: RoleRow = {
    name,
    path: "/",
    id,
    created: CREATED,
    tags,
    attached: [],
    boundary: null,
    trust,
    maxSessionSeconds: 43_200,
  };
  return { key: iam.role(ACCOUNT, name), value };
}

function userPolicy(owner: string, name: string, statements: Statement[]): EstateRow {
  return { key: iam.userPolicy(ACCOUNT, owner, name), value: { document: policy(statements) } };
}

function rolePolicy(owner: string, name: string, statements: Statement[]): EstateRow {
  return { key: iam.rolePolicy(ACCOUNT, owner, name), value: { document: policy(statements) } };
}

function managedPolicy(name: string, arn: string, statements: Statement[]): EstateRow {
  const value: ManagedPolicyRow = { name, arn, created: CREATED, document: policy(statements) };
  return { key: iam.managedPolicy(ACCOUNT, arn), value };
}

function policy(statements: readonly Json[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: statements });
}
