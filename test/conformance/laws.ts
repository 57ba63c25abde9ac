import assert from "node:assert/strict";
import type { Action } from "../../src/actions/index.ts";
import { type Change, type EffectAnswer, instant, type Json, materialize, resourceKey, sameJson } from "../../src/model/index.ts";
import { probeChanges } from "../../src/planner/probe.ts";
import { selectionKey } from "../../src/planner/request.ts";
import type { Bench, ForeignEdit } from "./bench.ts";
import { type AnyExample, contain, type Driven, drive, plan, type Request, rollBack, undoable, wayBack } from "./driver.ts";
import { TRACELESS } from "./subjects.ts";

/** What is tried: an action on one of its examples, and somebody else who edits what it changed. */
export type Subject = { readonly action: Action; readonly example: AnyExample; readonly edit: ForeignEdit };

/** A law leaves the world as it found it, but for what somebody else `edits` in it; one that `looks` changes nothing on the way either. */
export type Law = {
  readonly says: string;
  readonly edits?: true;
  readonly looks?: true;
  check(bench: Bench, subject: Subject): Promise<void>;
};

export const laws: readonly Law[] = [
  { says: "planning looks, says what the example says, and says it again", check: planningLooks, looks: true },
  { says: "what is applied reads back as planned, is confirmed, and stands when it is applied again", check: appliedOnce },
  { says: "a rollback puts everything back", check: rollsBack },
  { says: "the attacker feels it, and no longer does after the rollback", check: felt },
  { says: "a foreign edit in between is never written over and survives the rollback", check: keepsForeignEdit, edits: true },
  { says: "the first of two leases ends and the second holds", check: (bench, subject) => endsOneLease(bench, subject, 0) },
  { says: "the second of two leases ends and the first holds", check: (bench, subject) => endsOneLease(bench, subject, 1) },
  { says: "a probe changes nothing", check: probesOnly, looks: true },
  { says: "what survives is said in words, what is asked of an attacker in questions", check: saysWhatSurvives, looks: true },
];

const none = (requests: readonly Request[]): void =>
  assert.deepEqual(
    requests.filter(({ write, dryRun }) => write && !dryRun).map(({ operation }) => operation),
    [],
    "nothing is written",
  );

async function planningLooks(bench: Bench, { action, example }: Subject): Promise<void> {
  const before = await dumpOf(bench, example);
  const scopes = bench.scopes();
  const propose = async (): Promise<Json> => {
    const said: Json[] = [];
    for await (const { reversal, ...change } of action.plan(
      scopes.read(action.permissions.read),
      example.selection,
      example.params,
    )) {
      assert.ok(reversal.kind === "restore" || ("how" in reversal ? reversal.how : reversal.because), "no way back is admitted");
      said.push(plain(change));
    }
    return said;
  };
  const first = await propose();
  // Ids of another cloud than the example's sort otherwise.
  assert.deepEqual(byKey(first), byKey(plain(example.changes)));
  assert.deepEqual(await propose(), first);
  none(scopes.requests);
  assert.deepEqual(await dumpOf(bench, example), before);
}

async function appliedOnce(bench: Bench, { action, example }: Subject): Promise<void> {
  const driven = await contain(bench, action, example);
  for (const { change } of driven) assert.deepEqual(await read(bench, action, change), change.after);
  const stands = await dumpOf(bench, example);
  const scopes = bench.scopes();
  for (const { change } of driven) {
    const again = await drive(bench, action, change, "contain", { scopes });
    assert.deepEqual([again.outcome.status, again.verification.verdict], ["unchanged", "confirmed"]);
  }
  none(scopes.requests);
  assert.deepEqual(await dumpOf(bench, example), stands);
  await rollBack(bench, action, driven);
}

async function rollsBack(bench: Bench, { action, example }: Subject): Promise<void> {
  const before = await dumpOf(bench, example);
  const driven = await contain(bench, action, example);
  for (const { change } of driven.filter((one) => !undoable(one)))
    assert.ok("because" in change.reversal && change.reversal.because);
  for (const { change, outcome, verification } of await rollBack(bench, action, driven)) {
    assert.equal(outcome.status, sameJson(change.before, change.after) ? "unchanged" : "applied", outcome.why);
    assert.equal(verification.verdict, "confirmed", verification.detail);
    assert.equal(change.conflict, undefined);
  }
  for (const { change } of driven.filter(undoable)) assert.deepEqual(await read(bench, action, change), change.before);
  if (driven.every(undoable)) assert.deepEqual(await dumpOf(bench, example), before);
}

async function felt(bench: Bench, { action, example }: Subject): Promise<void> {
  const planned = (await plan(action, example, bench.scopes())).map((change) => ({
    ...change,
    after: materialize(change.after, instant(bench.clock.now())),
  }));
  const open = await answers(bench, action, planned);
  // Nobody can look where no packet is ever sent.
  if (open === null || (open.length > 0 && open.every((answer) => answer === "unknown"))) return;
  const driven = await contain(bench, action, example);
  for (const { change, verification } of driven)
    assert.equal(verification.level, (action.effects?.(change) ?? []).length > 0 ? "effect" : "configuration");
  const blocked = await answers(
    bench,
    action,
    driven.map(({ change }) => change),
  );
  assert.ok(
    blocked?.every((answer) => answer === "blocked"),
    `it is felt: ${blocked}`,
  );
  await rollBack(bench, action, driven);
  await bench.clock.sleep(action.bound.ms);
  if (driven.every(undoable)) assert.deepEqual(await answers(bench, action, planned), open);
}

async function answers(bench: Bench, action: Action, changes: readonly Change[]): Promise<EffectAnswer[] | null> {
  const { effects } = bench.scopes().read(action.permissions.read);
  if (effects === null) return null;
  const found: EffectAnswer[] = [];
  for (const question of changes.flatMap((change) => action.effects?.(change) ?? [])) found.push(await effects.ask(question));
  return found;
}

async function keepsForeignEdit(bench: Bench, { action, example, edit }: Subject): Promise<void> {
  const driven = await contain(bench, action, example);
  const [edited] = example.changes;
  if (edited === undefined) return;
  // The emulator makes ids up, and with them the order of a plan.
  const isEdited = ({ change }: { readonly change: Change }) => resourceKey(change.resource) === resourceKey(edited.resource);
  const first = driven.find(isEdited) ?? assert.fail();
  assert.ok(!edit.kept(await read(bench, action, first.change)), "the edit is not there before it is made");
  await edit.edit(bench, first.change.resource);
  const made = await read(bench, action, first.change);
  assert.ok(edit.kept(made), "the edit is there once it is made");
  await refusesStale(bench, action, first.change);
  const done = await rollBack(bench, action, driven);
  const after = await read(bench, action, first.change);
  assert.ok(edit.kept(after), `${edit.what}: lost`);
  const back = done.find(isEdited);
  if (undoable(first) && sameJson(after, made)) assert.ok(back?.change.conflict, "what could not be put back is said");
}

/** The resource is neither as planned nor as wanted. */
async function refusesStale(bench: Bench, action: Action, change: Change): Promise<void> {
  const now = await read(bench, action, change);
  const back = { ...change, before: change.after, after: change.before };
  const scopes = bench.scopes();
  for (const [stale, direction] of [[change, "contain"] as const, [back, "restore"] as const]) {
    // What somebody else did may be the way back itself.
    if (sameJson(now, stale.after)) continue;
    const { outcome } = await drive(bench, action, stale, direction, { scopes, patienceMs: 0 });
    assert.equal(outcome.status, "refused", "what changed since the plan is not touched");
    assert.match(outcome.why ?? "", /^stale/);
  }
  none(scopes.requests);
  assert.deepEqual(await read(bench, action, change), now);
}

async function endsOneLease(bench: Bench, { action, example }: Subject, which: 0 | 1): Promise<void> {
  const before = await dumpOf(bench, example);
  const first = await contain(bench, action, example);
  const second = await contain(bench, action, example);
  // What was deleted for good is not there to be held.
  const findable = (one: Driven) => !TRACELESS.has(action.id) && (undoable(one) || one.change.after !== null);
  const standing = first.filter(findable);
  assert.deepEqual(second.map(where), standing.map(where), "what stands already is proposed too");
  const base = new Map(first.map((one) => [where(one), one.change.before]));
  const [ending, staying] = which === 0 ? [first, second] : [second, first];
  for (const one of ending.filter(undoable).toReversed()) {
    const held = staying.filter((other) => where(other) === where(one)).map(({ change }) => change);
    const back = await wayBack(bench, action, one.change, held, base.get(where(one)));
    const { outcome } = await drive(bench, action, back, "restore");
    assert.ok(outcome.status === "applied" || outcome.status === "unchanged", outcome.why);
  }
  const scopes = bench.scopes();
  for (const { change } of staying) {
    const seen = await action.verify(scopes.read(action.permissions.read), change, "contain");
    assert.equal(seen.verdict, "confirmed", `the other lease holds: ${seen.detail}`);
  }
  for (const one of staying.filter(undoable).toReversed()) {
    const back = await wayBack(bench, action, one.change, [], base.get(where(one)));
    const { outcome } = await drive(bench, action, back, "restore");
    assert.ok(outcome.status === "applied" || outcome.status === "unchanged", outcome.why);
  }
  if (first.every(undoable)) assert.deepEqual(await dumpOf(bench, example), before);
}

async function probesOnly(bench: Bench, { action, example }: Subject): Promise<void> {
  if (action.probe === undefined) return;
  const before = await dumpOf(bench, example);
  const scopes = bench.scopes();
  const checks = await probeChanges(await plan(action, example, scopes), new Map([[action.id, action]]), scopes);
  assert.notEqual(checks.length, 0);
  for (const { status, detail } of checks) {
    assert.ok(["passed", "not-checkable"].includes(status), detail);
    assert.notEqual(detail, "");
  }
  none(scopes.requests);
  assert.deepEqual(await dumpOf(bench, example), before);
}

async function saysWhatSurvives(bench: Bench, { action, example }: Subject): Promise<void> {
  const driven = await contain(bench, action, example);
  const scopes = bench.scopes();
  for (const { change } of driven) {
    for (const { what, until, why } of (await action.residual?.(scopes.read(action.permissions.read), change)) ?? [])
      for (const words of [what, until, why]) assert.match(words, /\S{2,} .*\S|\d{4}-/, "it is said in words");
    const questions = action.effects?.(change) ?? [];
    assert.deepEqual(action.effects?.(change) ?? [], questions);
    for (const question of questions) {
      assert.deepEqual(plain(question), question);
      // What an organization's policy stops happens in the accounts below it.
      const places = [change.resource.account, ...(selectionKey(example.selection).match(/\b\d{12}\b/g) ?? [])];
      assert.ok(places.includes(question.account), question.account);
    }
  }
  none(scopes.requests);
  await rollBack(bench, action, driven);
}

/** What the attackers of all examples are told before anything is contained. */
export async function answersBefore(bench: Bench, action: Action): Promise<readonly EffectAnswer[]> {
  const changes = await Promise.all(action.examples.map((example) => plan(action, example, bench.scopes())));
  const at = instant(bench.clock.now());
  return (
    (await answers(
      bench,
      action,
      changes.flat().map((change) => ({ ...change, after: materialize(change.after, at) })),
    )) ?? []
  );
}

/** Operations that a whole life of all the action's examples sends. */
export async function operationsUsed(bench: Bench, action: Action, examples: readonly AnyExample[]): Promise<readonly Request[]> {
  const scopes = bench.scopes();
  for (const example of examples) await rollBack(bench, action, await contain(bench, action, example, scopes), scopes);
  return scopes.requests;
}

export const read = (bench: Bench, action: Action, change: Change): Promise<Json> =>
  action.read(bench.scopes().read(action.permissions.read), change.resource);

export const dumpOf = (bench: Bench, example: AnyExample): Promise<Json> =>
  bench.dump(example.changes.map(({ resource }) => resource));

const where = ({ change }: Driven): string => resourceKey(change.resource);
const plain = (value: unknown): Json => JSON.parse(JSON.stringify(value));
const byKey = (changes: Json): Json =>
  (changes as { key: string }[]).toSorted((left, right) => (left.key < right.key ? -1 : 1)) as unknown as Json;
