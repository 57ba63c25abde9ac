import type { Instance, Tag } from "@aws-sdk/client-ec2";
import type { TargetGroup, TargetHealthDescription } from "@aws-sdk/client-elastic-load-balancing-v2";
import { defect, type ResourceRef } from "../../../model/index.ts";
import { idOf } from "../ec2/instances.ts";
import type { Place } from "../ec2/pages.ts";

/** What a load balancer sends requests to: an instance's id or one of its addresses, and a port, in a target group. */
export type Target = { readonly instance: string; readonly group: string; readonly id: string; readonly port: number };

const MARKER = "soc2-er:target:";

/** `i-…/arn:…:targetgroup/NAME/HASH/TARGET:PORT` */
export function targetRef({ account, region }: Place, { instance, group, id, port }: Target): ResourceRef {
  return { provider: "aws", type: "load-balancer-target", account, region, id: `${instance}/${group}/${id}:${port}` };
}

export function targetOf(resource: ResourceRef): Target {
  const [, instance, group, id, port] = /^([^/]+)\/(.+)\/([^/]+):(\d+)$/.exec(resource.id) ?? [];
  if (instance === undefined || group === undefined || id === undefined)
    return defect(`"${resource.id}" names no target of a load balancer`);
  return { instance, group, id, port: Number(port) };
}

export function groupName({ group }: Pick<Target, "group">): string {
  return group.split("/")[1] ?? group;
}

/**
 * A target group forgets what was deregistered from it: without a mark on the instance, a second incident could not hold what the
 * first one took out. Its key has no slash, which instances whose tags are in their metadata refuse.
 */
export function markerOf(target: Target): string {
  const [, name, hash] = target.group.split("/");
  return `${MARKER}${name}:${hash}:${target.id}:${target.port}`;
}

/** Every target of these instances in a group: those that are registered, and those that were deregistered by a containment. */
export function targetsIn(
  { TargetGroupArn: group = "" }: TargetGroup,
  health: readonly TargetHealthDescription[],
  instances: readonly Instance[],
): Target[] {
  const found = instances.flatMap((instance) => {
    const own = { instance: idOf(instance), group };
    const names = namesOf(instance);
    const registered = health.filter((one) => isRegistered(one) && names.has(one.Target?.Id ?? ""));
    return [
      ...registered.flatMap(({ Target }) =>
        Target?.Id === undefined || Target.Port === undefined ? [] : [{ ...own, id: Target.Id, port: Target.Port }],
      ),
      ...(instance.Tags ?? []).flatMap((tag) => marked(tag, own)),
    ];
  });
  const byMarker = new Map(found.map((target) => [`${target.instance} ${markerOf(target)}`, target]));
  return [...byMarker].toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, target]) => target);
}

/** One that is draining gets no new requests any more. */
export function isRegistered({ TargetHealth }: TargetHealthDescription): boolean {
  return TargetHealth?.State !== "draining" && TargetHealth?.Reason !== "Target.NotRegistered";
}

function namesOf(instance: Instance): ReadonlySet<string> {
  const addresses = (instance.NetworkInterfaces ?? []).flatMap(({ PrivateIpAddresses, Ipv6Addresses }) => [
    ...(PrivateIpAddresses ?? []).flatMap(({ PrivateIpAddress }) => PrivateIpAddress ?? []),
    ...(Ipv6Addresses ?? []).flatMap(({ Ipv6Address }) => Ipv6Address ?? []),
  ]);
  return new Set([idOf(instance), ...addresses]);
}

function marked({ Key = "" }: Tag, own: Pick<Target, "instance" | "group">): Target[] {
  const [, name, hash] = own.group.split("/");
  const prefix = `${MARKER}${name}:${hash}:`;
  const [, id, port] = (Key.startsWith(prefix) && /^(.+):(\d+)$/.exec(Key.slice(prefix.length))) || [];
  return id === undefined ? [] : [{ ...own, id, port: Number(port) }];
}
