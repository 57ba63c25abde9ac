import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { Drill } from "./drill.ts";
import { Laptop, Share } from "./laptops.ts";

const CIDRS = "cidr=203.0.113.0/24,2001:db8:bad::/48";

/** The request of one person, answered with stock ssh-keygen, as it comes back by chat. */
async function answeredBy(drill: Drill, plan: string, who: string): Promise<string> {
  const { document } = await drill.run(["plan", "show", plan, "--request", "--for", who]);
  const statement: string = document["requests"][0].text;
  const args = ["-Y", "sign", "-q", "-f", join(drill.home, "range/keys", who), "-n", "approval.soc2-er.v1"];
  const { status, stdout, stderr } = spawnSync("ssh-keygen", args, { input: statement, encoding: "utf8" });
  assert.equal(status, 0, stderr);
  return `${statement}${stdout}`;
}

test("without the store from the declaration to the end, a tenant is locked down; afterwards all laptops tell it, and the gap is declared", async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  const [share, other] = [new Share(drill), await Laptop.of(drill)];
  assert.equal((await other.run(["status"])).code, 0);
  await share.vanish();

  const began = performance.now();
  const declared = await drill.run(["incident", "declare", "--title", "data leaking", "--severity", "1", "--tenant", "acme"]);
  assert.equal(declared.code, 0, JSON.stringify(declared.document));
  const incident: string = declared.document["id"];
  const plan = await drill.plan("lockdown", "tenant", "acme", "--incident", incident, "--param", CIDRS);
  for (const who of ["sec-lead", "eng-lead"]) {
    const { code, document, err } = await drill.run(["approve", "--paste"], { input: await answeredBy(drill, plan, who) });
    assert.equal(code, 0, `${JSON.stringify(document)} ${err}`);
  }
  const applied = await drill.run(["apply", plan, "--yes"]);
  assert.equal(applied.code, 0, JSON.stringify(applied.document));
  assert.equal(applied.document["result"], "contained");
  assert.ok(performance.now() - began < 60_000, "nobody waited for the store");
  const probes = await drill.world((range) => range.attacker.probe());
  for (const { id, open, wanted } of probes) if (id !== "key-calls-iam") assert.equal(open, wanted === "open", id);
  assert.equal((await drill.run(["status"])).document["remote"].state, "down");
  const { document: unaware } = await other.run(["incident", "list"]);
  assert.ok(!unaware["items"].some(({ id }: { id: string }) => id === incident), "nobody else can know");

  await share.comeBack();
  assert.equal((await drill.run(["audit", "sync"])).code, 0);
  assert.deepEqual(await other.timeline(incident), (await drill.run(["incident", "timeline", incident])).document["items"]);
  const { verdict, findings } = await drill.verify(10);
  assert.equal(verdict, "verified-with-gaps");
  assert.deepEqual(
    findings.map(({ code }: { code: string }) => code),
    ["remote-down"],
    JSON.stringify(findings),
  );
  const types = (await drill.entries()).map(({ type }) => type);
  const gap = types.slice(types.indexOf("remote.down"), types.lastIndexOf("remote.up"));
  for (const type of ["plan.created", "approval.recorded", "run.opened", "run.closed"]) assert.ok(gap.includes(type), type);
});
