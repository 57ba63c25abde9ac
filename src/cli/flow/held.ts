import { type Look, lookAtLeases } from "../../engine/index.ts";
import { catchUp, type LeaseState, type LogState, liftingRun } from "../../incidents/index.ts";
import { ErError, EXIT, type ExitCode, type Instant, instant, type NewEntry } from "../../model/index.ts";
import { heldView } from "../../terminal/index.ts";
import type { Globals } from "../command.ts";
import { type Context, withContext } from "../context.ts";
import { leaseDocument } from "../incident-document.ts";
import { type Status, type StatusDocument, statusOf } from "../status-document.ts";
import { reapplications } from "./reapply.ts";

/** What is known of one lease between two looks. `at`: since when it is as `verdict` says, `heldAt`: when it was last seen to stand. */
export type Known = { readonly verdict: "held" | "broken"; readonly at: Instant; readonly heldAt: Instant | null };

/** What a look at a lease showed, as scripts read it. `window`: when it was undone, as far as anybody saw. */
export type LeaseCheck = {
  readonly verdict: Look["verdict"];
  readonly at: Instant;
  readonly heldAt: Instant | null;
  readonly detail?: string;
  readonly window?: { readonly from: Instant | null; readonly to: Instant };
  readonly reapply?: { readonly argv: readonly string[] } | null;
};

export type CheckedLease = StatusDocument["leases"][number] & { readonly check: LeaseCheck };

/** `logged`: whether every finding stands in the log; `why` not. */
export type CheckSummary = { readonly [V in Look["verdict"]]: number } & {
  readonly at: Instant;
  readonly logged: boolean;
  readonly why?: string;
  /** It was interrupted before all was looked at. */
  readonly cut?: boolean;
};

export type CheckedDocument = Omit<StatusDocument, "leases"> & {
  readonly leases: readonly CheckedLease[];
  readonly check: CheckSummary;
};

export type Checked = { readonly document: CheckedDocument; readonly exit: ExitCode };

/** One look, shown. */
export async function verifyHeld(globals: Globals, only: string | undefined): Promise<ExitCode> {
  return withContext(globals, async (context) => {
    const { document, exit } = await checkHeld(context, only, { known: new Map() });
    globals.output.result(document, (view) => heldView(document, view, context.clock.now()));
    return exit;
  });
}

type CheckOptions = {
  /** Of earlier looks of this process; brought up to date. */
  readonly known: Map<string, Known>;
  readonly stop?: AbortSignal;
};

/** Looks at everything that is held, and writes down each verdict that is another one than the log has. */
export async function checkHeld(context: Context, only: string | undefined, options: CheckOptions): Promise<Checked> {
  const at = instant(context.clock.now());
  const status = await statusOf(context, only);
  const { state } = status;
  if (state === null) return checked(status.document, [], { at, logged: true });
  const seen = await look(context, status, options);
  const { leases, looks } = await withoutLifted(context, state, status.leases, seen);
  const judged = leases.map((lease) => ({ lease, ...judge(lease, looks.get(lease.id), options.known, at) }));
  forget(options.known, leases);
  const broken = judged.filter(({ check }) => check.window !== undefined).map(({ lease }) => lease);
  const commands = await commandsFor(context, broken, state);
  const items = judged.map(({ lease, check }) => documentOf(context, lease, check, commands));
  const findings = judged.flatMap(({ lease, check, observed }) => findingOf(lease, check, observed));
  const logged = await record(context, findings);
  const cut = options.stop?.aborted === true ? { cut: true } : {};
  const next = nextOf(commands, items, status.document.next);
  return checked({ ...status.document, next }, items, { at, ...logged, ...cut });
}

/** What a watch remembers is no more than what is held. */
function forget(known: Map<string, Known>, leases: readonly LeaseState[]): void {
  const ids = new Set(leases.map(({ id }) => id));
  for (const id of known.keys()) if (!ids.has(id)) known.delete(id);
}

type Commands = Awaited<ReturnType<typeof reapplications>>;

async function commandsFor(context: Context, broken: readonly LeaseState[], state: LogState): Promise<Commands> {
  if (broken.length === 0) return new Map();
  return reapplications(broken, state, await context.reader(), await context.runbooks());
}

function documentOf(context: Context, lease: LeaseState, check: LeaseCheck, commands: Commands): CheckedLease {
  const document = leaseDocument(lease);
  if (check.window === undefined) return { ...document, check };
  const argv = commands.get(lease.run) ?? null;
  return { ...document, check: { ...check, reapply: argv && { argv: context.globals.output.carried(argv) } } };
}

async function look(context: Context, { leases, document }: Status, { stop }: CheckOptions): Promise<Looks> {
  if (leases.length === 0) return new Map();
  const over = new AbortController();
  const signal = stop === undefined ? over.signal : AbortSignal.any([over.signal, stop]);
  const [incident, ...others] = document.incidents;
  const one = incident !== undefined && others.length === 0 ? { incident: incident.id } : {};
  const scopes = await context.scopes({ signal, ...one });
  const progress = context.screen.planning("looking at what is held");
  try {
    return await lookAtLeases(leases, {
      scopes,
      clock: context.clock,
      ...(stop === undefined ? {} : { stop }),
      onLook: (facts) => progress.count(facts),
    });
  } finally {
    progress.stop();
    over.abort(new ErError("unreachable", "the look is over"));
  }
}

type Looks = ReadonlyMap<string, Look>;

/** Without those that were let go while we looked: what a colleague lifts is not undone behind anybody's back. */
async function withoutLifted(
  context: Context,
  state: LogState,
  leases: readonly LeaseState[],
  looks: Looks,
): Promise<{ readonly leases: readonly LeaseState[]; readonly looks: Looks }> {
  const doubtful = leases.filter(({ id }) => looks.get(id)?.verdict !== "held");
  if (doubtful.length === 0) return { leases, looks };
  await catchUp(state, await context.reader());
  const at = instant(context.clock.now());
  const lifted = doubtful.flatMap((lease): [string, Look][] => {
    const run = liftingRun(state, lease);
    return run === null ? [] : [[lease.id, { verdict: "unverified", at, detail: `${run} is lifting it: soc2-er resume ${run}` }]];
  });
  return { leases: leases.filter(({ endedAt }) => endedAt === null), looks: new Map([...looks, ...lifted]) };
}

type Judged = { readonly check: LeaseCheck; readonly observed?: Look["observed"] };

/** The window in which it was undone opens when it was last seen to stand, and closes with the first look that showed it undone. */
function judge(lease: LeaseState, look: Look | undefined, known: Map<string, Known>, now: Instant): Judged {
  const { verdict, at, detail, observed } = look ?? { verdict: "unverified" as const, at: now, detail: "not looked at" };
  const before = known.get(lease.id);
  const stood = later(lease.heldAt, before?.heldAt ?? null);
  const heldAt = verdict === "held" ? at : stood;
  const facts = { verdict, at, heldAt, ...(detail === undefined ? {} : { detail }) };
  if (verdict === "unverified") return { check: facts };
  if (verdict === "held") {
    known.set(lease.id, { verdict: "held", at, heldAt: at });
    return { check: facts };
  }
  const logged = lease.checked !== null && lease.checked.verdict !== "held" ? lease.checked.at : null;
  const to = (before?.verdict === "broken" ? before.at : null) ?? (before?.verdict === "held" ? null : logged) ?? at;
  known.set(lease.id, { verdict: "broken", at: to, heldAt: stood });
  return { check: { ...facts, window: { from: stood, to } }, ...(observed === undefined ? {} : { observed }) };
}

function later(left: Instant | null, right: Instant | null): Instant | null {
  if (left === null || right === null) return left ?? right;
  return left > right ? left : right;
}

/** That nobody could look is no verdict: it is told, and not written down. */
function findingOf(lease: LeaseState, { verdict, heldAt, detail }: LeaseCheck, observed: Look["observed"]): NewEntry[] {
  if (verdict === "unverified" || lease.checked?.verdict === verdict) return [];
  const { run, change, incident } = lease;
  const more = { ...(detail === undefined ? {} : { detail }), ...(observed === undefined ? {} : { observed }) };
  return [{ type: "lease.checked", incident, body: { run, change, verdict, heldAt, ...more } }];
}

type Logged = Pick<CheckSummary, "logged" | "why"> & { readonly broken?: true };

/** Looking needs no key: without one that may sign, or a log that can be written, the findings are told and nothing else. */
async function record(context: Context, findings: readonly NewEntry[]): Promise<Logged> {
  if (findings.length === 0) return { logged: true };
  try {
    await (await context.writer()).append(findings);
    return { logged: true };
  } catch (error) {
    if (!(error instanceof ErError) || error.code === "internal") throw error;
    return { logged: false, why: error.message, ...(error.exit === EXIT.audit ? { broken: true } : {}) };
  }
}

type Next = StatusDocument["next"];

/** What was undone is put back first, each command once; what could not be seen is asked after. */
function nextOf(commands: Commands, leases: readonly CheckedLease[], otherwise: Next): Next {
  const distinct = new Map([...commands.values()].flatMap((argv) => (argv === null ? [] : [[argv.join("\0"), { argv }]])));
  if (distinct.size > 0) return [...distinct.values()];
  const unseen = leases.some(({ check }) => check.verdict === "unverified");
  return unseen ? [{ argv: ["soc2-er", "doctor"] }, { argv: ["soc2-er", "status", "--verify"] }] : otherwise;
}

type Facts = Logged & Pick<CheckSummary, "at" | "cut">;

function checked(document: StatusDocument, leases: readonly CheckedLease[], { broken, ...facts }: Facts): Checked {
  const count = (verdict: Look["verdict"]): number => leases.filter(({ check }) => check.verdict === verdict).length;
  const counts = { held: count("held"), undone: count("undone"), partly: count("partly"), unverified: count("unverified") };
  return { document: { ...document, leases, check: { ...counts, ...facts } }, exit: exitOf(counts, broken === true) };
}

/** As of a run: what is not in place goes before what could not be seen, and a log that cannot be written before both. */
function exitOf({ undone, partly, unverified }: Omit<CheckSummary, "at" | "logged">, unwritable: boolean): ExitCode {
  if (unwritable) return EXIT.audit;
  if (undone + partly > 0) return EXIT.partial;
  return unverified > 0 ? EXIT.unverified : EXIT.ok;
}
