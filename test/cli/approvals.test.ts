import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { Drill } from "./drill.ts";

const refused =
  (code: string, exit: number) =>
  ({ code: actual, document }: { code: number | null; document: Record<string, { code: string }> }) => {
    assert.equal(document["error"]?.code, code, JSON.stringify(document));
    assert.equal(actual, exit);
  };

test("nothing is applied before two persons of two roles, neither of them the operator, have signed", async (t) => {
  const drill = await Drill.begin(t);
  const before = await drill.everything();
  const plan = await drill.plan("revoke", "aws:user/intruder");
  const apply = () => drill.run(["apply", plan, "--yes"]);

  assert.equal((await apply()).code, 8, "without any");
  refused("approval-self", 8)(await drill.run(["approve", plan]));
  await drill.approve(plan, "dual");
  assert.equal((await apply()).code, 8, "with one");
  await drill.run(["approve", plan, "--role", "engineering", "--yes"], { who: "dual" });
  await drill.run(["approve", plan, "--role", "security", "--yes"], { who: "dual" });
  const twice = await apply();
  assert.equal(twice.code, 8, "with one person in both roles");
  assert.equal(twice.document["approvals"].waiting.length, 1);
  assert.deepEqual(await drill.everything(), before);
  assert.ok(!(await drill.entries()).some(({ type }) => type === "run.opened"));

  await drill.approve(plan, twice.document["approvals"].waiting[0] === "security" ? "sec-lead" : "eng-lead");
  refused("approval-self", 8)(await drill.run(["apply", plan, "--yes"], { who: "dual" }));
  await drill.hurry();
  assert.equal((await apply()).code, 0);
  await drill.verify();
});

test("who rejects, ends it", async (t) => {
  const drill = await Drill.begin(t);
  const plan = await drill.plan("revoke", "aws:user/intruder");
  await drill.approve(plan, "eng-lead");
  assert.equal((await drill.run(["reject", plan, "--yes"], { who: "sec-lead" })).code, 0);
  assert.equal((await drill.run(["apply", plan, "--yes"])).code, 10);
  await drill.verify();
});

test("approvals and plans grow old", async (t) => {
  const drill = await Drill.begin(t);
  const plan = await drill.plan("revoke", "aws:user/intruder");
  await drill.approve(plan);
  await drill.world(async (range) => new Promise((resolve) => setTimeout(resolve, range.clock.factor > 1 ? 600 : 0)), 7_200);
  const late = await drill.run(["apply", plan, "--yes"]);
  assert.ok(late.code === 5 || late.code === 8, JSON.stringify(late));
  assert.ok(!(await drill.entries()).some(({ type }) => type === "run.opened"));
});

test("an approval over another plan, another incident, another time or another text is refused with its own code", async (t) => {
  const drill = await Drill.begin(t);
  const [first, second] = [await drill.plan("revoke", "aws:user/intruder"), await drill.plan("revoke", "aws:user/acme-portal")];
  const { document } = await drill.run(["approve", first, "--yes"], { who: "sec-lead" });
  const { text, signature } = document as { text: string; signature: string };
  const paste = (statement: string, armor: string) => drill.run(["approve", "--paste"], { input: `${statement}${armor}` });
  const signedAnew = (altered: string) => paste(altered, signWith(join(drill.home, "range/keys/sec-lead"), altered));
  const hoursLater = (statement: string) =>
    statement.replace(/^(not-\w+): (.*)$/gm, (_, bound, at) => `${bound}: ${new Date(Date.parse(at) - 7_200_000).toISOString()}`);

  refused("approval-other-plan", 8)(await signedAnew(text.replace(first, second)));
  refused("approval-other-incident", 8)(await signedAnew(text.replace(drill.incident, "inc-0101-bababa")));
  refused("approval-expired", 8)(await signedAnew(hoursLater(text)));
  const elsewhere = text.replace(/(?<=^seen: \d+ sha256:)./m, (digit) => (digit === "0" ? "1" : "0"));
  assert.notEqual(elsewhere, text, "the approver's machine knew a batch");
  refused("approval-other-history", 8)(await signedAnew(elsewhere));
  refused("approval-role", 8)(await signedAnew(text.replace("role: security", "role: engineering")));
  refused(
    "approval-signature",
    8,
  )(
    await paste(
      text.replace(/(?<=nonce: )./, (digit) => (digit === "0" ? "1" : "0")),
      signature,
    ),
  );
  const nobody = `sha256:${"0".repeat(64)}`;
  assert.notEqual((await signedAnew(text.replace(first, nobody))).code, 0);
  assert.equal((await drill.entries()).filter(({ type }) => type === "approval.recorded").length, 1, "only the honest one");
  assert.equal((await signedAnew(text)).code, 0, "what was signed by stock ssh-keygen counts");
  await drill.verify();
});

/** The signature of the key file's owner, made by stock ssh-keygen. */
function signWith(key: string, statement: string): string {
  const { status, stdout, stderr } = spawnSync("ssh-keygen", ["-Y", "sign", "-q", "-f", key, "-n", "approval.soc2-er.v1"], {
    input: statement,
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
  return stdout;
}
