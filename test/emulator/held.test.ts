import assert from "node:assert/strict";
import { after, test } from "node:test";
import { account } from "./account.ts";
import { Job } from "./job.ts";
import { emulatorIfLong } from "./long.ts";

const { emulator, options } = await emulatorIfLong({ after });

type Check = {
  readonly verdict: string;
  readonly heldAt: string | null;
  readonly detail?: string;
  readonly window?: { readonly from: string | null; readonly to: string };
  readonly reapply?: { readonly argv: readonly string[] } | null;
};
type Lease = { readonly resource: { readonly type: string; readonly id: string }; readonly check: Check };
type Status = { readonly leases: readonly Lease[]; readonly check: { readonly held: number; readonly logged: boolean } };

/** What `status --verify` says, and that nothing but the log's own store was written to: the emulator's record is the judge. */
async function look(job: Job, expected: number): Promise<Status> {
  assert.ok(emulator);
  const said: Status[] = [];
  const reached = await emulator.during(async () => {
    said.push((await job.run(["status", "--verify"], "on-call", expected)) as Status);
  });
  const log = /^(PUT|POST) \/acme-audit\//;
  assert.ok(reached.some(({ service, write }) => !write && service === "iam"));
  assert.deepEqual(
    reached.filter(({ write, operation }) => write && !log.test(operation)),
    [],
  );
  return said[0] ?? assert.fail("it said nothing");
}

const broken = ({ leases }: Status): readonly Lease[] => leases.filter(({ check }) => check.window !== undefined);

test(
  "a statement and a key that were put back behind our back are found over HTTP, and nothing is written",
  options,
  async (t) => {
    assert.ok(emulator);
    const job = await Job.begin(t, emulator);
    const { policy } = await account(job.admin);
    await job.through(["isolate", "tenant", "acme"], "contained");
    await job.through(["revoke", "aws:user/intruder"], "contained");
    const good = await look(job, 0);
    assert.equal(good.check.held, good.leases.length);
    assert.ok(good.leases.length > 6 && good.check.logged);

    // A pipeline writes the policy that its repository has; an administrator helps a user who cannot log in.
    await job.admin("s3:PutBucketPolicy", { Bucket: "acme-data", Policy: policy });
    const AccessKeyId = job.seeded.here("AKIAINTRUDER00000001");
    await job.admin("iam:UpdateAccessKey", { UserName: "intruder", AccessKeyId, Status: "Active" });
    const found = await look(job, 6);
    assert.deepEqual(
      broken(found).map(({ resource, check }) => [resource.type, resource.id, check.verdict]),
      [
        ["s3-bucket-policy", "acme-data", "undone"],
        ["iam-access-key", `intruder/${AccessKeyId}`, "undone"],
      ],
    );
    for (const { resource, check } of broken(found)) {
      const stood = good.leases.find((lease) => lease.resource.id === resource.id && lease.resource.type === resource.type);
      assert.equal(check.window?.from, stood?.check.heldAt);
      assert.ok((check.window?.from ?? "") < (check.window?.to ?? ""));
    }
    const [isolation, revocation] = broken(found).map(({ check }) => check.reapply?.argv ?? []);
    assert.deepEqual(isolation?.slice(1, 5), ["isolate", "tenant", "acme", "--incident"]);
    assert.deepEqual(revocation?.slice(1, 4), ["revoke", "aws:user/intruder", "--incident"]);

    for (const argv of [isolation, revocation]) await job.through(argv?.slice(1, argv.indexOf("--config")) ?? [], "contained");
    const held = await look(job, 0);
    assert.equal(held.check.held, held.leases.length);
    const { items } = await job.run(["audit", "log"]);
    type Item = { type: string; body: { verdict: string } };
    const verdicts = (items as Item[]).filter(({ type }) => type === "lease.checked").map(({ body }) => body.verdict);
    // Each lease once, and the two that went and came back twice more.
    const undone = verdicts.filter((verdict) => verdict === "undone").length;
    assert.deepEqual([undone, verdicts.length], [2, held.leases.length + 4]);
    await job.run(["audit", "verify"]);
  },
);
