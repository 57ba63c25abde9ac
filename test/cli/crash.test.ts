import assert from "node:assert/strict";
import { test } from "node:test";
import { Drill } from "./drill.ts";

/** Where a process dies, and the call that must not be made again once it is dead. */
const DEATHS = [
  { what: "between intent and call", operation: "iam:PutUserPolicy", moment: "before", again: true },
  { what: "during the call", operation: "iam:PutUserPolicy", moment: "during", again: true },
  { what: "between call and outcome", operation: "iam:PutUserPolicy", moment: "after", again: false },
  { what: "between a later call and its outcome", operation: "iam:UpdateAccessKey", moment: "after", again: true },
  { what: "during verification", operation: "iam:GetUserPolicy", moment: "after", skip: 1, again: false },
] as const;

for (const { what, operation, moment, again, ...rest } of DEATHS) {
  test(`killed ${what}: resume ends in the truth, and no change is made twice`, async (t) => {
    const drill = await Drill.begin(t);
    await drill.hurry();
    const plan = await drill.plan("revoke", "aws:user/intruder");
    await drill.approve(plan);
    await drill.goWrong([
      { operation, kind: "kill", moment, ...("skip" in rest ? { skip: rest.skip } : {}) },
      ...(again
        ? []
        : [
            {
              operation: "iam:PutUserPolicy",
              kind: "denied",
              times: null,
              skip: operation === "iam:PutUserPolicy" ? 0 : 1,
            } as const,
          ]),
    ]);
    const killed = await drill.run(["apply", plan, "--yes"]);
    assert.equal(killed.code, null, "the process was killed");
    const left = await drill.run(["audit", "verify"]);
    assert.ok(left.code === 0 || left.code === 10, JSON.stringify(left.document));

    const resumed = await drill.run(["resume", "--yes"]);
    assert.equal(resumed.code, 0, JSON.stringify(resumed.document));
    assert.equal(resumed.document["result"], "contained");
    const entries = await drill.entries();
    assert.equal(entries.filter(({ type }) => type === "run.closed").length, 1);
    const probes = await drill.world((range) => range.attacker.probe());
    assert.ok(probes.every(({ id, open }) => !id.startsWith("key-") || !open));
    await drill.verify();
  });
}

test("a second resume, or one while the run goes on, does nothing", async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  assert.equal((await drill.contain("revoke", "aws:user/intruder")).code, 0);
  const { code, document } = await drill.run(["resume", "--yes"]);
  assert.equal(code, 2, JSON.stringify(document));
});
