import { iam, organizations } from "../keys.ts";
import type { ControlPolicyRow, MembershipRow, RoleRow, UnitRow } from "../rows.ts";
import { ACCOUNT, type EstateRow, MANAGEMENT_ACCOUNT, RESPONDER_ROLE } from "./names.ts";

const ORGANIZATION = "o-acme000001";
const ROOT = "r-acme";
const WORKLOADS = "ou-acme-workload";
const CREATED = "2026-03-02T09:00:00.000Z";
const FULL_ACCESS = "p-FullAWSAccess";

/** As an administrator wrote it: what ours is added to, and has to be left with. */
const DENY_POLICY = `{
  "Version": "2012-10-17",
  "Statement": [
    { "Sid": "StayInTheOrganization", "Effect": "Deny", "Action": "organizations:LeaveOrganization", "Resource": "*" }
  ]
}`;

/** Attached to nothing: it locks down whatever it is attached to, but for the responders. */
const LOCKDOWN_POLICY = `{
  "Version": "2012-10-17",
  "Statement": [
    { "Sid": "Lockdown", "Effect": "Deny", "Action": "*", "Resource": "*",
      "Condition": { "ArnNotLike": { "aws:PrincipalArn": "arn:aws:iam::*:role/${RESPONDER_ROLE}" } } }
  ]
}`;

/** The organization above the account: a unit for workloads, policies that are ready for emergencies, and the responders' role. */
export function organizationRows(): EstateRow[] {
  return [
    membership(MANAGEMENT_ACCOUNT, ROOT),
    membership(ACCOUNT, WORKLOADS),
    unit({ id: ROOT, name: "Root", parent: null }),
    unit({ id: WORKLOADS, name: "Workloads", parent: ROOT }),
    policy({ id: FULL_ACCESS, name: "FullAWSAccess", description: "Allows access to every operation", managed: true, text: ALL }),
    policy({ id: "p-soc2deny", name: "soc2-er-deny", description: "For emergencies", managed: false, text: DENY_POLICY }),
    policy({
      id: "p-soc2lock",
      name: "soc2-er-quarantine",
      description: "For emergencies",
      managed: false,
      text: LOCKDOWN_POLICY,
    }),
    attached(ROOT, FULL_ACCESS, "p-soc2deny"),
    attached(WORKLOADS, FULL_ACCESS),
    attached(MANAGEMENT_ACCOUNT, FULL_ACCESS),
    attached(ACCOUNT, FULL_ACCESS),
    ...responders(),
  ];
}

const ALL = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}';

function responders(): EstateRow[] {
  const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::${ACCOUNT}:root"},"Action":"sts:AssumeRole"}]}`;
  const value: RoleRow = {
    name: RESPONDER_ROLE,
    path: "/",
    id: "AROARESPONDER00000002",
    created: CREATED,
    tags: {},
    attached: [],
    boundary: null,
    trust,
    maxSessionSeconds: 43_200,
  };
  return [
    { key: iam.role(MANAGEMENT_ACCOUNT, RESPONDER_ROLE), value },
    { key: iam.rolePolicy(MANAGEMENT_ACCOUNT, RESPONDER_ROLE, "respond"), value: { document: ALL } },
  ];
}

function membership(account: string, parent: string): EstateRow {
  const value: MembershipRow = { organization: ORGANIZATION, management: MANAGEMENT_ACCOUNT, parent };
  return { key: organizations.membership(account), value };
}

function unit(value: UnitRow): EstateRow {
  return { key: organizations.unit(MANAGEMENT_ACCOUNT, value.id), value };
}

function policy(value: ControlPolicyRow): EstateRow {
  return { key: organizations.policy(MANAGEMENT_ACCOUNT, value.id), value };
}

function attached(target: string, ...policies: string[]): EstateRow {
  return { key: organizations.attachments(MANAGEMENT_ACCOUNT, target), value: { policies } };
}
