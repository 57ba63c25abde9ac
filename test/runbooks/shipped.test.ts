import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { actionList } from "../../src/actions/index.ts";
import { lintRunbook, loadRunbooks } from "../../src/runbooks/index.ts";

const shipped = await loadRunbooks([join(import.meta.dirname, "../../runbooks")]);

test("emergency procedures are shipped, those of the first hour under commands of their own", () => {
  const typed = ({ id, command }: (typeof shipped)[number]) => (command ? `${command.verb} ${command.noun}` : `run ${id}`);
  assert.deepEqual(
    shipped.map((runbook) => `${typed(runbook)} = ${runbook.id} by ${runbook.approvals?.join("+")}`),
    [
      "run activate-ruleset = activate-ruleset by security",
      "block ip = block-edge-traffic by engineering",
      "run block-internet-gateways = block-internet-gateways by security+engineering",
      "run close-distribution = close-distribution by security+engineering",
      "run close-tenant-entrance = close-tenant-entrance by security+engineering",
      "run cut-off-entrance = cut-off-entrance by security+engineering",
      "run deny-from-above = deny-from-above by security+engineering",
      "run end-console-access = end-console-access by security+engineering",
      "run freeze-roles = freeze-roles by security+engineering",
      "isolate tenant = isolate-tenant by security+engineering",
      "run lockdown-entrance = lockdown-entrance by security+engineering",
      "lockdown tenant = lockdown-tenant by security+engineering",
      "run preserve-evidence = preserve-evidence by security+engineering",
      "run quarantine-account = quarantine-account by security+engineering",
      "run quarantine-databases = quarantine-databases by security+engineering",
      "run quarantine-hosts = quarantine-hosts by security+engineering",
      "run remove-cluster-access = remove-cluster-access by security+engineering",
      "run revoke-access-grants = revoke-access-grants by security+engineering",
      "revoke principal = revoke-credentials by security+engineering",
      "run rotate-secrets = rotate-secrets by security+engineering",
      "run sign-out-users = sign-out-users by security+engineering",
      "run withdraw-networks = withdraw-networks by engineering",
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
  for (const id of ["revoke-credentials", "lockdown-tenant", "deny-from-above"]) {
    const steps = shipped.find((runbook) => runbook.id === id)?.steps ?? [];
    const needs = Object.fromEntries(steps.map((step) => [step.id, step.needs]));
    assert.deepEqual([needs["access-keys"], needs["other-credentials"]], [["deny"], ["deny"]], id);
  }
});

test("a second factor goes only after the denial and the password, and a role's sessions only after its trust", () => {
  const needsOf = (id: string, step: string) =>
    shipped.find((runbook) => runbook.id === id)?.steps.find((one) => one.id === step)?.needs;
  assert.deepEqual(needsOf("end-console-access", "password"), ["deny"]);
  assert.deepEqual(needsOf("end-console-access", "second-factor"), ["deny", "password"]);
  assert.deepEqual(needsOf("freeze-roles", "role-sessions"), ["trust"]);
});

test("a lockdown reaches the edge only with networks that were given", () => {
  const steps = shipped.find(({ id }) => id === "lockdown-tenant")?.steps ?? [];
  const edge = steps.filter(({ action }) => /\.(block|deny)-cidrs$/.test(action));
  assert.equal(edge.length, 3);
  for (const step of edge) assert.deepEqual(step.on, { from: "params.cidr" });
});
