import assert from "node:assert/strict";
import { test } from "node:test";
import { Drill } from "./drill.ts";

const CIDRS = "cidr=203.0.113.0/24,2001:db8:bad::/48";

test("a tenant is locked down, proven, and put back exactly, by separate processes on one world", async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  const before = await drill.everything();
  const plan = await drill.plan("lockdown", "tenant", "acme", "--param", CIDRS);
  assert.deepEqual(await drill.everything(), before, "planning changes nothing");
  await drill.approve(plan);
  const applied = await drill.run(["apply", plan, "--yes"]);
  assert.equal(applied.code, 0, applied.err);
  assert.equal(applied.document["schema"], "soc2-er/run@1");
  assert.equal(applied.document["result"], "contained");
  for (const change of applied.document["changes"]) {
    assert.equal(change.outcome.status, "applied");
    assert.ok(change.outcome.receipts.length > 0, "every change has a receipt");
    assert.equal(change.verification.verdict, "confirmed");
  }
  const probes = await drill.world((range) => range.attacker.probe());
  for (const { id, open, wanted } of probes) {
    // The stolen key is no principal of the tenant: it is cut off from the tenant's data and from nothing else.
    if (id !== "key-calls-iam") assert.equal(open, wanted === "open", id);
  }
  const status = await drill.run(["status"]);
  assert.equal(status.document["leases"].length, applied.document["changes"].length);
  assert.equal((await drill.run(["apply", plan, "--yes"])).code, 5, "a plan is applied once");

  const back = await drill.contain("rollback", applied.document["id"]);
  assert.equal(back.code, 0, back.err);
  assert.equal(back.document["result"], "rolled-back");
  assert.deepEqual(await drill.everything(), before);
  assert.equal((await drill.run(["status"])).document["leases"].length, 0);
  assert.ok(
    (await drill.world((range) => range.attacker.probe())).every(({ open }) => open),
    "and the attacker is back too",
  );
  await drill.verify();
});

test("release ends all that an incident holds", async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  const before = await drill.everything();
  for (const args of [
    ["isolate", "tenant", "acme"],
    ["block", "ip", "203.0.113.0/24"],
  ]) {
    const done = await drill.contain(...args);
    assert.equal(done.code, 0, JSON.stringify(done.document));
  }
  const released = await drill.contain("release", drill.incident);
  assert.equal(released.code, 0, JSON.stringify(released.document));
  assert.deepEqual(await drill.everything(), before);
  const closed = await drill.run(["incident", "close", drill.incident, "--reason", "over"]);
  assert.equal(closed.code, 0, JSON.stringify(closed.document));
  await drill.verify();
});

test("what somebody else changed meanwhile stays", async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  const done = await drill.contain("block", "ip", "203.0.113.0/24");
  assert.equal(done.code, 0);
  await editSet(drill, (addresses) => [...addresses, "192.0.2.200/32"]);
  const back = await drill.contain("rollback", done.document["id"]);
  assert.equal(back.document["result"], "rolled-back");
  assert.deepEqual(await editSet(drill, (addresses) => addresses), ["192.0.2.200/32", "192.0.2.66/32"]);
});

/** Somebody else's edit of the firewall's IPv4 set; resolves to what stands there, sorted. */
async function editSet(drill: Drill, change: (addresses: readonly string[]) => readonly string[]): Promise<string[]> {
  const place = { service: "wafv2", account: "123456789012", region: "us-east-1" } as const;
  const set = { Scope: "REGIONAL", Name: "er-block-ipv4", Id: "6f1c2a4e-0a11-4b5e-9d55-000000000004" };
  return drill.world(async (range) => {
    const other = range.as({
      kind: "role-session",
      account: place.account,
      role: "soc2-er-responder",
      session: "other",
      issued: range.clock.now(),
    });
    const { output } = await other.aws({ ...place, operation: "GetIPSet", input: set });
    const { IPSet, LockToken } = output as { IPSet: { Addresses: string[] }; LockToken: string };
    const Addresses = change(IPSet.Addresses);
    await other.aws({ ...place, operation: "UpdateIPSet", input: { ...set, Addresses, LockToken } });
    return [...Addresses].sort();
  });
}

test("a dry run of every containment writes nothing, in the cloud or in the log", async (t) => {
  const drill = await Drill.begin(t);
  const [before, entries] = [await drill.everything(), (await drill.entries()).length];
  for (const args of [
    ["isolate", "tenant", "acme"],
    ["lockdown", "tenant", "acme", "--param", CIDRS],
    ["block", "ip", "203.0.113.0/24", "2001:db8:bad::/48"],
    ["revoke", "aws:user/intruder", "aws:role/app-data"],
    ["run", "isolate-tenant", "--param", "tenant=acme"],
    ["run", "preserve-evidence", "--param", "tenant=acme"],
  ]) {
    const { code, document } = await drill.run([...args, "--dry-run"]);
    assert.equal(code, 0, `${args.join(" ")}: ${JSON.stringify(document)}`);
    assert.equal(document["schema"], "soc2-er/plan@1");
    assert.ok(document["changes"].length > 0);
  }
  assert.deepEqual(await drill.everything(), before);
  assert.equal((await drill.entries()).length, entries);
});

test("a plan that would cut off the responders is refused", async (t) => {
  const drill = await Drill.begin(t);
  for (const args of [
    ["revoke", "aws:role/soc2-er-responder"],
    ["block", "ip", "198.51.100.7/32"],
    ["block", "ip", "198.51.100.0/24"],
  ]) {
    const { code, document } = await drill.run(args);
    assert.equal(code, 10, `${args.join(" ")}: ${JSON.stringify(document)}`);
    assert.equal(document["error"].code, "self-lockout");
    assert.ok(document["error"].message.length > 20);
  }
  assert.deepEqual((await drill.run(["plan", "list"])).document["items"], []);
});
