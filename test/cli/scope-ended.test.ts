import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { Drill } from "./drill.ts";
import { type Document, Organization } from "./organization.ts";

const findings = (document: Document): string[] => document["approvals"].findings.map(({ code }: Document) => code);

test("a runbook that was altered after it was signed for in advance waits for its signature again", async (t) => {
  const organization = await Organization.begin(t, { users: 1, limit: null });
  const runbooks = join(dirname(organization.list), "runbooks");
  const write = (title: string) =>
    writeFile(
      join(runbooks, "cut-off.yaml"),
      `runbook: cut-off\ntitle: ${title}\ncontrols: [SOC2:CC6.2]\napprovals: [security, engineering]\nsteps:\n  - { id: deny, action: aws.iam.deny-user }\n`,
    );
  const plan = async (): Promise<string> => {
    const words = ["run", "cut-off", "--param", `principal=aws:user/${organization.users[0]}`, "--plan-only"];
    const { document } = await organization.run(words, "on-call", 8);
    await organization.run(["approve", document["digest"], "--yes"], "eng-lead");
    return document["digest"];
  };
  await mkdir(runbooks);
  await write("Deny a user everything");
  await organization.run(["authorize", "cut-off", "--target", "aws:user/*", "--expires", "1d", "--yes"], "sec-lead");
  await write("Deny a user everything, and more");
  const { document } = await organization.run(["apply", await plan(), "--yes"], "on-call", 8);
  assert.deepEqual(findings(document), ["scope-runbook"]);
  assert.deepEqual(await organization.entries("run.opened"), []);
  await write("Deny a user everything");
  await organization.run(["apply", await plan(), "--yes"]);
});

test("a key that is revoked takes what it signed in advance along", async (t) => {
  const drill = await Drill.begin(t);
  const run = async (args: string[], who: string, input?: string): Promise<Document> => {
    const { code, document } = await drill.run(args, { who, ...(input === undefined ? {} : { input }) });
    assert.equal(code, 0, JSON.stringify(document));
    return document;
  };
  await run(["authorize", "isolate-tenant", "--target", "globex", "--expires", "1d", "--yes"], "sec-lead");
  const plan = await drill.plan("isolate", "tenant", "globex");
  await drill.approve(plan, "eng-lead");
  const { items } = await run(["audit", "key", "list"], "on-call");
  const { fingerprint } = items.find(({ person }: Document) => person === "sec-lead");
  const last = String((await drill.entries()).length - 1);
  const words = ["revoke-key", "sec-lead", fingerprint, "--good-through", last, "--reason", "stolen", "--yes"];
  const proposed = await run(["audit", "key", "propose", ...words], "eng-lead");
  const signed = await run(["audit", "key", "sign", "-", "--yes"], "on-call", proposed["text"]);
  assert.equal((await run(["audit", "key", "apply", "-", "--yes"], "on-call", signed["text"]))["state"], "recorded");
  const { code, document } = await drill.run(["apply", plan, "--yes"]);
  assert.deepEqual([code, findings(document)], [8, ["scope-revoked"]], JSON.stringify(document));
  assert.ok(!(await drill.entries()).some(({ type }) => type === "run.opened"));
});
