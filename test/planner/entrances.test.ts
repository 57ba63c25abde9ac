import assert from "node:assert/strict";
import { test } from "node:test";
import type { Edge } from "../../src/config/index.ts";
import { ESTATE_PEOPLE, estateConfig } from "../../src/exercise/range/estate-config.ts";
import { findEntrance } from "../../src/planner/entrances.ts";
import { readParams } from "../../src/planner/params.ts";

const embedded = estateConfig(Object.fromEntries(ESTATE_PEOPLE.map((id) => [id, ""])) as never, "/nowhere");
const balanced: Edge = {
  provider: "aws",
  name: "front",
  account: "123456789012",
  region: "us-east-1",
  loadBalancers: { select: { names: ["web"] }, lockdownGroup: "lockdown" },
};
const config = { ...embedded, edge: [...embedded.edge, balanced] };

test("an entrance is found by its name, with all that closes it as a whole and no wall that takes networks", () => {
  assert.deepEqual(findEntrance("front", config).selections, [
    {
      kind: "aws.load-balancers",
      entrance: "front",
      account: "123456789012",
      region: "us-east-1",
      select: { names: ["web"] },
      lockdownGroup: "lockdown",
    },
  ]);
});

test("an entrance that nobody configured is refused, and so is one that nothing closes", () => {
  const hints = (hint: string) => ({ code: "unknown-entrance", exit: 2, hints: [hint] });
  assert.throws(() => findEntrance("frnt", config), hints('did you mean "front"?'));
  assert.throws(() => findEntrance("elsewhere", config), hints("known are public, azure-front, front"));
  assert.throws(() => findEntrance("front", { ...config, edge: [] }), hints("add edge to range"));
  for (const name of ["public", "azure-front"]) assert.throws(() => findEntrance(name, config), { code: "config-part-missing" });
});

test("a runbook's parameter may name an entrance", () => {
  const param = { description: "", type: "entrance", required: true } as const;
  const runbook = { id: "a", params: { at: param } } as never;
  assert.deepEqual(readParams(runbook, { at: "front" }).get("at"), {
    text: "front",
    value: "front",
    target: { kind: "entrance", name: "front" },
  });
});
