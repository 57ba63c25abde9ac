import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Config } from "../../src/config/index.ts";
import { parsePrincipal } from "../../src/model/index.ts";
import { planContainment } from "../../src/planner/index.ts";
import { fromArn } from "../../src/planner/self-lockout.ts";
import { loadRunbooks } from "../../src/runbooks/index.ts";
import { rangeBench } from "../conformance/range-bench.ts";

const runbooks = await loadRunbooks([join(import.meta.dirname, "../../runbooks")]);
const CENTER = { account: "123456789012", region: "us-east-1" };

async function revoke(
  t: TestContext,
  text: string,
  changed: Partial<Config> = {},
  identityCenter: typeof CENTER | null = CENTER,
) {
  const { range, clock, scopes } = await rangeBench(t);
  const runbook = runbooks.find(({ id }) => id === "revoke-credentials") ?? assert.fail();
  const aws = { accounts: range.config.providers.aws?.accounts ?? [], ...(identityCenter === null ? {} : { identityCenter }) };
  const config = { ...range.config, providers: { aws }, ...changed };
  const target = { kind: "principals", principals: [parsePrincipal(text) ?? assert.fail(text)] } as const;
  const deps = { config, scopes: scopes(), origin: config.origin, mode: "drill", clock, tool: "test", auditStores: [] } as const;
  return planContainment({ kind: "contain", runbook, target, params: {}, incident: null, operator: "on-call" }, deps);
}

test("a user of Identity Center is found by its name where the organization's file says where that is", async (t) => {
  const { changes, header } = await revoke(t, "aws:sso-user/jane");
  assert.ok(changes.length > 0 && changes.every(({ action }) => action.startsWith("aws.sso.")));
  assert.equal(header.target, "aws:sso-user/jane");
  const denials = changes.filter(({ action }) => action === "aws.sso.deny-user").map(({ id }) => id);
  const taken = changes.filter(({ action }) => action === "aws.sso.remove-assignments");
  assert.ok(denials.length > 0 && taken.length > 0);
  for (const { needs } of taken) assert.deepEqual(needs.toSorted(), denials.toSorted(), "live sessions are stopped first");
  await assert.rejects(revoke(t, "aws:sso-user/nobody"), { code: "unknown-principal" });
  await assert.rejects(revoke(t, "aws:sso-user/jane", {}, null), { code: "config-part-missing", message: /no Identity Center/ });
});

test("whoever revokes a user of IAM hears nothing of Identity Center and needs no permission for it", async (t) => {
  const { changes, header } = await revoke(t, "aws:user/intruder");
  assert.ok(!changes.some(({ action }) => action.startsWith("aws.sso.")));
  assert.ok(!header.skipped.some(({ reason }) => reason.includes("sso")));
});

test("a user of the people is not revoked, nor one whose session runs the command", async (t) => {
  const people = [{ id: "somebody", roles: ["security"], keys: [], principals: ["aws:sso-user/JANE"] }];
  const lockout = { code: "self-lockout", message: /"aws:sso-user\/jane" is "somebody" of the people/ };
  await assert.rejects(revoke(t, "aws:sso-user/jane", { people }), lockout);
  assert.ok((await revoke(t, "aws:sso-user/kim", { people })).changes.length > 0);
  const responders = ["arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Responders_0123456789abcdef/jane"];
  await assert.rejects(revoke(t, "aws:sso-user/jane", { responders }), { code: "self-lockout", message: /a responder/ });
  assert.deepEqual(
    fromArn("arn:aws:sts::123456789012:assumed-role/app-data/jane", "x").map(({ kind }) => kind),
    ["role"],
    "any other role's sessions may be named as they like",
  );
});
