import { ec2 } from "../keys.ts";
import type { AclRow, GroupRow, InstanceRow, InterfaceRow } from "../rows.ts";
import { AwsFault } from "./fault.ts";
import type { Call } from "./operation.ts";
import { page } from "./paging.ts";

type Tags = { readonly [key: string]: string };
type Filter = { Name?: string | undefined; Values?: string[] | undefined };

/** What a filter name compares; a resource without the property has no values. */
export type FilterValues = { readonly [name: string]: readonly (string | undefined)[] };

export function ec2Tags(tags: Tags): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** Filters are joined with and, their values with or; `*` and `?` are wildcards. Errors: InvalidParameterValue for an unknown filter. */
export function matchesFilters(filters: readonly Filter[] | undefined, tags: Tags, known: FilterValues): boolean {
  return (filters ?? []).every(({ Name = "", Values = [] }) => {
    const actual = filterValues(Name, tags, known);
    return Values.some((wanted) => actual.some((value) => value !== undefined && wildcard(wanted).test(value)));
  });
}

function filterValues(name: string, tags: Tags, known: FilterValues): readonly (string | undefined)[] {
  if (name.startsWith("tag:")) return [tags[name.slice("tag:".length)]];
  if (name === "tag-key") return Object.keys(tags);
  const values = Object.hasOwn(known, name) ? known[name] : undefined;
  if (values === undefined) throw new AwsFault("InvalidParameterValue", 400, `The filter '${name}' is invalid`);
  return values;
}

function wildcard(pattern: string): RegExp {
  const source = pattern
    .replace(/[\\^$.+()[\]{}|]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "su");
}

/** Those asked for by id, which must exist, else all. */
export function byIds<T extends { readonly id: string }>(
  all: readonly T[],
  ids: readonly string[] | undefined,
  notFound: string,
  what: string,
): readonly T[] {
  if (ids === undefined || ids.length === 0) return all;
  const missing = ids.filter((id) => !all.some((item) => item.id === id));
  if (missing.length > 0) throw new AwsFault(notFound, 400, `The ${what} '${missing.join(", ")}' does not exist`);
  return all.filter((item) => ids.includes(item.id));
}

type Paged = { NextToken?: string | undefined; MaxResults?: number | undefined };

export function ec2Page<T extends { readonly id: string }>(call: Call<Paged>, items: readonly T[]) {
  const { MaxResults, NextToken } = call.input;
  const shown = page(items, (item) => item.id, call.pageSize(MaxResults, 1000), NextToken);
  return { items: shown.items, rest: { NextToken: shown.next } };
}

export function ec2Arn(call: Call, type: string, id: string | undefined): string {
  return `arn:aws:ec2:${call.region}:${call.account}:${type}/${id ?? "*"}`;
}

export function groupOf(call: Call, id: string | undefined): GroupRow {
  const group = call.tx.newest<GroupRow>(ec2.group(call.account, call.region, id ?? ""));
  if (group === null) throw new AwsFault("InvalidGroup.NotFound", 400, `The security group '${id}' does not exist`);
  return group;
}

export function interfaceOf(call: Call, id: string | undefined): InterfaceRow {
  const nic = call.tx.newest<InterfaceRow>(ec2.networkInterface(call.account, call.region, id ?? ""));
  if (nic === null)
    throw new AwsFault("InvalidNetworkInterfaceID.NotFound", 400, `The networkInterface ID '${id}' does not exist`);
  return nic;
}

export function instanceOf(call: Call, id: string | undefined): InstanceRow {
  const instance = call.tx.newest<InstanceRow>(ec2.instance(call.account, call.region, id ?? ""));
  if (instance === null) throw new AwsFault("InvalidInstanceID.NotFound", 400, `The instance ID '${id}' does not exist`);
  return instance;
}

export function aclOf(call: Call, id: string | undefined): AclRow {
  const acl = call.tx.newest<AclRow>(ec2.acl(call.account, call.region, id ?? ""));
  if (acl === null) throw new AwsFault("InvalidNetworkAclID.NotFound", 400, `The networkAcl ID '${id}' does not exist`);
  return acl;
}

/** Tags that a create call gives its new resource. */
export function newTags(
  specifications: readonly { Tags?: { Key?: string | undefined; Value?: string | undefined }[] | undefined }[] | undefined,
): Tags {
  const tags = (specifications ?? []).flatMap((specification) => specification.Tags ?? []);
  return Object.fromEntries(tags.map((tag) => [tag.Key ?? "", tag.Value ?? ""]));
}
