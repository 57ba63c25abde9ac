import assert from "node:assert/strict";
import type { Action } from "../../src/actions/index.ts";
import type { Fault } from "../../src/exercise/range/index.ts";
import { type Change, type Direction, type Json, type OutcomeStatus, sameJson } from "../../src/model/index.ts";
import type { Bench } from "./bench.ts";
import { type Driven, drive, plan, type Request, undoable, wayBack } from "./driver.ts";
import { dumpOf, type Law, read, type Subject } from "./laws.ts";

type Kind = "denied" | "throttled" | "lost-request" | "lost-response" | "unavailable" | "unavailable-after" | "operation-fails";

/** Propagation on the range takes a few seconds; what is not there by then has not been written. */
const PATIENCE_MS = 8_000;
const THROTTLED = 3;

/**
 * One call of each change goes wrong, on the way there and on the way back: in turn each call that an undisturbed run makes. The
 * outcome must be honest, verification true, a second attempt must finish without repeating anything, the way back be exact.
 */
export const troubles: readonly Law[] = (
  [
    ["denied at any call, it is refused or in doubt, and nothing is claimed", "denied"],
    ["throttled at any call, it gets there", "throttled"],
    ["a lost request leaves it in doubt; looking tells; the second attempt gets there", "lost-request"],
    ["a lost answer leaves it in doubt; looking tells; nothing is done twice", "lost-response"],
    ["an error of the provider leaves it in doubt; looking tells", "unavailable"],
    ["an error of the provider after it acted leaves it in doubt; nothing is done twice", "unavailable-after"],
    ["an operation that fails after it was accepted is told from one that ended well", "operation-fails"],
  ] as const
).map(([says, kind]) => ({ says, check: (bench, subject) => everyCall(bench, subject, kind) }));

type Step = { readonly change: Change; readonly direction: Direction };
/** The calls that a step makes until its last write has left; verification is not among them. */
type Calls = readonly Request[];
type Walk = (step: Step) => Promise<Driven>;

async function everyCall(first: Bench, { action, example }: Subject, kind: Kind): Promise<void> {
  let bench = first;
  const final = (await plan(action, example, bench.scopes())).some(({ reversal }) => reversal.kind === "none");
  const before = await dumpOf(bench, example);
  const calls = new Map<string, Calls>();
  await thereAndBack(bench, action, example, async (step) => {
    const scopes = bench.scopes();
    const driven = await undisturbed(bench, action, step, scopes);
    calls.set(nameOf(step), upToLastWrite(scopes.requests));
    return driven;
  });
  const undisturbedEnd = await dumpOf(bench, example);
  const most = Math.max(0, ...[...calls.values()].map(({ length }) => length));
  for (let position = 0; position < most; position++) {
    if (final) bench = (await bench.again?.()) ?? assert.fail("what cannot be undone needs a world for each trouble");
    await thereAndBack(bench, action, example, async (step) => {
      const made = calls.get(nameOf(step)) ?? [];
      const call = made[position];
      const hits = call !== undefined && (kind !== "operation-fails" || (call.write && call.service.startsWith("azure")));
      return hits ? disturbed(bench, action, step, { made, position, kind }) : undisturbed(bench, action, step);
    });
    const end = await dumpOf(bench, example);
    assert.deepEqual(end, final ? undisturbedEnd : before, `the way back is exact after trouble at call ${position + 1}`);
  }
}

async function thereAndBack(bench: Bench, action: Action, example: Subject["example"], walk: Walk): Promise<void> {
  const driven: Driven[] = [];
  for (const change of await plan(action, example, bench.scopes())) driven.push(await walk({ change, direction: "contain" }));
  for (const { change } of driven.filter(undoable).toReversed())
    await walk({ change: await wayBack(bench, action, change), direction: "restore" });
}

async function undisturbed(bench: Bench, action: Action, { change, direction }: Step, scopes = bench.scopes()): Promise<Driven> {
  const driven = await drive(bench, action, change, direction, { scopes });
  const { outcome, verification } = driven;
  assert.ok(outcome.status === "applied" || outcome.status === "unchanged", outcome.why);
  assert.equal(verification.verdict, "confirmed", verification.detail);
  return driven;
}

async function disturbed(
  bench: Bench,
  action: Action,
  { change, direction }: Step,
  { made, position, kind }: { made: Calls; position: number; kind: Kind },
): Promise<Driven> {
  const scopes = bench.scopes();
  setFault(bench, made, position, kind);
  const {
    change: sent,
    outcome,
    verification,
  } = await drive(bench, action, change, direction, { scopes, patienceMs: PATIENCE_MS });
  bench.setFaults?.([]);
  const said = `${kind} at ${made[position]?.operation}: ${outcome.status}, ${verification.verdict}`;
  const wanted = expected(made, position, kind);
  if (wanted !== null) assert.equal(outcome.status, wanted, `${said} (${outcome.why})`);
  const now = await read(bench, action, change);
  await honest(sent, now, { outcome: outcome.status, verdict: verification.verdict, said });
  sentOnce(scopes.requests, made, { position, kind, said });
  const again = bench.scopes();
  const finished = await undisturbed(bench, action, { change: sent, direction }, again);
  if (sameJson(now, sent.after))
    assert.ok(!again.requests.some(({ write }) => write), `${said}: it was there and is written again`);
  return finished;
}

function setFault(bench: Bench, made: Calls, position: number, kind: Kind): void {
  const call = made[position];
  assert.ok(call && bench.setFaults);
  const same = (other: Request): boolean => faultName(other) === faultName(call);
  const fault: Fault = { operation: faultName(call), kind, skip: made.slice(0, position).filter(same).length };
  bench.setFaults([kind === "throttled" ? { ...fault, times: THROTTLED } : fault]);
}

/** Null where only looking tells. */
function expected(made: Calls, position: number, kind: Kind): OutcomeStatus | null {
  const write = made[position]?.write ?? false;
  if (kind === "operation-fails") return null;
  if (kind === "throttled") return "applied";
  if (kind === "denied") return made.slice(0, position).some((earlier) => earlier.write) ? "unknown" : "refused";
  return write ? "unknown" : "applied";
}

/** Nothing is claimed that is not so, and what was refused was not touched. */
async function honest(
  { before, after }: Change,
  now: Json,
  { outcome, verdict, said }: { outcome: OutcomeStatus; verdict: string; said: string },
): Promise<void> {
  if (outcome === "applied") assert.ok(sameJson(now, after), `${said}: it is not there`);
  if (outcome === "refused") assert.ok(sameJson(now, before), `${said}: it was touched`);
  assert.equal(verdict === "confirmed", sameJson(now, after), `${said}: looking tells something else than what is there`);
}

/** Only what was throttled, and thus certainly not acted on, is written again. */
function sentOnce(requests: Calls, made: Calls, { position, kind, said }: { position: number; kind: Kind; said: string }): void {
  const writes = requests.filter(({ write }) => write).map(faultName);
  const planned = made.filter(({ write }) => write).map(faultName);
  const call = made[position];
  if (kind === "throttled" && call?.write) {
    const before = made.slice(0, position).filter(({ write }) => write).length;
    const wanted = [...planned.slice(0, before), ...Array(THROTTLED).fill(faultName(call)), ...planned.slice(before)];
    assert.deepEqual(writes, wanted, `${said}: written until it was taken`);
  } else assert.deepEqual(writes, planned.slice(0, writes.length), `${said}: nothing is written twice`);
}

/** As the range's faults call it. */
function faultName({ service, operation }: Request): string {
  return service.startsWith("aws.") ? `${service.slice(4)}:${operation}` : `azure:${operation.split(" ")[0]}`;
}

function upToLastWrite(requests: Calls): Calls {
  return requests.slice(0, requests.findLastIndex(({ write }) => write) + 1);
}

function nameOf({ change, direction }: Step): string {
  return `${direction} ${change.id}`;
}
