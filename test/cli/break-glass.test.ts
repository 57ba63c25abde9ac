import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { Drill, type Said } from "./drill.ts";

const HOUR = 3_600_000;
const GLASS = ["lockdown", "tenant", "acme", "--break-glass", "nobody answers, data is leaking", "--yes"];

function refused({ code, document }: Said, expected: string, exit = 8): void {
  assert.deepEqual([document["error"]?.code, code], [expected, exit], JSON.stringify(document));
}

const bodyOf = async (drill: Drill, type: string) =>
  (await drill.entries()).findLast((entry) => entry["type"] === type)?.["body"];

/** Where the drill's notices go, and what was heard there. */
async function pager(
  t: TestContext,
): Promise<{ readonly env: Record<string, string>; readonly heard: Record<string, unknown>[] }> {
  const heard: Record<string, unknown>[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part) => {
      body += part;
    });
    request.on("end", () => {
      heard.push(JSON.parse(body));
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  return { env: { SOC2_ER_DRILL_NOTICES: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` }, heard };
}

test("by break-glass an operator contains alone; the skipped are told, ratify, and the next one is allowed", async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  const { env, heard } = await pager(t);
  const done = await drill.run(GLASS, { env });
  assert.equal(done.code, 0, JSON.stringify(done.document) + done.err);
  const { plan } = done.document as { plan: string };
  const { reason, skipped, untold } = done.document["breakGlass"];
  assert.deepEqual([reason, skipped, untold], ["nobody answers, data is leaking", ["security", "engineering"], []]);
  const ruled = await bodyOf(drill, "plan.ruled");
  assert.equal(Date.parse(ruled.breakGlass.reviewBy) - Date.parse(ruled.breakGlass.until), 23 * HOUR);
  assert.deepEqual(
    heard.map((notice) => [notice["plan"], notice["by"], notice["mode"]]),
    [[plan, "on-call", "drill"]],
  );
  assert.match(String(heard[0]?.["text"]), /^DRILL break-glass: on-call runs lockdown-tenant on acme .*\nreason: nobody answers/);
  assert.deepEqual((await bodyOf(drill, "ruling.notified")).told, [{ channel: "drill", roles: ["security", "engineering"] }]);
  const open = await drill.verify();
  assert.match(open["notChecked"].join("\n"), /1 break-glass rulings were ratified in time/);

  const status = (await drill.run(["status"])).document;
  assert.deepEqual([status["reviews"][0].state, status["reviews"][0].waiting], ["open", ["security", "engineering"]]);
  assert.deepEqual(status["waiting"].find(({ kind }: { kind: string }) => kind === "review")?.roles, ["security", "engineering"]);
  refused(await drill.run(["approve", plan, "--review", "--yes"]), "approval-role");
  for (const who of ["sec-lead", "eng-lead"]) {
    const ratified = await drill.run(["approve", plan, "--review", "--yes"], { who });
    assert.equal(ratified.code, 0, JSON.stringify(ratified.document));
  }
  assert.deepEqual((await drill.run(["status"])).document["reviews"], []);
  await drill.verify();
  await drill.pass(25 * HOUR);
  assert.equal((await drill.run(["lockdown", "tenant", "globex", ...GLASS.slice(3)], { env })).code, 0);
  const again = await drill.verify();
  assert.deepEqual(again["findings"], []);
});

test("who could not be told is said loudly; without a review it becomes an exception, and the next one is refused", async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  const done = await drill.run(GLASS);
  assert.equal(done.code, 0, JSON.stringify(done.document));
  assert.match(done.err, /could not be told through "drill": SOC2_ER_DRILL_NOTICES is not set/);
  assert.match(done.err, /security and engineering were NOT told/);
  assert.deepEqual(done.document["breakGlass"].untold, ["security", "engineering"]);
  const { plan } = done.document as { plan: string };
  await drill.pass(25 * HOUR);
  const status = (await drill.run(["status"])).document;
  assert.deepEqual([status["reviews"][0].state, status["reviews"][0].untold], ["overdue", ["security", "engineering"]]);
  refused(await drill.run(["lockdown", "tenant", "globex", ...GLASS.slice(3)]), "break-glass-unreviewed");
  const doctor = await drill.run(["doctor", "--offline"]);
  const glass = doctor.document["checks"].find(({ id }: { id: string }) => id === "break-glass");
  assert.deepEqual([glass.status, doctor.code], ["fail", 1]);
  const found = await drill.verify(10);
  assert.deepEqual(
    found["findings"].map(({ code }: { code: string }) => code),
    ["unratified"],
  );

  await drill.run(["approve", plan, "--review", "--yes"], { who: "sec-lead" });
  refused(await drill.run(["lockdown", "tenant", "globex", ...GLASS.slice(3)]), "break-glass-unreviewed");
  await drill.run(["approve", plan, "--review", "--yes"], { who: "eng-lead" });
  assert.equal((await drill.run(["status"])).document["reviews"][0].state, "late");
  assert.equal((await drill.run(["lockdown", "tenant", "globex", ...GLASS.slice(3)])).code, 0, "the review is closed");
  await drill.verify(10);
});

test("an hour later it is dead: what was begun is settled, nothing more is begun", async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  await drill.goWrong([{ operation: "iam:PutUserPolicy", kind: "kill", moment: "before" }]);
  assert.equal((await drill.run(GLASS)).code, null, "the process was killed");
  const run = (await drill.lastRun()) ?? "";
  await drill.pass(HOUR + 60_000);
  const intents = async () => (await drill.entries()).filter(({ type }) => type === "change.intended").length;
  const before = await intents();
  refused(await drill.run(["resume", run, "--yes"]), "break-glass-over");
  assert.equal(await intents(), before);
  const shown = await bodyOf(drill, "run.closed");
  assert.equal(shown.result, "partial");
  assert.deepEqual((await bodyOf(drill, "ruling.notified")).untold, ["security", "engineering"], "resume told them");
  await drill.verify();
  const plan = await drill.plan("lockdown", "tenant", "acme");
  await drill.approve(plan);
  assert.equal((await drill.run(["apply", plan, "--yes"])).code, 0, "the rest is planned anew");
});

test("only for what policy and founding allow, never for undoing, with a reason, and not against a denial", async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  refused(await drill.run(["isolate", "tenant", "acme", ...GLASS.slice(3)]), "break-glass-not-allowed");
  refused(await drill.run(["lockdown", "tenant", "acme", "--break-glass", " ", "--yes"]), "parameter-invalid", 2);
  refused(await drill.run([...GLASS, "--plan-only"]), "usage", 2);
  assert.ok(!(await drill.entries()).some(({ type }) => type === "plan.created"));
  const plan = await drill.plan("lockdown", "tenant", "acme");
  await drill.approve(plan, "eng-lead");
  const denied = drill.copy();
  t.after(() => denied.drop());
  await denied.run(["reject", plan, "--yes"], { who: "sec-lead" });
  refused(await denied.run(["apply", plan, "--break-glass", "now", "--yes"]), "rejected", 10);

  const done = await drill.run(["apply", plan, "--break-glass", "security does not answer", "--yes"]);
  assert.equal(done.code, 0, JSON.stringify(done.document));
  assert.deepEqual(done.document["breakGlass"].skipped, ["security"]);
  const back = await drill.plan("rollback", done.document["id"]);
  refused(await drill.run(["apply", back, "--break-glass", "undo it", "--yes"]), "break-glass-not-allowed");

  refused(await drill.run(["reject", plan, "--review", "--yes"], { who: "eng-lead" }), "approval-role");
  const objected = await drill.run(["reject", plan, "--review", "--yes"], { who: "sec-lead" });
  assert.equal(objected.document["review"]?.state, "objected", JSON.stringify(objected.document));
  refused(await drill.run(["lockdown", "tenant", "globex", ...GLASS.slice(3)]), "break-glass-objected");
  const status = await drill.run(["status"]);
  assert.equal(status.document["reviews"][0].state, "objected");
  const other = await drill.run(["lockdown", "tenant", "globex", ...GLASS.slice(3)], { who: "dual" });
  assert.equal(other.code, 0, JSON.stringify(other.document));
  const found = await drill.verify(10);
  assert.deepEqual(
    found["findings"].map(({ code }: { code: string }) => code),
    ["unratified"],
  );
});
