import {
  type AccessScopeType,
  AssociateAccessPolicyCommand,
  type Cluster,
  CreateAccessEntryCommand,
  DeleteAccessEntryCommand,
  DescribeClusterCommand,
  DisassociateAccessPolicyCommand,
} from "@aws-sdk/client-eks";
import * as z from "zod";
import {
  compact,
  type ProposedChange,
  type ResidualAccess,
  type ResourceRef,
  type SelectionOf,
  sameJson,
} from "../../../model/index.ts";
import { orAbsent, type ReadScope } from "../../../providers/index.ts";
import { defineAction } from "../../action.ts";
import {
  type Access,
  type Association,
  accessOf,
  accessRef,
  associationsOf,
  clusterRef,
  clustersIn,
  type Eks,
  type Entry,
  eksOf,
  entryOf,
  principalsOf,
} from "./clusters.ts";

type State = Entry | Association;
type Selection = SelectionOf<"aws.cluster-principal">;

const EXAMPLE: Selection = {
  kind: "aws.cluster-principal",
  account: "123456789012",
  region: "us-east-1",
  principal: "user",
  name: "intruder",
};
const INTRUDER = { cluster: "production", principal: "arn:aws:iam::123456789012:user/intruder" };
const ADMIN: Association = {
  policyArn: "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
  accessScope: { type: "cluster", namespaces: [] },
};
const EDIT: Association = {
  policyArn: "arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy",
  accessScope: { type: "namespace", namespaces: ["billing", "shop"] },
};
const EXAMPLE_ENTRY: Entry = {
  username: INTRUDER.principal,
  kubernetesGroups: ["on-call"],
  type: "STANDARD",
  tags: { team: "platform" },
};

export const removeAccess = defineAction<"aws.cluster-principal", Record<string, never>, State>({
  id: "aws.eks.remove-access",
  title: "Take a user's or role's access to EKS clusters away",
  description:
    "Takes each access policy from the access entry that the user or role has in a cluster, then deletes the entry. EKS lets in whoever has one, by a call that no policy can deny: a user or role that is denied everything still gets in. A rollback makes the entry anew, with the same username, groups, type and tags and another ARN, then associates the policies again. Clusters that let in by their aws-auth ConfigMap are named in the plan: it is edited by hand.",
  containment: "access",
  blastRadius:
    "whoever uses the user or role is refused by these clusters; nodes in a role whose entry is of another type than STANDARD leave the cluster and what runs there is moved; clusters of other accounts and of Regions that are not in the organization's file are not looked at, and what somebody made inside a cluster (tokens of service accounts, bindings, workloads) goes on",
  targets: ["aws.cluster-principal"],
  params: z.strictObject({}),
  permissions: {
    read: [
      { service: "eks", operation: "ListClusters", iam: ["eks:ListClusters"] },
      { service: "eks", operation: "DescribeCluster", iam: ["eks:DescribeCluster"] },
      { service: "eks", operation: "ListAccessEntries", iam: ["eks:ListAccessEntries"] },
      { service: "eks", operation: "DescribeAccessEntry", iam: ["eks:DescribeAccessEntry"] },
      { service: "eks", operation: "ListAssociatedAccessPolicies", iam: ["eks:ListAssociatedAccessPolicies"] },
    ],
    write: [
      { service: "eks", operation: "DisassociateAccessPolicy", iam: ["eks:DisassociateAccessPolicy"] },
      { service: "eks", operation: "DeleteAccessEntry", iam: ["eks:DeleteAccessEntry"] },
      { service: "eks", operation: "CreateAccessEntry", iam: ["eks:CreateAccessEntry", "eks:TagResource"] },
      { service: "eks", operation: "AssociateAccessPolicy", iam: ["eks:AssociateAccessPolicy"] },
    ],
  },
  bound: {
    ms: 60_000,
    source: "assumed: the Amazon EKS User Guide gives no figure for the deletion of an access entry",
  },
  examples: [
    {
      title: "A user with an entry that has two policies",
      selection: EXAMPLE,
      params: {},
      changes: [
        withoutReversal(policyChange(EXAMPLE, INTRUDER, ADMIN)),
        withoutReversal(policyChange(EXAMPLE, INTRUDER, EDIT)),
        withoutReversal(entryChange(EXAMPLE, INTRUDER, EXAMPLE_ENTRY, [ADMIN, EDIT])),
      ],
    },
  ],

  async *plan(scope, selection) {
    const eks = await eksOf(scope, selection);
    for (const cluster of await clustersIn(eks)) {
      if (!hasEntries(cluster)) continue;
      const name = cluster.name ?? "";
      const own = (await principalsOf(eks, name)).filter((arn) => isMeant(arn, selection));
      for (const principal of own) yield* changesOf(eks, selection, { cluster: name, principal });
    }
  },

  async leaves(scope, selection) {
    const clusters = await clustersIn(await eksOf(scope, selection));
    return clusters.flatMap((cluster) => {
      const reason = whyLeft(cluster, selection);
      return reason === null ? [] : [{ resource: clusterRef(selection, cluster.name ?? ""), reason }];
    });
  },

  read,

  async apply(scope, { resource, after }) {
    const { cluster: clusterName, principal: principalArn, policy: policyArn } = accessOf(resource);
    const eks = await eksOf(scope, resource);
    const where = { clusterName, principalArn };
    if (after === null && policyArn === undefined) await eks.send(new DeleteAccessEntryCommand(where));
    else if (after === null) await eks.send(new DisassociateAccessPolicyCommand({ ...where, policyArn }));
    else if ("policyArn" in after) await eks.send(new AssociateAccessPolicyCommand({ ...where, ...associated(after) }));
    else await eks.send(new CreateAccessEntryCommand({ ...where, ...made(after, principalArn) }));
  },

  async verify(scope, { resource, after }, direction) {
    const now = await read(scope, resource);
    const inPlace = direction === "contain" ? now === null : sameJson(now, after);
    if (inPlace) return { verdict: "confirmed", level: "configuration" };
    const what = resource.type === "eks-access-entry" ? "access entry" : "access policy";
    const detail = now === null ? `the ${what} is not there` : `the ${what} is there`;
    return { verdict: "contradicted", level: "configuration", detail };
  },

  denies({ resource }, { principal, account, name, region }) {
    if (resource.type !== "eks-access-entry") return [];
    return [
      { principal: `aws:${principal}/${name}`, account, what: `access to cluster ${accessOf(resource).cluster} in ${region}` },
    ];
  },

  effects({ resource }) {
    if (resource.type !== "eks-access-entry") return [];
    const { account, region } = resource;
    return [{ kind: "cluster", account, region, ...accessOf(resource) }];
  },

  async residual(scope, { resource }) {
    if (resource.type !== "eks-access-entry") return [];
    const { cluster: name, principal } = accessOf(resource);
    const eks = await eksOf(scope, resource);
    const found = await orAbsent(() => eks.send(new DescribeClusterCommand({ name })));
    return [
      {
        what: `tokens for cluster "${name}" that ${principal} has already`,
        until: "at most 15 minutes after their issue",
        why: "a token carries a signed request, and no documentation says how long a cluster goes by what it answered before",
      },
      {
        what: `what ${principal} made inside cluster "${name}": tokens of service accounts, bindings, workloads`,
        until: "until somebody finds and deletes it in the cluster",
        why: "Kubernetes knows it by other names than the one that IAM gave",
      },
      ...(found?.cluster?.accessConfig?.authenticationMode === "API_AND_CONFIG_MAP" ? [mappedToo(name, principal)] : []),
    ];
  },
});

async function* changesOf(eks: Eks, selection: Selection, access: Access): AsyncGenerator<ProposedChange<State>> {
  const entry = await entryOf(eks, access.cluster, access.principal);
  if (entry === null) return;
  const associations = await associationsOf(eks, access.cluster, access.principal);
  for (const association of associations) yield policyChange(selection, access, association);
  yield entryChange(selection, access, entry, associations);
}

async function read(scope: ReadScope, resource: ResourceRef): Promise<State | null> {
  const { cluster, principal, policy } = accessOf(resource);
  const eks = await eksOf(scope, resource);
  if (policy === undefined) return entryOf(eks, cluster, principal);
  return (await associationsOf(eks, cluster, principal)).find(({ policyArn }) => policyArn === policy) ?? null;
}

function keyOf({ cluster, principal }: Access, { policyArn }: Association): string {
  return `policy ${cluster} ${principal} ${policyArn}`;
}

function policyChange(selection: Selection, access: Access, association: Association): ProposedChange<State> {
  const { type, namespaces } = association.accessScope;
  const where = type === "cluster" ? "all of" : `namespaces ${namespaces.join(", ")} of`;
  const policy = association.policyArn.slice(association.policyArn.lastIndexOf("/") + 1);
  return {
    key: keyOf(access, association),
    resource: accessRef(selection, { ...access, policy: association.policyArn }),
    summary: `take ${policy} on ${where} cluster "${access.cluster}" from ${selection.principal} "${selection.name}"`,
    before: association,
    after: null,
    reversal: { kind: "restore" },
  };
}

function entryChange(
  selection: Selection,
  access: Access,
  entry: Entry,
  associations: readonly Association[],
): ProposedChange<State> {
  const nodes = entry.type === "STANDARD" ? "" : `, of type ${entry.type}: nodes in this role leave the cluster`;
  return {
    key: `entry ${access.cluster} ${access.principal}`,
    resource: accessRef(selection, access),
    summary: `delete the access entry of ${selection.principal} "${selection.name}" in cluster "${access.cluster}"${nodes}`,
    before: entry,
    after: null,
    needs: associations.map((association) => keyOf(access, association)),
    reversal: { kind: "compensate", how: "the entry is made anew, as it was, with another ARN" },
  };
}

function withoutReversal({ reversal: _reversal, ...change }: ProposedChange<State>): Omit<ProposedChange<State>, "reversal"> {
  return change;
}

/** A user's or role's name is one of its kind in the account, whatever its path. */
function isMeant(arn: string, { account, principal, name }: Selection): boolean {
  const [, owner, kind, path = ""] = /^arn:[^:]+:iam::(\d{12}):(user|role)\/(.+)$/.exec(arn) ?? [];
  return owner === account && kind === principal && path.slice(path.lastIndexOf("/") + 1) === name;
}

/** A cluster that is being made or deleted may refuse the question; where the ConfigMap alone counts, EKS does refuse it. */
function hasEntries({ status, accessConfig }: Cluster): boolean {
  return isStanding(status) && accessConfig?.authenticationMode?.startsWith("API") === true;
}

function isStanding(status: Cluster["status"]): boolean {
  return status === "ACTIVE" || status === "UPDATING";
}

function whyLeft({ name = "", status, accessConfig }: Cluster, { principal, name: who }: Selection): string | null {
  const cluster = `cluster "${name}"`;
  if (!isStanding(status)) return `${cluster} is ${status}: who has access to it is not looked at`;
  const map = `take ${principal} "${who}" out of that by hand if it is there`;
  switch (accessConfig?.authenticationMode) {
    case "API":
      return null;
    case "API_AND_CONFIG_MAP":
      return `${cluster} also lets in whom its aws-auth ConfigMap names: ${map}`;
    default:
      return `${cluster} lets in whom its aws-auth ConfigMap names, and who made it: ${map}`;
  }
}

function mappedToo(cluster: string, principal: string): ResidualAccess {
  return {
    what: `access of ${principal} to cluster "${cluster}" by its aws-auth ConfigMap`,
    until: "until somebody takes it out of the ConfigMap",
    why: "where there is an access entry the ConfigMap does not count; without one it does",
  };
}

function associated({ policyArn, accessScope: { type, namespaces } }: Association) {
  const scope = { type: type as AccessScopeType };
  return { policyArn, accessScope: namespaces.length === 0 ? scope : { ...scope, namespaces: [...namespaces] } };
}

/** The usernames that EKS gives by itself, and the groups of nodes, are refused when they are asked for. */
function made({ username, kubernetesGroups, type, tags }: Entry, principalArn: string) {
  const standard = type === "STANDARD";
  return compact({
    type,
    tags,
    kubernetesGroups: standard ? [...kubernetesGroups] : undefined,
    username: standard && username !== givenUsername(principalArn) ? username : undefined,
  });
}

function givenUsername(principalArn: string): string {
  const [, partition, account, path] = /^arn:([^:]+):iam::(\d+):role\/(.+)$/.exec(principalArn) ?? [];
  if (path === undefined) return principalArn;
  return `arn:${partition}:sts::${account}:assumed-role/${path.slice(path.lastIndexOf("/") + 1)}/{{SessionName}}`;
}
