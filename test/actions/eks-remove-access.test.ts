import assert from "node:assert/strict";
import { test } from "node:test";
import { accessOf, accessRef } from "../../src/actions/aws/eks/clusters.ts";
import { removeAccess } from "../../src/actions/aws/eks/remove-access.ts";
import type { Action } from "../../src/actions/index.ts";
import type { Json, SelectionOf } from "../../src/model/index.ts";
import { drive, rollBack } from "../conformance/driver.ts";
import { type KeyedBench, openBench, planFor } from "./keyed.ts";

const action = removeAccess as unknown as Action;
const POLICIES = "arn:aws:eks::aws:cluster-access-policy";
const HERE = { account: "123456789012", region: "us-east-1" } as const;
const of = (principal: "user" | "role", name: string, region = "us-east-1"): SelectionOf<"aws.cluster-principal"> => ({
  kind: "aws.cluster-principal",
  account: HERE.account,
  region,
  principal,
  name,
});

async function contained(bench: KeyedBench, selection: object) {
  const driven = [];
  for (const change of await planFor(bench, action, selection)) driven.push(await drive(bench, action, change, "contain"));
  return driven;
}

test("an entry is found by kind and name whatever its path and the pages, and another one's of nearly that name is not", async (t) => {
  const bench = await openBench(t);
  const arn = (path: string) => `arn:aws:iam::${HERE.account}:${path}`;
  for (const path of ["user/staff/deploy-bot", "role/deploy-bot", "user/deploy-bot-2"])
    await bench.admin("eks:CreateAccessEntry", { clusterName: "production", principalArn: arn(path) });
  const elsewhere = { clusterName: "production", principalArn: "arn:aws:iam::444455556666:user/deploy-bot" };
  await bench.admin("eks:CreateAccessEntry", elsewhere);
  for (const limit of [1, null]) {
    bench.range.setPageLimit(limit);
    const found = await planFor(bench, action, of("user", "deploy-bot"));
    assert.deepEqual(
      found.map(({ resource }) => resource.id),
      [`production/${arn("user/staff/deploy-bot")}`],
    );
    assert.equal((await planFor(bench, action, of("user", "intruder"))).length, 3);
  }
  assert.deepEqual(await planFor(bench, action, of("user", "nobody")), []);
  assert.deepEqual(await planFor(bench, action, of("user", "intruder", "eu-west-1")), []);
});

test("an entry goes after its policies, and comes back before them", async (t) => {
  const bench = await openBench(t);
  const planned = await planFor(bench, action, of("user", "intruder"));
  assert.deepEqual(
    planned.map(({ id, needs, summary }) => [id, needs, summary]),
    [
      ["c1", [], 'take AmazonEKSClusterAdminPolicy on all of cluster "production" from user "intruder"'],
      ["c2", [], 'take AmazonEKSEditPolicy on namespaces billing, shop of cluster "production" from user "intruder"'],
      ["c3", ["c1", "c2"], 'delete the access entry of user "intruder" in cluster "production"'],
    ],
  );
  const driven = await contained(bench, of("user", "intruder"));
  const [policy] = planned;
  assert.ok(policy);
  const early = await drive(bench, action, { ...policy, before: null, after: policy.before }, "restore", { patienceMs: 0 });
  assert.notEqual(early.outcome.status, "applied", "no policy without an entry");
  for (const { outcome } of await rollBack(bench, action, driven)) assert.equal(outcome.status, "applied", outcome.why);
});

test("a policy that went with its entry is not taken away again", async (t) => {
  const bench = await openBench(t);
  const [policy] = await planFor(bench, action, of("user", "intruder"));
  assert.ok(policy);
  const { cluster: clusterName, principal: principalArn } = accessOf(policy.resource);
  await bench.admin("eks:DeleteAccessEntry", { clusterName, principalArn });
  const { outcome, verification } = await drive(bench, action, policy, "contain");
  assert.deepEqual([outcome.status, verification.verdict], ["unchanged", "confirmed"]);
});

test("nodes' entries and usernames of one's own come back as they were", async (t) => {
  const bench = await openBench(t);
  const principalArn = `arn:aws:iam::${HERE.account}:role/app/app-data`;
  const own = { username: "app:{{SessionName}}", kubernetesGroups: ["readers", "apps"], tags: { team: "app" } };
  await bench.admin("eks:CreateAccessEntry", { clusterName: "batch", principalArn, ...own });
  await bench.admin("eks:CreateAccessEntry", { clusterName: "production", principalArn });
  for (const [role, names] of [
    ["app-data", ["app:{{SessionName}}", `arn:aws:sts::${HERE.account}:assumed-role/app-data/{{SessionName}}`]],
    ["globex-worker", ["system:node:{{EC2PrivateDNSName}}"]],
  ] as const) {
    const driven = await contained(bench, of("role", role));
    assert.deepEqual(
      driven.map(({ change }) => (change.before as { username: string }).username),
      names,
    );
    for (const { outcome } of await rollBack(bench, action, driven)) assert.equal(outcome.status, "applied", outcome.why);
    const again = await planFor(bench, action, of("role", role));
    assert.deepEqual(
      again.map(({ before }) => before),
      driven.map(({ change }) => change.before),
    );
  }
  const [nodes] = await planFor(bench, action, of("role", "globex-worker"));
  assert.match(nodes?.summary ?? "", /of type EC2_LINUX: nodes in this role leave the cluster$/);
});

test("clusters that let in by their ConfigMap are named, also as what still works", async (t) => {
  const bench = await openBench(t);
  const scope = bench.scopes().read(action.permissions.read);
  const left = await removeAccess.leaves?.(scope, of("user", "intruder"), {});
  assert.deepEqual(
    left?.map(({ resource, reason }) => [resource?.id, reason]),
    [
      [
        "batch",
        'cluster "batch" also lets in whom its aws-auth ConfigMap names: take user "intruder" out of that by hand if it is there',
      ],
      [
        "legacy",
        'cluster "legacy" lets in whom its aws-auth ConfigMap names, and who made it: take user "intruder" out of that by hand if it is there',
      ],
    ],
  );
  const residualOf = async (selection: object) => {
    const change = (await planFor(bench, action, selection)).at(-1);
    assert.ok(change);
    return (await action.residual?.(scope, change))?.map(({ what }) => what).join("; ") ?? "";
  };
  assert.match(await residualOf(of("role", "globex-worker")), /tokens for cluster "batch".* by its aws-auth ConfigMap$/);
  assert.doesNotMatch(await residualOf(of("user", "intruder")), /ConfigMap/);
});

test("a cluster that is being made is not asked, and named", async () => {
  const asked: string[] = [];
  const send = async ({ constructor: { name } }: object) => {
    asked.push(name.replace("Command", ""));
    if (name === "ListClustersCommand") return { clusters: ["next"] };
    return { cluster: { name: "next", status: "CREATING", accessConfig: { authenticationMode: "API" } } };
  };
  const scope = { aws: async () => ({ send }) } as never;
  const planned: Json[] = [];
  for await (const change of removeAccess.plan(scope, of("user", "intruder"), {})) planned.push(change.key);
  const [left] = (await removeAccess.leaves?.(scope, of("user", "intruder"), {})) ?? [];
  assert.deepEqual(planned, []);
  assert.deepEqual([...new Set(asked)], ["ListClusters", "DescribeCluster"]);
  assert.equal(left?.reason, 'cluster "next" is CREATING: who has access to it is not looked at');
});

test("a resource's id tells cluster, principal and policy apart, whatever the principal's path", () => {
  for (const access of [
    { cluster: "c-1", principal: "arn:aws:iam::123456789012:role/arn:x/jobs/export" },
    { cluster: "c-1", principal: "arn:aws:iam::123456789012:role/arn:x/jobs", policy: `${POLICIES}/AmazonEKSViewPolicy` },
  ])
    assert.deepEqual(accessOf(accessRef(HERE, access)), access);
});
