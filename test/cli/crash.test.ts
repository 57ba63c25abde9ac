import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import type { KillMoment } from "../../src/exercise/range/index.ts";
import { Drill } from "./drill.ts";

/**
 * A process is killed at one point of a run, and `resume` continues it. What an undisturbed run of the same plan writes in the cloud is the
 * measure: the killed run and its continuation together must have written the same, each row as often, and leave the same world.
 */
type Scenario = { readonly result: "contained" | "rolled-back"; prepare(drill: Drill): Promise<string> };

const approved = async (drill: Drill, ...args: string[]): Promise<string> => {
  const plan = await drill.plan(...args);
  await drill.approve(plan);
  return plan;
};

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  revoke: { result: "contained", prepare: (drill) => approved(drill, "revoke", "aws:user/intruder", "aws:role/app-data") },
  isolate: { result: "contained", prepare: (drill) => approved(drill, "isolate", "tenant", "acme") },
  block: {
    result: "contained",
    async prepare(drill) {
      const plan = await drill.plan("block", "ip", "203.0.113.0/24", "2001:db8:bad::/48");
      await drill.approve(plan, "eng-lead");
      return plan;
    },
  },
  rollback: {
    result: "rolled-back",
    async prepare(drill) {
      const done = await drill.contain("isolate", "tenant", "acme");
      assert.equal(done.code, 0, done.err);
      return approved(drill, "rollback", done.document["id"]);
    },
  },
  release: {
    result: "rolled-back",
    async prepare(drill) {
      assert.equal((await drill.contain("revoke", "aws:user/intruder")).code, 0);
      assert.equal((await drill.contain("isolate", "tenant", "acme")).code, 0);
      return approved(drill, "release", drill.incident);
    },
  },
};

/**
 * All points, more than four hundred, take a quarter of an hour. Without the variable three scenarios take those around their first write
 * (of the ways back the one after it), one of their verification, and a share of the rest, another one each.
 */
const EVERY = process.env["SOC2_ER_EVERY_CRASH"] === "1";
const USUAL = ["revoke", "block", "rollback"];
const SHARE = 64;
const LANES = 2;

type Point =
  | {
      readonly kind: "call";
      readonly operation: string;
      readonly skip: number;
      readonly moment: KillMoment;
      readonly writes: boolean;
    }
  | { readonly kind: "append"; readonly at: number; readonly how: "torn" | "untold" };

type Rows = Readonly<Record<string, unknown>>;
type Base = {
  readonly drill: Drill;
  readonly plan: string;
  readonly result: string;
  readonly from: number;
  readonly writes: readonly string[];
  readonly world: Rows;
  readonly points: readonly Point[];
  /** Between intent and call, during the call, between call and outcome; during verification. */
  readonly always: readonly Point[];
};

for (const [name, scenario] of Object.entries(SCENARIOS)) {
  if (!EVERY && !USUAL.includes(name)) continue;
  test(`${name}: killed at any point, resume ends in the truth, and no change is made twice`, async (t) => {
    const base = await begin(t, scenario);
    const offset = 12 * Object.keys(SCENARIOS).indexOf(name);
    const points = base.points.filter((point, index) => EVERY || base.always.includes(point) || index % SHARE === offset);
    t.diagnostic(`${points.length} of ${base.points.length} points${EVERY ? "" : "; all of them with SOC2_ER_EVERY_CRASH=1"}`);
    const waiting = [...points];
    const survived: Point[] = [];
    const failed: string[] = [];
    const lane = async (): Promise<void> => {
      for (let point = waiting.shift(); point; point = waiting.shift()) {
        try {
          if (!(await die(base, point))) survived.push(point);
        } catch (error) {
          failed.push(`${JSON.stringify(point)}: ${String(error)}`);
        }
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    assert.equal(failed.length, 0, failed.join("\n"));
    assert.ok(
      survived.every((point) => point.kind === "append" || !point.writes) && survived.length <= points.length / 2,
      `not killed at ${JSON.stringify(survived)}`,
    );
  });
}

async function begin(t: TestContext, { result, prepare }: Scenario): Promise<Base> {
  const drill = await Drill.begin(t);
  await drill.hurry();
  const plan = await prepare(drill);
  const from = (await drill.calls()).length;
  const undisturbed = drill.copy();
  const { code, document, err } = await dying(undisturbed, ["apply", plan, "--yes"], "none", Number.MAX_SAFE_INTEGER);
  assert.equal(code, 0, JSON.stringify(document));
  assert.equal(document["result"], result);
  const calls = (await undisturbed.calls()).slice(from);
  const writes = await undisturbed.writes(from);
  assert.ok(writes.length > 3);
  const appends = Number(/^appends: (\d+)$/m.exec(err)?.[1]);
  assert.ok(appends > 8, err);
  const world = await undisturbed.everything();
  await undisturbed.drop();
  const during = callPoints(calls);
  const first = during.findIndex((point) => point.writes);
  const around = during.slice(first, first + 3);
  const always = [...(result === "contained" ? around : around.slice(-1)), ...during.slice(-3, -2)];
  assert.equal(always.length, result === "contained" ? 4 : 2);
  return { drill, plan, result, from, writes, world, always, points: [...during, ...appendPoints(appends)] };
}

function callPoints(calls: readonly { operation: string; wrote: readonly string[] }[]): (Point & { kind: "call" })[] {
  const passed = new Map<string, number>();
  return calls.flatMap(({ operation, wrote }) => {
    const skip = passed.get(operation) ?? 0;
    passed.set(operation, skip + 1);
    // A process that dies around a look leaves the world as it was: one moment stands for all.
    const writes = wrote.length > 0;
    const moments: readonly KillMoment[] = writes ? ["before", "during", "after"] : ["after"];
    return moments.map((moment) => ({ kind: "call" as const, operation, skip, moment, writes }));
  });
}

function appendPoints(appends: number): Point[] {
  return Array.from({ length: appends }, (_, at) =>
    (["torn", "untold"] as const).map((how): Point => ({ kind: "append", at, how })),
  ).flat();
}

function dying(drill: Drill, args: readonly string[], how: string, at: number, who?: string): ReturnType<Drill["run"]> {
  const env = { DIES_AT: String(at), DIES_HOW: how };
  return drill.run(args, {
    ...(who === undefined ? {} : { who }),
    env,
    node: ["--import", join(import.meta.dirname, "dying-pen.ts")],
  });
}

/** False when the run ended before it came to the point: how often effects are looked for and how appends are grouped is up to the moment. */
async function die(base: Base, point: Point): Promise<boolean> {
  const drill = base.drill.copy();
  const apply = ["apply", base.plan, "--yes"];
  if (point.kind === "call") {
    const { operation, skip, moment } = point;
    await drill.goWrong([{ kind: "kill", operation, skip, moment }]);
  }
  const killed = point.kind === "call" ? await drill.run(apply) : await dying(drill, apply, point.how, point.at);
  if (killed.code !== null) {
    assert.equal(killed.code, 0, killed.err);
    if (point.kind === "call") assert.equal((await drill.waitingFaults()).length, 1, "it came to the point and lived on");
    await drill.drop();
    return false;
  }
  const left = await drill.verification();
  assert.match(left.verdict, /^verified/, JSON.stringify(left));

  const { waiting, next } = (await drill.run(["status"])).document as {
    waiting: { kind: string; what: string }[];
    next: unknown;
  };
  const open = waiting.find(({ kind }) => kind === "resume");
  const again = open ? ["resume", open.what, "--yes"] : apply;
  if (open) assert.match(JSON.stringify(next), new RegExp(`"resume","${open.what}"`));
  const ended = await drill.run(again);
  await checkLog(drill, base, ended);
  assert.equal((await drill.writes(base.from)).join("\n"), base.writes.join("\n"));
  assert.deepEqual(differing(await drill.everything(), base.world), [], "the world is another");
  await drill.verify();
  await drill.drop();
  return true;
}

function differing(world: Rows, wanted: Rows): string[] {
  const keys = [...new Set([...Object.keys(world), ...Object.keys(wanted)])];
  return keys.filter((key) => !isDeepStrictEqual(world[key], wanted[key])).map((key) => `${key}: ${JSON.stringify(world[key])}`);
}

async function checkLog(drill: Drill, base: Base, ended: Awaited<ReturnType<Drill["run"]>>): Promise<void> {
  const entries = await drill.entries();
  const run = await drill.lastRun();
  const mine = entries.filter(({ body }) => body?.run === run);
  assert.equal(mine.filter(({ type }) => type === "run.closed").length, 1, "it ended once");
  const result = mine.find(({ type }) => type === "run.closed")?.["body"].result;
  assert.equal(result, base.result, JSON.stringify(ended.document));
  // Killed when all was over: there was nothing to continue.
  if (ended.code === 5) return;
  assert.equal(ended.code, 0, JSON.stringify(ended.document));
  for (const { id, outcome, verification } of ended.document["changes"]) {
    assert.equal(verification?.verdict, "confirmed", id);
    if (outcome.status === "applied") assert.ok(outcome.receipts.length > 0, `${id} claims to be applied without a receipt`);
    else if (outcome.status === "unknown") assert.match(outcome.why, /seen in place/, id);
    else assert.equal(outcome.status, "unchanged", id);
  }
}

test("killed again and again while resuming, it still ends in the truth", async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  const plan = await approved(drill, "revoke", "aws:user/intruder");
  const deaths = ["iam:PutUserPolicy", "iam:UpdateAccessKey", "iam:UpdateSigningCertificate"];
  await drill.goWrong(deaths.map((operation) => ({ operation, kind: "kill", moment: "after" })));
  assert.equal((await drill.run(["apply", plan, "--yes"])).code, null);
  const run = (await drill.lastRun()) ?? "";
  let last = await drill.run(["resume", run, "--yes"]);
  for (let round = 0; last.code === null && round < 3; round++) last = await drill.run(["resume", run, "--yes"]);
  assert.equal(last.code, 0, JSON.stringify(last.document));
  assert.equal(last.document["result"], "contained");
  const entries = await drill.entries();
  assert.ok(entries.filter(({ type }) => type === "run.resumed").length >= 2);
  const writes = await drill.writes();
  assert.equal(writes.length, 6);
  assert.equal(new Set(writes).size, 6, "each row was written once");
  await drill.verify();
});

test("a command that dies while it declares, plans or approves can be given again", async (t) => {
  const drill = new Drill();
  t.after(() => drill.drop());
  const again = async (args: readonly string[], who?: string): Promise<Record<string, string>> => {
    for (let at = 0; at < 12; at++) {
      const { code, document, err } = await dying(drill, args, at % 2 === 0 ? "torn" : "untold", at, who);
      if (code === null) continue;
      assert.ok(code === 0 || code === 8, `${at}: ${JSON.stringify(document)} ${err}`);
      assert.ok(at >= 2, "it died at least at two appends");
      return document;
    }
    return assert.fail("it dies for ever");
  };
  const incident = (await again(["incident", "declare", "--title", "stolen key", "--severity", "1"]))["id"] ?? "";
  const plan = (await again(["revoke", "aws:user/intruder", "--incident", incident]))["digest"] ?? "";
  for (const who of ["sec-lead", "eng-lead"]) await again(["approve", plan, "--yes"], who);
  await drill.hurry();
  assert.equal((await drill.run(["apply", plan, "--yes"])).code, 0);
  await drill.verify();
});

test("a run that has ended has nothing to resume", async (t) => {
  const drill = await Drill.begin(t);
  await drill.hurry();
  const done = await drill.contain("revoke", "aws:user/intruder");
  assert.equal(done.code, 0);
  const writes = await drill.writes();
  const unnamed = await drill.run(["resume"]);
  assert.equal(unnamed.code, 2, JSON.stringify(unnamed.document));
  assert.equal((await drill.run(["resume", "--yes"])).code, 2, "--yes wants the run to be named");
  const again = await drill.run(["resume", done.document["id"], "--yes"]);
  assert.equal(again.code, 5, JSON.stringify(again.document));
  assert.equal(again.document["error"].code, "plan-applied");
  assert.deepEqual(await drill.writes(), writes);
  assert.equal((await drill.entries()).filter(({ type }) => type === "run.closed").length, 1);
});
