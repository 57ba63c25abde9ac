import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openRange } from "../../src/exercise/range/index.ts";
import { EDGE_ACL } from "./names.ts";
import { call, freshFolder } from "./open.ts";

async function play(folder: string, calls: [string, object][]): Promise<string | number> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "player.ts"), folder, JSON.stringify(calls)], {
    stdio: "inherit",
  });
  const [code, signal] = await once(child, "exit");
  return signal ?? code;
}

const entry = (RuleNumber: number, Egress = false) => ({
  NetworkAclId: EDGE_ACL,
  RuleNumber,
  Egress,
  Protocol: "-1",
  RuleAction: "deny",
  CidrBlock: "203.0.113.66/32",
});

async function numbers(folder: string): Promise<(number | undefined)[]> {
  const range = await openRange({ folder });
  const { NetworkAcls } = await call<{ NetworkAcls: { Entries: { RuleNumber: number; Egress: boolean }[] }[] }>(
    range,
    "ec2:DescribeNetworkAcls",
    { NetworkAclIds: [EDGE_ACL] },
  );
  range.close();
  return (NetworkAcls[0]?.Entries ?? []).filter((one) => !one.Egress && one.RuleNumber < 100).map((one) => one.RuleNumber);
}

test("processes that come first together share one world, and no change is lost", async (t) => {
  const folder = freshFolder(t);
  const ranges = [
    [1, 2, 3],
    [4, 5, 6],
    [7, 8, 9],
    [10, 11, 12],
  ];
  const ended = await Promise.all(
    ranges.map((own) =>
      play(
        folder,
        own.map((number) => ["ec2:CreateNetworkAclEntry", entry(number)]),
      ),
    ),
  );
  assert.deepEqual(ended, [0, 0, 0, 0]);
  assert.deepEqual(await numbers(folder), ranges.flat());
  assert.equal(statSync(join(folder, "world.db")).mode & 0o777, 0o600);
  assert.equal(statSync(join(folder, "keys", "on-call")).mode & 0o777, 0o600);
});

test("a kill leaves the call done or not done, never half, and is not met twice", async (t) => {
  for (const [moment, after] of [
    ["before", []],
    ["during", []],
    ["after", [5]],
  ] as const) {
    const folder = freshFolder(t);
    const range = await openRange({ folder });
    range.setFaults([{ operation: "ec2:CreateNetworkAclEntry", kind: "kill", moment }]);
    range.close();
    assert.equal(await play(folder, [["ec2:CreateNetworkAclEntry", entry(5)]]), "SIGKILL");
    assert.deepEqual(await numbers(folder), after, `killed ${moment}`);
    assert.equal(await play(folder, [["ec2:CreateNetworkAclEntry", entry(6)]]), 0);
    assert.deepEqual(await numbers(folder), [...after, 6]);
  }
});
