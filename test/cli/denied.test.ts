import assert from "node:assert/strict";
import { test } from "node:test";
import * as z from "zod";
import { documentSchemas } from "../../src/cli/schemas/index.ts";
import { soc2er } from "./binary.ts";
import { Drill } from "./drill.ts";

const ACCOUNT = "123456789012";
const RESPONDER = `arn:aws:iam::${ACCOUNT}:role/soc2-er-responder`;

async function text(drill: Drill, ...args: string[]): Promise<string> {
  return (await soc2er([...args, "--dry-run", "--range", "--home", drill.home])).out;
}

function conforms(document: { readonly [key: string]: unknown }): void {
  const schema = documentSchemas().get(String(document["schema"]).replace("soc2-er/", "")) ?? assert.fail("no schema");
  z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]).parse(document);
}

/** The whole part, however it is wrapped. */
const named = (lines: string) => /^Denied afterwards\n((?: {2}.*\n)+)/m.exec(lines)?.[1]?.replaceAll(/\s+/g, " ") ?? "";

test("plans say who is denied afterwards: a count in short, names in full", async (t) => {
  const drill = await Drill.begin(t);
  const revoke = ["revoke", "aws:user/intruder", "aws:role/app-data"];
  assert.match(await text(drill, ...revoke), /^Denied afterwards 2 principals: --full names them$/m);
  const revoked = named(await text(drill, ...revoke, "--full"));
  assert.match(revoked, /aws:user\/intruder \(123456789012\): everything \(c001\), whatever access key/);
  assert.match(
    revoked,
    /aws:role\/app-data \(123456789012\): everything in sessions issued before the change is applied \(c007\)/,
  );

  const short =
    /^Denied afterwards (\d) principals?, anybody of account 123456789012 but 1 spared, 1\n {2}kept: --full names them$/m;
  assert.equal(short.exec(await text(drill, "isolate", "tenant", "acme"))?.[1], "1");
  const lockdown = await text(drill, "lockdown", "tenant", "acme");
  assert.equal(short.exec(lockdown)?.[1], "3");
  assert.ok(lockdown.split("\n").length <= 31, lockdown);
  const full = named(await text(drill, "isolate", "tenant", "acme", "--full"));
  assert.match(full, /aws:role\/app-data \(123456789012\): s3:GetObject on acme-data\/tenants\/acme\/\* \(c001\)/);
  assert.match(full, /kept: aws:role\/soc2-er-responder \(123456789012\)/);
});

test("the run says who is denied now, of what was seen to be in place", async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  const planned = await drill.run(["isolate", "tenant", "acme"]);
  conforms(planned.document);
  const shown = await drill.run(["plan", "show", planned.document["digest"]]);
  assert.deepEqual(shown.document["denied"], planned.document["denied"]);
  assert.deepEqual(
    planned.document["denied"].principals.map((one: { principal: string; but?: string[] }) => [one.principal, one.but]),
    [
      ["aws:role/app-data", undefined],
      [`aws:account/${ACCOUNT}`, [RESPONDER]],
    ],
  );
  await drill.approve(planned.document["digest"]);
  const { code, document } = await drill.run(["apply", planned.document["digest"], "--yes"]);
  assert.equal(code, 0, JSON.stringify(document));
  conforms(document);
  assert.deepEqual(document["denied"], planned.document["denied"]);
});
