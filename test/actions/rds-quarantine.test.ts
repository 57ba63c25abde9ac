import assert from "node:assert/strict";
import { test } from "node:test";
import { loadAction } from "../../src/actions/index.ts";
import type { SelectionOf } from "../../src/model/index.ts";
import type { AwsService, ScopeFactory } from "../../src/providers/index.ts";
import { contain, drive, rollBack } from "../conformance/driver.ts";
import { call } from "../range/open.ts";
import { type Ec2Bench, look, openBench, planFor } from "./ec2.ts";

const action = await loadAction("aws.rds.quarantine");
const [example] = action.examples;
const ACME = example.selection as SelectionOf<"aws.tagged-databases">;

const rds = <T = Record<string, unknown>>(bench: Ec2Bench, operation: string, input: object = {}) =>
  call<T>(bench.range, `rds:${operation}`, input);

const openQuarantine = (bench: Ec2Bench) =>
  bench.ec2("AuthorizeSecurityGroupIngress", {
    GroupId: "sg-0dbq01",
    IpProtocol: "tcp",
    FromPort: 5432,
    ToPort: 5432,
    CidrIp: "203.0.113.0/24",
  });

const left = async (scopes: ScopeFactory) =>
  ((await action.leaves?.(scopes.read(action.permissions.read), ACME, {})) ?? []).map(({ reason }) => reason);

type Shown = { readonly DBInstanceIdentifier?: string; readonly DBClusterIdentifier?: string };
type Answer = { DBInstances?: Shown[]; DBClusters?: Shown[] };
type Sender = { send(command: object): Promise<object> };

test("a VPC without the quarantine group is told how to make one, and an open group is refused", async (t) => {
  const bench = await openBench(t);
  await assert.rejects(planFor(bench, action, { ...ACME, quarantineGroup: "shut" }), {
    code: "config-part-missing",
    message: /vpc-0data has no security group "shut" to quarantine databases with/,
  });
  await openQuarantine(bench);
  await assert.rejects(planFor(bench, action, ACME), { code: "quarantine-group-open" });
});

test("a group that was opened since the plan is not used, and one that was opened since is no quarantine", async (t) => {
  const bench = await openBench(t);
  const [change] = await planFor(bench, action, ACME);
  assert.ok(change);
  const driven = await contain(bench, action, example);
  assert.ok(driven.length > 0);
  await openQuarantine(bench);
  const { verdict, detail } = await look(bench, action, change);
  assert.equal(verdict, "contradicted");
  assert.match(detail ?? "", /sg-0dbq01 lets traffic pass: in tcp 5432-5432 203\.0\.113\.0\/24/);
  const scope = bench.scopes().write(action.permissions, async () => undefined);
  await assert.rejects(async () => action.apply(scope, change), { code: "quarantine-group-open" });
});

test("what RDS has not finished is not confirmed", async (t) => {
  const bench = await openBench(t);
  const change = (await planFor(bench, action, ACME)).find(({ resource }) => resource.type === "db-proxy");
  assert.ok(change);
  await rds(bench, "ModifyDBProxy", { DBProxyName: "acme-pool", SecurityGroups: ["sg-0dbq01"] });
  const { verdict, detail } = await look(bench, action, change);
  assert.equal(verdict, "inconclusive");
  assert.match(detail ?? "", /its status is "modifying"/);
});

test("a database that RDS is changing for somebody else is refused, and changed once that has ended", async (t) => {
  const bench = await openBench(t);
  const change = (await planFor(bench, action, ACME)).find(({ resource }) => resource.type === "db-instance");
  assert.ok(change);
  await rds(bench, "ModifyDBInstance", { DBInstanceIdentifier: "acme-orders", PubliclyAccessible: false });
  const busy = await drive(bench, action, change, "contain", { patienceMs: 0 });
  assert.equal(busy.outcome.status, "refused");
  assert.match(busy.outcome.why ?? "", /^conflict: .*InvalidDBInstanceState/);
  await bench.clock.sleep(10_000);
  const { outcome, verification } = await drive(bench, action, change, "contain");
  assert.deepEqual([outcome.status, verification.verdict], ["applied", "confirmed"]);
});

test("a stopped database is said to be left, and another tenant's is not touched", async (t) => {
  const bench = await openBench(t);
  const [reason, ...others] = await left(bench.scopes());
  assert.match(reason ?? "", /^DB instance "acme-archive" is stopped/);
  assert.deepEqual(others, []);
  const wrote = () => bench.range.calls().flatMap(({ wrote: keys }) => keys);
  await rollBack(bench, action, await contain(bench, action, example));
  assert.ok(wrote().some((key) => JSON.stringify(key).includes("acme-orders")));
  assert.ok(!wrote().some((key) => /globex|acme-archive/.test(JSON.stringify(key))));
});

/** RDS as it answers where a member of the shown things is another. */
function answering(bench: Ec2Bench, other: (thing: Shown) => object): ScopeFactory {
  const scopes = bench.scopes();
  const read: ScopeFactory["read"] = (grant) => {
    const scope = scopes.read(grant);
    const aws = async (service: AwsService, place: { account: string; region: string }) => {
      const client = (await scope.aws(service as "rds", place)) as unknown as Sender;
      if (service !== "rds") return client;
      const send = async (command: object) => {
        const { DBInstances, DBClusters, ...rest } = (await client.send(command)) as Answer;
        const changed = (things: Shown[] | undefined) => things?.map((thing) => ({ ...thing, ...other(thing) }));
        return { ...rest, DBInstances: changed(DBInstances), DBClusters: changed(DBClusters) };
      };
      return { send };
    };
    return { ...scope, aws: aws as typeof scope.aws };
  };
  return { ...scopes, read };
}

test("of an instance in a cluster that is not the tenant's only public access is closed, and it is said", async (t) => {
  const bench = await openBench(t);
  const TagList = [{ Key: "tenant", Value: "acme" }];
  const scopes = answering(bench, ({ DBInstanceIdentifier, DBClusterIdentifier }) => {
    if (DBInstanceIdentifier === "acme-ledger-1") return { TagList };
    return DBInstanceIdentifier === undefined && DBClusterIdentifier === "acme-ledger" ? { TagList: [] } : {};
  });
  const changes = await planFor(bench, action, ACME, {}, scopes);
  assert.deepEqual(changes.map(({ resource }) => `${resource.type}/${resource.id}`).sort(), [
    "db-exposure/acme-ledger-1",
    "db-exposure/acme-orders",
    "db-instance/acme-orders",
    "db-proxy/acme-pool",
  ]);
  assert.ok((await left(scopes)).some((reason) => /has the security groups of cluster "acme-ledger"/.test(reason)));
});

test("instances of a Multi-AZ DB cluster are not changed one by one", async (t) => {
  const bench = await openBench(t);
  const scopes = answering(bench, ({ DBClusterIdentifier }) =>
    DBClusterIdentifier === "acme-ledger" ? { Engine: "postgres", PubliclyAccessible: true } : {},
  );
  const changes = await planFor(bench, action, ACME, {}, scopes);
  assert.ok(!changes.some(({ resource }) => resource.id === "acme-ledger-1"));
  assert.ok((await left(scopes)).some((reason) => /"acme-ledger-1" stays publicly accessible/.test(reason)));
});

test("the Data API, which comes past the network, is said to survive where it is on", async (t) => {
  const bench = await openBench(t);
  const change = (await planFor(bench, action, ACME)).find(({ resource }) => resource.type === "db-cluster");
  assert.ok(change);
  const survives = async (scopes: ScopeFactory) =>
    JSON.stringify(await action.residual?.(scopes.read(action.permissions.read), change));
  assert.doesNotMatch(await survives(bench.scopes()), /Data API/);
  assert.match(await survives(answering(bench, () => ({ HttpEndpointEnabled: true }))), /SQL over the RDS Data API/);
});
