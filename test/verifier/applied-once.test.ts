import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Session, sshSign } from "./build-log.ts";
import { codes, RESOURCE, type Story, statementOf, tell, verify } from "./story.ts";

/** The story, and then what the other laptop brings: the same plan opened again, and what it did of it. */
async function again(t: TestContext, acts: boolean) {
  const story = tell({ batches: 0 });
  const other = new Session("ana");
  const { plan } = story;
  const givenAt = told(story, "approval.recorded").at;
  const change = { run: "run-2", change: "c1" };
  const entries = [
    other.opened(),
    other.entry("plan.ruled", { plan, ruling: "approved", approvals: [{ role: "security", person: "ben", at: givenAt }] }),
    other.entry("run.opened", { run: "run-2", plan, kind: "contain", leasesExpireAt: null, changes: 1 }),
  ];
  if (acts) {
    const after = { before: "2026-03-01T08:00:00.000Z", list: [1, "x"] };
    entries.push(
      other.entry("change.intended", { ...change, action: "aws.iam.cut", resource: RESOURCE, before: null, after }),
      other.entry("change.settled", { ...change, outcome: { status: "unchanged", receipts: [] } }),
    );
  }
  entries.push(other.entry("run.closed", { run: "run-2", result: "none", clocks: {}, residual: [] }));
  story.log.add(...entries);
  return { story, found: await verify(t, story) };
}

const placeOf = ({ log }: Story, index: number): string =>
  `segments/0000000000.wal:${(log.segments[0] ?? []).slice(0, index).reduce((sum, { length }) => sum + 8 + 1 + 16 + 1 + length + 1, 0)}`;

test("an approval that was used on two laptops is found, with both places", async (t) => {
  const { story, found } = await again(t, true);
  assert.equal(found.verdict, "tampered");
  assert.deepEqual(codes(found), ["approval-reused"]);
  const names = [...story.entries.keys()];
  const [{ at, detail } = { at: "", detail: "" }, ...more] = found.findings;
  assert.equal(more.length, 0, "once for a run");
  assert.equal(at, placeOf(story, names.length + 2), "where the second run is opened");
  assert.ok(detail.includes('"run-2"') && detail.includes('"run-1"'), detail);
  assert.ok(detail.endsWith(placeOf(story, names.indexOf("run.opened"))), `${detail}: where the first one is`);
});

test("a second opening that ended before anything was touched is none", async (t) => {
  const { found } = await again(t, false);
  assert.deepEqual([found.verdict, codes(found)], ["verified", []]);
});

test("a nonce that two statements have is found, with both places; the same statement recorded twice is none", async (t) => {
  const record = (story: Story, text: string): void => {
    const ben = new Session("ben");
    const signature = sshSign("ben", "approval.soc2-er.v1", text);
    const facts = { plan: story.plan, decision: "approve", role: "security", person: "ben" };
    story.log.add(ben.opened(), ben.entry("approval.recorded", { ...facts, statement: text, signature }));
  };
  const story = tell({ batches: 0 });
  const [first] = JSON.stringify(wordsOf(story)).match(/soc2-er approval v1(?:\\n[^"]*)/) ?? [];
  record(story, JSON.parse(`"${first}"`));
  assert.equal((await verify(t, story)).verdict, "verified");

  record(story, statementOf(story.plan));
  const found = await verify(t, story);
  assert.deepEqual([found.verdict, codes(found)], ["tampered", ["approval-reused"]]);
  const place = placeOf(story, [...story.entries.keys()].indexOf("approval.recorded"));
  assert.ok(found.findings[0]?.detail.endsWith(place), found.findings[0]?.detail);
});

/** What the entry of the approval says. */
function wordsOf(story: Story): unknown {
  return told(story, "approval.recorded").body.statement;
}

function told({ entries }: Story, name: string): { at: string; body: { statement: string } } {
  const { payload } = JSON.parse(String(entries.get(name)));
  return JSON.parse(Buffer.from(payload, "base64").toString());
}
