import { PolicyError, parsePolicy } from "../../../planner/policy/index.ts";
import { iam } from "../keys.ts";
import type { PolicyRow, RoleRow, UserRow } from "../rows.ts";
import { AwsFault } from "./fault.ts";
import type { Call } from "./operation.ts";
import { page } from "./paging.ts";

/** Longest inline policies of one user and one role together, in characters that are not white space. */
const INLINE_LIMIT = { user: 2_048, role: 10_240 } as const;

const TRUST_LIMIT = 2_048;

export type Paged = { Marker?: string | undefined; MaxItems?: number | undefined };

export function noSuchEntity(message: string): AwsFault {
  return new AwsFault("NoSuchEntityException", 404, message, "NoSuchEntity");
}

export function userOf(call: Call, name: string | undefined): UserRow {
  const user = call.tx.newest<UserRow>(iam.user(call.account, name ?? ""));
  if (user === null) throw noSuchEntity(`The user with name ${name} cannot be found.`);
  return user;
}

export function roleOf(call: Call, name: string | undefined): RoleRow {
  const role = call.tx.newest<RoleRow>(iam.role(call.account, name ?? ""));
  if (role === null) throw noSuchEntity(`The role with name ${name} cannot be found.`);
  return role;
}

export function userArn(account: string, user: UserRow): string {
  return `arn:aws:iam::${account}:user${user.path}${user.name}`;
}

export function roleArn(account: string, role: UserRow): string {
  return `arn:aws:iam::${account}:role${role.path}${role.name}`;
}

/** Errors: UnmodifiableEntity for roles of AWS services and of Identity Center; MalformedPolicyDocument; LimitExceeded. */
export function checkTrust(role: RoleRow, text: string): void {
  if (/^\/aws-(service-role|reserved)\//.test(role.path)) {
    const message = `Cannot perform the operation on the protected role '${role.name}' - this role is only modifiable by AWS`;
    throw new AwsFault("UnmodifiableEntityException", 400, message, "UnmodifiableEntity");
  }
  const malformed = (message: string) =>
    new AwsFault("MalformedPolicyDocumentException", 400, message, "MalformedPolicyDocument");
  try {
    for (const { action, principal, resource } of parsePolicy(text).statements) {
      if (resource !== null) throw new PolicyError("Has prohibited field Resource");
      if (principal === null) throw new PolicyError("Missing required field Principal");
      if (principal.not) throw new PolicyError("NotPrincipal is not supported");
      if (action.not || !action.patterns.every((name) => name.startsWith("sts:")))
        throw new PolicyError("AssumeRole policy may only specify STS AssumeRole actions.");
      const gone = principal.names["AWS"]?.find((name) => /^A(ID|RO)A/.test(name));
      if (gone !== undefined) throw new PolicyError(`Invalid principal in policy: "AWS":"${gone}"`);
    }
  } catch (error) {
    throw error instanceof PolicyError ? malformed(error.message) : error;
  }
  if (text.replace(/\s/g, "").length > TRUST_LIMIT)
    throw new AwsFault("LimitExceededException", 409, `Cannot exceed quota for ACLSizePerRole: ${TRUST_LIMIT}`, "LimitExceeded");
}

/** For permissions: the user's ARN, or what it would be where there is none. */
export function userResource(call: Call<{ UserName?: string | undefined }>): string {
  const user = call.tx.newest<UserRow>(iam.user(call.account, call.input.UserName ?? ""));
  return user === null ? `arn:aws:iam::${call.account}:user/${call.input.UserName ?? ""}` : userArn(call.account, user);
}

export function roleResource(call: Call<{ RoleName?: string | undefined }>): string {
  const role = call.tx.newest<RoleRow>(iam.role(call.account, call.input.RoleName ?? ""));
  return role === null ? `arn:aws:iam::${call.account}:role/${call.input.RoleName ?? ""}` : roleArn(call.account, role);
}

export function tagsOf(tags: { readonly [key: string]: string }): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** IAM answers policy documents percent-encoded (RFC 3986). */
export function encodeDocument(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** One page in IAM's form. */
export function iamPage<T>(call: Call<Paged>, items: readonly T[], keyOf: (item: T) => string) {
  const { Marker, MaxItems } = call.input;
  const shown = page(items, keyOf, call.pageSize(MaxItems, MaxItems === undefined ? 100 : 1000), Marker);
  return { items: shown.items, rest: { IsTruncated: shown.next !== undefined, Marker: shown.next } };
}

/** Errors: MalformedPolicyDocument; LimitExceeded when all inline policies of the owner together get too long. */
export function checkInlinePolicy(
  call: Call,
  kind: "user" | "role",
  owner: string,
  name: string | undefined,
  text: string,
): void {
  if (name === undefined || !/^[\w+=,.@-]{1,128}$/.test(name)) {
    throw new AwsFault("ValidationError", 400, "The specified value for policyName is invalid.");
  }
  try {
    const document = parsePolicy(text);
    if (document.statements.some((statement) => statement.principal !== null))
      throw new PolicyError("Policy document should not specify a principal.");
    if (document.statements.some((statement) => statement.resource === null))
      throw new PolicyError("Policy statement must contain resources.");
  } catch (error) {
    if (error instanceof PolicyError)
      throw new AwsFault("MalformedPolicyDocumentException", 400, error.message, "MalformedPolicyDocument");
    throw error;
  }
  const prefix = (kind === "user" ? iam.userPolicy : iam.rolePolicy)(call.account, owner, "");
  const others = call.tx.list<PolicyRow>(prefix).filter((row) => row.key !== `${prefix}${name}`);
  const total = [text, ...others.map((row) => row.value.document)].reduce(
    (sum, document) => sum + document.replace(/\s/g, "").length,
    0,
  );
  if (total > INLINE_LIMIT[kind]) {
    const message = `Maximum policy size of ${INLINE_LIMIT[kind]} bytes exceeded for ${kind} ${owner}`;
    throw new AwsFault("LimitExceededException", 409, message, "LimitExceeded");
  }
}
