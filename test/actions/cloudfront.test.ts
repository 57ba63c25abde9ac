import assert from "node:assert/strict";
import { test } from "node:test";
import { disable } from "../../src/actions/aws/cloudfront/disable.ts";
import { swapWebAcl } from "../../src/actions/aws/cloudfront/swap-web-acl.ts";
import type { Action } from "../../src/actions/index.ts";
import type { Change, JsonObject } from "../../src/model/index.ts";
import { type AnyExample, drive, plan, wayBack } from "../conformance/driver.ts";
import { type RangeBench, rangeBench } from "../conformance/range-bench.ts";

const PLACE = { account: "123456789012", region: "global" };
const HOME = { account: "123456789012", region: "us-east-1" };
const Id = "E0SHOP00000001";
const LOCKDOWN = { Scope: "CLOUDFRONT", Name: "shop-lockdown", Id: "3a9d7c10-5b1e-4a77-9c0d-0000000000a3" };
const SET = { Scope: "CLOUDFRONT", Name: "er-responders", Id: "6f1c2a4e-0a11-4b5e-9d55-0000000000b2" };

type Looked = { readonly ETag: string; readonly DistributionConfig: JsonObject };

const off = disable as unknown as Action;
const swap = swapWebAcl as unknown as Action;
const [serving] = disable.examples;
const [guarded] = swapWebAcl.examples;

const look = async (bench: RangeBench): Promise<Looked> =>
  (await bench.aws("cloudfront", "GetDistributionConfig", { Id }, PLACE)) as Looked;

async function rewrite(bench: RangeBench, more: object): Promise<void> {
  const { ETag, DistributionConfig } = await look(bench);
  const input = { Id, IfMatch: ETag, DistributionConfig: { ...DistributionConfig, ...more } };
  await bench.aws("cloudfront", "UpdateDistribution", input, PLACE);
}

async function responders(bench: RangeBench, Addresses: readonly string[]): Promise<void> {
  const { LockToken } = (await bench.aws("wafv2", "GetIPSet", SET, HOME)) as { LockToken: string };
  await bench.aws("wafv2", "UpdateIPSet", { ...SET, LockToken, Addresses }, HOME);
}

const planOff = (bench: RangeBench, more: Partial<typeof serving.selection> = {}) =>
  plan(off, { ...serving, selection: { ...serving.selection, ...more } } as AnyExample, bench.scopes());
const planSwap = (bench: RangeBench, more: Partial<typeof guarded.selection> = {}) =>
  plan(swap, { ...guarded, selection: { ...guarded.selection, ...more } } as AnyExample, bench.scopes());
const only = ([change]: readonly Change[]): Change => change ?? assert.fail("nothing was planned");

test("nothing but the one member is written", async (t) => {
  for (const [action, planned, member] of [
    [off, planOff, "Enabled"],
    [swap, planSwap, "WebACLId"],
  ] as const) {
    const bench = await rangeBench(t);
    const { [member]: before, ...rest } = (await look(bench)).DistributionConfig;
    await drive(bench, action, only(await planned(bench)), "contain");
    const { [member]: after, ...kept } = (await look(bench)).DistributionConfig;
    assert.deepEqual(kept, rest);
    assert.notEqual(after, before);
  }
});

test("what is set is confirmed only once it is deployed", async (t) => {
  const bench = await rangeBench(t);
  const change = only(await planOff(bench));
  const { outcome, verification } = await drive(bench, off, change, "contain", { patienceMs: 0 });
  assert.equal(outcome.status, "applied");
  assert.deepEqual([verification.verdict, verification.detail], ["inconclusive", "it is being deployed to the edge locations"]);
  await bench.clock.sleep(6_000);
  const seen = await off.verify(bench.scopes().read(off.permissions.read), change, "contain");
  assert.equal(seen.verdict, "confirmed");
});

test("an edit between look and write is refused by the version", async (t) => {
  const bench = await rangeBench(t);
  const change = only(await planOff(bench));
  const { ETag, DistributionConfig } = await look(bench);
  const input = { Id, IfMatch: ETag, DistributionConfig: { ...DistributionConfig, Comment: "meanwhile" } };
  const calls = [{ service: "cloudfront", operation: "UpdateDistribution", input }] as const;
  bench.setFaults?.([{ operation: "cloudfront:UpdateDistribution", kind: "move", calls }]);
  const { outcome } = await drive(bench, off, change, "contain", { patienceMs: 0 });
  assert.deepEqual([outcome.status, outcome.why], ["refused", "stale: PreconditionFailed"]);
  assert.equal((await look(bench)).DistributionConfig["Comment"], "meanwhile");
});

test("both containments of one distribution are lifted in any order", async (t) => {
  for (const first of [0, 1]) {
    const bench = await rangeBench(t);
    const { DistributionConfig: before } = await look(bench);
    const swapped = only(await planSwap(bench));
    await drive(bench, swap, swapped, "contain");
    const closed = only(await planOff(bench));
    await drive(bench, off, closed, "contain");
    const done = [
      { action: swap, change: swapped },
      { action: off, change: closed },
    ];
    for (const { action, change } of first === 0 ? done : done.toReversed())
      await drive(bench, action, await wayBack(bench, action, change), "restore");
    assert.deepEqual((await look(bench)).DistributionConfig, before);
  }
});

test("the responders' own entrance is not switched off, and a distribution that is not there is said", async (t) => {
  const bench = await rangeBench(t);
  await assert.rejects(planOff(bench, { own: true }), { code: "self-lockout" });
  for (const missing of [planOff(bench, { id: "E0NOBODY000001" }), planSwap(bench, { id: "E0NOBODY000001" })])
    await assert.rejects(missing, { code: "config-part-missing" });
});

test("a web ACL that closes nothing, or keeps the responders out, is not taken", async (t) => {
  const bench = await rangeBench(t);
  await assert.rejects(planSwap(bench, { lockdownWebAcl: "shop-edge" }), /would close nothing/);
  await assert.rejects(planSwap(bench, { lockdownWebAcl: "shop-lockdwn" }), { hints: ['there is "shop-lockdown"'] });
  await assert.rejects(planSwap(bench, { responderNetworks: ["192.0.2.0/24"] }), { code: "self-lockout" });
  const change = only(await planSwap(bench));
  await responders(bench, []);
  const { outcome } = await drive(bench, swap, change, "contain", { patienceMs: 0 });
  assert.match(outcome.why ?? "", /^self-lockout/);
  await responders(bench, ["198.51.100.0/24"]);
  assert.equal((await drive(bench, swap, change, "contain")).outcome.status, "applied");
  const { LockToken, WebACL } = (await bench.aws("wafv2", "GetWebACL", LOCKDOWN, HOME)) as { LockToken: string; WebACL: object };
  await bench.aws("wafv2", "UpdateWebACL", { ...WebACL, ...LOCKDOWN, LockToken, DefaultAction: { Allow: {} } }, HOME);
  const { asks: _asks, ...back } = await wayBack(bench, swap, change);
  assert.equal((await drive(bench, swap, back, "restore")).outcome.status, "applied", "the way back asks for nothing");
});

test("another web ACL that somebody gave it since stays, and is said", async (t) => {
  const bench = await rangeBench(t);
  const change = only(await planSwap(bench));
  await drive(bench, swap, change, "contain");
  await rewrite(bench, { WebACLId: "" });
  const back = await wayBack(bench, swap, change);
  assert.match(back.conflict ?? "", /another web ACL/);
  assert.deepEqual(back.after, back.before);
});
