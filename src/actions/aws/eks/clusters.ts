import {
  type AccessEntry,
  type Cluster,
  DescribeAccessEntryCommand,
  DescribeClusterCommand,
  type EKSClient,
  ListAccessEntriesCommand,
  ListAssociatedAccessPoliciesCommand,
  ListClustersCommand,
} from "@aws-sdk/client-eks";
import { compact, type ResourceRef } from "../../../model/index.ts";
import { everyPage, orAbsent, type ReadScope } from "../../../providers/index.ts";

export type Eks = Pick<EKSClient, "send">;
export type Place = { readonly account: string; readonly region: string };

/** The entry of a principal in a cluster, or one of the policies that are associated with it; by ARNs. */
export type Access = { readonly cluster: string; readonly principal: string; readonly policy?: string };

/** What an entry has to be made of again; its ARN is another one then. */
export type Entry = {
  readonly username: string;
  readonly kubernetesGroups: readonly string[];
  readonly type: string;
  readonly tags: { readonly [key: string]: string };
};
export type Association = {
  readonly policyArn: string;
  readonly accessScope: { readonly type: string; readonly namespaces: readonly string[] };
};

export function eksOf(scope: ReadScope, { account, region }: Place): Promise<Eks> {
  return scope.aws("eks", { account, region });
}

export function accessRef({ account, region }: Place, { cluster, principal, policy }: Access): ResourceRef {
  const place = { provider: "aws", account, region } as const;
  const id = `${cluster}/${principal}`;
  return policy === undefined
    ? { ...place, type: "eks-access-entry", id }
    : { ...place, type: "eks-access-policy", id: `${id}/${policy}` };
}

/** The name of a cluster has no slash, a policy's ARN has none before its last one; that of a principal has as many as its path. */
export function accessOf({ type, id }: ResourceRef): Access {
  const slash = id.indexOf("/");
  const cluster = id.slice(0, slash);
  if (type === "eks-access-entry") return { cluster, principal: id.slice(slash + 1) };
  const last = id.lastIndexOf("/arn:");
  return { cluster, principal: id.slice(slash + 1, last), policy: id.slice(last + 1) };
}

export function clusterRef({ account, region }: Place, cluster: string): ResourceRef {
  return { provider: "aws", type: "eks-cluster", account, region, id: cluster };
}

/** All clusters of the Region. */
export async function clustersIn(eks: Eks): Promise<Cluster[]> {
  const names = await everyPage(
    (nextToken) => eks.send(new ListClustersCommand(compact({ nextToken }))),
    ({ clusters }) => clusters,
  );
  const found = await Promise.all(names.map((name) => orAbsent(() => eks.send(new DescribeClusterCommand({ name })))));
  return found.flatMap((one) => one?.cluster ?? []);
}

/** ARNs of all that have an entry. */
export function principalsOf(eks: Eks, clusterName: string): Promise<string[]> {
  return everyPage(
    (nextToken) => eks.send(new ListAccessEntriesCommand({ clusterName, ...compact({ nextToken }) })),
    ({ accessEntries }) => accessEntries,
  );
}

/** Null where there is no such entry, or no such cluster. */
export async function entryOf(eks: Eks, clusterName: string, principalArn: string): Promise<Entry | null> {
  const found = await orAbsent(() => eks.send(new DescribeAccessEntryCommand({ clusterName, principalArn })));
  return found?.accessEntry === undefined ? null : entryFrom(found.accessEntry);
}

function entryFrom({ username = "", kubernetesGroups = [], type = "STANDARD", tags = {} }: AccessEntry): Entry {
  return { username, kubernetesGroups: kubernetesGroups.toSorted(), type, tags };
}

/** None where there is no such entry. */
export async function associationsOf(eks: Eks, clusterName: string, principalArn: string): Promise<Association[]> {
  const found = await orAbsent(() =>
    everyPage(
      (nextToken) => eks.send(new ListAssociatedAccessPoliciesCommand({ clusterName, principalArn, ...compact({ nextToken }) })),
      ({ associatedAccessPolicies }) => associatedAccessPolicies,
    ),
  );
  return (found ?? [])
    .map(({ policyArn = "", accessScope }) => ({
      policyArn,
      accessScope: { type: accessScope?.type ?? "", namespaces: (accessScope?.namespaces ?? []).toSorted() },
    }))
    .toSorted((left, right) => (left.policyArn < right.policyArn ? -1 : 1));
}
