import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { actionList } from "../../src/actions/index.ts";
import { lintRunbook, loadRunbooks } from "../../src/runbooks/index.ts";

const shipped = await loadRunbooks([join(import.meta.dirname, "../../runbooks")]);

test("four emergency procedures are shipped under commands of their own, and one that is run by its name", () => {
  assert.deepEqual(
    shipped.map(({ id, command, approvals }) => {
      const typed = command === undefined ? `run ${id}` : `${command.verb} ${command.noun}`;
      return `${typed} = ${id} by ${approvals?.join("+")}`;
    }),
    [
      "block ip = block-edge-traffic by engineering",
      "isolate tenant = isolate-tenant by security+engineering",
      "lockdown tenant = lockdown-tenant by security+engineering",
      "run preserve-evidence = preserve-evidence by security+engineering",
      "revoke principal = revoke-credentials by security+engineering",
    ],
  );
});

for (const runbook of shipped) {
  test(`${runbook.id}: lint finds nothing, and every action exists`, () => {
    assert.deepEqual(
      lintRunbook(
        runbook,
        actionList.map(({ id }) => id),
      ),
      [],
    );
  });
}

test("what is revoked is denied first", () => {
  for (const id of ["revoke-credentials", "lockdown-tenant"]) {
    const steps = shipped.find((runbook) => runbook.id === id)?.steps ?? [];
    const needs = Object.fromEntries(steps.map((step) => [step.id, step.needs]));
    assert.deepEqual([needs["access-keys"], needs["other-credentials"]], [["deny"], ["deny"]], id);
  }
});

test("a lockdown reaches the edge only with networks that were given", () => {
  const steps = shipped.find(({ id }) => id === "lockdown-tenant")?.steps ?? [];
  const edge = steps.filter(({ action }) => /\.(block|deny)-cidrs$/.test(action));
  assert.equal(edge.length, 3);
  for (const step of edge) assert.deepEqual(step.on, { from: "params.cidr" });
});
