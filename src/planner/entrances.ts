import type { AwsEdge, Config } from "../config/index.ts";
import { ErError, nearest, type Selection, type SelectionOf } from "../model/index.ts";
import type { Resolved } from "./request.ts";

/** What stands at one entrance and can be closed as a whole. Errors: `unknown-entrance`, `config-part-missing`. */
export function findEntrance(name: string, config: Config): Resolved {
  const edge = config.edge.find((one) => one.name === name) ?? refuseUnknown(name, config);
  const selections = edge.provider === "aws" ? wholesOf(edge, config) : [];
  if (selections.length === 0) {
    throw new ErError("config-part-missing", `entrance "${name}" has nothing that could be closed as a whole`, {
      hints: [`add to its part of edge in ${config.source}: load-balancers, subnets, internet-gateways, web-acl or distribution`],
    });
  }
  return { selections, skipped: [], checks: [], owners: new Map(), evidence: "found" };
}

function wholesOf(edge: AwsEdge, { responderNetworks }: Config): Selection[] {
  const { name: entrance, account, region, loadBalancers, subnets, internetGateways, webAcl, distribution } = edge;
  const place = { entrance, account, region };
  return [
    ...(loadBalancers ? [{ kind: "aws.load-balancers" as const, ...place, ...loadBalancers, responderNetworks }] : []),
    ...(subnets ? [{ kind: "aws.entrance-subnets" as const, ...place, ...subnets, responderNetworks }] : []),
    ...(internetGateways ? [{ kind: "aws.region-internet" as const, ...place }] : []),
    ...(distribution ? distributionsOf(edge, distribution, responderNetworks) : []),
    ...(webAcl ? webAclsOf({ ...place, ...webAcl, responderNetworks }) : []),
  ];
}

function distributionsOf(
  { name: entrance, account, responderEntrance }: AwsEdge,
  { id, lockdownWebAcl }: NonNullable<AwsEdge["distribution"]>,
  responderNetworks: readonly string[],
): Selection[] {
  const place = { entrance, account, id };
  return [
    { kind: "aws.distribution", ...place, own: responderEntrance === true },
    ...(lockdownWebAcl === undefined
      ? []
      : [{ kind: "aws.distribution-web-acl" as const, ...place, lockdownWebAcl, responderNetworks }]),
  ];
}

type WebAcl = Omit<SelectionOf<"aws.web-acl">, "kind"> & Pick<NonNullable<AwsEdge["webAcl"]>, "ruleset">;

function webAclsOf({ ruleset, ...whole }: WebAcl): Selection[] {
  const { response: _answer, responderNetworks: _own, ...place } = whole;
  return [
    { kind: "aws.web-acl", ...whole },
    ...(ruleset ? [{ kind: "aws.web-acl-ruleset" as const, ...place, ...ruleset }] : []),
  ];
}

function refuseUnknown(name: string, config: Config): never {
  const names = config.edge.map((edge) => edge.name);
  const meant = nearest(name, names);
  const known = names.length === 0 ? `add edge to ${config.source}` : `known are ${names.join(", ")}`;
  throw new ErError("unknown-entrance", `unknown entrance "${name}"`, {
    hints: [meant === null ? known : `did you mean "${meant}"?`],
  });
}
