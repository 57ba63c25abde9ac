import type * as Eks from "@aws-sdk/client-eks";
import { eks } from "../keys.ts";
import type { AccessEntryRow, ClusterRow } from "../service-rows.ts";
import { AwsFault } from "./fault.ts";
import { type Call, type Operation, operation } from "./operation.ts";
import { page } from "./paging.ts";

type InCluster = { clusterName?: string | undefined };
type OnEntry = InCluster & { principalArn?: string | undefined };
type OnPolicy = OnEntry & { policyArn?: string | undefined };

const NODES = "system:node:{{EC2PrivateDNSName}}";

const arnOf = (call: Call, name: string) => `arn:aws:eks:${call.region}:${call.account}:cluster/${name}`;
const clusterArn = (call: Call<InCluster>) => arnOf(call, call.input.clusterName ?? "");
const absent = (what: string) => new AwsFault("ResourceNotFoundException", 404, what);
const invalid = (what: string) => new AwsFault("InvalidParameterException", 400, what);

function clusterNamed(call: Call, name: string): ClusterRow {
  const row = call.tx.newest<ClusterRow>(eks.cluster(call.account, call.region, name));
  if (row === null) throw absent(`No cluster found for name: ${name}.`);
  return row;
}

/** What is about entries is refused where none count. */
function clusterOf(call: Call<InCluster>): ClusterRow {
  const row = clusterNamed(call, call.input.clusterName ?? "");
  if (row.mode !== "CONFIG_MAP") return row;
  throw new AwsFault(
    "InvalidRequestException",
    400,
    "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation.",
  );
}

const keyOf = (call: Call<OnEntry>) => eks.entry(call.account, call.region, clusterOf(call).name, call.input.principalArn ?? "");

function entryOf(call: Call<OnEntry>): AccessEntryRow {
  const row = call.tx.newest<AccessEntryRow>(keyOf(call));
  if (row !== null) return row;
  throw absent(
    `The specified principalArn could not be found. You can view your available access entries with 'list-access-entries'.`,
  );
}

function described(call: Call<OnEntry>, { principal, username, groups, type, tags }: AccessEntryRow): Eks.AccessEntry {
  return {
    clusterName: clusterOf(call).name,
    principalArn: principal,
    username,
    kubernetesGroups: [...groups],
    type,
    tags: { ...tags },
  };
}

/** Users are known by their ARN, sessions of a role by theirs. */
function givenUsername(principal: string, type: string): string {
  if (type !== "STANDARD") return NODES;
  const role = /^arn:aws:iam::(\d+):role\/(?:.*\/)?([^/]+)$/.exec(principal);
  return role === null ? principal : `arn:aws:sts::${role[1]}:assumed-role/${role[2]}/{{SessionName}}`;
}

function newEntry({ input }: Call<Eks.CreateAccessEntryCommandInput>): AccessEntryRow {
  const { principalArn = "", kubernetesGroups = [], tags = {}, type = "STANDARD", username } = input;
  if (!/^arn:aws:iam::\d{12}:(user|role)\/./.test(principalArn))
    throw invalid(`The specified principalArn is invalid: invalid principal.`);
  if (username !== undefined && /^(system|eks|aws|amazon|iam):/.test(username))
    throw invalid(`The username ${username} begins with what is reserved.`);
  if (type !== "STANDARD" && (username !== undefined || kubernetesGroups.length > 0))
    throw invalid(`An access entry of type ${type} takes neither a username nor groups.`);
  if (kubernetesGroups.some((group) => /^(system|eks|aws|amazon|iam):/.test(group)))
    throw invalid("The name of a Kubernetes group begins with what is reserved.");
  const groups = type === "STANDARD" ? kubernetesGroups : ["system:nodes"];
  return {
    principal: principalArn,
    username: username ?? givenUsername(principalArn, type),
    groups,
    type,
    tags,
    policies: [],
  };
}

/** The entry with this policy's association as given, or without it. */
function associate(call: Call<OnPolicy>, association: AccessEntryRow["policies"][number] | null): void {
  const entry = entryOf(call);
  const others = entry.policies.filter(({ arn }) => arn !== call.input.policyArn);
  const policies = [...others, ...(association === null ? [] : [association])].toSorted((left, right) =>
    left.arn < right.arn ? -1 : 1,
  );
  call.put("cluster-access", keyOf(call), { ...entry, policies });
}

const said = ({ arn, scope, namespaces }: AccessEntryRow["policies"][number]): Eks.AssociatedAccessPolicy => ({
  policyArn: arn,
  accessScope: { type: scope, namespaces: [...namespaces] },
});

const entryOperations: Operation[] = [
  operation<Eks.ListAccessEntriesCommandInput, Eks.ListAccessEntriesCommandOutput>("eks", "ListAccessEntries", {
    iam: "eks:ListAccessEntries",
    resource: clusterArn,
    answer(call) {
      const prefix = eks.entry(call.account, call.region, clusterOf(call).name, "");
      const arns = call.tx.list<AccessEntryRow>(prefix).map(({ value }) => value.principal);
      const shown = page(arns, (arn) => arn, call.pageSize(call.input.maxResults, 100), call.input.nextToken);
      return { accessEntries: [...shown.items], nextToken: shown.next };
    },
  }),
  operation<Eks.DescribeAccessEntryCommandInput, Eks.DescribeAccessEntryCommandOutput>("eks", "DescribeAccessEntry", {
    iam: "eks:DescribeAccessEntry",
    resource: clusterArn,
    answer: (call) => ({ accessEntry: described(call, entryOf(call)) }),
  }),
  operation<Eks.CreateAccessEntryCommandInput, Eks.CreateAccessEntryCommandOutput>("eks", "CreateAccessEntry", {
    iam: "eks:CreateAccessEntry",
    resource: clusterArn,
    answer(call) {
      const key = keyOf(call);
      if (call.tx.newest(key) !== null)
        throw new AwsFault(
          "ResourceInUseException",
          409,
          "The specified access entry resource is already in use on this cluster.",
        );
      const row = newEntry(call);
      call.put("cluster-access", key, row);
      return { accessEntry: described(call, row) };
    },
  }),
  // Its policies go with it.
  operation<Eks.DeleteAccessEntryCommandInput, Eks.DeleteAccessEntryCommandOutput>("eks", "DeleteAccessEntry", {
    iam: "eks:DeleteAccessEntry",
    resource: clusterArn,
    answer(call) {
      entryOf(call);
      call.put("cluster-access", keyOf(call), null);
      return {};
    },
  }),
];

export const eksOperations: Operation[] = [
  operation<Eks.ListClustersCommandInput, Eks.ListClustersCommandOutput>("eks", "ListClusters", {
    iam: "eks:ListClusters",
    answer(call) {
      const rows = call.tx.list<ClusterRow>(eks.cluster(call.account, call.region, ""));
      const names = rows.map(({ value }) => value.name);
      const shown = page(names, (name) => name, call.pageSize(call.input.maxResults, 100), call.input.nextToken);
      return { clusters: [...shown.items], nextToken: shown.next };
    },
  }),
  operation<Eks.DescribeClusterCommandInput, Eks.DescribeClusterCommandOutput>("eks", "DescribeCluster", {
    iam: "eks:DescribeCluster",
    resource: (call) => arnOf(call, call.input.name ?? ""),
    answer(call) {
      const { name, mode } = clusterNamed(call, call.input.name ?? "");
      return { cluster: { name, arn: arnOf(call, name), status: "ACTIVE", accessConfig: { authenticationMode: mode } } };
    },
  }),
  ...entryOperations,
  operation<Eks.ListAssociatedAccessPoliciesCommandInput, Eks.ListAssociatedAccessPoliciesCommandOutput>(
    "eks",
    "ListAssociatedAccessPolicies",
    {
      iam: "eks:ListAssociatedAccessPolicies",
      resource: clusterArn,
      answer(call) {
        const { principal, policies } = entryOf(call);
        const shown = page(policies, ({ arn }) => arn, call.pageSize(call.input.maxResults, 100), call.input.nextToken);
        return {
          clusterName: clusterOf(call).name,
          principalArn: principal,
          associatedAccessPolicies: shown.items.map(said),
          nextToken: shown.next,
        };
      },
    },
  ),
  // An association that is there gets the new scope.
  operation<Eks.AssociateAccessPolicyCommandInput, Eks.AssociateAccessPolicyCommandOutput>("eks", "AssociateAccessPolicy", {
    iam: "eks:AssociateAccessPolicy",
    resource: clusterArn,
    answer(call) {
      const { clusterName, principalArn, policyArn: arn = "", accessScope } = call.input;
      const { type: scope = "cluster", namespaces = [] } = accessScope ?? {};
      if (/^EC2_(LINUX|WINDOWS)$/.test(entryOf(call).type)) throw invalid("Access policies are not for entries of this type.");
      if ((scope === "namespace") !== namespaces.length > 0)
        throw invalid("The namespaces do not go with the type of the scope.");
      associate(call, { arn, scope, namespaces });
      return { clusterName, principalArn, associatedAccessPolicy: said({ arn, scope, namespaces }) };
    },
  }),
  operation<Eks.DisassociateAccessPolicyCommandInput, Eks.DisassociateAccessPolicyCommandOutput>(
    "eks",
    "DisassociateAccessPolicy",
    {
      iam: "eks:DisassociateAccessPolicy",
      resource: clusterArn,
      answer(call) {
        if (!entryOf(call).policies.some(({ arn }) => arn === call.input.policyArn))
          throw absent("The specified access policy is not associated with the access entry.");
        associate(call, null);
        return {};
      },
    },
  ),
];
