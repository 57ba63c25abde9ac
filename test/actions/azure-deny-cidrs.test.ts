import assert from "node:assert/strict";
import { test } from "node:test";
import { place } from "../../src/actions/azure/network/rule-slots.ts";
import { networksOf } from "../../src/actions/azure/network/security-rules.ts";
import { contain, drive, plan, rollBack } from "../conformance/driver.ts";
import { opened } from "../range/open.ts";
import { action, code, example, FRONT, front, networks, OUTBOUND, openBench, planned, slots } from "./azure.ts";
import { plain, withKeys } from "./ec2.ts";

test("planning the example in its world gives the example's changes", async (t) => {
  const bench = await openBench(t);
  assert.deepEqual(withKeys(await plan(action, example, bench.scopes()), example), plain(example.changes));
});

test("the attacker's networks are cut off, customers are not, and the way back is exact", async (t) => {
  const bench = await openBench(t);
  const before = await bench.everything();
  const scopes = bench.scopes();
  const driven = await contain(bench, action, example, scopes);
  assert.deepEqual(new Set(driven.map(({ verification }) => verification.level)), new Set(["effect"]));
  assert.deepEqual(
    scopes.requests.filter(({ write }) => write).map(({ operation }) => operation),
    Array(4).fill("PUT securityRules"),
  );
  const shut = await opened(bench.range);
  assert.deepEqual(
    [shut["azure-connection-ipv4"], shut["azure-connection-ipv6"], shut["azure-serves-customers"]],
    [false, false, true],
  );
  const back = await rollBack(bench, action, driven);
  assert.deepEqual(new Set(back.map(({ outcome }) => outcome.status)), new Set(["applied"]));
  assert.deepEqual(await bench.everything(), before);
  await bench.clock.sleep(10_000);
  assert.equal((await opened(bench.range))["azure-connection-ipv4"], true);
});

test("one rule holds all networks of a family and a direction, as Azure takes it", async (t) => {
  const bench = await openBench(t);
  const cidrs = ["203.0.113.66/32", "198.51.100.0/24", "2001:db8:bad::/48", "203.0.113.0/24", "203.0.113.0/24"];
  for (const change of await planned(bench, front(cidrs))) await drive(bench, action, change, "contain");
  const { "soc2-er-deny-in-100": four, "soc2-er-deny-out-101": six } = await bench.rules();
  const { description, ...said } = four ?? {};
  assert.deepEqual(said, {
    provisioningState: "Succeeded",
    access: "Deny",
    protocol: "*",
    direction: "Inbound",
    priority: 100,
    sourceAddressPrefixes: ["198.51.100.0/24", "203.0.113.0/24"],
    sourcePortRange: "*",
    sourcePortRanges: [],
    destinationAddressPrefix: "*",
    destinationAddressPrefixes: [],
    destinationPortRange: "*",
    destinationPortRanges: [],
  });
  assert.match(String(description), /soc2-er/);
  assert.deepEqual(
    [six?.["direction"], six?.["sourceAddressPrefix"], six?.["destinationAddressPrefix"]],
    ["Outbound", "*", "2001:db8:bad::/48"],
  );
});

test("one family alone takes one rule per direction", async (t) => {
  const bench = await openBench(t);
  assert.deepEqual(slots(await planned(bench, front(["2001:db8:bad::/48"]))), ["in-100", "out-100"]);
});

test("priorities and names that others took are left to them, in each direction", async (t) => {
  const bench = await openBench(t);
  await bench.rule("theirs-1", { priority: 100 });
  await bench.rule("theirs-3", { priority: 103 });
  await bench.rule("theirs-2", { ...OUTBOUND, priority: 101 });
  await bench.rule("SOC2-ER-deny-in-101", { ...OUTBOUND, priority: 300 });
  const before = await bench.rules();
  const changes = await planned(bench, front(["203.0.113.0/24", "2001:db8:bad::/48"]));
  assert.deepEqual(slots(changes), ["in-102", "in-104", "out-100", "out-102"]);
  const driven = [];
  for (const change of changes) driven.push(await drive(bench, action, change, "contain"));
  assert.deepEqual(new Set(driven.map(({ verification }) => verification.verdict)), new Set(["confirmed"]));
  await rollBack(bench, action, driven);
  assert.deepEqual(await bench.rules(), before);
});

test("a denial that stands in the range is held, whoever wrote it and however, and outlives us", async (t) => {
  const bench = await openBench(t);
  await bench.rule("theirs", {
    priority: 107,
    sourceAddressPrefix: "",
    sourceAddressPrefixes: ["203.0.113.0/24", "198.51.100.7"],
  });
  const before = await bench.everything();
  const [held, rest, ...outbound] = await planned(bench, front(["198.51.100.7/32", "203.0.113.0/24", "192.0.2.0/24"]));
  assert.ok(held && rest);
  assert.deepEqual(slots([held, rest, ...outbound]), ["theirs", "in-100", "out-100"]);
  assert.deepEqual(held.before, held.after);
  assert.deepEqual(
    networksOf(rest.after as never, "in")?.map(({ text }) => text),
    ["192.0.2.0/24"],
  );
  const scopes = bench.scopes();
  const driven = await drive(bench, action, held, "contain", { scopes });
  assert.deepEqual(
    [driven.outcome.status, driven.verification.verdict, driven.verification.level],
    ["unchanged", "confirmed", "effect"],
  );
  assert.ok(!scopes.requests.some(({ write }) => write));
  await rollBack(bench, action, [driven]);
  assert.deepEqual(await bench.everything(), before);
});

test("a denial is not held that names more, denies less, comes too late or stands elsewhere", async (t) => {
  const bench = await openBench(t);
  const theirs = { sourceAddressPrefix: "203.0.113.0/24" };
  await bench.rule("more", { priority: 101, sourceAddressPrefix: "", sourceAddressPrefixes: ["203.0.113.0/24", "192.0.2.0/24"] });
  await bench.rule("one-protocol", { ...theirs, priority: 102, protocol: "Tcp" });
  await bench.rule("one-port", { ...theirs, priority: 103, destinationPortRange: "443" });
  await bench.rule("one-host", { ...theirs, priority: 104, destinationAddressPrefix: "10.20.1.4" });
  await bench.rule("elsewhere", { ...theirs, priority: 150 });
  assert.deepEqual(slots(await planned(bench, front(["203.0.113.0/24"]))), ["in-100", "out-100"]);
  await bench.rule("open", { priority: 105, access: "Allow", sourceAddressPrefix: "203.0.113.64/26" });
  await bench.rule("late", { ...theirs, priority: 106 });
  assert.deepEqual(slots(await planned(bench, front(["203.0.113.0/24"]))), ["in-100", "out-100"]);
});

test("groups are found by tag, by name and by id, whatever the case, one page after the other, and each once", async (t) => {
  const bench = await openBench(t);
  bench.range.setPageLimit(1);
  const groupOf = async (select: object) =>
    new Set((await planned(bench, front(["203.0.113.0/24"], { select }))).map(({ resource }) => resource.id.split("/")[8]));
  assert.deepEqual(await groupOf({ tag: { key: "EDGE", value: "public" } }), new Set(["nsg-front"]));
  assert.deepEqual(await groupOf({ tag: { key: "owner", value: "platform" } }), new Set(["nsg-app", "nsg-front"]));
  const loud = FRONT.replace("resourceGroups/rg-edge", "resourcegroups/RG-EDGE");
  assert.deepEqual(await groupOf({ ids: [loud, "rg-edge/nsg-front", "rg-app/nsg-app"] }), new Set(["nsg-app", "nsg-front"]));
  assert.equal((await planned(bench, front(["203.0.113.0/24"], { select: { ids: [loud, "rg-edge/nsg-front"] } }))).length, 2);
});

test("a group that does not exist is named, with the nearest that does", async (t) => {
  const bench = await openBench(t);
  const asked = (select: object) => planned(bench, front(["203.0.113.0/24"], { select }));
  await assert.rejects(
    asked({ ids: ["rg-edge/nsg-frnt"] }),
    code("config-part-missing", /"rg-edge\/nsg-frnt" of entrance "azure-front" does not exist/, /there is "rg-edge\/nsg-front"/),
  );
  await assert.rejects(
    asked({ ids: ["rg-none/nsg-front"] }),
    code("config-part-missing", /does not exist/, /az network nsg list/),
  );
  await assert.rejects(
    asked({ tag: { key: "edge", value: "*" } }),
    code("config-part-missing", /no network security group .* has the tag "edge=\*"/, /az network nsg update/),
  );
  for (const id of [FRONT.replace("/0b1f", "/ffff"), FRONT.replace("networkSecurityGroups", "virtualNetworks")])
    await assert.rejects(
      asked({ ids: [id] }),
      code("config-part-missing", /is no network security group of subscription/, /az network/),
    );
});

test("no free priority, or only one behind a rule that may let the networks pass, is refused when it is planned", async (t) => {
  const bench = await openBench(t);
  await bench.rule("theirs-1", { priority: 100 });
  await bench.rule("theirs-2", { priority: 101 });
  const two = { priorities: { from: 100, to: 101 } };
  await assert.rejects(
    planned(bench, front(["203.0.113.0/24"], two)),
    code(
      "no-free-slot",
      /"nsg-front" has no free inbound priority from 100 to 101 for "203.0.113.0\/24"/,
      /nsgs: \{ priorities: 100-/,
    ),
  );
  await bench.remove("theirs-2");
  const both = front(["203.0.113.0/24", "2001:db8:bad::/48"], two);
  await assert.rejects(
    planned(bench, both),
    code("no-free-slot", /for "2001:db8:bad::\/48"/, /block all networks in one command/),
  );
  for (const sourceAddressPrefix of ["203.0.113.64/26", "*", "AzureCloud.WestEurope"]) {
    await bench.rule("theirs-1", { priority: 100, access: "Allow", sourceAddressPrefix });
    await assert.rejects(
      planned(bench, front(["203.0.113.0/24"])),
      code(
        "no-free-slot",
        /priority of .* is 101, and rule "theirs-1" may let "203.0.113.0\/24" pass before it/,
        /entrance "azure-front"/,
      ),
    );
  }
  await bench.rule("theirs-1", { priority: 100, access: "Allow", sourceAddressPrefix: "192.0.2.0/24" });
  assert.deepEqual(slots(await planned(bench, front(["203.0.113.0/24"]))), ["in-101", "out-100"]);
});

test("a rule takes 4,000 networks and a group 1,000 rules", () => {
  const group = { id: FRONT, name: "nsg-front", location: "westeurope", busy: false, flushes: false };
  const many = networks(...Array.from({ length: 4_001 }, (_, index) => `10.0.${index >> 8}.${index & 255}`));
  const selection = { entrance: "azure-front", subscription: "s", priorities: { from: 100, to: 109 } };
  const placed = place({ ...group, rules: [] }, "in", many, selection);
  assert.deepEqual(
    placed.map(({ name, rule }) => [name, networksOf(rule, "in")?.length]),
    [
      ["soc2-er-deny-in-100", 4_000],
      ["soc2-er-deny-in-101", 1],
    ],
  );
  const other = { access: "Deny", protocol: "*", direction: "Outbound", destinationAddressPrefixes: ["192.0.2.0/24"] };
  const rules = Array.from({ length: 999 }, (_, index) => ({
    name: `r${index}`,
    etag: "",
    state: "settled" as const,
    rule: { ...other, priority: 200 + index },
  }));
  assert.equal(place({ ...group, rules }, "in", networks("203.0.113.0/24"), selection).length, 1);
  assert.throws(
    () => place({ ...group, rules }, "in", networks("203.0.113.0/24", "2001:db8::/32"), selection),
    code("limit-exceeded", /would have 1001 rules; Azure takes 1000/, /az network nsg show/),
  );
});
