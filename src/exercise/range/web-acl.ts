import { type Cidr, overlaps, parseCidr } from "../../model/index.ts";
import { wafv2 } from "./keys.ts";
import { without } from "./packets.ts";
import type { DistributionRow, IpSetRow, WafRuleGroupRow, WebAclRow } from "./rows.ts";
import type { Transaction } from "./world.ts";

type Place = { readonly account: string; readonly region: string };
type Rule = {
  readonly Priority: number;
  readonly Action?: { readonly Allow?: object; readonly Block?: object };
  readonly OverrideAction?: { readonly Count?: object; readonly None?: object };
  readonly Statement: {
    readonly IPSetReferenceStatement?: { readonly ARN: string };
    readonly RuleGroupReferenceStatement?: { readonly ARN: string };
  };
};
type Body = { readonly Rules?: readonly Rule[]; readonly DefaultAction?: { readonly Block?: object } };

export function webAclNamed(tx: Transaction, { account, region }: Place, id: string): WebAclRow | null {
  const scopes = ["REGIONAL", "CLOUDFRONT"];
  return (
    scopes.map((scope) => tx.effective<WebAclRow>(wafv2.webAcl(account, region, scope, id))).find((row) => row !== null) ?? null
  );
}

/** Whether a request from any of the peers gets past the web ACL. Rules on anything but addresses match nobody. */
export function webAclPasses(tx: Transaction, place: Place, { body }: WebAclRow, peers: readonly Cidr[]): boolean {
  const { Rules = [], DefaultAction } = body as unknown as Body;
  const rest = tried(tx, place, Rules, peers);
  return rest === "let in" || (rest.length > 0 && DefaultAction?.Block === undefined);
}

/** Whom no rule decides about. */
function tried(tx: Transaction, place: Place, rules: readonly Rule[], peers: readonly Cidr[]): readonly Cidr[] | "let in" {
  let rest = peers;
  for (const { Statement, Action, OverrideAction } of rules.toSorted((left, right) => left.Priority - right.Priority)) {
    const group = Statement.RuleGroupReferenceStatement;
    if (group !== undefined && OverrideAction?.None !== undefined) {
      const within = tried(tx, place, rulesOf(tx, place, group.ARN), rest);
      if (within === "let in") return within;
      rest = within;
    }
    const named =
      Statement.IPSetReferenceStatement === undefined ? [] : addressesOf(tx, place, Statement.IPSetReferenceStatement.ARN);
    if (Action?.Allow !== undefined && rest.some((peer) => named.some((one) => overlaps(peer, one)))) return "let in";
    if (Action?.Block !== undefined) rest = named.reduce((left, hole) => left.flatMap((peer) => without(peer, hole)), rest);
  }
  return rest;
}

function rulesOf(tx: Transaction, { account, region }: Place, arn: string): readonly Rule[] {
  const row = tx.effective<WafRuleGroupRow>(wafv2.ruleGroup(account, region, scopeIn(arn), idIn(arn)));
  return row === null ? [] : ((row.body as unknown as Body).Rules ?? []);
}

function addressesOf(tx: Transaction, { account, region }: Place, arn: string): readonly Cidr[] {
  const row = tx.effective<IpSetRow>(wafv2.ipSet(account, region, scopeIn(arn), idIn(arn)));
  return (row?.addresses ?? []).flatMap((text) => parseCidr(text) ?? []);
}

const scopeIn = (arn: string): string => (arn.includes(":global/") ? "CLOUDFRONT" : "REGIONAL");
const idIn = (arn: string): string => arn.split("/").at(-1) ?? "";

/** Whether a distribution answers any of the peers. Its web ACL lives in us-east-1. */
export function distributionPasses(
  tx: Transaction,
  account: string,
  { config }: DistributionRow,
  peers: readonly Cidr[],
): boolean {
  if (config["Enabled"] !== true) return false;
  const place = { account, region: "us-east-1" };
  const acl = webAclNamed(tx, place, idIn(String(config["WebACLId"] ?? "")));
  return acl === null || webAclPasses(tx, place, acl, peers);
}
