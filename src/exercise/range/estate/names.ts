import type { Json } from "../../../model/index.ts";

/** Names of the embedded estate that examples, scenarios and tests refer to. */
export const ACCOUNT = "123456789012";
/** Of the organization that the account above is in. */
export const MANAGEMENT_ACCOUNT = "111122223333";
export const REGION = "us-east-1";
export const SUBSCRIPTION = "0b1f6471-1bf0-4dda-aec3-cb9272f09590";
export const TENANT_DIRECTORY = "72f988bf-0000-4000-8000-2d7cd011db47";

export const BUCKET = "acme-data";
export const AUDIT_BUCKET = "acme-audit";

/** Each tenant's data key, by the alias `alias/<tenant>-data`. */
export const TENANT_KEYS = {
  acme: "5d0c61be-0ac3-4e00-8d4a-00000000ac3e",
  globex: "5d0c61be-0910-4be0-8d4a-0000910be000",
} as const;

/** Where the users of the tenants' portal sign in. */
export const USER_POOL = "us-east-1_Portal001";

/** Identity Center: its instance, its identity store, and who and what is in it. */
export const SSO_INSTANCE = "ssoins-7223b05f3d8a0a11";
export const SSO_STORE = "d-9067e2a1c4";
export const SSO_USERS = {
  jane: "a4d8b4e8-7001-70aa-8000-00000000a4e1",
  kim: "a4d8b4e8-7001-70aa-8000-0000000000e2",
} as const;
export const SSO_GROUPS = {
  platform: "a4d8b4e8-7001-70bb-8000-0000000600b1",
  everyone: "a4d8b4e8-7001-70bb-8000-0000000600b2",
} as const;
export const SSO_SETS = { AdministratorAccess: "ps-7223aa01b2c3d401", ReadOnly: "ps-7223aa01b2c3d402" } as const;

export const RESPONDER_ROLE = "soc2-er-responder";
export const RESPONDER_ROLE_ARN = `arn:aws:iam::${ACCOUNT}:role/${RESPONDER_ROLE}`;

export const INTRUDER = "intruder";
/** The one that the attacker holds. */
export const INTRUDER_KEY = "AKIAINTRUDER00000001";
export const INTRUDER_SECOND_KEY = "AKIAINTRUDER00000002";

/** Where the attacker connects from. */
export const ATTACKER_IPV4 = "203.0.113.66";
export const ATTACKER_IPV6 = "2001:db8:bad::66";

export const VPC = "vpc-0edge";
export const EDGE_ACL = "acl-0edge01";
export const EDGE_SUBNET = "subnet-0edge01";
export const APP_SUBNET = "subnet-0app01";

/** Azure's entrance: a network security group in front of the hosts there. */
export const AZURE_LOCATION = "westeurope";
export const EDGE_NSG_GROUP = "rg-edge";
export const EDGE_NSG = "nsg-front";

/** A row of the world: `key` says what and where it is, `value` what it is. */
export type EstateRow = { readonly key: string; readonly value: Json };
