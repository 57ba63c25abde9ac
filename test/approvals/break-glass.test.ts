import assert from "node:assert/strict";
import { test } from "node:test";
import { type EmergencyRuling, refuseBreakGlass, reviewOf, signApproval } from "../../src/approvals/index.ts";
import { type EntryOf, ErError, instant } from "../../src/model/index.ts";
import { approve, clockAt, keyring, MINUTE, planFor, recorded, START, signerOf } from "./setting.ts";

const HOUR = 60 * MINUTE;
const plan = planFor();
const POLICY = { allowed: ["isolate-tenant"], ratifyWithinMs: 24 * HOUR };

type Word = readonly [person: string, role: string, decision: "ratify" | "object", at: number];

async function ruling(words: readonly Word[], applier = "ops"): Promise<EmergencyRuling> {
  const reviews = await Promise.all(
    words.map(async ([person, role, decision, at]): Promise<EntryOf<"ruling.reviewed">> => {
      const { text, signature } = await signApproval(plan, {
        ...{ signer: signerOf(person), person, role, decision, clock: clockAt(at) },
      });
      const body = { plan: plan.digest, decision, role, person, statement: text, signature };
      return { ...recorded(await approve(plan, "sec", "security")), type: "ruling.reviewed", body, at: instant(at) };
    }),
  );
  const { origin, incident } = plan.header;
  const until = { until: instant(START + HOUR), reviewBy: instant(START + 24 * HOUR) };
  return {
    ...{ plan: plan.digest, origin, incident, runbook: "isolate-tenant", operator: "ops", applier, at: instant(START) },
    ...{ breakGlass: { reason: "x", skipped: ["security", "engineering"], ...until }, reviews },
  };
}

const stateOf = async (words: readonly Word[], now: number, applier?: string) => {
  const { state, waiting } = reviewOf(await ruling(words, applier), keyring, now);
  return [state, ...waiting];
};

test("every skipped role ratifies, by a person of its own and in time", async () => {
  const [sec, eng]: Word[] = [
    ["sec", "security", "ratify", START + HOUR],
    ["eng", "engineering", "ratify", START + 2 * HOUR],
  ];
  assert.ok(sec && eng);
  assert.deepEqual(await stateOf([], START + HOUR), ["open", "security", "engineering"]);
  assert.deepEqual(await stateOf([sec], START + HOUR), ["open", "engineering"]);
  assert.deepEqual(await stateOf([sec], START + 25 * HOUR), ["overdue", "engineering"]);
  assert.deepEqual(await stateOf([sec, eng], START + 99 * HOUR), ["ratified"]);
  assert.deepEqual(await stateOf([sec, ["eng", "engineering", "ratify", START + 25 * HOUR]], START + 26 * HOUR), ["late"]);
  const both: Word[] = [
    ["both", "security", "ratify", START + HOUR],
    ["both", "engineering", "ratify", START + HOUR],
  ];
  assert.equal((await stateOf(both, START + HOUR))[0], "open", "one person is not two");
  assert.deepEqual(await stateOf([...both, eng], START + 3 * HOUR), ["ratified"]);
  assert.deepEqual(await stateOf([sec, eng], START + 3 * HOUR, "sec"), ["open", "security"], "not whoever applied it");
});

test("an objection stands until whoever made it ratifies", async () => {
  const words: Word[] = [
    ["sec", "security", "object", START + HOUR],
    ["sec2", "security", "ratify", START + 2 * HOUR],
    ["eng", "engineering", "ratify", START + 2 * HOUR],
  ];
  assert.deepEqual(await stateOf(words, START + 99 * HOUR), ["objected"]);
  assert.deepEqual(await stateOf([...words, ["sec", "security", "ratify", START + 3 * HOUR]], START + 99 * HOUR), ["ratified"]);
});

test("file and founding both allow it, or nobody gets it", async () => {
  const ask = (policy: typeof POLICY, founded: typeof POLICY, earlier: readonly EmergencyRuling[] = [], person = "ops") => {
    try {
      const emergency = { reason: "leak", policy };
      const now = START + 30 * HOUR;
      refuseBreakGlass("isolate-tenant", emergency, person, earlier, { ...keyring, breakGlass: founded }, now);
      return "allowed";
    } catch (error) {
      return error instanceof ErError ? error.code : error;
    }
  };
  const none = { ...POLICY, allowed: [] };
  assert.equal(ask(POLICY, POLICY), "allowed");
  assert.equal(ask(POLICY, none), "break-glass-not-allowed", "an edited file");
  assert.equal(ask(none, POLICY), "break-glass-not-allowed", "a stricter file");
  assert.equal(ask(POLICY, POLICY, [await ruling([])]), "break-glass-unreviewed");
  const objected = await ruling([["sec", "security", "object", START + HOUR]]);
  assert.equal(ask(POLICY, POLICY, [objected]), "break-glass-objected");
  assert.equal(ask(POLICY, POLICY, [objected], "somebody-else"), "allowed");
});

test("a review is no approval", async () => {
  const signed = await signApproval(plan, {
    ...{ signer: signerOf("sec"), person: "sec", role: "security", decision: "ratify", clock: clockAt(START) },
  });
  const { checkApproval } = await import("../../src/approvals/index.ts");
  const findings = checkApproval({ statement: signed.text, signature: signed.signature }, plan, keyring, instant(START));
  assert.deepEqual(
    findings.map(({ code }) => code),
    ["approval-malformed"],
  );
});
