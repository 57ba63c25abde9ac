/** Who can be revoked, as typed: `aws:user/intruder`. A bare e-mail address means every configured directory. */
export type PrincipalKind =
  | "aws:user"
  | "aws:role"
  | "aws:key"
  /** `ROLE/SESSION-NAME`: a session of a role, by the name that it was asked for with. */
  | "aws:session"
  /** `ROLE/IDENTITY`: the sessions of a role that carry a source identity. */
  | "aws:source-identity"
  /** The whole account, by name or id. */
  | "aws:account"
  | "aws:sso-user"
  | "cognito:user"
  | "entra:user"
  | "entra:app"
  | "okta:user"
  | "google:user"
  | "github:user"
  | "email";

export type Principal = { readonly kind: PrincipalKind; readonly name: string };

const KINDS: readonly PrincipalKind[] = [
  "aws:user",
  "aws:role",
  "aws:key",
  "aws:session",
  "aws:source-identity",
  "aws:account",
  "aws:sso-user",
  "cognito:user",
  "entra:user",
  "entra:app",
  "okta:user",
  "google:user",
  "github:user",
];

export const PRINCIPAL_KINDS: readonly PrincipalKind[] = KINDS;

/** Null when the text is not a principal. */
export function parsePrincipal(text: string): Principal | null {
  const slash = text.indexOf("/");
  if (slash > 0) {
    const kind = KINDS.find((known) => known === text.slice(0, slash));
    const name = text.slice(slash + 1);
    return kind && /^[\w+=,.@/-]{1,256}$/.test(name) ? { kind, name } : null;
  }
  return /^[^\s@/:]+@[^\s@/:]+\.[^\s@/:]+$/.test(text) ? { kind: "email", name: text } : null;
}

export function sayPrincipal(principal: Principal): string {
  return principal.kind === "email" ? principal.name : `${principal.kind}/${principal.name}`;
}
