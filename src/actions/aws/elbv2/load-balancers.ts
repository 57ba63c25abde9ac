import {
  DescribeLoadBalancersCommand,
  DescribeTagsCommand,
  type ElasticLoadBalancingV2Client,
  type LoadBalancer,
  type Tag,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { compact, defect, ErError, nearestFew, type ResourceRef, type SelectionOf } from "../../../model/index.ts";
import { everyPage, orAbsent, type ReadScope } from "../../../providers/index.ts";

export type Elb = Pick<ElasticLoadBalancingV2Client, "send">;
type Entrance = Pick<SelectionOf<"aws.load-balancers">, "entrance" | "account" | "region" | "select">;
type Place = { readonly account: string; readonly region: string };

/** Resources whose tags one call tells. */
const MOST_TOLD = 20;

export function elbOf(scope: ReadScope, { account, region }: Place): Promise<Elb> {
  return scope.aws("elbv2", { account, region });
}

export function balancerRef({ account, region }: Place, id: string): ResourceRef {
  return { provider: "aws", type: "load-balancer", account, region, id };
}

/** `app/NAME/1a2b…`, the end of its ARN: a load balancer that was made anew under an old name is another one. */
export function balancerId({ LoadBalancerArn }: LoadBalancer): string {
  return LoadBalancerArn?.split(":loadbalancer/")[1] ?? defect("a load balancer has no ARN");
}

export function nameOf({ id }: Pick<ResourceRef, "id">): string {
  return id.split("/")[1] ?? defect(`"${id}" names no load balancer`);
}

/** Sorted. Errors: `config-part-missing` for a name that no load balancer has. */
export async function findBalancers(elb: Elb, selection: Entrance): Promise<LoadBalancer[]> {
  const all = await everyPage(
    (from) => elb.send(new DescribeLoadBalancersCommand(compact({ Marker: from }))),
    ({ LoadBalancers }) => LoadBalancers,
  );
  const { select } = selection;
  const found = "names" in select ? named(all, select.names, selection) : await tagged(elb, all, select.tag);
  return found.toSorted((left, right) => (balancerId(left) < balancerId(right) ? -1 : 1));
}

/** Null = absent. */
export async function findBalancer(elb: Elb, resource: ResourceRef): Promise<LoadBalancer | null> {
  const answer = await orAbsent(() => elb.send(new DescribeLoadBalancersCommand({ Names: [nameOf(resource)] })));
  return answer?.LoadBalancers?.find((balancer) => balancerId(balancer) === resource.id) ?? null;
}

function named(all: readonly LoadBalancer[], names: readonly string[], { entrance, account, region }: Entrance): LoadBalancer[] {
  const known = all.flatMap(({ LoadBalancerName }) => LoadBalancerName ?? []);
  const missing = names.find((name) => !known.includes(name));
  if (missing === undefined) return all.filter(({ LoadBalancerName = "" }) => names.includes(LoadBalancerName));
  throw new ErError(
    "config-part-missing",
    `load balancer "${missing}" of entrance "${entrance}" does not exist in ${account} ${region}`,
    { hints: nearestFew(missing, known).map((near) => `there is "${near}"`) },
  );
}

async function tagged(elb: Elb, all: readonly LoadBalancer[], tag: { key: string; value: string }): Promise<LoadBalancer[]> {
  const tags = await tagsByArn(
    elb,
    all.flatMap(({ LoadBalancerArn }) => LoadBalancerArn ?? []),
  );
  const wears = (own: readonly Tag[] = []) => own.some(({ Key, Value }) => Key === tag.key && Value === tag.value);
  return all.filter(({ LoadBalancerArn = "" }) => wears(tags.get(LoadBalancerArn)));
}

/** Of load balancers, or of their listeners' rules. */
export async function tagsByArn(elb: Elb, arns: readonly string[]): Promise<ReadonlyMap<string, readonly Tag[]>> {
  const tags = new Map<string, readonly Tag[]>();
  for (let from = 0; from < arns.length; from += MOST_TOLD) {
    const answer = await elb.send(new DescribeTagsCommand({ ResourceArns: arns.slice(from, from + MOST_TOLD) }));
    for (const { ResourceArn = "", Tags = [] } of answer.TagDescriptions ?? []) tags.set(ResourceArn, Tags);
  }
  return tags;
}
