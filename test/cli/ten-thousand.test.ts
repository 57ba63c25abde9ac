import assert from "node:assert/strict";
import { suite, type TestContext, test } from "node:test";
import { CHANGES_A_USER, type Document, Organization } from "./organization.ts";

const MOST_MIB = 300;
const ALL = process.env["SOC2_ER_TEN_THOUSAND"] === "1";
const LEFT_OUT = "SKIPPED, IT TAKES A QUARTER OF AN HOUR: SOC2_ER_TEN_THOUSAND=1 npm test tries it";
/** Far more than it takes: nothing is said about time. */
const PATIENCE_MS = 20 * 60_000;

/** From a list of users to what the log says of them all, each command within the same memory. */
async function lockOut(t: TestContext, users: number): Promise<void> {
  const organization = await Organization.begin(t, { users, limit: null, latencyMs: 0 });
  const changes = CHANGES_A_USER * users;
  const within = (command: string, peak: number): void => {
    t.diagnostic(`${command}: ${peak.toFixed(0)} MiB`);
    assert.ok(peak > 40 && peak < MOST_MIB, `${command} took ${peak.toFixed(0)} MiB`);
  };
  const run = async (command: string, args: readonly string[], who?: "sec-lead" | "eng-lead"): Promise<Document> => {
    const { document, peak } = await organization.run([command, ...args], who);
    within([command, ...args].slice(0, 2).join(" "), peak);
    return document;
  };

  const asked = ["--from", organization.list, "--max-changes", String(changes)];
  const planned = await organization.onTerminal(["revoke", ...asked, "--plan-only"], 8);
  within("revoke", planned.peak);
  assert.match(planned.shown, new RegExp(`planning revoke-credentials · \\d+/${changes} looked at`), "no progress was shown");
  assert.match(planned.shown, /… and \d+ more \(deny \d+, access-keys \d+\): --full shows all/);
  assert.ok(planned.shown.split("\n").filter((line) => !line.includes("\u001b")).length < 60, "it is more than a screen");

  const digest = /sha256:[0-9a-f]{64}/.exec(planned.shown)?.[0] ?? "";
  const shown = await run("plan", ["show", digest]);
  assert.deepEqual([shown["digest"], shown["changes"].length], [digest, changes]);
  for (const lead of ["sec-lead", "eng-lead"] as const) await run("approve", [digest, "--yes"], lead);

  const applied = await organization.run(["apply", digest, "--yes"]);
  within("apply", applied.peak);
  assert.equal(applied.document["result"], "contained");
  assert.match(applied.err, new RegExp(`confirmed by configuration \\(${changes}/${changes}\\)`));

  const status = await run("status", []);
  assert.equal(status["leases"].length, changes);
  const verification = await run("audit", ["verify"]);
  assert.deepEqual([verification["verdict"], verification["findings"]], ["verified", []]);
}

suite("a plan is planned, shown, approved, applied and verified in bounded memory, and shows how far it is", () => {
  test("1,002 changes", (t) => lockOut(t, 334));
  test("10,002 changes", ALL ? { timeout: PATIENCE_MS } : { skip: LEFT_OUT }, (t) => lockOut(t, 3_334));
});
