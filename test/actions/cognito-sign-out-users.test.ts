import assert from "node:assert/strict";
import { test } from "node:test";
import { signOutUsers } from "../../src/actions/aws/cognito/sign-out-users.ts";
import type { Action } from "../../src/actions/index.ts";
import { drive, rollBack } from "../conformance/driver.ts";
import { openBench, planFor } from "./keyed.ts";

const action = signOutUsers as unknown as Action;
const pool = "us-east-1_Portal001";
const group = (name: string, more: object = {}) => ({ kind: "aws.cognito-group", pool, group: name, ...more });
const user = (name: string) => ({ kind: "aws.cognito-user", pool, name });

test("everybody in the group is found, whatever the pages, and nobody of another", async (t) => {
  const bench = await openBench(t);
  for (const limit of [1, null]) {
    bench.range.setPageLimit(limit);
    const found = await planFor(bench, action, group("acme"));
    assert.deepEqual(
      found.map(({ resource, before }) => [resource.id, before]),
      [
        [`${pool}/ada`, { enabled: true }],
        [`${pool}/bo`, { enabled: false }],
      ],
    );
    assert.match(found[0]?.summary ?? "", /at most 8h$/, "the client whose tokens live longest counts");
  }
  assert.deepEqual(await planFor(bench, action, group("initech")), []);
  assert.deepEqual(await planFor(bench, action, group("acme", { pool: "us-east-1_Another01" })), []);
  assert.deepEqual(await planFor(bench, action, user("nobody")), []);
});

test("a user is signed out before it is disabled, and what was disabled before stays so after the rollback", async (t) => {
  const bench = await openBench(t);
  const driven = [];
  for (const change of await planFor(bench, action, group("acme"))) {
    const scopes = bench.scopes();
    driven.push(await drive(bench, action, change, "contain", { scopes }));
    const writes = scopes.requests.filter(({ write }) => write).map(({ operation }) => operation);
    assert.deepEqual(writes, change.resource.id.endsWith("ada") ? ["AdminUserGlobalSignOut", "AdminDisableUser"] : []);
  }
  assert.deepEqual(
    driven.map(({ change }) => change.reversal.kind),
    ["compensate", "restore"],
    "sessions cannot be given back, and nobody took bo's",
  );
  await rollBack(bench, action, driven);
  const enabled = async (Username: string) =>
    (await bench.admin<{ Enabled: boolean }>("cognito:AdminGetUser", { UserPoolId: pool, Username })).Enabled;
  assert.deepEqual([await enabled("ada"), await enabled("bo")], [true, false]);
});

test("who is refused the sign-out disables nobody", async (t) => {
  const bench = await openBench(t);
  const [change] = await planFor(bench, action, user("ada"));
  assert.ok(change && bench.setFaults);
  bench.setFaults([{ operation: "cognito:AdminUserGlobalSignOut", kind: "denied" }]);
  const { outcome, verification } = await drive(bench, action, change, "contain", { patienceMs: 0 });
  assert.deepEqual([outcome.status, verification.verdict, verification.detail], ["refused", "contradicted", "it is enabled"]);
});

test("the lives of tokens are counted in their own units, an hour where a client says nothing", async () => {
  const clients: Readonly<Record<string, object>> = {
    none: {},
    days: { AccessTokenValidity: 1, TokenValidityUnits: { AccessToken: "days" } },
    seconds: {
      AccessTokenValidity: 600,
      IdTokenValidity: 900,
      TokenValidityUnits: { AccessToken: "seconds", IdToken: "seconds" },
    },
    plain: { AccessTokenValidity: 2, IdTokenValidity: 3 },
  };
  const said = async (...names: string[]) => {
    const send = async (command: { constructor: { name: string }; input: { ClientId?: string } }) => {
      if (command.constructor.name === "AdminGetUserCommand") return { Enabled: true };
      if (command.input.ClientId !== undefined) return { UserPoolClient: clients[command.input.ClientId] };
      return { UserPoolClients: names.map((ClientId) => ({ ClientId })) };
    };
    const scope = { aws: async () => ({ send }) };
    const selection = { account: "123456789012", region: "us-east-1", ...user("ada") };
    const summaries: string[] = [];
    for await (const { summary } of signOutUsers.plan(scope as never, selection as never, {})) summaries.push(summary);
    return summaries[0]?.split("at most ")[1];
  };
  assert.equal(await said("none"), "1h");
  assert.equal(await said("seconds"), "15m");
  assert.equal(await said("seconds", "plain"), "3h");
  assert.equal(await said("plain", "days", "none"), "24h");
  assert.equal(await said(), "1h", "a pool without clients has no tokens");
});
