import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import type { Config } from "../../src/config/index.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { parseDuration } from "../../src/model/index.ts";
import { readDocument, rowsOf } from "../house/documents.ts";
import { ROOT } from "../house/source.ts";

type Schema = {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
};

const page = readDocument("docs/configuration.md");
const schema: Schema = JSON.parse(readFileSync(join(ROOT, "docs/generated/schemas/config-file.schema.json"), "utf8"));
const rows = rowsOf(page).filter(([key]) => key?.startsWith("`"));
const [example = "", ...alternatives] = page.blocks.filter(({ language }) => language === "yaml").map(({ text }) => text);

/** Mappings whose keys are their authors' own, and what these stand for. */
const FREE: Readonly<Record<string, string>> = { "policy.approvals": "<runbook>", "audit.forward[].headers-env": "<header>" };

/** `people[].id`, `policy.approvals.<runbook>` */
function keysOf({ properties = {}, items, additionalProperties, anyOf = [], oneOf = [] }: Schema, place = ""): string[] {
  const below = (name: string): string => (place === "" ? name : `${place}.${name}`);
  return [
    ...Object.entries(properties).flatMap(([name, one]) => [below(name), ...keysOf(one, below(name))]),
    ...(items ? keysOf(items, `${place}[]`) : []),
    ...(typeof additionalProperties === "object" ? [below(FREE[place] ?? "<key>")] : []),
    ...[...anyOf, ...oneOf].flatMap((one) => keysOf(one, place)),
  ];
}

function keysIn(value: unknown, place = ""): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => keysIn(item, `${place}[]`));
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([name, item]) => {
    const path = place === "" ? name : `${place}.${FREE[place] ?? name}`;
    return [path, ...keysIn(item, path)];
  });
}

const documented = rows.map(([key = ""]) => key.replaceAll("`", ""));
const known = [...new Set(keysOf(schema))].sort();

test("every key of the file is documented once, and no other", () => {
  assert.ok(known.length > 80, `${known.length} keys`);
  assert.ok(known.includes("edge[].network-acls.select.tag") && known.includes("audit.stores[].container"), known.join());
  assert.deepEqual(documented.toSorted(), known);
});

test("the examples are valid and use every key", () => {
  assert.equal(parseConfig(example, "example").organization, "Acme");
  for (const text of alternatives) assert.ok(parseConfig(`${MINIMAL}${text}`, "alternative").audit.logKey, text);
  assert.deepEqual([...new Set([example, ...alternatives].flatMap((text) => keysIn(parse(text))))].sort(), known);
});

const MINIMAL = `organization: Acme
origin: acme.example/log
providers: { aws: { accounts: [ { id: "123456789012", name: prod, regions: [us-east-1] } ] } }
people: [ { id: ana, roles: [operator], keys: ["ssh-ed25519 AAAA ana"] } ]
`;

/** Where the checked configuration keeps what a documented default says. */
const DEFAULTS: Readonly<Record<string, (config: Config) => unknown>> = {
  "policy.max-changes": ({ policy }) => policy.maxChanges,
  "policy.widest-block.ipv4": ({ policy }) => policy.widestBlock.ipv4,
  "policy.widest-block.ipv6": ({ policy }) => policy.widestBlock.ipv6,
  "policy.plan-expiry": ({ policy }) => policy.planLifeMs,
  "policy.lease-expiry": ({ policy }) => policy.leaseExpiryMs,
  "policy.quarantine-group": ({ policy }) => policy.quarantineGroup,
  "policy.lockdown-acl": ({ policy }) => policy.lockdownAcl,
  "policy.break-glass.ratify-within": ({ policy }) => policy.breakGlass.ratifyWithinMs,
  "sla.revocation": ({ sla }) => sla.revocationMs,
  "sla.alerting": ({ sla }) => sla.alertingMs,
  "sla.exercise": ({ sla }) => sla.exercise,
};

test("documented defaults are the ones that hold", () => {
  const config = parseConfig(MINIMAL, "minimal");
  const values = rows.filter(([, , value = ""]) => /^\d|^soc2-er-|^quarterly$/.test(value));
  assert.deepEqual(values.map(([key = ""]) => key.replaceAll("`", "")).toSorted(), Object.keys(DEFAULTS).toSorted());
  for (const [key = "", , value = ""] of values) {
    const meant = parseDuration(value) ?? (/^\d+$/.test(value) ? Number(value) : value);
    assert.deepEqual(DEFAULTS[key.replaceAll("`", "")]?.(config), meant, key);
  }
});

test("what is called required is required, and nothing else of the top", () => {
  const required = rows.filter(([key = "", , need]) => !/[.[]/.test(key) && need === "required").map(([key]) => key);
  assert.deepEqual(required, ["`organization`", "`origin`", "`people`", "`providers`"]);
  for (const name of ["organization", "origin", "people", "providers"]) {
    const without = MINIMAL.split("\n")
      .filter((line) => !line.startsWith(`${name}:`))
      .join("\n");
    assert.throws(() => parseConfig(without, "minimal"), new RegExp(`"${name}" is missing`));
  }
});
