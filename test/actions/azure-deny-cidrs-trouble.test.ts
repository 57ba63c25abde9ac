import assert from "node:assert/strict";
import { test } from "node:test";
import type { Change, JsonObject } from "../../src/model/index.ts";
import type { ScopeFactory } from "../../src/providers/index.ts";
import { contain, drive, plan, wayBack } from "../conformance/driver.ts";
import { opened } from "../providers/azure-double.ts";
import { type AzureBench, action, code, example, FRONT, front, OUTBOUND, openBench, planned, slots, THEIRS } from "./azure.ts";
import { look } from "./ec2.ts";

const SHORT = { patienceMs: 1_000 };
const ours = (name: string) => `${FRONT}/securityRules/soc2-er-deny-${name}`;
/** Somebody else writes this rule right before our call leaves. */
const move = (path: string, more: JsonObject = {}) =>
  ({ kind: "arm-move", requests: [{ method: "PUT", path, body: { properties: { ...THEIRS, ...more } } }] }) as const;
const writes = ({ requests }: ScopeFactory) =>
  requests.filter(({ write }) => write).map(({ operation, ok }) => `${operation} ${ok}`);

async function first(bench: AzureBench): Promise<Change> {
  const [change] = await plan(action, example, bench.scopes());
  return change ?? assert.fail("nothing is planned");
}

test("changes to one group that run side by side take turns: none is refused, there and back", async (t) => {
  const bench = await openBench(t);
  const before = await bench.everything();
  const scopes = bench.scopes();
  const changes = await planned(bench, front(["203.0.113.0/24", "2001:db8:bad::/48"]));
  const there = await Promise.all(changes.map((change) => drive(bench, action, change, "contain", { scopes })));
  const undoing = await Promise.all(there.map(({ change }) => wayBack(bench, action, change)));
  const back = await Promise.all(undoing.map((change) => drive(bench, action, change, "restore", { scopes })));
  for (const { outcome, verification } of [...there, ...back])
    assert.deepEqual([outcome.status, verification.verdict], ["applied", "confirmed"], outcome.why);
  assert.deepEqual(writes(scopes), [...Array(4).fill("PUT securityRules true"), ...Array(4).fill("DELETE securityRules true")]);
  assert.deepEqual(await bench.everything(), before);
});

test("it waits for what somebody else writes to the group, and both stand", async (t) => {
  const bench = await openBench(t);
  const change = await first(bench);
  await bench.azure("PUT", `${FRONT}/securityRules/theirs`, { properties: { ...THEIRS, priority: 150 } });
  const scopes = bench.scopes();
  assert.equal((await drive(bench, action, change, "contain", { scopes })).outcome.status, "applied");
  assert.deepEqual(writes(scopes), ["PUT securityRules true"]);
  assert.equal((await bench.rules())["theirs"]?.["priority"], 150);
});

test("a wrong lock: an edit between the look and the call is never written over, there and back", async (t) => {
  const bench = await openBench(t);
  const change = await first(bench);
  const narrow = { sourceAddressPrefix: "203.0.113.128/25" };
  bench.range.setFaults([{ operation: "azure:PUT", ...move(ours("in-100"), { ...narrow, priority: 105 }) }]);
  const made = await drive(bench, action, change, "contain", SHORT);
  assert.deepEqual([made.outcome.status, made.outcome.why], ["refused", "stale: PreconditionFailed"]);
  assert.equal((await bench.rules())["soc2-er-deny-in-100"]?.["sourceAddressPrefix"], "203.0.113.128/25");
  await bench.remove("soc2-er-deny-in-100");

  const { change: done } = await drive(bench, action, change, "contain");
  const undo = await wayBack(bench, action, done);
  bench.range.setFaults([{ operation: "azure:DELETE", ...move(ours("in-100"), narrow) }]);
  const back = await drive(bench, action, undo, "restore", SHORT);
  assert.deepEqual([back.outcome.status, back.outcome.why], ["refused", "stale: PreconditionFailed"]);
  assert.equal((await bench.rules())["soc2-er-deny-in-100"]?.["sourceAddressPrefix"], "203.0.113.128/25");
  const again = await wayBack(bench, action, done);
  assert.match(again.conflict ?? "", /somebody else/);
  assert.equal((await look(bench, action, done)).verdict, "contradicted");
});

test("an edit between the two looks is stale before anything is sent", async (t) => {
  const bench = await openBench(t);
  const change = await first(bench);
  bench.range.setFaults([{ operation: "azure:GET", skip: 1, ...move(ours("in-100"), { priority: 105 }) }]);
  const scopes = bench.scopes();
  const { outcome } = await drive(bench, action, change, "contain", { scopes, ...SHORT });
  assert.deepEqual([outcome.status, outcome.why, writes(scopes)], ["refused", "stale: PreconditionFailed", []]);
});

test("another person's rule at the planned priority is told at once, and stays", async (t) => {
  const bench = await openBench(t);
  const change = await first(bench);
  await bench.rule("theirs", { priority: 100 });
  await bench.rule("theirs-out", { ...OUTBOUND, priority: 100 });
  const scopes = bench.scopes();
  const { outcome, verification } = await drive(bench, action, change, "contain", { scopes, ...SHORT });
  assert.deepEqual([outcome.status, verification.verdict, writes(scopes)], ["refused", "contradicted", []]);
  assert.match(outcome.why ?? "", /^no-free-slot: priority 100 of .* "nsg-front" was taken by rule "theirs" since/);
  assert.deepEqual(slots(await planned(bench, front(["203.0.113.0/24"]))), ["in-101", "out-101"]);
});

test("somebody's rule that lets the networks pass before the denial is not taken for containment", async (t) => {
  const bench = await openBench(t);
  await bench.rule("theirs", { priority: 100 });
  const [change] = await planned(bench, front(["203.0.113.0/24"]));
  assert.ok(change);
  assert.equal((await drive(bench, action, change, "contain")).verification.verdict, "confirmed");
  await bench.rule("theirs", { priority: 100, access: "Allow", sourceAddressPrefix: "203.0.113.64/26" });
  const { verdict, detail } = await look(bench, action, change);
  assert.deepEqual(
    [verdict, detail],
    [
      "contradicted",
      'rule "theirs", which is tried before rule "soc2-er-deny-in-101", may let them pass: Allow Inbound all protocols from 203.0.113.64/26 at priority 100',
    ],
  );
});

test("our rule moved to another priority, or taken away, is not restored over: a conflict, or nothing to do", async (t) => {
  const bench = await openBench(t);
  const [inbound, outbound] = await contain(bench, action, { ...example, selection: front(["203.0.113.0/24"]) as never });
  assert.ok(inbound && outbound);
  await bench.rule("soc2-er-deny-in-100", { sourceAddressPrefix: "203.0.113.0/24", priority: 109 });
  await bench.remove("soc2-er-deny-out-100");
  await bench.rule("theirs", { ...OUTBOUND, priority: 100 });
  const before = await bench.rules();
  const moved = await wayBack(bench, action, inbound.change);
  assert.match(moved.conflict ?? "", /somebody else/);
  const gone = await wayBack(bench, action, outbound.change);
  assert.deepEqual([gone.before, gone.after, gone.conflict], [null, null, undefined]);
  for (const change of [moved, gone]) assert.equal((await drive(bench, action, change, "restore")).outcome.status, "unchanged");
  assert.deepEqual(await bench.rules(), before);
});

test("an operation that was accepted and fails is in doubt, is seen to have failed, and may be tried again", async (t) => {
  const bench = await openBench(t);
  const change = await first(bench);
  for (const [operation, direction] of [
    ["azure:PUT", "contain"],
    ["azure:DELETE", "restore"],
  ] as const) {
    const wanted = direction === "contain" ? change : await wayBack(bench, action, change);
    bench.range.setFaults([{ operation, kind: "operation-fails" }]);
    const failed = await drive(bench, action, wanted, direction, SHORT);
    assert.deepEqual(
      [failed.outcome.status, failed.outcome.why, failed.verification.verdict],
      ["unknown", "unavailable: InternalServerError", "contradicted"],
    );
    assert.equal(failed.outcome.receipts.length, 1, "it was accepted");
    const again = await drive(bench, action, wanted, direction);
    assert.deepEqual([again.outcome.status, again.verification.verdict], ["applied", "confirmed"]);
  }
});

/** Ends as a process does that is killed once the token is on disk; what it left is the token. */
async function killed(bench: AzureBench, change: Change): Promise<string> {
  let token = "";
  const scope = bench.scopes().write(action.permissions, async (said) => {
    token = said;
    throw new Error("killed");
  });
  await assert.rejects(action.apply(scope, change), /killed/);
  return token;
}

test("killed between the write and its end: another process follows the operation and finds how it ended", async (t) => {
  const bench = await openBench(t);
  const change = await first(bench);
  const scopes = bench.scopes();
  const look = () => scopes.read(action.permissions.read);
  assert.ok(action.settle);
  bench.range.setFaults([{ operation: "azure:PUT", kind: "operation-fails" }]);
  await action.settle(look(), change, await killed(bench, change));
  assert.equal(await action.read(look(), change.resource), null);
  await action.settle(look(), change, await killed(bench, change));
  assert.deepEqual(await action.read(look(), change.resource), change.after);
  const undo = await wayBack(bench, action, change);
  await action.settle(look(), undo, await killed(bench, undo));
  assert.equal(await action.read(look(), change.resource), null);
  assert.deepEqual(writes(scopes), []);
  assert.ok(scopes.requests.filter(({ operation }) => operation === "GET operations").length >= 3, "each was followed");
});

test("a look waits for the operation on the rule to end, token or not", async (t) => {
  const bench = await openBench(t);
  const change = await first(bench);
  bench.range.setFaults([{ operation: "azure:PUT", kind: "operation-fails" }]);
  await killed(bench, change);
  assert.equal(await action.read(bench.scopes().read(action.permissions.read), change.resource), null);
  await killed(bench, change);
  const seen = await look(bench, action, change);
  assert.equal(seen.verdict, "confirmed", seen.detail);
});

/** A group as ARM answers it, with more than the range knows. */
function groupWith(more: JsonObject, rule: JsonObject, state: string) {
  const { provisioningState: _, ...properties } = { provisioningState: "", ...rule };
  const shown = { name: "soc2-er-deny-in-100", id: ours("in-100"), etag: 'W/"1"' };
  const securityRules = [{ ...shown, properties: { ...properties, provisioningState: state } }];
  return {
    status: 200,
    body: {
      id: FRONT,
      name: "nsg-front",
      location: "westeurope",
      etag: 'W/"1"',
      properties: { provisioningState: "Succeeded", securityRules, defaultSecurityRules: [], ...more },
    },
  };
}

test("what survives: open connections, until they close, or until Azure looks at them again where the group asks for that", async () => {
  const [change] = example.changes;
  assert.ok(change?.after && action.residual);
  const rule = change.after as JsonObject;
  for (const [more, until] of [
    [{}, /^until they close/],
    [{ flushConnection: true }, /flushConnection/],
  ] as const) {
    const { scopes } = opened([groupWith(more, rule, "Succeeded")]);
    const said = await action.residual(scopes.read(action.permissions.read), change as unknown as Change);
    assert.equal(said.length, 3);
    assert.match(said[0]?.what ?? "", /connections .* nsg-front that were open before/);
    assert.match(said[0]?.until ?? "", until);
  }
  const outbound = example.changes.find(({ resource }) => resource.id.includes("-out-"));
  const { scopes } = opened([]);
  assert.deepEqual(await action.residual(scopes.read(action.permissions.read), outbound as unknown as Change), []);
});

test("a rule whose last operation failed is no containment, and a field that the SDK does not know is seen", async () => {
  const change = example.changes[0] as unknown as Change;
  const rule = change.after as JsonObject;
  const verdicts: string[] = [];
  for (const [said, state] of [
    [rule, "Succeeded"],
    [rule, "Failed"],
    [{ ...rule, ofTomorrow: true }, "Succeeded"],
  ] as const) {
    const { scopes } = opened([groupWith({}, said, state)]);
    verdicts.push((await action.verify(scopes.read(action.permissions.read), change, "contain")).verdict);
  }
  assert.deepEqual(verdicts, ["confirmed", "contradicted", "contradicted"]);
});

test("a group on which something runs without end is given up as a conflict, which may pass", async () => {
  const change = example.changes[0] as unknown as Change;
  const busy = groupWith({}, change.after as JsonObject, "Updating");
  const { scopes } = opened(Array(62).fill(busy));
  await assert.rejects(action.read(scopes.read(action.permissions.read), change.resource), {
    kind: "conflict",
    message: '"rg-edge/nsg-front" is still being written to after 60 s',
  });
});

test("a group that disappears meanwhile is refused as missing", async (t) => {
  const bench = await openBench(t);
  const change = await first(bench);
  const elsewhere = { ...change, resource: { ...change.resource, id: change.resource.id.replace("nsg-front", "nsg-gone") } };
  const { outcome } = await drive(bench, action, elsewhere, "contain", SHORT);
  assert.deepEqual([outcome.status, outcome.why], ["refused", "missing: ResourceNotFound"]);
  assert.throws(
    () => action.effects?.({ ...change, after: { ...(change.after as JsonObject), sourceAddressPrefixes: ["*"] } }),
    code("internal", /a denial names networks/, /defect/),
  );
});
