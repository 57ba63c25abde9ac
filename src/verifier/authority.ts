import { type Approval, checkApproval } from "./approval.ts";
import { Emergencies } from "./break-glass.ts";
import { canonical, isObject, type JsonObject } from "./bytes.ts";
import { checkDescription } from "./described.ts";
import { Fault, type Findings, quote } from "./findings.ts";
import type { Payload } from "./forms.ts";
import { belongs, Incidents } from "./incidents.ts";
import type { Keyring } from "./keyring.ts";
import type { PlanHeader } from "./plan.ts";
import { Plans } from "./plans.ts";
import { type KnownPlan, type Recorded, type Run, Runs } from "./runs.ts";
import { Scopes } from "./scope.ts";
import { sweepFault } from "./sweep.ts";

/** An entry is written a moment after the clock was read that judged it. */
const SLACK_MS = 60_000;

/**
 * Follows what was planned, approved and done: plans are there and as described, approvals are signed by who may give them,
 * runs follow rulings, and every change was intended, as planned, before anything is said of its outcome.
 */
export class Authority {
  readonly #contents: Plans;
  readonly #findings: Findings;
  readonly #plans = new Map<string, KnownPlan>();
  readonly #runs: Runs;
  readonly #nonces = new Map<string, { readonly statement: string; readonly at: string }>();
  readonly #scopes = new Scopes();
  readonly #incidents: Incidents;
  readonly #emergencies = new Emergencies();

  /** `intact` has the blobs of the folder whose content is what their name says. */
  constructor(folder: string, intact: ReadonlySet<string>, findings: Findings) {
    this.#contents = new Plans(folder, intact, findings);
    this.#findings = findings;
    this.#incidents = new Incidents(findings);
    this.#runs = new Runs(this.#plans, this.#contents, this.#incidents, findings);
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

  /** What nobody can say of the end of the log, and whether it has to be said. */
  get notes(): readonly (readonly [boolean, string])[] {
    const { unsettled } = this.#runs;
    const { open } = this.#emergencies;
    return [
      [open > 0, `whether ${open} break-glass rulings were ratified in time: it is not over`],
      [unsettled > 0, `what became of ${unsettled} changes that were begun and have no outcome in the log`],
    ];
  }

  /** What only the end of the log shows. */
  report(): void {
    this.#emergencies.report(this.#findings);
  }

  /** Takes an entry that holds. Throws a `Fault` when it does not fit to those before it. */
  see(entry: Payload, at: string, batch: number, keyring: Keyring): void {
    const { type, body } = entry;
    this.#incidents.see(entry, at, batch);
    this.#emergencies.pass(entry.at);
    if (type === "plan.created") this.#created(entry, at);
    else if (type === "approval.recorded") this.#approved({ ...checkApproval(entry, keyring), batch, recordedAt: entry.at }, at);
    else if (type === "ruling.notified") this.#emergencies.notified(entry);
    else if (type === "ruling.reviewed") this.#reviewed({ ...checkApproval(entry, keyring), batch, recordedAt: entry.at }, at);
    else if (type === "scope.granted") this.#scopes.granted(entry, keyring);
    else if (type === "scope.withdrawn") this.#scopes.withdrawn(entry, batch);
    else if (type === "plan.ruled" && body.ruling === "approved") this.#ruled(entry, at, batch, keyring);
    else this.#runs.see(entry, at, batch);
    if (type === "change.intended") this.#emergencies.intended(this.#ruledPlan(String(body.run)), entry.at);
  }

  #created(entry: Payload, at: string): void {
    const digest = String(entry.body.plan);
    const unread = { header: null, changes: 0, approvals: [], approved: false, run: null };
    this.#plans.set(digest, unread);
    const plan = this.#contents.read(digest, at);
    if (plan === null) return;
    this.#plans.set(digest, { ...unread, header: plan.header, changes: plan.changes.size });
    checkDescription(entry, plan);
  }

  #once({ nonce, statement }: Recorded, at: string): void {
    const earlier = this.#nonces.get(nonce);
    if (earlier !== undefined && earlier.statement !== statement)
      throw new Fault("approval-reused", `its nonce was used by another approval, at ${earlier.at}`);
    this.#nonces.set(nonce, earlier ?? { statement, at });
  }

  #reviewed(review: Recorded, at: string): void {
    this.#once(review, at);
    this.#emergencies.reviewed(review, review.recordedAt, review.batch);
  }

  #approved(approval: Recorded, at: string): void {
    const { plan, action, decision, person, role } = approval;
    this.#once(approval, at);
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
  #ruled(entry: Payload, at: string, batch: number, keyring: Keyring): void {
    const { body, at: time, person: applies, seen } = entry;
    const plan = this.#plans.get(String(body.plan));
    if (plan === undefined) {
      this.#findings.add("plan-missing", at, `the plan ${String(body.plan)} is not in the log before its ruling`);
      return;
    }
    plan.approved = true;
    belongs(entry, plan.header);
    if (plan.header !== null && Date.parse(time) > Date.parse(String(plan.header.expiresAt)) + SLACK_MS)
      throw new Fault("ruling", `the plan could be applied until ${quote(plan.header.expiresAt)}`);
    if (plan.approvals.some((one) => one.decision === "deny" && (one.batch <= seen.batch || one.batch === batch)))
      throw new Fault("ruling", "the plan was denied before");
    const named = (body.approvals as unknown[]).filter((one) => isObject(one as JsonObject)) as JsonObject[];
    const inAdvance = named.filter(({ scope }) => scope !== undefined);
    if (inAdvance.length > 0) {
      const content = plan.header === null ? null : this.#contents.read(String(body.plan), at);
      const use = { time, applies, seen: seen.batch, batch, keyring };
      for (const one of inAdvance) this.#scopes.use(one, content, use, at, this.#findings);
      if (
        body.breakGlass === undefined &&
        inAdvance.length === named.length &&
        plan.header !== null &&
        !mayBeInAdvance(plan.header, keyring)
      )
        throw new Fault("scope", "nobody approved the plan itself, and its runbook is not one that need not be");
    }
    for (const { person, role, at: given } of named.filter(({ scope }) => scope === undefined)) {
      const found = plan.approvals.filter((one) => one.person === person && one.role === role && one.decision === "approve");
      if (found.length === 0)
        this.#findings.add("approval-missing", at, `no approval by ${quote(person)} as ${quote(role)} stands before the ruling`);
      else if (!found.some((one) => holdsAt(one, Date.parse(time))))
        throw new Fault("ruling", `the approval by ${quote(person)} did not hold at ${time}`);
      else if (!found.some(({ recordedAt }) => recordedAt === given))
        throw new Fault("ruling", `the approval by ${quote(person)} was not given at ${quote(given)}`);
      if (found.length > 0) this.#checkGround(found, keyring, seen.batch, at);
      if (person === applies) throw new Fault("ruling", `${quote(person)} approved the plan and applies it`);
    }
    if (new Set(named.map(({ person }) => person)).size < named.length) throw new Fault("ruling", "one person approved twice");
    const roles = named.map(({ role }) => String(role)).sort();
    if (body.breakGlass !== undefined) {
      this.#emergencies.ruled(entry, plan.header, roles, at, batch, keyring);
      return;
    }
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
    const sweep = this.#contents.read(digest, at);
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

  /** The plan whose ruling stands behind a run: a sweep's is that of the run that it sweeps after. */
  #ruledPlan(run: string): string {
    const plan = this.#runs.get(run)?.plan ?? "";
    const header = this.#plans.get(plan)?.header;
    return header?.kind === "sweep" ? (this.#runs.get(String(header.of))?.plan ?? plan) : plan;
  }
}

function mayBeInAdvance({ preapproved, runbook }: PlanHeader, keyring: Keyring): boolean {
  return preapproved === true && keyring.preapproves(String(runbook.id));
}

function holdsAt({ notBefore, notAfter }: Approval, time: number): boolean {
  return time >= Date.parse(notBefore) - SLACK_MS && time <= Date.parse(notAfter) + SLACK_MS;
}
