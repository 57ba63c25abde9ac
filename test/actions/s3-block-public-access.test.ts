import assert from "node:assert/strict";
import { test } from "node:test";
import { loadAction } from "../../src/actions/index.ts";
import { type Change, type Json, sameJson } from "../../src/model/index.ts";
import { guardChanges, type Protection } from "../../src/planner/self-lockout.ts";
import { contain, rollBack, wayBack } from "../conformance/driver.ts";
import { openBench, PLACE, planFor } from "./s3.ts";

const action = await loadAction("aws.s3.block-public-access");
const [absent] = action.examples;
const flags = (text: string): Json => ({
  BlockPublicAcls: text[0] === "1",
  IgnorePublicAcls: text[1] === "1",
  BlockPublicPolicy: text[2] === "1",
  RestrictPublicBuckets: text[3] === "1",
});
const put = (text: string) => ({ PublicAccessBlockConfiguration: flags(text) });

test("a bucket that blocks all of it already is held, and its rollback leaves it so", async (t) => {
  const bench = await openBench(t);
  await bench.s3("PutPublicAccessBlock", put("1111"));
  const [change] = await planFor(bench, action, PLACE);
  assert.ok(change && sameJson(change.before, change.after));
  assert.match(change.summary, /: 0 settings turned on$/);
  await rollBack(bench, action, await contain(bench, action, absent));
  assert.deepEqual(await bench.s3("GetPublicAccessBlock"), put("1111"));
});

test("on the way back each setting is what it was, unless somebody turned it off since", async (t) => {
  for (const [before, since, left] of [
    ["0000", "1011", "0000"],
    ["1010", "1101", "1000"],
    ["1100", "0111", "0100"],
    ["1111", "1110", "1110"],
  ] as const) {
    const bench = await openBench(t);
    await bench.s3("PutPublicAccessBlock", put(before));
    const driven = await contain(bench, action, absent);
    await bench.s3("PutPublicAccessBlock", put(since));
    const [back] = await rollBack(bench, action, driven);
    assert.equal(back?.verification.verdict, "confirmed", before);
    assert.deepEqual(await bench.s3("GetPublicAccessBlock"), put(left), `${before}, then ${since}`);
  }
});

test("where there was no block none is left, whatever somebody did to ours; one that is gone is not made again", async (t) => {
  const bench = await openBench(t);
  for (const edit of [() => bench.s3("PutPublicAccessBlock", put("1101")), () => bench.s3("DeletePublicAccessBlock")]) {
    const driven = await contain(bench, action, absent);
    await edit();
    await rollBack(bench, action, driven);
    await assert.rejects(bench.s3("GetPublicAccessBlock"), { name: "NoSuchPublicAccessBlockConfiguration" });
  }
});

test("what another lease holds stays on", async (t) => {
  const bench = await openBench(t);
  const [first] = await contain(bench, action, absent);
  const [second] = await contain(bench, action, absent);
  assert.ok(first && second);
  const back = await wayBack(bench, action, first.change, [second.change]);
  assert.deepEqual(back.after, flags("1111"));
});

test("a public policy is refused while the block stands, an unchanged one too; one that names somebody is not", async (t) => {
  const bench = await openBench(t);
  const Policy = (extra: object) => ({
    Policy: JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::acme-data/public/*", ...extra },
      ],
    }),
  });
  await bench.s3("PutBucketPolicy", Policy({}));
  const driven = await contain(bench, action, absent);
  for (const extra of [
    {},
    { Principal: { AWS: ["*"] } },
    { Condition: { StringLike: { "aws:PrincipalArn": "arn:aws:iam::*:role/reader" } } },
    { Condition: { StringEquals: { "aws:Referer": "https://acme.example" } } },
  ])
    await assert.rejects(bench.s3("PutBucketPolicy", Policy(extra)), { name: "AccessDenied", message: /BlockPublicPolicy/ });
  for (const extra of [
    { Principal: { AWS: "arn:aws:iam::210987654321:root" } },
    { Condition: { StringEquals: { "aws:PrincipalAccount": "210987654321" } } },
    { Effect: "Deny" },
  ])
    await bench.s3("PutBucketPolicy", Policy(extra));
  await rollBack(bench, action, driven);
  await bench.s3("PutBucketPolicy", Policy({}));
});

test("that responders of another account may be cut off is said, and only where the block begins to restrict", async (t) => {
  const bench = await openBench(t);
  const theirs = "arn:aws:iam::210987654321:role/responder";
  const protection = (...responders: string[]): Protection => ({ guarded: [], responders, callers: [], stores: [] });
  const said = async (...responders: string[]) => {
    const changes: Change[] = await planFor(bench, action, PLACE);
    return guardChanges(changes, protection(...responders), () => PLACE).filter(({ id }) => id === "access:acme-data");
  };
  assert.deepEqual(await said(...PLACE.exempt), []);
  const [check] = await said(...PLACE.exempt, theirs);
  assert.equal(check?.status, "not-checkable");
  assert.match(check.detail, /public, the block cuts off arn:aws:iam::210987654321:role\/responder: /);
  await bench.s3("PutPublicAccessBlock", put("0001"));
  assert.deepEqual(await said(theirs), [], "they are cut off already");
});
