import { instant } from "../../../model/index.ts";
import {
  type AccessRequest,
  type Caller,
  type ContextValues,
  type Decision,
  evaluate,
  type Policies,
  type PolicyDocument,
  parsePolicy,
} from "../../../planner/policy/index.ts";
import { dynamodb, iam, kms, s3, secretsmanager } from "../keys.ts";
import type {
  AccessKeyRow,
  BucketPolicyRow,
  KeyPolicyRow,
  ManagedPolicyRow,
  PolicyRow,
  RoleRow,
  SecretPolicyRow,
  TablePolicyRow,
  UserRow,
} from "../rows.ts";
import type { Transaction } from "../world.ts";
import { controlOver } from "./control.ts";
import { findSecret } from "./find-secret.ts";

/** Credentials as somebody presents them. Sessions carry the moment of issue (milliseconds), long-term keys do not. */
export type Credentials =
  | { readonly kind: "user"; readonly account: string; readonly name: string }
  | { readonly kind: "access-key"; readonly account: string; readonly id: string }
  | {
      readonly kind: "role-session";
      readonly account: string;
      readonly role: string;
      readonly session: string;
      readonly sourceIdentity?: string;
      readonly issued: number;
    };

export const ALLOW_ALL = parsePolicy('{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}');

/** `bad-credentials`: the key is unknown or inactive, the user or role is gone. */
export type Verdict = Decision | { readonly effect: "bad-credentials" };

/** Whether a request passes now, by the policies that have taken effect. Errors: PolicyError for a policy that cannot be judged. */
export function authorize(
  tx: Transaction,
  who: Credentials,
  action: string,
  resource: string,
  context: ContextValues = {},
): Verdict {
  return authorizeUnder(resourcePolicy(tx, who.account, action, resource), tx, who, action, resource, context);
}

/** The same, if this were the resource's own policy. */
export function authorizeUnder(
  policy: PolicyDocument | null,
  tx: Transaction,
  who: Credentials,
  action: string,
  resource: string,
  context: ContextValues = {},
): Verdict {
  const known = callerOf(tx, who);
  if (known === null) return { effect: "bad-credentials" };
  // Needs no permission, and no policy can deny it.
  if (action === "sts:GetCallerIdentity") return { effect: "allow", by: { policy: "none", sid: null } };
  const request = { caller: known.caller, action, resource, context: { "aws:CurrentTime": instant(tx.now), ...context } };
  const policies = { identity: known.identity, boundary: known.boundary, control: controlOver(tx, who.account) };
  if (action.startsWith("sts:AssumeRole")) return mayAssume(tx, request, policies, who.account);
  return evaluate(request, {
    ...policies,
    resource: policy,
    closed: action.startsWith("kms:") && policy !== null,
  });
}

/** Calls that the caller's own policies allow without conditions; wildcards stand as they are, because whatever matches them is allowed. */
export function allowedByOwn(
  tx: Transaction,
  who: Credentials,
): readonly { readonly action: string; readonly resource: string }[] {
  const statements = (callerOf(tx, who)?.identity ?? []).flatMap((document) => document.statements);
  return statements.flatMap(({ effect, action, resource, conditions }) => {
    if (effect !== "Allow" || action.not || resource === null || resource.not || conditions.length > 0) return [];
    return action.patterns.flatMap((one) => resource.patterns.map((on) => ({ action: one, resource: on })));
  });
}

/** Whatever the caller's own policies allow, the role has to trust it, as another account's resource would. */
function mayAssume(
  tx: Transaction,
  request: AccessRequest,
  policies: Pick<Policies, "identity" | "boundary" | "control">,
  account: string,
): Verdict {
  const name = /^arn:aws:iam::\d{12}:role\/(?:.*\/)?([^/]+)$/.exec(request.resource)?.[1] ?? "";
  const role = tx.effective<RoleRow>(iam.role(account, name));
  if (role === null || request.resource !== `arn:aws:iam::${account}:role${role.path}${role.name}`)
    return { effect: "implicit-deny", by: { policy: "resource", sid: null } };
  const trust = parsePolicy(role.trust);
  const trusted = evaluate(request, { identity: [ALLOW_ALL], resource: trust, owner: "another" });
  return trusted.effect === "allow" ? evaluate(request, { ...policies, resource: trust }) : trusted;
}

type Known = { readonly caller: Caller; readonly identity: readonly PolicyDocument[]; readonly boundary: PolicyDocument | null };

function callerOf(tx: Transaction, who: Credentials): Known | null {
  switch (who.kind) {
    case "access-key": {
      const key = tx.effective<AccessKeyRow>(iam.accessKey(who.account, who.id));
      return key?.status === "Active" ? callerOf(tx, { kind: "user", account: who.account, name: key.user }) : null;
    }
    case "user": {
      const user = tx.effective<UserRow>(iam.user(who.account, who.name));
      if (user === null) return null;
      const caller: Caller = {
        kind: "user",
        account: who.account,
        arn: `arn:aws:iam::${who.account}:user${user.path}${user.name}`,
        userId: user.id,
        userName: user.name,
        tags: user.tags,
      };
      return { caller, ...policiesOf(tx, who.account, user, iam.userPolicy(who.account, user.name, "")) };
    }
    case "role-session": {
      const role = tx.effective<RoleRow>(iam.role(who.account, who.role));
      if (role === null) return null;
      const caller: Caller = {
        kind: "role-session",
        account: who.account,
        arn: `arn:aws:iam::${who.account}:role${role.path}${role.name}`,
        userId: `${role.id}:${who.session}`,
        tags: role.tags,
        session: {
          arn: `arn:aws:sts::${who.account}:assumed-role/${role.name}/${who.session}`,
          issued: instant(who.issued),
          ...(who.sourceIdentity === undefined ? {} : { sourceIdentity: who.sourceIdentity }),
        },
      };
      return { caller, ...policiesOf(tx, who.account, role, iam.rolePolicy(who.account, role.name, "")) };
    }
  }
}

function policiesOf(tx: Transaction, account: string, owner: UserRow, inlinePrefix: string): Omit<Known, "caller"> {
  const managed = (arn: string) => tx.effective<ManagedPolicyRow>(iam.managedPolicy(account, arn))?.document;
  const inline = tx.listEffective<PolicyRow>(inlinePrefix).map((row) => row.value.document);
  const attached = owner.attached.map(managed).filter((text) => text !== undefined);
  const boundary = owner.boundary === null ? undefined : managed(owner.boundary);
  return { identity: [...inline, ...attached].map(parsePolicy), boundary: boundary === undefined ? null : parsePolicy(boundary) };
}

/** What the resource itself says, where it can have a policy. */
function resourcePolicy(tx: Transaction, account: string, action: string, resource: string): PolicyDocument | null {
  if (action.startsWith("s3:")) return bucketPolicy(tx, account, resource);
  if (action.startsWith("kms:")) return keyPolicy(tx, resource);
  const [, , service, region = "", , kind, name = ""] = resource.split(":");
  if (service === "secretsmanager" && kind === "secret") {
    const secret = findSecret(tx, account, region, resource);
    return secret && parsed(tx.effective<SecretPolicyRow>(secretsmanager.policy(account, region, secret.name)));
  }
  // An index is covered by its table's policy.
  const table = service === "dynamodb" ? /^table\/([^/]+)/.exec(kind ?? "")?.[1] : undefined;
  return table === undefined || name !== ""
    ? null
    : parsed(tx.effective<TablePolicyRow>(dynamodb.policy(account, region, table)));
}

function keyPolicy(tx: Transaction, resource: string): PolicyDocument | null {
  const [, region = "", account = "", id = ""] = /^arn:aws:kms:([^:]+):([^:]+):key\/(.+)$/.exec(resource) ?? [];
  return parsed(tx.effective<KeyPolicyRow>(kms.policy(account, region, id)));
}

function parsed(row: { readonly text: string } | null): PolicyDocument | null {
  return row === null ? null : parsePolicy(row.text);
}

function bucketPolicy(tx: Transaction, account: string, resource: string): PolicyDocument | null {
  const bucket = /^arn:aws:s3:::([^/]+)/.exec(resource)?.[1];
  const policy = bucket === undefined ? null : tx.effective<BucketPolicyRow>(s3.policy(account, bucket));
  return parsed(policy);
}
