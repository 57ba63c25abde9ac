import assert from "node:assert/strict";
import { test } from "node:test";
import type { Edge } from "../../src/config/index.ts";
import { ESTATE_PEOPLE, estateConfig } from "../../src/exercise/range/estate-config.ts";
import { parseCidr } from "../../src/model/index.ts";
import { findWalls } from "../../src/planner/cidrs.ts";
import { saySelection } from "../../src/planner/targets.ts";

const embedded = estateConfig(Object.fromEntries(ESTATE_PEOPLE.map((id) => [id, ""])) as never, "/nowhere", "/nowhere");
const networkFirewall = { ruleGroup: "er-block-networks", variable: "SOC2_ER_BLOCK" };
const routed: Edge = { provider: "aws", name: "routed", account: "123456789012", region: "us-east-1", networkFirewall };
const cidrs = ["203.0.113.0/24", "2001:db8:bad::/48"].flatMap((text) => parseCidr(text) ?? []);

test("an entrance behind a network firewall is a wall for networks of both families", () => {
  const { selections } = findWalls(cidrs, { ...embedded, edge: [routed] });
  const expected = { kind: "aws.network-firewall", entrance: "routed", account: "123456789012", region: "us-east-1" } as const;
  assert.deepEqual(selections, [{ ...expected, ...networkFirewall, cidrs }]);
  assert.deepEqual(selections.map(saySelection), ['network firewall of "routed"']);
});

test("an entrance that names no rule group has the walls that it had", () => {
  const kinds = findWalls(cidrs, embedded).selections.map(({ kind }) => kind);
  assert.deepEqual(kinds, ["aws.waf-ip-sets", "aws.network-acls", "azure.nsgs"]);
});
