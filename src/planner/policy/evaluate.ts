import { conditionsHold, namesPrincipalArn } from "./conditions.ts";
import { type Caller, type ContextValues, type RequestContext, requestContext } from "./context.ts";
import type { PolicyDocument, Principals, Statement } from "./document.ts";
import { PolicyError } from "./error.ts";
import { expand, matches, matchesResource } from "./pattern.ts";

export type AccessRequest = {
  readonly caller: Caller;
  /** `s3:GetObject` */
  readonly action: string;
  /** An ARN, or `*` for actions without a resource. */
  readonly resource: string;
  readonly context?: ContextValues;
};

/** What applies to a request. A boundary or session policy that is absent does not limit; an empty one would. */
export type Policies = {
  /**
   * Service control policies over the caller's account, level by level: the organization's root, each unit on the way, the account. Each
   * level has to allow. None given: none apply, as in the management account. They never bind services, strangers and service-linked roles.
   */
  readonly control?: readonly (readonly PolicyDocument[])[] | null;
  readonly identity: readonly PolicyDocument[];
  readonly boundary?: PolicyDocument | null;
  readonly session?: PolicyDocument | null;
  readonly resource?: PolicyDocument | null;
  /** Nobody gets in whom the resource's own policy does not let in, the account's own policies notwithstanding: KMS keys. */
  readonly closed?: boolean;
  /** Account that owns the resource; the caller's own when not given. */
  readonly owner?: string;
};

export type Decision = {
  readonly effect: "allow" | "explicit-deny" | "implicit-deny";
  /** Which kind of policy decided, and the statement's Sid where it has one. */
  readonly by: {
    readonly policy: "control" | "identity" | "boundary" | "session" | "resource" | "none";
    readonly sid: string | null;
  };
};

type Kind = Exclude<Decision["by"]["policy"], "none">;
type Judgment = { readonly allows: readonly Statement[]; readonly deny: Statement | null };

/**
 * AWS's evaluation logic: an explicit deny anywhere wins; then somebody has to allow, within what the organization, boundary and session
 * policy allow. Resource control policies and those of endpoints are not looked at, and a condition key that the request is not given
 * counts as absent. Errors: PolicyError for what cannot be judged.
 */
export function evaluate(request: AccessRequest, policies: Policies): Decision {
  const { caller } = request;
  const found = judgeAll(request, policies);
  const denial = found.flatMap(({ policy, deny }) => (deny === null ? [] : [{ policy, sid: deny.sid }]))[0];
  if (denial !== undefined) return { effect: "explicit-deny", by: denial };

  const refused = (policy: Decision["by"]["policy"]): Decision => ({ effect: "implicit-deny", by: { policy, sid: null } });
  const granted = strongest(found.find(({ policy }) => policy === "resource")?.allows ?? [], caller);
  const byResource = granted && allowed("resource", granted.statement);
  if (caller.kind === "service" || caller.kind === "anonymous") return byResource ?? refused("none");
  const limits = found.filter(({ allows }) => allows.length === 0);
  if (limits.some(({ policy }) => policy === "control")) return refused("control");
  const sameAccount = (policies.owner ?? caller.account) === caller.account;
  if (sameAccount && granted?.to === "caller") return allowed("resource", granted.statement);
  for (const policy of ["boundary", "session"] as const)
    if (limits.some((limit) => limit.policy === policy)) return refused(policy);
  // Its permissions are those that its session policy passes on of the user's: without one, none.
  if (caller.kind === "federated-user" && !policies.session) return refused("session");
  if (sameAccount && granted?.to === "entity") return allowed("resource", granted.statement);
  if ((!sameAccount || policies.closed === true) && granted === null) return refused("resource");
  if (caller.kind === "root") return { effect: "allow", by: { policy: "none", sid: null } };
  const [own] = found.find(({ policy }) => policy === "identity")?.allows ?? [];
  return own === undefined ? refused("none") : allowed("identity", own);
}

/** By kind of policy, each level of the organization for itself; also what does not bind the caller has to be judgeable. */
function judgeAll(request: AccessRequest, policies: Policies): (Judgment & { readonly policy: Kind })[] {
  const { control, identity, boundary, session, resource } = policies;
  const { caller } = request;
  const bounded = boundary !== undefined && boundary !== null && caller.kind !== "root";
  const judge = (policy: Kind, documents: readonly PolicyDocument[]) => ({ policy, ...judgment(documents, request, null) });
  const all = [
    ...(control ?? []).map((level) => judge("control", level)),
    judge("identity", identity),
    ...(boundary ? [judge("boundary", [boundary])] : []),
    ...(session ? [judge("session", [session])] : []),
    ...(resource ? [{ policy: "resource" as const, ...judgment([resource], request, { caller, bounded }) }] : []),
  ];
  return all.filter(({ policy }) => binds(policy, caller));
}

function binds(policy: Kind, { kind, arn }: Caller): boolean {
  if (policy === "control")
    return kind !== "service" && kind !== "anonymous" && !/^arn:[^:]+:iam::\d{12}:role\/aws-service-role\//.test(arn);
  return kind !== "root" || policy === "session" || policy === "resource";
}

function allowed(policy: "identity" | "resource", statement: Statement): Decision {
  return { effect: "allow", by: { policy, sid: statement.sid } };
}

function judgment(documents: readonly PolicyDocument[], request: AccessRequest, named: Named | null): Judgment {
  const context = requestContext(request.caller, request.context);
  const allows: Statement[] = [];
  let deny: Statement | null = null;
  for (const document of documents) {
    for (const statement of document.statements) {
      if (!applies(statement, document.variables, request, context, named)) continue;
      if (statement.effect === "Deny") deny ??= statement;
      else allows.push(statement);
    }
  }
  return { allows, deny };
}

type Named = { readonly caller: Caller; readonly bounded: boolean };

function applies(
  statement: Statement,
  variables: boolean,
  request: AccessRequest,
  context: RequestContext,
  named: Named | null,
): boolean {
  const { action, resource, principal } = statement;
  if (named === null ? principal !== null || resource === null : principal === null)
    throw new PolicyError(`a statement is not one of a policy of ${named === null ? "an identity" : "a resource"}`);
  const onAction = action.not !== action.patterns.some((pattern) => matchesAction(pattern, request.action, context));
  const hits = (pattern: string) => {
    const pieces = expand(pattern, context, variables);
    return pieces !== null && matchesResource(pieces, request.resource);
  };
  const onResource = resource === null || resource.not !== resource.patterns.some(hits);
  const byCaller = named === null || principal === null || matchesPrincipal(principal, named);
  return onAction && onResource && byCaller && conditionsHold(statement.conditions, context, variables);
}

function matchesAction(pattern: string, action: string, context: RequestContext): boolean {
  const pieces = expand(pattern, context, false);
  return pieces !== null && matches(pieces, action, "i");
}

function matchesPrincipal(principal: NonNullable<Statement["principal"]>, { caller, bounded }: Named): boolean {
  const listed = (name: string) => names(principal.names, caller, name);
  if (!principal.not) return isEverybody(principal.names) || facets(caller).some(listed);
  // NotPrincipal spares a caller only when its account, its role and its session are all listed, and never one with a boundary.
  return bounded || !facets(caller).every(listed);
}

function isEverybody(principals: Principals): boolean {
  return principals["AWS"]?.includes("*") === true;
}

function names(principals: Principals, { kind }: Caller, name: string): boolean {
  const listed = principals[kind === "service" ? "Service" : "AWS"] ?? [];
  const account = /^arn:[^:]+:iam::(\d{12}):root$/.exec(name)?.[1];
  return listed.includes(name) || (account !== undefined && listed.includes(account));
}

/** The names under which a policy may speak of a caller: the account's first, then whose permissions it has, then its own. */
function facets(caller: Caller): readonly string[] {
  if (caller.kind === "anonymous" || caller.kind === "service") return [caller.arn];
  const root = `arn:${caller.arn.split(":")[1] ?? "aws"}:iam::${caller.account}:root`;
  const own = [caller.issuer, caller.arn, caller.session?.arn].filter((name) => name !== undefined);
  return [...new Set([root, ...own])];
}

/**
 * Whom a statement of a resource's policy lets in. The caller itself: past its account's own policies, boundary and session policy. The
 * entity whose permissions it has (the role, the user who federated): past its account's policies. The account: what these allow.
 */
type Granted = { readonly to: "caller" | "entity" | "account"; readonly statement: Statement };

function strongest(allows: readonly Statement[], caller: Caller): Granted | null {
  const granted = allows.map((statement) => ({ to: grantee(statement, caller), statement }));
  const by = (to: Granted["to"]) => granted.find((one) => one.to === to);
  return by("caller") ?? by("entity") ?? by("account") ?? null;
}

function grantee({ principal, conditions }: Statement, caller: Caller): Granted["to"] {
  const listed = (name: string | undefined) => name !== undefined && principal !== null && names(principal.names, caller, name);
  const self = caller.kind === "role-session" ? caller.session?.arn : caller.arn;
  const everybody = principal !== null && isEverybody(principal.names);
  if (listed(self) || (everybody && conditions.some(namesPrincipalArn))) return "caller";
  return everybody || listed(caller.arn) || listed(caller.issuer) ? "entity" : "account";
}
