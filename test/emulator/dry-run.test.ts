import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { after, test } from "node:test";
import { account } from "./account.ts";
import { NO_EMULATOR, startEmulator } from "./emulator.ts";
import { Job } from "./job.ts";
import type { Reached } from "./reached.ts";

const emulator = await startEmulator({ after });
const options = emulator === null ? { skip: NO_EMULATOR } : {};
/** The judge is the emulator's record of what reached it; the product is not asked. */
const during = (work: () => Promise<unknown>): Promise<readonly Reached[]> => {
  assert.ok(emulator);
  return emulator.during(work);
};

const BOTH = ["203.0.113.0/24", "2001:db8:bad::/48"];
/** Each with an action whose provider has a dry run, where the containment has one. */
const COMMANDS: readonly (readonly [args: readonly string[], probed: string | null])[] = [
  [["isolate", "tenant", "acme"], "aws.ec2.quarantine-instances"],
  [["block", "ip", ...BOTH], "aws.ec2.block-cidrs"],
  [["revoke", "aws:user/intruder"], null],
  [["revoke", "aws:role/app-data", "aws:user/acme-portal"], null],
  [["lockdown", "tenant", "acme", "--param", `cidr=${BOTH.join(",")}`], "aws.ec2.block-cidrs"],
  [["run", "isolate-tenant", "--param", "tenant=acme"], "aws.ec2.quarantine-instances"],
  [["run", "preserve-evidence", "--param", "tenant=acme"], null],
];

test("no dry run of a containment sends a write, begins a log or needs one; what is not asked is said", options, async (t) => {
  assert.ok(emulator);
  const job = await Job.prepare(t, emulator);
  const before = await account(job.admin);
  for (const [args, probed] of COMMANDS) {
    await t.test(args.join(" "), async () => {
      const plans: Record<string, unknown>[] = [];
      const reached = await during(async () => plans.push(await job.run([...args, "--dry-run"])));
      onlyReads(reached);
      const [plan] = plans as { dryRun: boolean; changes: unknown[]; checks: Check[] }[];
      assert.ok(plan?.dryRun && plan.changes.length > 0, JSON.stringify(plan));
      const unasked = plan.checks.filter(({ id }) => id === `dry-run:${probed}`);
      assert.deepEqual(
        unasked.map(({ status }) => status),
        probed === null ? [] : ["not-checkable"],
      );
      for (const { detail } of unasked) assert.match(detail, /^nothing was sent: "127\.0\.0\.1" is not an endpoint of AWS/);
      assert.ok(plan.checks.every(({ status }) => status !== "failed"));
      assert.deepEqual(await account(job.admin), before);
      assert.deepEqual(await readdir(job.home), []);
    });
  }
});

test("no dry run of a way back sends a write or appends to the log; the real ones are seen to", options, async (t) => {
  assert.ok(emulator);
  const job = await Job.begin(t, emulator);
  const runs: { id: string; incident: string }[] = [];
  const writing = await during(async () => {
    const { id, incident } = await job.through(["block", "ip", ...BOTH], "contained");
    runs.push({ id, incident });
  });
  // The record would show a write: these are all that the containment sent to the walls.
  const walls = writing.filter(({ service, write }) => write && service !== "s3").map(({ operation }) => operation);
  assert.deepEqual(walls.toSorted(), [...Array(4).fill("CreateNetworkAclEntry"), "UpdateIPSet", "UpdateIPSet"]);
  const [contained, logged] = [await account(job.admin), (await job.run(["audit", "log"]))["items"]];
  for (const [command, name] of runs.flatMap(({ id, incident }) => [["rollback", id] as const, ["release", incident] as const])) {
    onlyReads(await during(() => job.run([command, name, "--dry-run"])));
    assert.deepEqual(await account(job.admin), contained);
    assert.deepEqual((await job.run(["audit", "log"]))["items"], logged);
  }
});

type Check = { readonly id: string; readonly status: string; readonly detail: string };

function onlyReads(reached: readonly Reached[]): void {
  assert.notEqual(reached.length, 0, "the record holds what was read");
  assert.deepEqual(
    reached.filter(({ write }) => write),
    [],
  );
}
