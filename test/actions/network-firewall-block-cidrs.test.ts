import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { blockNetworks as action } from "../../src/actions/aws/network-firewall/block-cidrs.ts";
import { type Change, defect, type JsonObject, parseCidr } from "../../src/model/index.ts";
import { drive, plan } from "../conformance/driver.ts";
import { type RangeBench, rangeBench } from "../conformance/range-bench.ts";

const [example] = action.examples;
const PLACE = { account: "123456789012", region: "us-east-1" };
const GROUP = { RuleGroupName: "er-block-networks", Type: "STATEFUL" };

type Group = {
  readonly RuleVariables: { readonly IPSets: Record<string, { Definition: string[] }>; readonly PortSets: object };
  readonly RulesSource: { readonly RulesString: string };
};
type Described = { readonly UpdateToken: string; readonly RuleGroup: Group; readonly RuleGroupResponse: { Description: string } };

const describe = async (bench: RangeBench): Promise<Described> =>
  (await bench.aws("networkfirewall", "DescribeRuleGroup", GROUP, PLACE)) as Described;

async function rewrite(bench: RangeBench, edit: (group: Group) => Group): Promise<void> {
  const { UpdateToken, RuleGroup } = await describe(bench);
  await bench.aws("networkfirewall", "UpdateRuleGroup", { ...GROUP, UpdateToken, RuleGroup: edit(RuleGroup) }, PLACE);
}

const withRules = (RulesString: string) => (group: Group) => ({ ...group, RulesSource: { RulesString } });
const networks = (count: number) =>
  Array.from({ length: count }, (_, index) => parseCidr(`10.${index >> 8}.${index & 255}.0/24`) ?? defect("no network"));
const planFor = async (bench: RangeBench, selection: Partial<typeof example.selection>) =>
  plan(action, { ...example, selection: { ...example.selection, ...selection } }, bench.scopes());
const first = ([change]: readonly Change[]): Change => change ?? assert.fail("nothing was planned");

async function residual(t: TestContext, rules: string): Promise<string> {
  const bench = await rangeBench(t);
  await rewrite(bench, withRules(rules));
  const [change] = await plan(action, example, bench.scopes());
  const said = await action.residual?.(
    bench.scopes().read(action.permissions.read),
    change as Parameters<typeof action.apply>[1],
  );
  return JSON.stringify(said);
}

test("everything else of the rule group stays as it is", async (t) => {
  const bench = await rangeBench(t);
  const before = await describe(bench);
  const { outcome } = await drive(bench, action, first(await plan(action, example, bench.scopes())), "contain");
  assert.equal(outcome.status, "applied");
  const after = await describe(bench);
  const { SOC2_ER_BLOCK: ours, ...others } = after.RuleGroup.RuleVariables.IPSets;
  assert.deepEqual(ours?.Definition, ["192.0.2.66/32", "2001:db8:bad::/48", "203.0.113.0/24"]);
  assert.deepEqual(others, { PARTNERS: { Definition: ["192.0.2.0/28"] } });
  assert.deepEqual(after.RuleGroup.RuleVariables.PortSets, before.RuleGroup.RuleVariables.PortSets);
  assert.deepEqual(after.RuleGroup.RulesSource, before.RuleGroup.RulesSource);
  assert.equal(after.RuleGroupResponse.Description, "networks blocked in an emergency");
});

test("an edit between look and write is refused by the token", async (t) => {
  const bench = await rangeBench(t);
  const change = first(await plan(action, example, bench.scopes()));
  const { UpdateToken, RuleGroup } = await describe(bench);
  const input = { ...GROUP, UpdateToken, RuleGroup } as unknown as JsonObject;
  bench.setFaults?.([
    {
      operation: "networkfirewall:UpdateRuleGroup",
      kind: "move",
      calls: [{ service: "networkfirewall", operation: "UpdateRuleGroup", input }],
    },
  ]);
  const { outcome } = await drive(bench, action, change, "contain", { patienceMs: 0 });
  assert.deepEqual([outcome.status, outcome.why?.slice(0, 5)], ["refused", "stale"]);
});

test("what would make a rule too long is refused when it is planned, and what just fits is taken", async (t) => {
  const bench = await rangeBench(t);
  await assert.rejects(planFor(bench, { cidrs: networks(700) }), { code: "limit-exceeded" });
  // Rule and brackets 54, what stands there 13, each network a comma and at most 13.
  const most = networks(580);
  const { outcome } = await drive(bench, action, first(await planFor(bench, { cidrs: most })), "contain");
  assert.equal(outcome.status, "applied", outcome.why);
});

test("a group, a variable or a rule that is not there is refused with what would make it", async (t) => {
  const bench = await rangeBench(t);
  await assert.rejects(planFor(bench, { ruleGroup: "nobody" }), /"nobody" .*does not exist/);
  await assert.rejects(planFor(bench, { variable: "OTHER" }), /has no IP set variable "OTHER"/);
  await assert.rejects(planFor(bench, { variable: "PARTNERS" }), /it would block nothing/);
  await rewrite(bench, withRules("# drop ip $SOC2_ER_BLOCK any -> any any (sid:1;)"));
  await assert.rejects(planFor(bench, {}), { code: "config-part-missing" });
});

test("it is said which direction the group's rules leave open", async (t) => {
  const both = "drop ip $SOC2_ER_BLOCK any <> any any (sid:1; rev:1;)";
  assert.doesNotMatch(await residual(t, both), /from inside/);
  assert.match(await residual(t, both.replace("<>", "->")), /connections from inside to these networks/);
});

test("the last network of a variable is kept, and said", () => {
  const change = { asks: { networks: ["203.0.113.0/24"] } } as unknown as Parameters<NonNullable<typeof action.merge>>[1];
  const merged = action.merge?.({ networks: [] }, change, { networks: ["203.0.113.0/24"] }, []);
  assert.deepEqual(merged?.state, { networks: ["203.0.113.0/24"] });
  assert.match(merged?.conflict ?? "", /without any network/);
});

test("a rule that is gone is found when the lease is looked at again", async (t) => {
  const bench = await rangeBench(t);
  const change = first(await plan(action, example, bench.scopes()));
  await drive(bench, action, change, "contain");
  await rewrite(bench, withRules("pass ip any any -> any any (sid:1;)"));
  const scope = bench.scopes().read(action.permissions.read);
  const seen = await action.verify(scope, change as Parameters<typeof action.apply>[1], "contain");
  assert.match(seen.detail ?? "", /no rule of the group drops/);
});
