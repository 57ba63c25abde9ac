import assert from "node:assert/strict";
import { test } from "node:test";
import { createPipelineRequest } from "@azure/core-rest-pipeline";
import { type Action, actionList } from "../../src/actions/index.ts";
import { type AwsPermission, type Permission, type ReadScope, simulatedProviders } from "../../src/providers/index.ts";
import { SDKS } from "../emulator/caller.ts";
import { fresh } from "../range/open.ts";

const SUBSCRIPTION = "0b1f6471-1bf0-4dda-aec3-cb9272f09590";
type Send = { send(command: object): Promise<unknown> };
type Commands = Readonly<Record<string, new (input: object) => object>>;

const actions: readonly Action[] = await Promise.all(actionList.map(({ load }) => load()));
const isAws = (permission: Permission): permission is AwsPermission => "service" in permission;

/** Sends the declared operation through a client of the scope, as an action would. */
async function send(scope: ReadScope, permission: Permission, input: object = {}): Promise<unknown> {
  if (isAws(permission)) {
    const { service, operation } = permission;
    const sdk = (await SDKS[service]?.()) as Commands | undefined;
    const Command = sdk?.[`${operation}Command`];
    assert.ok(Command, `${service} has no ${operation}`);
    const client = (await scope.aws(service, { account: "123456789012", region: "us-east-1" })) as Send;
    return client.send(new Command(input));
  }
  const path = permission.path.replace("{subscription}", SUBSCRIPTION).replaceAll(/\{\w+\}/g, "x");
  const client = await scope.azure(SUBSCRIPTION);
  const url = `https://management.azure.com${path}?api-version=2024-05-01`;
  return client.pipeline.sendRequest(
    { sendRequest: async () => assert.fail("it left") },
    createPipelineRequest({ url, method: permission.method }),
  );
}

async function opened(t: Parameters<typeof fresh>[0]) {
  const range = await fresh(t);
  const providers = simulatedProviders(range.transport, { userAgent: { version: "0.0.0" } });
  t.after(() => providers.close());
  return { range, scopes: providers.scopes({ signal: new AbortController().signal }) };
}

test("no action's read scope sends any of its writes, with a dry-run flag or without", async (t) => {
  const { range, scopes } = await opened(t);
  let asked = 0;
  for (const { id, permissions } of actions) {
    for (const write of permissions.write) {
      for (const input of [{}, { DryRun: true }]) {
        await assert.rejects(
          send(scopes.read(permissions.read), write, input),
          { code: "read-only" },
          `${id}: ${JSON.stringify(write)}`,
        );
        asked++;
      }
    }
  }
  assert.ok(asked > 30, `${asked} writes`);
  assert.deepEqual(range.calls(), [], "nothing arrived");
  assert.deepEqual(scopes.requests, [], "nothing left");
});

test("a probe scope sends writes of EC2 only, and marks each of them, whatever the action says", async (t) => {
  const { range, scopes } = await opened(t);
  let left = 0;
  for (const { id, permissions } of actions) {
    for (const write of permissions.write) {
      for (const input of [{}, { DryRun: false }]) {
        const sent = send(scopes.probe(permissions), write, input);
        if (!isAws(write) || write.service !== "ec2") {
          await assert.rejects(sent, { code: "read-only" }, `${id}: ${JSON.stringify(write)}`);
          continue;
        }
        await sent.catch((error: { kind?: string }) =>
          assert.ok(error.kind, `${id}: ${JSON.stringify(write)}: ${String(error)}`),
        );
        left++;
      }
    }
  }
  assert.ok(left > 4, `${left} left`);
  assert.ok(range.calls().length > 0);
  assert.ok(range.calls().every(({ dryRun, wrote }) => dryRun && wrote.length === 0));
  assert.ok(scopes.requests.every(({ write, dryRun }) => write && dryRun));
});
