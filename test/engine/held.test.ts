import assert from "node:assert/strict";
import { test } from "node:test";
import { type HeldDeps, lookAtLeases } from "../../src/engine/index.ts";
import type { LeaseState } from "../../src/incidents/index.ts";
import { systemClock } from "../../src/model/index.ts";
import { ProviderError, type ReadScope } from "../../src/providers/index.ts";

type Answer = () => Promise<unknown>;
const LOOK_MS = 300;

const silence: Answer = () => new Promise(() => undefined);
const keys =
  (...ids: string[]): Answer =>
  async () => ({ AccessKeyMetadata: ids.map((AccessKeyId) => ({ AccessKeyId, Status: "Inactive" })) });
const active: Answer = async () => ({ AccessKeyMetadata: [{ AccessKeyId: "AKIA1", Status: "Active" }] });
const denied: Answer = async () => {
  const facts = { service: "aws.iam", operation: "ListAccessKeys", providerCode: "AccessDenied", requestId: null };
  throw new ProviderError("denied", { ...facts, status: 403, message: "no" });
};

/** Accounts by how they answer. Everything but a look fails the test: there is no write scope to ask for. */
function scopesOf(accounts: Readonly<Record<string, Answer>>, onCall = (_account: string) => undefined): HeldDeps["scopes"] {
  const aws = async (_service: string, { account }: { account: string }) => ({
    send: async (): Promise<unknown> => {
      onCall(account);
      return accounts[account]?.() ?? assert.fail(`nobody asked for ${account}`);
    },
  });
  return {
    read: () => ({ clock: systemClock, signal: new AbortController().signal, effects: null, aws }) as unknown as ReadScope,
  };
}

function leasesIn(account: string, count: number): LeaseState[] {
  return Array.from({ length: count }, (_, index): LeaseState => {
    const change = `c${String(index + 1).padStart(3, "0")}`;
    const id = `run-${account}.${change}`;
    return {
      ...{ id, incident: "inc-1", run: `run-${account}`, change, action: "aws.iam.deactivate-access-keys" },
      resource: { provider: "aws", type: "iam-access-key", account, region: "global", id: `intruder/AKIA${index + 1}` },
      ...{ before: { status: "Active" }, after: { status: "Inactive" }, base: { status: "Active" } },
      ...{ since: "2026-01-01T00:00:00.000Z", expires: null, endedAt: null, heldAt: null, checked: null },
    };
  });
}

const base = { clock: systemClock, lookMs: LOOK_MS };

test("a place that is silent costs two deadlines, however much is held there, and holds up no other", async () => {
  const healthy = leasesIn("222222222222", 3);
  const silent = leasesIn("111111111111", 200);
  const healthyAnswer = keys("AKIA1", "AKIA2", "AKIA3");
  let asked = 0;
  const order: number[] = [];
  const started = performance.now();
  const scopes = scopesOf({ "111111111111": silence, "222222222222": healthyAnswer }, (account) => {
    if (account === "111111111111") asked++;
    return undefined;
  });
  const looks = await lookAtLeases([...silent, ...healthy], {
    ...base,
    scopes,
    onLook: ({ done }) => void (done <= 3 && order.push(performance.now() - started)),
  });
  const took = performance.now() - started;
  assert.ok(took < 10 * LOOK_MS, `${took} ms`);
  assert.ok(asked <= 16, `${asked} calls were left without an answer`);
  assert.deepEqual(
    healthy.map(({ id }) => looks.get(id)?.verdict),
    ["held", "held", "held"],
  );
  assert.equal(order.length, 3);
  const details = silent.map(({ id }) => looks.get(id));
  assert.ok(details.every((look) => look?.verdict === "unverified"));
  assert.match(details[0]?.detail ?? "", /no answer within/);
  assert.match(details.at(-1)?.detail ?? "", /not looked at: aws 111111111111 global gives no answer/);
});

test("one late answer gives nothing up", async () => {
  const leases = leasesIn("111111111111", 30);
  const all = keys(...leases.map((_, index) => `AKIA${index + 1}`));
  let calls = 0;
  const looks = await lookAtLeases(leases, {
    ...base,
    scopes: scopesOf({ "111111111111": () => (calls++ === 4 ? silence() : all()) }),
  });
  const verdicts = [...looks.values()].map(({ verdict }) => verdict);
  assert.deepEqual([verdicts.filter((verdict) => verdict === "held").length, verdicts.length], [29, 30]);
});

test("who is denied is unverified with the provider's word, what was switched on again is undone", async () => {
  const [refused, undone] = [leasesIn("111111111111", 1), leasesIn("222222222222", 1)];
  const scopes = scopesOf({ "111111111111": denied, "222222222222": active });
  const looks = await lookAtLeases([...refused, ...undone], { ...base, scopes });
  assert.equal(looks.get(refused[0]?.id ?? "")?.detail, "denied: AccessDenied");
  const look = looks.get(undone[0]?.id ?? "");
  assert.deepEqual([looks.get(refused[0]?.id ?? "")?.verdict, look?.verdict], ["unverified", "undone"]);
  assert.match(JSON.stringify(look?.observed), /^\{"state":"sha256:[0-9a-f]{64}"\}$/);
});

test("an action that this version does not have hides no other lease", async () => {
  const [first, second] = leasesIn("222222222222", 2);
  assert.ok(first && second);
  const looks = await lookAtLeases([{ ...first, action: "aws.iam.unheard-of" }, second], {
    ...base,
    scopes: scopesOf({ "222222222222": keys("AKIA1", "AKIA2") }),
  });
  assert.deepEqual([looks.get(first.id)?.verdict, looks.get(second.id)?.verdict], ["unverified", "held"]);
  assert.match(looks.get(first.id)?.detail ?? "", /^action-unknown: /);
});

test("once it is stopped, nothing is looked at or waited for", async () => {
  const leases = leasesIn("222222222222", 5);
  const never = await lookAtLeases(leases, { ...base, scopes: scopesOf({}), stop: AbortSignal.abort() });
  const stop = AbortSignal.timeout(20);
  const cut = await lookAtLeases(leases, { ...base, lookMs: 60_000, scopes: scopesOf({ "222222222222": silence }), stop });
  for (const { id } of leases) for (const looks of [never, cut]) assert.equal(looks.get(id)?.detail, "not looked at: stopped");
});
