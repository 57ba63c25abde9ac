import type * as WAF from "@aws-sdk/client-wafv2";
import { parseCidr } from "../../../model/index.ts";
import { wafv2 } from "../keys.ts";
import type { IpSetRow } from "../rows.ts";
import { AwsFault } from "./fault.ts";
import { type Call, type Operation, operation } from "./operation.ts";
import { page } from "./paging.ts";

const MOST_ADDRESSES = 10_000;

type OnSet = { Scope?: string | undefined; Id?: string | undefined; Name?: string | undefined };

const arnOf = (call: Call, set: IpSetRow) =>
  `arn:aws:wafv2:${call.region}:${call.account}:${set.scope === "CLOUDFRONT" ? "global" : "regional"}/ipset/${set.name}/${set.id}`;

function setOf(call: Call<OnSet>): IpSetRow {
  const { Scope = "", Id = "", Name } = call.input;
  const set = call.tx.newest<IpSetRow>(wafv2.ipSet(call.account, call.region, scopeOf(call, Scope), Id));
  if (set === null || set.name !== Name) throw missing();
  return set;
}

export function missing(): AwsFault {
  const message = "AWS WAF couldn’t perform the operation because your resource doesn’t exist.";
  return new AwsFault("WAFNonexistentItemException", 400, message);
}

export function staleToken(): AwsFault {
  const message =
    "AWS WAF couldn’t save your changes because someone changed the resource after you started to edit it. Reapply your changes.";
  return new AwsFault("WAFOptimisticLockException", 400, message);
}

/** CloudFront's sets are managed in us-east-1 only. */
export function scopeOf(call: Call, scope: string): string {
  if (scope === "REGIONAL" || (scope === "CLOUDFRONT" && call.region === "us-east-1")) return scope;
  throw invalid("SCOPE_VALUE", scope, "The scope is not valid.");
}

export function invalid(field: string, parameter: string, reason: string): AwsFault {
  const fault = new AwsFault(
    "WAFInvalidParameterException",
    400,
    `Error reason: ${reason}, field: ${field}, parameter: ${parameter}`,
  );
  return Object.assign(fault, { Field: field, Parameter: parameter, Reason: reason });
}

function checkedAddresses(set: IpSetRow, addresses: readonly string[]): string[] {
  if (addresses.length > MOST_ADDRESSES) {
    throw new AwsFault(
      "WAFLimitsExceededException",
      400,
      "AWS WAF couldn’t perform the operation because you exceeded your resource limit.",
    );
  }
  return addresses.map((text) => {
    const cidr = text.includes("/") ? parseCidr(text) : null;
    const family = set.version === "IPV4" ? 4 : 6;
    if (cidr === null || cidr.family !== family || cidr.bits === 0) {
      throw invalid("IP_ADDRESS", text, "Your statement has invalid or multiple IP address versions or an unsupported range");
    }
    return cidr.text;
  });
}

function summary(call: Call, set: IpSetRow): WAF.IPSetSummary {
  return { Name: set.name, Id: set.id, Description: set.description, LockToken: set.lockToken, ARN: arnOf(call, set) };
}

const onSet = (call: Call<OnSet>) => {
  const { Scope, Name, Id } = call.input;
  return `arn:aws:wafv2:${call.region}:${call.account}:${Scope === "CLOUDFRONT" ? "global" : "regional"}/ipset/${Name}/${Id}`;
};

export const wafOperations: Operation[] = [
  operation<WAF.ListIPSetsCommandInput, WAF.ListIPSetsCommandOutput>("wafv2", "ListIPSets", {
    iam: "wafv2:ListIPSets",
    answer(call) {
      const { Scope = "", NextMarker, Limit } = call.input;
      const sets = call.tx.list<IpSetRow>(wafv2.ipSet(call.account, call.region, scopeOf(call, Scope), ""));
      const shown = page(sets, (row) => row.key, call.pageSize(Limit, 100), NextMarker);
      return { IPSets: shown.items.map((row) => summary(call, row.value)), NextMarker: shown.next };
    },
  }),
  operation<WAF.GetIPSetCommandInput, WAF.GetIPSetCommandOutput>("wafv2", "GetIPSet", {
    iam: "wafv2:GetIPSet",
    resource: onSet,
    answer(call) {
      const set = setOf(call);
      return {
        LockToken: set.lockToken,
        IPSet: {
          Name: set.name,
          Id: set.id,
          ARN: arnOf(call, set),
          Description: set.description,
          IPAddressVersion: set.version,
          Addresses: [...set.addresses],
        },
      };
    },
  }),
  operation<WAF.UpdateIPSetCommandInput, WAF.UpdateIPSetCommandOutput>("wafv2", "UpdateIPSet", {
    iam: "wafv2:UpdateIPSet",
    resource: onSet,
    answer(call) {
      const set = setOf(call);
      const { LockToken, Addresses = [], Description } = call.input;
      if (LockToken !== set.lockToken) throw staleToken();
      const addresses = checkedAddresses(set, Addresses);
      const token = call.newId(32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
      const next: IpSetRow = { ...set, description: Description ?? set.description, addresses, lockToken: token };
      call.put("waf", wafv2.ipSet(call.account, call.region, set.scope, set.id), next);
      return { NextLockToken: token };
    },
  }),
];
