import assert from "node:assert/strict";
import { test } from "node:test";
import { loadAction } from "../../src/actions/index.ts";
import type { SelectionOf } from "../../src/model/index.ts";
import { contain, drive, rollBack } from "../conformance/driver.ts";
import { rangeBench } from "../conformance/range-bench.ts";
import { look, planFor } from "./ec2.ts";

const action = await loadAction("aws.elbv2.fixed-response");
const [example] = action.examples;
const ACME = example.selection as SelectionOf<"aws.tenant-hosts">;
const LISTENERS = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/shop/0a1b2c3d4e5f6a7b";
const [HTTP, HTTPS] = [`${LISTENERS}/8a1b2c3d4e5f6a80`, `${LISTENERS}/8a1b2c3d4e5f6a81`];

type Bench = Awaited<ReturnType<typeof rangeBench>>;
type Rules = { Rules: { RuleArn: string; Priority: string }[] };

async function elbv2<T = object>(bench: Bench, operation: string, input: object): Promise<T> {
  return (await bench.aws("elbv2", operation, input, ACME)) as T;
}

const make = (bench: Bench, ListenerArn: string | undefined, Priority: number, ...Values: string[]) =>
  elbv2<Rules>(bench, "CreateRule", {
    ListenerArn,
    Priority,
    Conditions: [{ Field: "host-header", HostHeaderConfig: { Values } }],
    Actions: [{ Type: "fixed-response", FixedResponseConfig: { StatusCode: "200" } }],
  });

const prioritiesOf = async (bench: Bench, selection = ACME) =>
  (await planFor(bench, action, selection)).map(({ after }) => (after as { priority: number }).priority);

test("what knows no host names is said, and stays as it is", async (t) => {
  const bench = await rangeBench(t);
  const left = (await action.leaves?.(bench.scopes().read(action.permissions.read), ACME, {})) ?? [];
  assert.deepEqual(
    left.map(({ resource }) => resource?.id),
    ["net/shop-legacy/2a1b2c3d4e5f6a7b", "net/shop-tcp/1a1b2c3d4e5f6a7b"],
  );
  assert.match(left[1]?.reason ?? "", /"shop-tcp" is of type network and has no rules/);
});

test("the lowest free number is taken, behind rules for other hosts alone", async (t) => {
  const bench = await rangeBench(t);
  assert.deepEqual(await prioritiesOf(bench), [1, 2]);
  assert.deepEqual(await prioritiesOf(bench, { ...ACME, host: "initech.shop.example" }), [1, 2]);
  await contain(bench, action, example);
  assert.deepEqual(await prioritiesOf(bench, { ...ACME, host: "initech.shop.example" }), [2, 3]);
  await make(bench, HTTP, 2, "*.other.example", "acme.shop.exampl?x");
  assert.deepEqual(await prioritiesOf(bench, { ...ACME, host: "initech.shop.example" }), [3, 3]);
});

test("where a rule that may take its requests leaves no number free, a host is not closed in vain", async (t) => {
  const bench = await rangeBench(t);
  await make(bench, HTTP, 1, "*.SHOP.example");
  const refused = { code: "no-free-slot", exit: 10 };
  await assert.rejects(planFor(bench, action, ACME), {
    ...refused,
    message: /^listener 80 of load balancer "shop" has no free priority before rule 1, which may take requests for "acme\.shop/,
  });
  await assert.rejects(planFor(bench, action, { ...ACME, host: "globex.shop.example" }), refused);
});

test("a load balancer that takes no more rules is given none", async (t) => {
  const bench = await rangeBench(t);
  for (let priority = 100; priority < 297; priority += 1) await make(bench, HTTPS, priority, "other.example");
  await assert.rejects(planFor(bench, action, ACME), {
    code: "limit-exceeded",
    message: /"shop" has 199 rules and would need 2 more; it takes 200/,
  });
});

test("a rule that somebody puts in front of it is found, and so is one that somebody deletes", async (t) => {
  const bench = await rangeBench(t);
  await make(bench, HTTP, 1, "other.example");
  const [first, second] = await contain(bench, action, example);
  assert.ok(first && second);
  assert.equal((await look(bench, action, first.change)).verdict, "confirmed");
  const { Rules: before } = await elbv2<Rules>(bench, "DescribeRules", { ListenerArn: HTTP });
  await elbv2(bench, "DeleteRule", { RuleArn: before.find(({ Priority }) => Priority === "1")?.RuleArn });
  await make(bench, HTTP, 1, "acme.shop.example");
  const overtaken = await look(bench, action, first.change);
  assert.deepEqual(
    [overtaken.verdict, overtaken.detail],
    ["contradicted", 'rule 1 stands before it and may take requests for "acme.shop.example"'],
  );
  await assert.rejects(planFor(bench, action, ACME), { code: "no-free-slot", message: /rule 1 of listener 80 .* stands before/ });

  const { Rules: there } = await elbv2<Rules>(bench, "DescribeRules", { ListenerArn: HTTPS });
  await elbv2(bench, "DeleteRule", { RuleArn: there.find(({ Priority }) => Priority === "2")?.RuleArn });
  assert.equal((await look(bench, action, second.change)).detail, "the rule is gone");
  for (const { outcome } of await rollBack(bench, action, [second, first]))
    assert.ok(["applied", "unchanged"].includes(outcome.status), outcome.status);
  const { Rules: left } = await elbv2<Rules>(bench, "DescribeRules", { ListenerArn: HTTP });
  assert.deepEqual(
    left.map(({ Priority }) => Priority),
    ["1", "default"],
  );
});

test("a rule that somebody edited is not taken for a containment, and a number that somebody took is not taken twice", async (t) => {
  const bench = await rangeBench(t);
  const [first, second] = await planFor(bench, action, ACME);
  assert.ok(first && second);
  await make(bench, HTTP, 1, "other.example");
  assert.equal((await drive(bench, action, first, "contain", { patienceMs: 0 })).outcome.status, "refused");
  await drive(bench, action, second, "contain");
  const { Rules } = await elbv2<Rules>(bench, "DescribeRules", { ListenerArn: HTTPS });
  const Actions = [{ Type: "fixed-response", FixedResponseConfig: { StatusCode: "200" } }];
  await elbv2(bench, "ModifyRule", { RuleArn: Rules.find(({ Priority }) => Priority === "2")?.RuleArn, Actions });
  assert.equal((await look(bench, action, second)).detail, "the rule was edited");
  await assert.rejects(planFor(bench, action, ACME), { code: "not-as-approved", message: /rule 2 of listener 443 .* edited it/ });
});
