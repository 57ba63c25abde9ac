import assert from "node:assert/strict";
import { test } from "node:test";
import { activateRuleset } from "../../src/actions/aws/wafv2/activate-ruleset.ts";
import { defaultBlock } from "../../src/actions/aws/wafv2/default-block.ts";
import type { Action } from "../../src/actions/index.ts";
import type { Change, Json, JsonObject } from "../../src/model/index.ts";
import { type AnyExample, drive, plan, wayBack } from "../conformance/driver.ts";
import { type RangeBench, rangeBench } from "../conformance/range-bench.ts";

const PLACE = { account: "123456789012", region: "us-east-1" };
const ACL = { Scope: "REGIONAL", Name: "shop-front", Id: "3a9d7c10-5b1e-4a77-9c0d-0000000000a1" };
const GROUP = { Scope: "REGIONAL", Name: "er-emergency", Id: "3a9d7c10-5b1e-4a77-9c0d-0000000000e1" };
const SET = { Scope: "REGIONAL", Name: "er-responders", Id: "6f1c2a4e-0a11-4b5e-9d55-0000000000b1" };

type Rule = { readonly Name: string; readonly Statement: JsonObject; readonly OverrideAction?: object };
type Body = { readonly DefaultAction: JsonObject; readonly Rules: readonly Rule[] };
type Looked = { readonly LockToken: string; readonly WebACL: Body };

const block = defaultBlock as unknown as Action;
const activate = activateRuleset as unknown as Action;
const [shop] = defaultBlock.examples;
const [emergency] = activateRuleset.examples;

const look = async (bench: RangeBench): Promise<Looked> => (await bench.aws("wafv2", "GetWebACL", ACL, PLACE)) as Looked;

async function rewrite(bench: RangeBench, edit: (body: Body) => object): Promise<void> {
  const { LockToken, WebACL } = await look(bench);
  await bench.aws("wafv2", "UpdateWebACL", { ...WebACL, ...edit(WebACL), ...ACL, LockToken }, PLACE);
}

async function rewriteGroup(bench: RangeBench, edit: (rule: Rule) => object): Promise<void> {
  const ARN = `arn:aws:wafv2:us-east-1:123456789012:regional/rulegroup/${GROUP.Name}/${GROUP.Id}`;
  const answer = await bench.aws("wafv2", "GetRuleGroup", { ARN }, PLACE);
  const { LockToken, RuleGroup } = answer as { LockToken: string; RuleGroup: Body };
  await bench.aws("wafv2", "UpdateRuleGroup", { ...RuleGroup, ...GROUP, Rules: RuleGroup.Rules.map(edit), LockToken }, PLACE);
}

async function responders(bench: RangeBench, Addresses: readonly string[]): Promise<void> {
  const { LockToken } = (await bench.aws("wafv2", "GetIPSet", SET, PLACE)) as Looked;
  await bench.aws("wafv2", "UpdateIPSet", { ...SET, LockToken, Addresses }, PLACE);
}

const planBlock = (bench: RangeBench, more: Partial<typeof shop.selection> = {}) =>
  plan(block, { ...shop, selection: { ...shop.selection, ...more } } as AnyExample, bench.scopes());
const planActivation = (bench: RangeBench, more: Partial<typeof emergency.selection> = {}) =>
  plan(activate, { ...emergency, selection: { ...emergency.selection, ...more } } as AnyExample, bench.scopes());
const only = ([change]: readonly Change[]): Change => change ?? assert.fail("nothing was planned");
const withRule = (name: string, more: object) => (body: Body) => ({
  Rules: body.Rules.map((rule) => (rule.Name === name ? { ...rule, ...more } : rule)),
});
const setOf = (more: object = {}) => ({
  IPSetReferenceStatement: { ARN: `arn:aws:wafv2:us-east-1:123456789012:regional/ipset/${SET.Name}/${SET.Id}`, ...more },
});

test("a web ACL that would keep the responders out is not closed", async (t) => {
  const locked = { code: "self-lockout" };
  const cases: readonly ((bench: RangeBench) => Promise<void>)[] = [
    (bench) => rewrite(bench, ({ Rules }) => ({ Rules: Rules.filter(({ Name }) => Name !== "responders") })),
    (bench) => rewrite(bench, withRule("responders", { Action: { Count: {} } })),
    // Whoever writes the header is let in, and nobody else.
    (bench) =>
      rewrite(
        bench,
        withRule("responders", { Statement: setOf({ IPSetForwardedIPConfig: { HeaderName: "x", FallbackBehavior: "MATCH" } }) }),
      ),
    (bench) => rewrite(bench, withRule("responders", { Statement: { NotStatement: { Statement: setOf() } } })),
    (bench) => responders(bench, ["198.51.100.0/25"]),
  ];
  for (const change of cases) {
    const bench = await rangeBench(t);
    await change(bench);
    await assert.rejects(planBlock(bench), locked);
  }
  const bench = await rangeBench(t);
  await assert.rejects(planBlock(bench, { responderNetworks: ["198.51.100.0/24", "2001:db8:5::/48"] }), /"2001:db8:5::\/48"/);
  await rewrite(
    bench,
    withRule("responders", { Statement: { OrStatement: { Statements: [setOf(), { GeoMatchStatement: {} }] } } }),
  );
  assert.equal((await planBlock(bench)).length, 1, "one of several conditions is enough");
  assert.equal((await planBlock(bench, { responderNetworks: [] })).length, 1, "nobody is to be spared");
});

test("who is taken out of the responders' set after the plan stops it when it is applied, and not its rollback", async (t) => {
  const bench = await rangeBench(t);
  const change = only(await planBlock(bench));
  await responders(bench, []);
  const { outcome } = await drive(bench, block, change, "contain", { patienceMs: 0 });
  assert.deepEqual([outcome.status, outcome.why?.split(":")[0]], ["refused", "self-lockout"]);
  await responders(bench, ["198.51.100.0/24"]);
  assert.equal((await drive(bench, block, change, "contain")).outcome.status, "applied");
  await responders(bench, []);
  const { asks: _asks, ...back } = await wayBack(bench, block, change);
  assert.equal((await drive(bench, block, back, "restore")).outcome.status, "applied");
});

test("a closed web ACL answers as configured, and one that blocks already keeps its answer", async (t) => {
  const bench = await rangeBench(t);
  const { response: _answer, ...bare } = shop.selection;
  const [plain] = await plan(block, { ...shop, selection: bare } as AnyExample, bench.scopes());
  const said = (change: Change | undefined) => (change?.after as { defaultAction: Json } | undefined)?.defaultAction;
  assert.deepEqual(said(plain), { Block: { CustomResponse: { ResponseCode: 503 } } });
  await assert.rejects(planBlock(bench, { response: "nowhere" }), /no custom response body "nowhere"/);
  await rewrite(bench, () => ({ DefaultAction: { Block: {} } }));
  const stands = only(await planBlock(bench));
  assert.deepEqual(stands.after, stands.before);
});

test("rules come back to the byte, and nothing but the default action is written", async (t) => {
  const bench = await rangeBench(t);
  const before = (await look(bench)).WebACL;
  await drive(bench, block, only(await planBlock(bench)), "contain");
  const { DefaultAction, ...after } = (await look(bench)).WebACL;
  assert.deepEqual(DefaultAction, { Block: { CustomResponse: { ResponseCode: 503, CustomResponseBodyKey: "maintenance" } } });
  const { DefaultAction: _allow, ...rest } = before;
  assert.deepEqual(after, rest);
});

test("a default action that somebody else gave it since stays, and is said", async (t) => {
  const bench = await rangeBench(t);
  const change = only(await planBlock(bench));
  await drive(bench, block, change, "contain");
  await rewrite(bench, () => ({ DefaultAction: { Block: { CustomResponse: { ResponseCode: 403 } } } }));
  const back = await wayBack(bench, block, change);
  assert.match(back.conflict ?? "", /another default action/);
  assert.deepEqual(back.after, back.before);
});

test("two containments of one web ACL are lifted in any order", async (t) => {
  for (const first of [0, 1]) {
    const bench = await rangeBench(t);
    const before = (await look(bench)).WebACL;
    const done = [{ action: block, change: only(await planBlock(bench)) }];
    await drive(bench, block, done[0]?.change ?? assert.fail(), "contain");
    done.push({ action: activate, change: only(await planActivation(bench)) });
    await drive(bench, activate, done[1]?.change ?? assert.fail(), "contain");
    for (const { action, change } of first === 0 ? done : done.toReversed()) {
      const { outcome } = await drive(bench, action, await wayBack(bench, action, change), "restore");
      assert.equal(outcome.status, "applied", outcome.why);
    }
    assert.deepEqual((await look(bench)).WebACL, before);
  }
});

test("rules that were never approved, or others than approved, are refused with the digest to approve", async (t) => {
  const bench = await rangeBench(t);
  const { approved } = emergency.selection;
  const hinted = {
    code: "not-as-approved",
    hints: [`if its rules are right, have them approved and write approved: "${approved}"`],
  };
  const { approved: _digest, ...never } = emergency.selection;
  await assert.rejects(plan(activate, { ...emergency, selection: never } as AnyExample, bench.scopes()), hinted);
  await rewriteGroup(bench, (rule) => ({ ...rule, VisibilityConfig: { MetricName: "other" } }));
  assert.equal((await planActivation(bench)).length, 1, "metrics are nobody's concern");
  await rewriteGroup(bench, (rule) => ({ ...rule, Action: { Count: {} } }));
  await assert.rejects(planActivation(bench), { code: "not-as-approved" });
});

test("rules that change after the plan are not activated, and found afterwards; a rollback does not mind", async (t) => {
  const bench = await rangeBench(t);
  const change = only(await planActivation(bench));
  const weaken = (rule: Rule) => ({ ...rule, Action: { Count: {} } });
  const strengthen = (rule: Rule) => ({ ...rule, Action: { Block: {} } });
  const direct = async () => {
    const scope = bench.scopes().write(activate.permissions, async () => undefined);
    await activate.apply(scope, change);
  };
  await rewriteGroup(bench, weaken);
  assert.match((await drive(bench, activate, change, "contain", { patienceMs: 0 })).outcome.why ?? "", /^stale/);
  await assert.rejects(direct(), { code: "not-as-approved" });
  await rewriteGroup(bench, strengthen);
  assert.equal((await drive(bench, activate, change, "contain")).outcome.status, "applied");
  await rewriteGroup(bench, weaken);
  const seen = await activate.verify(bench.scopes().read(activate.permissions.read), change, "contain");
  assert.match(seen.detail ?? "", /not the approved ones any more/);
  const { asks: _asks, ...back } = await wayBack(bench, activate, change);
  assert.equal((await drive(bench, activate, back, "restore")).outcome.status, "applied");
  assert.deepEqual((await look(bench)).WebACL.Rules.find(({ Name }) => Name === "emergency")?.OverrideAction, { Count: {} });
});

test("a rule group that is not there, or not in the web ACL, is refused", async (t) => {
  const bench = await rangeBench(t);
  await assert.rejects(planActivation(bench, { ruleGroup: "er-emergencies" }), { code: "config-part-missing" });
  await assert.rejects(planActivation(bench, { name: "shop" }), /web ACL "shop" .* does not exist/);
  const change = only(await planActivation(bench));
  await drive(bench, activate, change, "contain");
  await rewrite(bench, ({ Rules }) => ({ Rules: Rules.filter(({ Name }) => Name !== "emergency") }));
  await assert.rejects(planActivation(bench), /has no rule with rule group "er-emergency"/);
  assert.match((await wayBack(bench, activate, change)).conflict ?? "", /took the rule group out/);
});
