import {
  GetIPSetCommand,
  GetWebACLCommand,
  ListWebACLsCommand,
  type Rule,
  type Scope,
  type Statement,
  UpdateWebACLCommand,
  type WebACL,
} from "@aws-sdk/client-wafv2";
import {
  canonicalize,
  compact,
  contains,
  defect,
  type Json,
  type JsonObject,
  parseCidr,
  type ResourceRef,
} from "../../../model/index.ts";
import { orAbsent, ProviderError, type ReadScope, type WriteScope } from "../../../providers/index.ts";
import { findByName } from "./by-name.ts";

/** What a web ACL has beside the one member that an action changes. Rules are their canonical JSON, by priority. */
export type Others = { readonly rules: readonly string[]; readonly rest: JsonObject };
export type Looked = { readonly acl: WebACL; readonly lockToken: string | undefined };
type Place = {
  readonly entrance: string;
  readonly account: string;
  readonly region: string;
  readonly scope: Scope;
  readonly name: string;
};

export async function findWebAcl(scope: ReadScope, place: Place, type: string): Promise<ResourceRef> {
  const at = homeOf(place);
  const waf = await scope.aws("wafv2", at);
  const { Id = defect("a web ACL has no id") } = await findByName(
    place.name,
    `web ACL "${place.name}" of entrance "${place.entrance}"`,
    at,
    (from) => waf.send(new ListWebACLsCommand(compact({ Scope: place.scope, NextMarker: from }))),
    ({ WebACLs }) => WebACLs,
  );
  return { provider: "aws", type, ...at, id: `${place.scope}/${place.name}/${Id}` };
}

/** CloudFront's web ACLs and what they refer to live in us-east-1, wherever the entrance is. */
export function homeOf({ account, region, scope }: Pick<Place, "account" | "region" | "scope">) {
  return { account, region: scope === "CLOUDFRONT" ? "us-east-1" : region };
}

export function partsOf({ id }: ResourceRef): { readonly Scope: Scope; readonly Name: string; readonly Id: string } {
  const [scope, Name, Id] = id.split("/");
  if (scope === undefined || Name === undefined || Id === undefined) return defect(`"${id}" names no web ACL`);
  return { Scope: scope as Scope, Name, Id };
}

export async function lookAt(scope: ReadScope, resource: ResourceRef): Promise<Looked | null> {
  const waf = await scope.aws("wafv2", resource);
  const answer = await orAbsent(() => waf.send(new GetWebACLCommand(partsOf(resource))));
  return answer?.WebACL === undefined ? null : { acl: answer.WebACL, lockToken: answer.LockToken };
}

/** Writes the whole web ACL back, under the token with which it was looked at. */
export async function writeBack(scope: WriteScope, resource: ResourceRef, { acl, lockToken }: Looked): Promise<void> {
  const waf = await scope.aws("wafv2", resource);
  const { DefaultAction, VisibilityConfig, Rules } = acl;
  await waf.send(
    new UpdateWebACLCommand({
      ...partsOf(resource),
      LockToken: lockToken,
      ...restOf(acl),
      DefaultAction,
      VisibilityConfig,
      Rules,
    }),
  );
}

/** What an update takes beside default action and rules. What is left out of an update is reset. */
function restOf(acl: WebACL) {
  const { Description, VisibilityConfig, DataProtectionConfig, CustomResponseBodies, CaptchaConfig, ChallengeConfig } = acl;
  const { TokenDomains, AssociationConfig, OnSourceDDoSProtectionConfig, ApplicationConfig, MonetizationConfig } = acl;
  return compact({
    // WAF does not take an empty one.
    Description: Description || undefined,
    VisibilityConfig,
    DataProtectionConfig,
    CustomResponseBodies,
    CaptchaConfig,
    ChallengeConfig,
    TokenDomains,
    AssociationConfig,
    OnSourceDDoSProtectionConfig,
    ApplicationConfig,
    MonetizationConfig,
  });
}

/** Of a web ACL without the member that is looked at apart. */
export function othersOf(acl: Omit<WebACL, "DefaultAction"> & Partial<WebACL>): Others {
  const { DefaultAction } = acl;
  const rest = plain(compact({ ...restOf(acl as WebACL), DefaultAction })) as JsonObject;
  return { rules: byPriority(acl.Rules).map((rule) => canonicalize(plain(rule))), rest };
}

export function byPriority(rules: readonly Rule[] | undefined): Rule[] {
  return [...(rules ?? [])].sort((left, right) => (left.Priority ?? 0) - (right.Priority ?? 0));
}

/** As the API has it: what the SDK made bytes of is base64 again, what is not there is not there. */
export function plain(value: unknown): Json {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object") return value as Json;
  const members = Object.entries(value).filter(([, member]) => member !== undefined && member !== null);
  return Object.fromEntries(members.map(([name, member]) => [name, plain(member)]));
}

/** Which of the networks no Allow rule lets in by an IP set of connecting addresses. */
export async function keptOut(
  scope: ReadScope,
  resource: ResourceRef,
  acl: WebACL,
  networks: readonly string[],
): Promise<readonly string[]> {
  if (networks.length === 0) return [];
  const waf = await scope.aws("wafv2", resource);
  const arns = (acl.Rules ?? []).flatMap(({ Action, Statement }) => (Action?.Allow === undefined ? [] : setsIn(Statement)));
  const letIn: string[] = [];
  for (const arn of new Set(arns)) {
    const [Name, Id] = arn.split("/").slice(-2);
    const { Scope } = partsOf(resource);
    const answer = await orAbsent(() => waf.send(new GetIPSetCommand({ Scope, Name, Id })));
    letIn.push(...(answer?.IPSet?.Addresses ?? []));
  }
  const open = letIn.flatMap((text) => parseCidr(text) ?? []);
  return networks.filter((text) => {
    const network = parseCidr(text);
    return network === null || !open.some((one) => contains(one, network));
  });
}

/** IP sets of which one address is enough. What a header claims is nobody's address. */
function setsIn(statement: Statement | undefined): string[] {
  const { IPSetReferenceStatement: set, OrStatement: or } = statement ?? {};
  if (set !== undefined) return set.IPSetForwardedIPConfig === undefined && set.ARN !== undefined ? [set.ARN] : [];
  return (or?.Statements ?? []).flatMap(setsIn);
}

export function changedSince({ id }: ResourceRef): ProviderError {
  return new ProviderError("stale", {
    service: "aws.wafv2",
    operation: "UpdateWebACL",
    providerCode: "WAFOptimisticLockException",
    status: null,
    requestId: null,
    message: `web ACL "${id}" was changed since it was read`,
  });
}
