import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { loadAction } from "../../src/actions/index.ts";
import { type Change, type JsonObject, parseCidr } from "../../src/model/index.ts";
import type { ScopeFactory } from "../../src/providers/index.ts";
import { type RangeBench, rangeBench } from "../conformance/range-bench.ts";
import { planFor } from "./ec2.ts";

export const action = await loadAction("azure.network.deny-cidrs");
export const [example] = action.examples;
export const SUBSCRIPTION = "0b1f6471-1bf0-4dda-aec3-cb9272f09590";
export const FRONT = `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg-edge/providers/Microsoft.Network/networkSecurityGroups/nsg-front`;
/** A write to a group runs this long, in the range; a rule is felt after some more. */
export const SETTLED_MS = 5_000;

export type AzureBench = RangeBench & {
  /** Another administrator's rule: it is written, and felt. */
  rule(name: string, more?: JsonObject, group?: string): Promise<void>;
  remove(name: string): Promise<void>;
  rules(): Promise<{ readonly [name: string]: JsonObject }>;
  everything(): Promise<unknown>;
};

export async function openBench(t: TestContext): Promise<AzureBench> {
  const bench = await rangeBench(t);
  const settled = () => bench.clock.sleep(SETTLED_MS);
  return {
    ...bench,
    async rule(name, more = {}, group = FRONT) {
      await bench.azure("PUT", `${group}/securityRules/${name}`, { properties: { ...THEIRS, ...more } });
      await settled();
    },
    async remove(name) {
      await bench.azure("DELETE", `${FRONT}/securityRules/${name}`);
      await settled();
    },
    async rules() {
      const { value } = (await bench.azure("GET", `${FRONT}/securityRules`)) as {
        value: { name: string; properties: JsonObject }[];
      };
      return Object.fromEntries(value.map(({ name, properties }) => [name, properties]));
    },
    everything: () => bench.dump([]),
  };
}

export const THEIRS: JsonObject = {
  protocol: "*",
  access: "Deny",
  priority: 100,
  direction: "Inbound",
  sourceAddressPrefix: "192.0.2.0/24",
  sourcePortRange: "*",
  destinationAddressPrefix: "*",
  destinationPortRange: "*",
};
export const OUTBOUND: JsonObject = { direction: "Outbound", sourceAddressPrefix: "*", destinationAddressPrefix: "192.0.2.0/24" };

export const networks = (...texts: string[]) => texts.map((text) => parseCidr(text) ?? assert.fail(text));

export const front = (cidrs: readonly string[], more: object = {}) => ({
  kind: "azure.nsgs",
  entrance: "azure-front",
  subscription: SUBSCRIPTION,
  select: { tag: { key: "edge", value: "public" } },
  priorities: { from: 100, to: 109 },
  cidrs: networks(...cidrs),
  ...more,
});

export const planned = (bench: AzureBench, selection: object, scopes?: ScopeFactory): Promise<Change[]> =>
  planFor(bench, action, selection, {}, scopes);
/** Names of rules, without what all of ours begin with. */
export const slots = (changes: readonly Change[]) =>
  changes.map(({ resource }) => resource.id.split("/").at(-1)?.replace("soc2-er-deny-", ""));

export const code =
  (wanted: string, message: RegExp, hint: RegExp) => (error: { code: string; message: string; hints: string[] }) => {
    assert.deepEqual([error.code, message.test(error.message)], [wanted, true], error.message);
    assert.match(error.hints.join("\n"), hint);
    return true;
  };
