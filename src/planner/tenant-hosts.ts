import type { Config, Edge } from "../config/index.ts";
import type { SelectionOf, Skipped } from "../model/index.ts";
import { nothingCovers } from "./request.ts";

/** A name that a load balancer's rule takes as it stands: no wildcards, at most 128 characters, no digit after the last dot. */
const HOST_NAME = /^(?=.{1,128}$)([a-z0-9-]+\.)+[a-z]+$/;

type Found = { readonly selections: readonly SelectionOf<"aws.tenant-hosts">[]; readonly skipped: readonly Skipped[] };

/** Where a tenant is reached by a host name of its own, and which of its names nothing covers. */
export function tenantHosts(tenant: string, { edge }: Config): Found {
  const found = edge.map((one) => atEntrance(one, tenant));
  return { selections: found.flatMap(({ selections }) => selections), skipped: found.flatMap(({ skipped }) => skipped) };
}

function atEntrance(edge: Edge, tenant: string): Found {
  if (edge.tenantHosts === undefined) return { selections: [], skipped: [] };
  const host = fill(edge.tenantHosts, tenant);
  const select = edge.provider === "aws" ? edge.loadBalancers?.select : undefined;
  if (edge.provider !== "aws" || select === undefined || !HOST_NAME.test(host.toLowerCase()))
    return { selections: [], skipped: [nothingCovers(`the entrance of "${host}"`)] };
  const { name: entrance, account, region } = edge;
  const place = { tenant, entrance, account, region, select };
  return { selections: [{ kind: "aws.tenant-hosts", ...place, host: host.toLowerCase() }], skipped: [] };
}

export function fill(pattern: string, tenant: string): string {
  return pattern.replaceAll("{tenant}", tenant);
}
