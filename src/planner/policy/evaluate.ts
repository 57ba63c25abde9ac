import { conditionsHold } from "./conditions.ts";
import { type Caller, type ContextValues, type RequestContext, requestContext } from "./context.ts";
import type { PolicyDocument, Principals, Statement } from "./document.ts";
import { expand, matches, matchesArn } from "./pattern.ts";

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

type Judgment = { readonly allows: readonly Statement[]; readonly deny: Statement | null };

/**
 * AWS's evaluation logic: an explicit deny anywhere wins; then somebody has to allow, within what the organization, boundary and session
 * policy allow. Resource control policies and those of endpoints are not looked at. Errors: PolicyError for what cannot be judged.
 */
export function evaluate(request: AccessRequest, policies: Policies): Decision {
  const { caller } = request;
  const context = requestContext(caller, request.context);
  const judge = (documents: readonly PolicyDocument[]) => judgment(documents, request, context, null);
  const control = isControlled(caller) ? (policies.control ?? []).map(judge) : [];
  const identity = judge(policies.identity);
  const boundary = policies.boundary ? judge([policies.boundary]) : null;
  const session = policies.session ? judge([policies.session]) : null;
  const bounded = policies.boundary !== undefined && policies.boundary !== null;
  const resource = policies.resource ? judgment([policies.resource], request, context, { caller, bounded }) : null;

  for (const [policy, found] of [
    ...control.map((level) => ["control", level] as const),
    ["identity", identity],
    ["boundary", boundary],
    ["session", session],
    ["resource", resource],
  ] as const) {
    if (found?.deny) return { effect: "explicit-deny", by: { policy, sid: found.deny.sid } };
  }
  const refused = (policy: Decision["by"]["policy"]): Decision => ({ effect: "implicit-deny", by: { policy, sid: null } });
  if (control.some((level) => level.allows.length === 0)) return refused("control");
  const sameAccount = (policies.owner ?? caller.account) === caller.account;
  const granted = resource === null ? null : widest(resource.allows, caller);
  if (granted !== null && sameAccount && namesCaller(granted, caller)) return allowed("resource", granted);
  if (boundary !== null && boundary.allows.length === 0) return refused("boundary");
  if (session !== null && session.allows.length === 0) return refused("session");
  const grantedBeyondAccount = granted !== null && !namesOnlyAccount(granted, caller);
  if (sameAccount && grantedBeyondAccount) return allowed("resource", granted);
  const [own] = identity.allows;
  if (own === undefined) return caller.kind === "anonymous" && granted !== null ? allowed("resource", granted) : refused("none");
  if ((!sameAccount || policies.closed === true) && granted === null) return refused("resource");
  return allowed("identity", own);
}

function isControlled({ kind, arn }: Caller): boolean {
  return kind !== "service" && kind !== "anonymous" && !/^arn:[^:]+:iam::\d{12}:role\/aws-service-role\//.test(arn);
}

function allowed(policy: "identity" | "resource", statement: Statement): Decision {
  return { effect: "allow", by: { policy, sid: statement.sid } };
}

function judgment(
  documents: readonly PolicyDocument[],
  request: AccessRequest,
  context: RequestContext,
  named: Named | null,
): Judgment {
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
  const action = statement.action.patterns.some((pattern) => matchesAction(pattern, request.action, context));
  const onResource =
    statement.resource === null ||
    statement.resource.not !==
      statement.resource.patterns.some((pattern) => {
        const pieces = expand(pattern, context, variables);
        return pieces !== null && matchesArn(pieces, request.resource);
      });
  const byCaller = named === null || (statement.principal !== null && matchesPrincipal(statement.principal, named));
  const held = conditionsHold(statement.conditions, context, variables);
  return action !== statement.action.not && onResource && byCaller && held;
}

function matchesAction(pattern: string, action: string, context: RequestContext): boolean {
  const pieces = expand(pattern, context, false);
  return pieces !== null && matches(pieces, action, "i");
}

function matchesPrincipal(principal: NonNullable<Statement["principal"]>, { caller, bounded }: Named): boolean {
  const listed = (name: string) => names(principal.names, name);
  if (!principal.not) return principal.names["AWS"]?.includes("*") === true || facets(caller).some(listed);
  // NotPrincipal spares a caller only when its account, its role and its session are all listed, and never one with a boundary.
  return bounded || !facets(caller).every(listed);
}

function names(principals: Principals, name: string): boolean {
  const account = /^arn:[^:]+:iam::(\d{12}):root$/.exec(name)?.[1];
  return Object.values(principals).some((listed) => listed.includes(name) || (account !== undefined && listed.includes(account)));
}

/** The names under which a policy may speak of a caller. */
function facets(caller: Caller): readonly string[] {
  if (caller.kind === "anonymous") return ["*"];
  if (caller.kind === "service") return [caller.arn];
  const partition = caller.arn.split(":")[1] ?? "aws";
  return [`arn:${partition}:iam::${caller.account}:root`, caller.arn, ...(caller.session ? [caller.session.arn] : [])];
}

/** Of several statements that let a caller in, the one that asks the least of the account's own policies. */
function widest(allows: readonly Statement[], caller: Caller): Statement | null {
  const byName = allows.find((statement) => namesCaller(statement, caller));
  return byName ?? allows.find((statement) => !namesOnlyAccount(statement, caller)) ?? allows[0] ?? null;
}

/** A resource policy that names the user or the session itself grants past boundary and session policy. */
function namesCaller(statement: Statement, caller: Caller): boolean {
  if (statement.principal === null || statement.principal.not) return false;
  const self = caller.kind === "user" ? caller.arn : caller.session?.arn;
  return self !== undefined && names(statement.principal.names, self);
}

/** Naming the account only lets the account's own policies decide. */
function namesOnlyAccount(statement: Statement, caller: Caller): boolean {
  if (statement.principal === null || statement.principal.not) return false;
  const [account, ...own] = facets(caller);
  const listed = statement.principal.names;
  return (
    account !== undefined &&
    names(listed, account) &&
    listed["AWS"]?.includes("*") !== true &&
    !own.some((name) => names(listed, name))
  );
}
