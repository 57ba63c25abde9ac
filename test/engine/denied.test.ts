import assert from "node:assert/strict";
import { test } from "node:test";
import { deniedAfter } from "../../src/engine/index.ts";
import type { ChangeResult, Denied, Loss, Plan, Verification } from "../../src/model/index.ts";

const account = "123456789012";
const loss = (by: string): Loss => ({ what: `what ${by} denies`, by, shown: "policy" });
const denied: Denied = {
  principals: [
    { principal: "aws:user/intruder", account, loses: ["c001", "c002", "c003"].map(loss) },
    { principal: "aws:role/app-data", account, loses: [loss("c004")] },
  ],
  kept: [{ principal: "aws:role/soc2-er-responder", account }],
  unjudged: ["c001", "c004"].map((by) => ({ principal: "saml", account: null, what: "x", by, why: "y" })),
};
const result = (id: string, status: ChangeResult["outcome"]["status"], verdict?: Verification["verdict"]): ChangeResult => ({
  id,
  outcome: { status, receipts: [] },
  ...(verdict === undefined ? {} : { verification: { verdict, level: "configuration" } }),
});
const planOf = (header: { denied?: Denied }) => ({ header }) as Plan;

test("after a run only what was seen to be in place denies, and what may be in place is not judged", () => {
  const now = deniedAfter(planOf({ denied }), [
    result("c001", "applied", "confirmed"),
    result("c002", "unknown", "inconclusive"),
    result("c003", "applied", "contradicted"),
    result("c004", "refused"),
  ]);
  assert.deepEqual(now?.principals, [{ principal: "aws:user/intruder", account, loses: [loss("c001")] }]);
  assert.deepEqual(
    now?.unjudged.map(({ principal, by, why }) => [principal, by, why]),
    [
      ["saml", "c001", "y"],
      ["aws:user/intruder", "c002", "it was not seen to be in place"],
    ],
  );
  assert.deepEqual(now?.kept, denied.kept);
});

test("a change that nobody has looked at yet is not taken for a denial", () => {
  const now = deniedAfter(planOf({ denied }), [result("c004", "applied")]);
  assert.deepEqual(now?.principals, []);
  assert.deepEqual(
    now?.unjudged.map(({ by }) => by),
    ["c004", "c004"],
  );
});

test("a plan that denies no principal anything has nothing to tell", () => {
  assert.equal(deniedAfter(planOf({}), [result("c001", "applied", "confirmed")]), undefined);
});
