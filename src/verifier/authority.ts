import { join } from "node:path";
import { type Approval, checkApproval } from "./approval.ts";
import { canonical, isObject, type JsonObject } from "./bytes.ts";
import { Fault, type Findings, quote } from "./findings.ts";
import { readWhole } from "./folder.ts";
import type { Payload } from "./forms.ts";
import type { Keyring } from "./keyring.ts";
import { isPlanned, type Plan, type PlanHeader, readPlan } from "./plan.ts";
import { Scopes } from "./scope.ts";
import { sweepFault } from "./sweep.ts";

const MAX_PLAN = 256 * 1024 * 1024;
/** An entry is written a moment after the clock was read that judged it. */
const SLACK_MS = 60_000;

/** `batch` is the one it stands in; infinite for what is in none yet. */
type Recorded = Approval & { readonly batch: number };
/** `run` is the first that was opened of it. */
type KnownPlan = {
  readonly header: PlanHeader | null;
  readonly approvals: Recorded[];
  approved: boolean;
  run: { readonly id: string; readonly at: string } | null;
};
/**
 * `changes` are those of its plan: undefined before they are needed, null when they cannot be read. `settled` has each intended
 * change, and whether its outcome is known.
 */
type Run = {
  readonly plan: string;
  readonly at: string;
  /** The run that had been opened of its plan before. */
  readonly repeats: KnownPlan["run"];
  readonly openedAt: number;
  /** What its sweeps changed of others. */
  readonly others: Set<string>;
  changes: Plan["changes"] | null | undefined;
  readonly settled: Map<string, boolean>;
};

/**
 * Follows what was planned, approved and done: plans are there and as described, approvals are signed by who may give them,
 * runs follow rulings, and every change was intended, as planned, before anything is said of its outcome.
 */
export class Authority {
  readonly #folder: string;
  readonly #intact: ReadonlySet<string>;
  readonly #findings: Findings;
  readonly #plans = new Map<string, KnownPlan>();
  readonly #runs = new Map<string, Run>();
  readonly #nonces = new Map<string, { readonly statement: string; readonly at: string }>();
  readonly #scopes = new Scopes();

  /** `intact` has the blobs of the folder whose content is what their name says. */
  constructor(folder: string, intact: ReadonlySet<string>, findings: Findings) {
    this.#folder = folder;
    this.#intact = intact;
    this.#findings = findings;
  }

  get plans(): number {
    return this.#plans.size;
  }

  get approvals(): number {
    return this.#nonces.size;
  }

  get runs(): number {
    return this.#runs.size;
  }

  /** How many changes were begun and are not known to have ended. */
  get unsettled(): number {
    return [...this.#runs.values()].flatMap(({ settled }) => [...settled.values()]).filter((done) => !done).length;
  }

  /** Takes an entry that holds. Throws a `Fault` when it does not fit to those before it. */
  see(entry: Payload, at: string, batch: number, keyring: Keyring): void {
    const { type, body } = entry;
    if (type === "plan.created") this.#created(entry, at);
    else if (type === "approval.recorded") this.#approved({ ...checkApproval(entry, keyring), batch }, at);
    else if (type === "scope.granted") this.#scopes.granted(entry, keyring);
    else if (type === "scope.withdrawn") this.#scopes.withdrawn(entry, batch);
    else if (type === "plan.ruled" && body.ruling === "approved") this.#ruled(entry, at, batch, keyring);
    else if (type === "run.opened") this.#opened(body, entry.at, at);
    else if (type === "run.resumed" || type === "run.residual" || type === "run.swept") this.#run(body, at);
    else if (type === "run.closed") this.#closed(body, at);
    else if (type === "change.intended") this.#intended(body, at);
    else if (type.startsWith("change.") || type === "lease.checked") this.#followed(type, body, at);
  }

  #created({ body, incident, origin, mode }: Payload, at: string): void {
    const digest = String(body.plan);
    const unread = { header: null, approvals: [], approved: false, run: null };
    this.#plans.set(digest, unread);
    const plan = this.#read(digest, at);
    if (plan === null) return;
    const { header, changes } = plan;
    this.#plans.set(digest, { ...unread, header });
    const said = { ...body, origin, mode, incident: incident ?? null };
    const is: JsonObject = {
      ...{ origin: header.origin, mode: header.mode, incident: header.incident, kind: header.kind },
      ...{ runbook: header.runbook.id ?? null, required: [...header.required], changes: changes.size },
    };
    for (const [name, value] of Object.entries(is))
      if (canonical(said[name as keyof typeof said] ?? null) !== canonical(value ?? null))
        throw new Fault("plan", `the entry says another ${name} than the plan, which has ${quote(value)}`);
  }

  #approved(approval: Recorded, at: string): void {
    const { plan, nonce, statement, action, decision, person, role } = approval;
    const earlier = this.#nonces.get(nonce);
    if (earlier !== undefined && earlier.statement !== statement)
      throw new Fault("approval-reused", `its nonce was used by another approval, at ${earlier.at}`);
    this.#nonces.set(nonce, earlier ?? { statement, at });
    const known = this.#plans.get(plan);
    if (known === undefined) {
      this.#findings.add("plan-missing", at, `the plan ${plan} is not in the log before its approval`);
      return;
    }
    const { header } = known;
    if (header !== null && header.runbook.id !== action) throw new Fault("approval", `it names the action ${quote(action)}`);
    if (header !== null && decision === "approve" && (header.operator === person || !header.required.includes(role)))
      throw new Fault("approval", `${quote(person)} may not approve this plan as ${quote(role)}`);
    known.approvals.push(approval);
  }

  /** The ruling must follow from the approvals before it. A denial counts when the one who ruled could know it. */
  #ruled({ body, at: time, person: applies, seen }: Payload, at: string, batch: number, keyring: Keyring): void {
    const plan = this.#plans.get(String(body.plan));
    if (plan === undefined) {
      this.#findings.add("plan-missing", at, `the plan ${String(body.plan)} is not in the log before its ruling`);
      return;
    }
    plan.approved = true;
    if (plan.approvals.some((one) => one.decision === "deny" && (one.batch <= seen.batch || one.batch === batch)))
      throw new Fault("ruling", "the plan was denied before");
    const named = (body.approvals as unknown[]).filter((one) => isObject(one as JsonObject)) as JsonObject[];
    const inAdvance = named.filter(({ scope }) => scope !== undefined);
    if (inAdvance.length > 0) {
      const content = plan.header === null ? null : this.#read(String(body.plan), at);
      const use = { time, applies, seen: seen.batch, batch, keyring };
      for (const one of inAdvance) this.#scopes.use(one, content, use, at, this.#findings);
      if (inAdvance.length === named.length && plan.header !== null && !mayBeInAdvance(plan.header, keyring))
        throw new Fault("scope", "nobody approved the plan itself, and its runbook is not one that need not be");
    }
    for (const { person, role } of named.filter(({ scope }) => scope === undefined)) {
      const found = plan.approvals.filter((one) => one.person === person && one.role === role && one.decision === "approve");
      if (found.length === 0)
        this.#findings.add("approval-missing", at, `no approval by ${quote(person)} as ${quote(role)} stands before the ruling`);
      else if (!found.some((one) => holdsAt(one, Date.parse(time))))
        throw new Fault("ruling", `the approval by ${quote(person)} did not hold at ${time}`);
      if (found.length > 0) this.#checkGround(found, keyring, seen.batch, at);
      if (person === applies) throw new Fault("ruling", `${quote(person)} approved the plan and applies it`);
    }
    if (new Set(named.map(({ person }) => person)).size < named.length) throw new Fault("ruling", "one person approved twice");
    const roles = named.map(({ role }) => String(role)).sort();
    if (plan.header !== null && canonical(roles) !== canonical([...plan.header.required].map(String).sort()))
      throw new Fault(
        "ruling",
        `the plan asks for ${quote(plan.header.required.join(", "))}, approved was ${quote(roles.join(", "))}`,
      );
    if (plan.header?.kind === "sweep") this.#swept(String(body.plan), plan.header, time, at);
    for (const runbook of plan.header?.kind === "sweep" ? [] : this.#runbooksBehind(plan.header)) {
      const missing = keyring.asks(runbook).filter((role) => !roles.includes(role));
      if (missing.length > 0)
        throw new Fault("ruling", `the log was founded with ${quote(missing.join(", "))} approving ${quote(runbook)} too`);
    }
  }

  /**
   * An approval whose key was revoked, or whose signer lost the role, before the ruling: it does not count where the one who ruled could
   * know it, and is listed where they could not.
   */
  #checkGround(approvals: readonly Recorded[], keyring: Keyring, seen: number, at: string): void {
    const lost = ({ key, person, role }: Recorded, then: Keyring): boolean =>
      then.key(key)?.state === "revoked" || !then.holds(person, role);
    if (!approvals.every((one) => lost(one, keyring))) return;
    const [{ person, role } = { person: "", role: "" }] = approvals;
    const what = `the approval by ${quote(person)} as ${quote(role)} had lost its key or role before the ruling`;
    if (approvals.every((one) => lost(one, keyring.asOf(seen)))) throw new Fault("ruling", what);
    this.#findings.add("tainted", at, `${what}, which the one who ruled could not know`);
  }

  /** The runbooks whose doing or undoing a plan is, as far as the plan names a run that it undoes. */
  #runbooksBehind(header: PlanHeader | null): readonly string[] {
    const known = new Set<string>();
    for (let plan = header; plan !== null; ) {
      if (plan.kind === "contain") return [String(plan.runbook.id)];
      const undone: Run | undefined = this.#runs.get(String(plan.of));
      if (!["rollback", "sweep"].includes(plan.kind) || undone === undefined || known.has(undone.plan)) return [];
      known.add(undone.plan);
      plan = this.#plans.get(undone.plan)?.header ?? null;
    }
    return [];
  }

  /** A sweep has no approvals of its own: it must be within what was approved with the plan of its run. */
  #swept(digest: string, header: PlanHeader, time: string, at: string): void {
    const run = this.#runs.get(String(header.of));
    const approved = run === undefined ? undefined : this.#plans.get(run.plan)?.header;
    const sweep = this.#read(digest, at);
    if (run === undefined || approved === undefined || approved === null) {
      this.#findings.add(
        "run-missing",
        at,
        `the run ${quote(header.of)} that it sweeps after is not in the log, or not its plan`,
      );
      return;
    }
    if (sweep === null) return;
    const { openedAt, others } = run;
    const why = sweepFault(sweep, { run: String(header.of), header: approved, openedAt, others }, Date.parse(time));
    if (why !== null) throw new Fault("ruling", `the sweep was not within what was approved: ${why}`);
  }

  #opened({ run, plan }: JsonObject, time: string, at: string): void {
    const known = this.#plans.get(String(plan));
    if (known === undefined || !known.approved)
      this.#findings.add("ruling-missing", at, `no ruling stands before the run ${quote(run)} of plan ${quote(plan)}`);
    if (this.#runs.has(String(run))) throw new Fault("run", `the run ${quote(run)} is opened twice`);
    const changes = known === undefined || known.header === null ? null : undefined;
    const repeats = known?.run ?? null;
    if (known !== undefined) known.run ??= { id: String(run), at };
    this.#runs.set(String(run), {
      ...{ plan: String(plan), at, repeats, openedAt: Date.parse(time), others: new Set<string>() },
      ...{ changes, settled: new Map<string, boolean>() },
    });
  }

  #closed(body: JsonObject, at: string): void {
    const run = this.#run(body, at);
    if (run?.changes) run.changes = undefined;
  }

  #intended(body: JsonObject, at: string): void {
    const run = this.#run(body, at);
    if (run === undefined) return;
    const id = String(body.change);
    if (run.repeats !== null && run.settled.size === 0)
      this.#findings.add(
        "approval-reused",
        run.at,
        `the run ${quote(body.run)} applies the plan ${run.plan} again, which ${quote(run.repeats.id)} applied at ${run.repeats.at}`,
      );
    run.settled.set(id, false);
    if (run.changes === undefined) run.changes = this.#read(run.plan, at)?.changes ?? null;
    const planned = run.changes?.get(id);
    if (run.changes !== null && (planned === undefined || !isPlanned(body, planned)))
      throw new Fault("run", `what was done as change ${quote(id)} of run ${quote(body.run)} is not what the plan says`);
  }

  #followed(type: string, body: JsonObject, at: string): void {
    const run = this.#run(body, at);
    const id = String(body.change);
    if (run !== undefined && !run.settled.has(id))
      this.#findings.add(
        "intent-missing",
        at,
        `${type} of change ${quote(id)} in run ${quote(body.run)} without change.intended before`,
      );
    else if (type === "change.settled") run?.settled.set(id, true);
  }

  #run({ run }: JsonObject, at: string): Run | undefined {
    const known = this.#runs.get(String(run));
    if (known === undefined) this.#findings.add("run-missing", at, `the run ${quote(run)} is not opened in the log`);
    return known;
  }

  #read(digest: string, at: string): Plan | null {
    const name = digest.slice("sha256:".length);
    if (!this.#intact.has(name)) {
      this.#findings.add("blob-missing", at, `the content of plan ${digest} is not there, or altered`);
      return null;
    }
    return this.#findings.check(at, () => {
      const bytes = readWhole(join(this.#folder, "blobs", "sha256", name), MAX_PLAN);
      return bytes === null ? null : readPlan(bytes);
    });
  }
}

function mayBeInAdvance({ preapproved, runbook }: PlanHeader, keyring: Keyring): boolean {
  return preapproved === true && keyring.preapproves(String(runbook.id));
}

function holdsAt({ notBefore, notAfter }: Approval, time: number): boolean {
  return time >= Date.parse(notBefore) - SLACK_MS && time <= Date.parse(notAfter) + SLACK_MS;
}
