import assert from "node:assert/strict";
import { test } from "node:test";
import { loadAction } from "../../src/actions/index.ts";
import { type Change, type Json, parseCidr, type SelectionOf } from "../../src/model/index.ts";
import { drive } from "../conformance/driver.ts";
import { type Ec2Bench, look, openBench, planFor } from "./ec2.ts";

const action = await loadAction("aws.ec2.edit-prefix-list");
const cidrs = (...texts: string[]) => texts.map((text) => parseCidr(text) ?? assert.fail(text));
const SHOP = {
  kind: "aws.prefix-lists",
  entrance: "shop",
  account: "123456789012",
  region: "us-east-1",
  select: { names: ["shop-partners"] },
  cidrs: cidrs("203.0.113.0/24"),
} as const;

const modify = (bench: Ec2Bench, CurrentVersion: number, Cidr: string) =>
  bench.ec2("ModifyManagedPrefixList", { PrefixListId: "pl-0shop01", CurrentVersion, AddEntries: [{ Cidr }] });

test("an entry that is wider than what is taken off stays, and the plan says so", async (t) => {
  const bench = await openBench(t);
  const narrower = { ...SHOP, cidrs: cidrs("203.0.113.66/32", "192.0.2.0/24") };
  const [change] = await planFor(bench, action, narrower);
  assert.deepEqual(change?.before, change?.after, "there is nothing to take off, and it is held so");
  assert.match(change?.summary ?? "", /^keep 203\.0\.113\.66\/32, 192\.0\.2\.0\/24 off prefix list "shop-partners"/);
  const scope = bench.scopes().read(action.permissions.read);
  const left = (await action.leaves?.(scope, narrower as unknown as SelectionOf<"aws.prefix-lists">, {})) ?? [];
  assert.deepEqual(
    left.map(({ reason }) => reason),
    [
      'entry 203.0.113.64/26 ("partner Initech") of prefix list "shop-partners" is wider than what is taken off: it stays, and lets it in',
    ],
  );
  assert.deepEqual(await action.leaves?.(scope, SHOP as unknown as SelectionOf<"aws.prefix-lists">, {}), []);
});

test("a list of the other address family, or of another account, is not touched", async (t) => {
  const bench = await openBench(t);
  assert.deepEqual(await planFor(bench, action, { ...SHOP, cidrs: cidrs("2001:db8:bad::/48") }), []);
  await assert.rejects(planFor(bench, action, { ...SHOP, select: { names: ["shop-partner"] } }), {
    code: "config-part-missing",
    hints: ['there is "shop-partners"'],
  });
});

test("a modification that runs on is waited for, and one in between is not written over", async (t) => {
  const bench = await openBench(t);
  const [change] = await planFor(bench, action, SHOP);
  assert.ok(change);
  await bench.setFaults?.([
    {
      operation: "ec2:ModifyManagedPrefixList",
      kind: "move",
      calls: [
        {
          service: "ec2",
          operation: "ModifyManagedPrefixList",
          input: { PrefixListId: "pl-0shop01", CurrentVersion: 1, AddEntries: [{ Cidr: "192.0.2.0/24" }] },
        },
      ],
    },
  ] as never);
  const { outcome } = await drive(bench, action, change, "contain", { patienceMs: 0 });
  assert.equal(outcome.status, "refused", "the version is locked, and a modification is running");
  const running = await look(bench, action, change);
  assert.deepEqual([running.verdict, running.detail], ["contradicted", "the prefix list is in state modify-in-progress"]);
  await bench.clock.sleep(5_000);
  await assert.rejects(modify(bench, 1, "192.0.2.128/25"), { name: "PrefixListVersionMismatch" });
  const [again] = await planFor(bench, action, SHOP);
  const done = await drive(bench, action, again as Change, "contain");
  assert.deepEqual([done.outcome.status, done.verification.verdict], ["applied", "confirmed"]);
});

test("what another incident holds off the list stays off when the first one is released", async () => {
  const entry = (cidr: string) => ({ cidr });
  const change = { asks: { off: ["203.0.113.0/24"] } } as unknown as Change;
  const other = { asks: { off: ["203.0.113.128/25"] } } as unknown as Change;
  const base: Json = { entries: [entry("203.0.113.129/32"), entry("203.0.113.7/32")] };
  const now: Json = { entries: [entry("192.0.2.1/32")] };
  assert.deepEqual(action.merge?.(base, change, now, [other]), {
    state: { entries: [entry("192.0.2.1/32"), entry("203.0.113.7/32")] },
  });
});
