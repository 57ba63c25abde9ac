import type { TestContext } from "node:test";
import { createPipelineRequest } from "@azure/core-rest-pipeline";
import { azureAt } from "../../src/exercise/range/azure/index.ts";
import { openRange, type RangeWorld } from "../../src/exercise/range/index.ts";
import { openWorld } from "../../src/exercise/range/world.ts";
import type { Json } from "../../src/model/index.ts";
import { simulatedProviders } from "../../src/providers/index.ts";
import { freshFolder, handClock } from "../range/open.ts";
import type { Bench } from "./bench.ts";

export type RangeBench = Bench & { readonly range: RangeWorld };

/** A world of its own, with nothing in it but the embedded estate. Its clock goes on only when somebody sleeps. */
export async function rangeBench(t: Pick<TestContext, "after">): Promise<RangeBench> {
  const folder = freshFolder(t as TestContext);
  const wall = handClock();
  const range = await openRange({ folder, wall });
  const world = openWorld({ folder, wall, fill: () => undefined });
  const providers = simulatedProviders(range.transport, { userAgent: { version: "0.0.0" } });
  t.after(async () => {
    await providers.close();
    world.close();
    range.close();
  });
  return {
    range,
    clock: range.clock,
    scopes: () => providers.scopes({ signal: new AbortController().signal }),
    dump: async () =>
      world.transact((tx) => withoutVersions(tx.list("").map((row) => ({ key: row.key, value: azureAt(row, tx.now) })))),
    aws: async (service, operation, input, { account, region }) =>
      (await range.transport.aws({ service, operation, input, account, region })).output,
    azure: (method, path, body) => callArm(range, method, path, body),
    again: () => rangeBench(t),
    setFaults: (script) => range.setFaults(script),
  };
}

/** Lock tokens and ETags change with every write, the one that restores included; sessions that were ended and ids that were given once do not come back. */
const VERSIONS = new Set(["association", "lockToken", "etag", "version", "signedOut", "membershipId"]);

function withoutVersions(value: Json): Json {
  return JSON.parse(JSON.stringify(value, (name, item) => (VERSIONS.has(name) ? undefined : item)));
}

async function callArm(range: RangeWorld, method: "GET" | "PUT" | "DELETE", path: string, body?: Json): Promise<Json> {
  const request = createPipelineRequest({ url: `https://management.azure.com${path}?api-version=2024-05-01`, method });
  if (body !== undefined) {
    request.body = JSON.stringify(body);
    request.headers.set("Content-Type", "application/json");
  }
  const { status, bodyAsText } = await range.transport.azure.sendRequest(request);
  if (status >= 400) throw new Error(`ARM answered ${status}: ${bodyAsText}`);
  return bodyAsText ? JSON.parse(bodyAsText) : null;
}
