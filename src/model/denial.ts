import type { ChangeId } from "./change.ts";

/**
 * Whom an action says that a change denies something. With `under` a policy does it, and the planner judges that for a request with these
 * condition keys; without, a setting does. `unknown`: why nobody can tell here.
 */
export type Claim = {
  /** As it is typed (`aws:user/intruder`), or as the provider names it; `*` is anybody. */
  readonly principal: string;
  readonly account: string;
  readonly what: string;
  readonly under?: { readonly policy: string; readonly keys?: { readonly [key: string]: string } };
  readonly unknown?: string;
};

/** What a principal may do no longer, and what shows it: a policy that was judged, or a setting that no policy decides. */
export type Loss = { readonly what: string; readonly by: ChangeId; readonly shown: "policy" | "setting" };

/** `account` is null of whom no account has: a service, anybody. */
export type NamedPrincipal = { readonly principal: string; readonly account: string | null };

/** `aws:account/ID` is everybody of an account, `*` anybody; `but` are the ARNs that are spared. */
export type DeniedPrincipal = NamedPrincipal & { readonly but?: readonly string[]; readonly loses: readonly Loss[] };

/** What a change may deny a principal and nobody can tell here, and why not: never taken for denied, nor for kept. */
export type UnjudgedPrincipal = NamedPrincipal & { readonly what: string; readonly by: ChangeId; readonly why: string };

/** Who is denied something once a plan is in place. `kept` are those whom a policy names or spares and to whom nothing is denied. */
export type Denied = {
  readonly principals: readonly DeniedPrincipal[];
  readonly kept: readonly NamedPrincipal[];
  readonly unjudged: readonly UnjudgedPrincipal[];
};
