import assert from "node:assert/strict";
import { test } from "node:test";
import { removeAssignments } from "../../src/actions/aws/sso/remove-assignments.ts";
import type { Action } from "../../src/actions/index.ts";
import { drive, rollBack } from "../conformance/driver.ts";
import { openBench } from "./keyed.ts";
import { ADMIN, INSTANCE_ARN, JANE, PLATFORM, planForUser, READER, STORE, setArn } from "./sso.ts";

const action = removeAssignments as unknown as Action;
const account = { InstanceArn: INSTANCE_ARN, TargetId: "210987654321", TargetType: "AWS_ACCOUNT" };

test("what the user has by itself and by groups that are assigned something is found, whatever the pages", async (t) => {
  const bench = await openBench(t);
  const own = { PermissionSetArn: setArn(READER), PrincipalType: "USER", PrincipalId: JANE };
  await bench.admin("ssoadmin:CreateAccountAssignment", { ...account, ...own });
  await bench.clock.sleep(5_000);
  for (const limit of [1, null]) {
    bench.range.setPageLimit(limit);
    const found = await planForUser(bench, action);
    assert.deepEqual(
      found.map(({ summary }) => summary),
      [
        'take permission set "AdministratorAccess" in account 123456789012 from user "jane"; its sessions live for at most 12h',
        'take permission set "ReadOnly" in account 210987654321 from user "jane"; its sessions live for at most 1h',
        'take user "jane" out of group "platform", which has 1 assignment',
      ],
      "what a group is assigned is not the user's own, and a group that is assigned nothing is left alone",
    );
  }
});

test("a job is followed to its end, its token is made durable first, and another process can follow it", async (t) => {
  const bench = await openBench(t);
  const [change] = await planForUser(bench, action);
  assert.ok(change);
  const tokens: string[] = [];
  const write = bench.scopes().write(action.permissions, async (token) => void tokens.push(token));
  await action.apply(write, change);
  assert.match(tokens.join(), /^delete [0-9a-f-]{36}$/);
  const scopes = bench.scopes();
  await action.settle?.(scopes.read(action.permissions.read), change, tokens[0] ?? "");
  assert.deepEqual(
    scopes.requests.map(({ operation }) => operation),
    ["DescribeAccountAssignmentDeletionStatus"],
  );
  assert.deepEqual(await action.read(scopes.read(action.permissions.read), change.resource), { granted: false });
});

/** Identity Center as far as one assignment goes, with jobs that end as `status` says. */
function center(status: string, looks: string[]) {
  const send = async ({ constructor: { name } }: object) => {
    looks.push(name.replace("Command", ""));
    const job = { RequestId: "r-1", FailureReason: "the role is in use" };
    if (name === "DeleteAccountAssignmentCommand") return { AccountAssignmentDeletionStatus: { ...job, Status: "IN_PROGRESS" } };
    return { AccountAssignmentDeletionStatus: { ...job, Status: status } };
  };
  return {
    aws: async () => ({ send }),
    inTurn: (_name: string, work: () => Promise<void>) => work(),
    progress: async () => undefined,
  };
}

test("a job that fails is told with its reason, and one that does not end is given up", async (t) => {
  const bench = await openBench(t);
  const [change] = await planForUser(bench, action);
  assert.ok(change);
  const { clock } = bench;
  const { signal } = new AbortController();
  const looks: string[] = [];
  const failing = { ...center("FAILED", looks), clock, signal };
  await assert.rejects(action.apply(failing as never, change), { kind: "conflict", message: /the role is in use/ });
  assert.deepEqual(looks, ["DeleteAccountAssignment", "DescribeAccountAssignmentDeletionStatus"]);
  await action.settle?.(failing as never, change, "delete r-1");
  const endless = { ...center("IN_PROGRESS", []), clock, signal };
  await assert.rejects(action.apply(endless as never, change), { kind: "no-answer", message: /still running after 10 min/ });
});

test("a membership that is given back is another one, and one that went meanwhile is not deleted", async (t) => {
  const bench = await openBench(t);
  const list = async () => {
    const input = { IdentityStoreId: STORE, MemberId: { UserId: JANE } };
    type Listed = { GroupMemberships: { GroupId: string; MembershipId: string }[] };
    const { GroupMemberships } = await bench.admin<Listed>("identitystore:ListGroupMembershipsForMember", input);
    return GroupMemberships.find(({ GroupId }) => GroupId === PLATFORM)?.MembershipId;
  };
  const before = await list();
  const change = (await planForUser(bench, action)).at(-1);
  assert.ok(change);
  assert.equal(change.reversal.kind, "compensate");
  const driven = await drive(bench, action, change, "contain");
  assert.equal(await list(), undefined);
  const scope = bench.scopes().write(action.permissions, async () => undefined);
  await assert.rejects(action.apply(scope, change), { kind: "stale" });
  await rollBack(bench, action, [driven]);
  const after = await list();
  assert.ok(after !== undefined && after !== before, "it has another id");
});

test("assignments of one account are changed one after the other", async (t) => {
  const bench = await openBench(t);
  const reader = {
    ...account,
    TargetId: "123456789012",
    PermissionSetArn: setArn(READER),
    PrincipalType: "USER",
    PrincipalId: JANE,
  };
  await bench.admin("ssoadmin:CreateAccountAssignment", reader);
  await bench.clock.sleep(5_000);
  const changes = (await planForUser(bench, action)).filter(({ resource }) => resource.type === "sso-assignment");
  assert.deepEqual(changes.map(({ resource }) => resource.id.split("/")[3]).toSorted(), [ADMIN, READER]);
  const scopes = bench.scopes();
  const scope = scopes.write(action.permissions, async () => undefined);
  await Promise.all(changes.map((change) => action.apply(scope, change)));
  const operations = scopes.requests.map(({ operation }) => operation);
  assert.equal(operations[0], "DeleteAccountAssignment");
  assert.equal(operations[1], "DescribeAccountAssignmentDeletionStatus", "the second waits until the first is done");
});
