import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { freshFolder, ROOT } from "./binary.ts";
import { Drill, type Said } from "./drill.ts";

const SEC = { who: "sec-lead" };

const refused = ({ code, document }: Said, says: RegExp): void => {
  assert.deepEqual([document["error"]?.code, code], ["plan-differs", 8], JSON.stringify(document));
  assert.match(document["error"].message, says);
};

/** Somebody else's administrator at work between plan and approval. */
async function elsewhere(drill: Drill, operation: string, input: Record<string, string>): Promise<void> {
  await drill.world(async (range) => {
    const issued = range.clock.now();
    const other = range.as({ kind: "role-session", account: "123456789012", role: "soc2-er-responder", session: "x", issued });
    await other.aws({ service: "iam", account: "123456789012", region: "us-east-1", operation, input });
  });
}

test("who approves, plans again: the same is said, for a containment and for its way back", async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  const plan = await drill.plan("lockdown", "tenant", "acme", "--param", "cidr=203.0.113.0/24");
  const same = { runbook: "same", plan: "same", why: null, differences: [], lacking: [] };
  const first = await drill.run(["approve", plan, "--yes"], SEC);
  assert.deepEqual(first.document["derived"], same);
  assert.match(first.err, /planned again here: the same \d+ changes/);
  const offline = await drill.run(["approve", plan, "--yes", "--offline"], { who: "eng-lead" });
  assert.deepEqual([offline.code, offline.document["derived"].plan], [0, "not-derived"]);
  assert.match(offline.err, /NOT PLANNED AGAIN HERE/);
  const applied = await drill.run(["apply", plan, "--yes"]);
  assert.equal(applied.code, 0, JSON.stringify(applied.document));
  const back = await drill.plan("rollback", applied.document["id"]);
  assert.deepEqual((await drill.run(["approve", back, "--yes"], SEC)).document["derived"], { ...same, runbook: "none" });
  const all = await drill.plan("release", drill.incident);
  assert.deepEqual((await drill.run(["approve", all, "--yes"], SEC)).document["derived"], { ...same, runbook: "none" });
});

test("what would be done beyond one's own look is not signed without saying so; what is lacking is told", async (t) => {
  const drill = await Drill.begin(t);
  const plan = await drill.plan("revoke", "aws:user/acme-portal");
  await elsewhere(drill, "CreateAccessKey", { UserName: "acme-portal" });
  const grown = await drill.run(["approve", plan, "--yes"], { who: "eng-lead" });
  assert.equal(grown.code, 0, JSON.stringify(grown.document));
  assert.equal(grown.document["derived"].plan, "differs");
  assert.match(grown.document["derived"].lacking.join(), /aws\.iam\.deactivate-access-keys on acme-portal\//);
  assert.match(grown.err, /planned again here, 1 change more would be made/);

  const AccessKeyId = "AKIAACMEPORTAL000001";
  await elsewhere(drill, "UpdateAccessKey", { UserName: "acme-portal", AccessKeyId, Status: "Inactive" });
  refused(
    await drill.run(["approve", plan, "--yes"], SEC),
    /not what this machine would do: c\d+ .*AKIAACMEPORTAL000001: another summary, before/,
  );
  assert.equal((await drill.entries()).filter(({ type }) => type === "approval.recorded").length, 1);
  const knowing = await drill.run(["approve", plan, "--yes", "--accept-differences"], SEC);
  assert.equal(knowing.code, 0, JSON.stringify(knowing.document));
  assert.ok(knowing.document["derived"].differences.length > 0);
});

test("a plan of another runbook is shown as such, and refused", async (t) => {
  const drill = await Drill.begin(t);
  const tampered = join(freshFolder(), "dist");
  cpSync(join(ROOT, "dist"), tampered, { recursive: true });
  const folder = join(tampered, "runbooks");
  const name =
    readdirSync(folder).find((file) => /^runbook: isolate-tenant$/m.test(readFileSync(join(folder, file), "utf8"))) ?? "";
  const text = readFileSync(join(folder, name), "utf8");
  const [step = ""] = /^ {2}- id: .*\n(?: {4}.*\n)+/m.exec(text) ?? [];
  writeFileSync(join(folder, name), text.replace(step, ""));
  const args = [join(tampered, "bin/soc2-er.cjs"), "isolate", "tenant", "acme", "--range", "--home", drill.home, "--json"];
  const planned = spawnSync(process.execPath, args, {
    encoding: "utf8",
    env: { PATH: process.env["PATH"] ?? "", HOME: drill.folder },
  });
  assert.equal(planned.status, 8, planned.stderr);
  const { digest } = JSON.parse(planned.stdout);

  const said = await drill.run(["approve", digest, "--yes"], SEC);
  refused(said, /the plan was made with isolate-tenant sha256:/);
  const { runbook, differences } = said.document["error"].detail;
  assert.equal(runbook, "differs");
  const [, action = ""] = /action: (\S+)/.exec(step) ?? [];
  assert.ok(
    differences.some((line: string) => line.startsWith(`- ${action}`)),
    differences.join("\n"),
  );
  assert.equal((await drill.run(["approve", digest, "--yes", "--accept-differences"], SEC)).code, 0);
});

test("who cannot look is told so, and still sees the plan", async (t) => {
  const drill = await Drill.begin(t);
  const plan = await drill.plan("revoke", "aws:user/intruder");
  await drill.goWrong([{ operation: "*", kind: "denied", times: null }]);
  const { code, document, err } = await drill.run(["approve", plan, "--yes"], SEC);
  assert.equal(code, 0, JSON.stringify(document));
  assert.equal(document["derived"].plan, "not-derived");
  assert.ok(document["derived"].why.length > 10, document["derived"].why);
  assert.match(err, /warning: NOT PLANNED AGAIN HERE: .*operator's look alone/);
});
