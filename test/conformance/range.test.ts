import assert from "node:assert/strict";
import { test } from "node:test";
import { actionList } from "../../src/actions/index.ts";
import { operationOf } from "../../src/providers/gate.ts";
import type { Permission } from "../../src/providers/index.ts";
import type { ForeignEdit } from "./bench.ts";
import { answersBefore, laws, operationsUsed } from "./laws.ts";
import { rangeBench } from "./range-bench.ts";
import { troubles } from "./trouble.ts";

for (const { id, load } of actionList) {
  const action = await load();
  const file = `./foreign-edits/${id.replaceAll(".", "-")}.ts`;
  const edit = await import(file).then(
    (found: { foreignEdit: ForeignEdit }) => found.foreignEdit,
    (error: unknown) => error,
  );

  test(`${id}: it is told what somebody else may edit`, () => {
    assert.ok(!(edit instanceof Error), `test/conformance/${file.slice(2)} is needed: ${edit}`);
  });
  if (edit instanceof Error) continue;

  for (const example of action.examples) {
    for (const { says, check } of [...laws, ...troubles])
      test(`${id}: ${example.title}: ${says}`, async (t) => {
        await check(await rangeBench(t), { action, example, edit: edit as ForeignEdit });
      });
  }

  test(`${id}: what it asks of an attacker is about something that is open`, async (t) => {
    const found = await answersBefore(await rangeBench(t), action);
    assert.ok(!found.includes("unknown"), "the range knows everything");
    assert.ok(found.length === 0 || found.includes("open"), `in no example: ${found}`);
  });

  test(`${id}: what it declares is what it sends`, async (t) => {
    const sent = await operationsUsed(await rangeBench(t), action, action.examples);
    const names = (write: boolean) => [...new Set(sent.filter((one) => one.write === write).map(named))].sort();
    // A list and one of its items are two paths and one operation.
    const said = (permissions: readonly Permission[]) => [...new Set(permissions.map(declared))].sort();
    assert.deepEqual(names(false), said(action.permissions.read));
    assert.deepEqual(names(true), said(action.permissions.write));
  });
}

function named({ service, operation }: { service: string; operation: string }): string {
  return `${service} ${operation}`;
}

function declared(permission: Permission): string {
  if ("service" in permission) return `aws.${permission.service} ${permission.operation}`;
  return `azure.network ${operationOf({ kind: "azure", ...permission, subscription: "" })}`;
}
