import { ErError, type MemberPrincipal, type SelectionOf } from "../../../model/index.ts";
import type { ReadScope } from "../../../providers/index.ts";
import type { Statement } from "../policy-document.ts";
import { type Limit, type PolicyState, tooLong, withAsked } from "../shared-statements.ts";
import {
  above,
  type ControlPolicy,
  findPolicy,
  managementAccount,
  noSuchPolicy,
  type Organizations,
  organizationsOf,
  targetsOf,
} from "./control-policies.ts";
import { denialsOf, type Form, sayMember } from "./denials.ts";

type Place = SelectionOf<"aws.organization-principals">;

/** White space counts. What stands at more is taken for a raised quota. */
const MOST_CHARACTERS = 5_120;
const MOST_CHARACTERS_RAISED = 10_240;

/** Who cannot be denied from above, and why. */
export type Hindrance = { readonly who: readonly MemberPrincipal[]; readonly why: ErError };

/** The policy and what of it denies whoever can be; what hinders the rest. */
export type Reachable = {
  readonly denial: {
    readonly policy: ControlPolicy;
    readonly principals: readonly MemberPrincipal[];
    readonly asks: readonly Statement[];
    readonly after: PolicyState;
  } | null;
  readonly hindrances: readonly Hindrance[];
};

/** Looks whom the policy can deny. Users come before roles: who lacks room is left out from the end. */
export async function findReachable(
  scope: ReadScope,
  { account, policy: nameOrId, principals }: Place,
  roles: Form,
): Promise<Reachable> {
  const organizations = await organizationsOf(scope, { account });
  const management = await managementAccount(organizations);
  if (management === null) return nobody(principals, notInOrganization(account));
  const policy = await findPolicy(organizations, nameOrId);
  if (policy === null) return nobody(principals, noSuchPolicy(nameOrId));
  const unbound = await findUnbound(organizations, policy, management, principals);
  const spared = new Set(unbound.flatMap(({ who }) => who));
  const bound = principals
    .filter((one) => !spared.has(one))
    .toSorted((left, right) => Number(left.kind === "role") - Number(right.kind === "role"));
  const { fitting, why } = fit(policy, bound, roles);
  const hindrances = why === null ? unbound : [...unbound, { who: bound.slice(fitting.length), why }];
  if (fitting.length === 0) return { denial: null, hindrances };
  return { denial: { policy, principals: fitting, ...written(policy, fitting, roles) }, hindrances };
}

function nobody(who: readonly MemberPrincipal[], why: ErError): Reachable {
  return { denial: null, hindrances: [{ who, why }] };
}

function notInOrganization(account: string): ErError {
  return new ErError("config-invalid", `account ${account} is in no organization`, {
    hints: ["correct providers.aws.organization in soc2-er.yaml"],
  });
}

async function findUnbound(
  organizations: Organizations,
  policy: ControlPolicy,
  management: string,
  principals: readonly MemberPrincipal[],
): Promise<readonly Hindrance[]> {
  const linked = principals.filter(({ kind, name }) => kind === "role" && name.startsWith("AWSServiceRoleFor"));
  const targets = await targetsOf(organizations, policy.id);
  const accounts = Map.groupBy(
    principals.filter((one) => !linked.includes(one)),
    ({ account }) => account,
  );
  const looks = await Promise.all(
    [...accounts].map(async ([account, who]): Promise<Hindrance[]> => {
      if (account === management) return [{ who, why: unbindable(account) }];
      const reaches = (await above(organizations, account)).some((one) => targets.includes(one));
      return reaches ? [] : [{ who, why: notAbove(policy, account) }];
    }),
  );
  return [...linked.map((one) => ({ who: [one], why: ofService(one) })), ...looks.flat()];
}

function ofService(role: MemberPrincipal): ErError {
  return new ErError("limit-exceeded", `${sayMember(role)} cannot be denied from above: it belongs to an AWS service`);
}

function unbindable(account: string): ErError {
  return new ErError(
    "limit-exceeded",
    `nobody of account ${account} can be denied from above: service control policies do not bind the organization's management account`,
    { hints: ["leave them out of the target: soc2-er revoke denies them inside the account"] },
  );
}

function notAbove({ id, name }: ControlPolicy, account: string): ErError {
  return new ErError(
    "config-invalid",
    `service control policy "${name}" is not attached above account ${account}: it would deny nothing there`,
    { hints: [`aws organizations attach-policy --policy-id ${id} --target-id ${account}`] },
  );
}

type Written = { readonly asks: readonly Statement[]; readonly after: PolicyState };

/** What stands already is as it is. */
function written({ text }: ControlPolicy, principals: readonly MemberPrincipal[], roles: Form): Written {
  const before = { policy: text };
  const asks = denialsOf(principals, roles, text);
  return { asks, after: withAsked(before, asks) ?? before };
}

type Fit = { readonly fitting: readonly MemberPrincipal[]; readonly why: ErError | null };

/** As many as the policy has room for. */
function fit(policy: ControlPolicy, principals: readonly MemberPrincipal[], roles: Form): Fit {
  const excess = (some: readonly MemberPrincipal[]) => {
    const { after } = written(policy, some, roles);
    return after.policy === policy.text ? null : tooLong(after, `the organization, "${policy.name}",`, limitOf(policy));
  };
  const why = excess(principals);
  if (why === null) return { fitting: principals, why };
  let count = 0;
  while (excess(principals.slice(0, count + 1)) === null) count++;
  return { fitting: principals.slice(0, count), why };
}

function limitOf({ id, text }: ControlPolicy): Limit {
  return {
    most: text.length > MOST_CHARACTERS ? MOST_CHARACTERS_RAISED : MOST_CHARACTERS,
    of: "characters",
    service: "Organizations",
    hint: `remove white space and statements that nobody needs: aws organizations describe-policy --policy-id ${id}`,
  };
}
