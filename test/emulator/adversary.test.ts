import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type Calling, fight } from "../cli/adversary.ts";
import { type AwsCredentials, as } from "./caller.ts";
import { Job } from "./job.ts";
import { emulatorIfLong } from "./long.ts";

const PROPAGATION_MS = 4_000;
const { emulator, options } = await emulatorIfLong({ after }, { propagationSeconds: PROPAGATION_MS / 1_000 });

type Key = { readonly AccessKeyId: string; readonly Status: string };
type Finding = { readonly subject: { readonly name: string }; readonly relation: string; readonly did?: readonly string[] };

/** Calls with credentials that were stolen or made, over HTTP. */
function callingOn(endpoint: string, known: Map<string, AwsCredentials>): Calling {
  return async (id, name, input = {}) => {
    const credentials = known.get(id);
    if (credentials === undefined) throw new Error(`nobody has the secret of ${id}`);
    const caller = as(endpoint, credentials);
    try {
      const answer = await caller<{ AccessKey?: { AccessKeyId: string; SecretAccessKey: string } }>(name, input);
      const { AccessKey: made } = answer;
      if (made) known.set(made.AccessKeyId, { accessKeyId: made.AccessKeyId, secretAccessKey: made.SecretAccessKey });
      return answer as never;
    } finally {
      caller.close();
    }
  };
}

test(
  "who renews keys and takes the denial off every 500 ms while IAM spreads it for 4 s is contained over HTTP",
  options,
  async (t) => {
    assert.ok(emulator);
    const job = await Job.begin(t, emulator);
    const plan = await job.run(["revoke", "aws:user/intruder"], "on-call", 8);
    for (const who of ["sec-lead", "eng-lead"]) await job.run(["approve", plan["digest"], "--yes"], who);
    const { ids, stolen } = job.seeded;
    const keys = ["AKIAINTRUDER00000001", "AKIAINTRUDER00000002"].map((there) => ids.get(there) ?? assert.fail(there));
    const known = new Map(keys.map((id) => [id, stolen.get(id) ?? assert.fail(id)]));
    const calling = callingOn(emulator.endpoint, known);
    await calling(keys[0] ?? "", "iam:ListUsers");
    const over = new AbortController();
    t.after(() => over.abort());
    const fighting = fight({ calling, keys, now: Date.now, sleep: (ms) => sleep(ms), forMs: PROPAGATION_MS, stop: over.signal });
    const run = await job.run(["apply", plan["digest"], "--yes"], "on-call", 6);
    await sleep(PROPAGATION_MS + 2_000);
    over.abort();
    const deeds = await fighting;
    assert.ok(deeds.detached > 0 && deeds.keys.length > 0, JSON.stringify(deeds));
    assert.ok(deeds.refused > 3, "in the end nothing that it has works");
    for (const id of known.keys()) {
      const user = keys.includes(id) || deeds.keys.includes(id) ? "intruder" : null;
      if (user !== null) await assert.rejects(calling(id, "iam:ListUsers"), { name: /InvalidClientTokenId|AccessDenied/ }, id);
    }
    const found: readonly Finding[] = run["sweep"].found;
    const did = found.flatMap((finding) => finding.did ?? []).join("\n");
    const listed = await job.admin<{ AccessKeyMetadata: Key[] }>("iam:ListAccessKeys", { UserName: "intruder" });
    for (const { AccessKeyId, Status } of listed.AccessKeyMetadata) {
      assert.equal(Status, "Inactive");
      if (deeds.keys.includes(AccessKeyId)) assert.match(did, new RegExp(AccessKeyId), "its new key is named");
    }
    assert.ok(
      found.some(({ subject, relation }) => relation === "created" && subject.name === "backdoor"),
      JSON.stringify(run["sweep"]),
    );
    const left: readonly Finding[] = run["sweep"].left;
    assert.ok(
      left.some(({ subject }) => subject.name === "sleeper"),
      JSON.stringify(run["sweep"]),
    );
    const sleeping = await job.admin<{ AccessKeyMetadata: Key[] }>("iam:ListAccessKeys", { UserName: "sleeper" });
    assert.deepEqual(
      sleeping.AccessKeyMetadata.map(({ Status }) => Status),
      ["Active"],
      "not touched",
    );
    const waiting = await job.run(["plan", "show", run["sweep"].followUp]);
    assert.ok(waiting["approvals"].waiting.length === 2 && waiting["changes"].length > 0);
  },
);
