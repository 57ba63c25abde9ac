import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { deniedEverything } from "../providers/throttling-stub.ts";
import { CHANGES_A_USER, type Document, Organization } from "./organization.ts";

/** V8 lets garbage lie while there is room. With little room, what is held shows; with too little, the process dies. */
const SMALL_HEAP = ["--max-old-space-size=64", "--max-semi-space-size=8"];

type Revoked = Awaited<ReturnType<Organization["revoke"]>>;

/** What holds however many users there are and however hard the service throttles. */
async function checkRevoked({ stub, users }: Organization, { planned, applied }: Revoked): Promise<void> {
  const changes = CHANGES_A_USER * users.length;
  assert.equal(planned.document["changes"].length, changes);
  assert.equal(applied.document["result"], "contained");
  for (const [name, user] of stub.users) {
    assert.ok(deniedEverything(user), `${name} may still act`);
    assert.deepEqual([...user.keys.values()], ["Inactive", "Inactive"], name);
  }
  assert.deepEqual(stub.unguarded, [], "keys were changed before their user was denied everything");
  assert.ok(stub.widest() <= 16, `${stub.widest()} calls at once`);
  const writes = stub.heard.filter(({ throttled, operation }) => !throttled && /^(Put|Update|Delete)/.test(operation));
  assert.equal(writes.length, changes, "a change was made twice");
  assert.equal(new Set(applied.document["changes"].map(({ id }: Document) => id)).size, changes);
  for (const { id, outcome, verification } of applied.document["changes"])
    assert.deepEqual([outcome.status, verification.verdict], ["applied", "confirmed"], id);
}

/** Without a terminal a line per event, which ends at all of them. */
function checkProgress({ users }: Organization, { applied: { err } }: Revoked): void {
  const changes = CHANGES_A_USER * users.length;
  for (const line of [/deny user "user-\d+" everything$/, /applied \(\d+\/\d+\)$/, /confirmed by configuration \(\d+\/\d+\)$/]) {
    const said = err.split("\n").filter((text) => line.test(text));
    assert.equal(said.length, line.source.startsWith("deny") ? users.length : changes, String(line));
  }
  assert.match(err, new RegExp(`applied \\(${changes}/${changes}\\)`));
}

async function checkLog(organization: Organization, { applied: { document } }: Revoked): Promise<void> {
  const ids: string[] = document["changes"].map(({ id }: Document) => id);
  for (const type of ["change.intended", "change.settled", "change.verified"])
    assert.deepEqual((await organization.entries(type)).map(({ body }) => body.change).sort(), ids.toSorted(), type);
  const open = [...(await organization.entries("run.residual")), ...(await organization.entries("run.closed"))];
  assert.deepEqual(
    open.flatMap(({ body }) => body.residual),
    document["residual"],
  );
  const { document: verification } = await organization.run(["audit", "verify"]);
  assert.deepEqual([verification["verdict"], verification["findings"]], ["verified", []]);
}

/**
 * A user takes 19 calls, of which 3 write: 300 users would take 280 seconds at 20 calls a second, whoever makes them. So 30 meet that
 * limit, and 300 one that is ten times as wide, which a slow machine might never meet alone: there others use it, too. The lanes themselves
 * make 900 writes at 20 a second in the providers' test.
 */
suite("users with two keys each, from a file, at a service that throttles", { concurrency: true }, () => {
  const peaks = new Map<number, number>();

  for (const [users, limit] of [
    [30, { perSecond: 20, burst: 100 }],
    [300, { perSecond: 200, burst: 1_000, others: { everyCalls: 500, owe: 20 } }],
  ] as const)
    test(`${users} are denied everything, then lose their keys; none is lost and none is given up`, async (t) => {
      t.after(() => peaks.set(users, peaks.get(users) ?? Number.NaN));
      const organization = await Organization.begin(t, { users, limit }, SMALL_HEAP);
      const revoked = await organization.revoke();
      const { heard } = organization.stub;
      const throttled = heard.filter((call) => call.throttled).length;
      t.diagnostic(`${heard.length} calls, ${throttled} throttled; at most ${revoked.applied.peak.toFixed(0)} MiB`);
      assert.ok(throttled > 0, "the limit was never met: this test shows nothing");
      await checkRevoked(organization, revoked);
      checkProgress(organization, revoked);
      await checkLog(organization, revoked);
      peaks.set(users, Math.max(revoked.planned.peak, revoked.applied.peak));
    });

  test("memory does not follow the number of users", async () => {
    while (peaks.size < 2) await new Promise((resolve) => setTimeout(resolve, 100));
    const [few = 0, many = 0] = [peaks.get(30), peaks.get(300)];
    assert.ok(few > 40, `${few} MiB is no process`);
    assert.ok(many < 2 * few, `${few.toFixed(0)} MiB for 30 users, ${many.toFixed(0)} MiB for 300`);
  });
});
