/** Who makes a request. `arn` is what `aws:PrincipalArn` shows: of a role session the role, never the session; of a federated user itself. */
export type Caller = {
  readonly arn: string;
  readonly account: string;
  readonly kind: "user" | "role-session" | "federated-user" | "root" | "service" | "anonymous";
  /** `AIDA…` of a user, `AROA…:name` of a session. */
  readonly userId?: string;
  readonly userName?: string;
  readonly tags?: { readonly [key: string]: string };
  /** The user who asked for a federated user's credentials. */
  readonly issuer?: string;
  /** Only of temporary credentials: when they were issued, the ARN of the session, who it was asked for. Long-term keys have none. */
  readonly session?: { readonly arn: string; readonly issued: string; readonly sourceIdentity?: string };
};

/** The condition keys of a request. Names are compared without regard to case; null = the request does not have the key. */
export interface RequestContext {
  values(key: string): readonly string[] | null;
}

export type ContextValues = { readonly [key: string]: string | readonly string[] };

const PRINCIPAL_TYPE: Record<Caller["kind"], string> = {
  user: "User",
  "role-session": "AssumedRole",
  "federated-user": "FederatedUser",
  root: "Account",
  service: "Service",
  anonymous: "Anonymous",
};

/** The keys that every request has by its caller, and those given, which win. */
export function requestContext(caller: Caller, given: ContextValues = {}): RequestContext {
  const known = new Map<string, readonly string[]>();
  const set = (key: string, value: string | readonly string[] | undefined) => {
    if (value !== undefined) known.set(key.toLowerCase(), typeof value === "string" ? [value] : value);
  };
  set("aws:SecureTransport", "true");
  set("aws:PrincipalIsAWSService", String(caller.kind === "service"));
  set("aws:PrincipalType", PRINCIPAL_TYPE[caller.kind]);
  if (caller.kind !== "anonymous" && caller.kind !== "service") {
    set("aws:PrincipalArn", caller.arn);
    set("aws:PrincipalAccount", caller.account);
  }
  if (caller.kind === "service") set("aws:PrincipalServiceName", caller.arn);
  set("aws:userid", caller.userId);
  set("aws:username", caller.userName);
  set("aws:TokenIssueTime", caller.session?.issued);
  set("aws:SourceIdentity", caller.session?.sourceIdentity);
  for (const [key, value] of Object.entries(caller.tags ?? {})) set(`aws:PrincipalTag/${key}`, value);
  for (const [key, value] of Object.entries(given)) set(key, value);
  return { values: (key) => known.get(key.toLowerCase()) ?? null };
}
