import type { Approval } from "./approval.ts";
import type { JsonObject } from "./bytes.ts";
import { checkOpening } from "./described.ts";
import { Fault, type Findings, quote } from "./findings.ts";
import type { Payload } from "./forms.ts";
import { belongs, type Incidents } from "./incidents.ts";
import { isPlanned, type PlanHeader } from "./plan.ts";
import type { Plans } from "./plans.ts";

/** `batch` is the one it stands in; infinite for what is in none yet. */
export type Recorded = Approval & { readonly batch: number; readonly recordedAt: string };
/** `run` is the first that was opened of it. */
export type KnownPlan = {
  readonly header: PlanHeader | null;
  readonly changes: number;
  readonly approvals: Recorded[];
  approved: boolean;
  run: { readonly id: string; readonly at: string } | null;
};
/**
 * `known` has each intended change, and what became of it as far as the log says.
 */
export type Run = {
  readonly plan: string;
  readonly at: string;
  /** The run that had been opened of its plan before. */
  readonly repeats: KnownPlan["run"];
  readonly openedAt: number;
  /** What its sweeps changed of others. */
  readonly others: Set<string>;
  /** Whether the content of its plan can be read, as far as it was tried. */
  readable: boolean;
  readonly known: Map<string, "begun" | "settled" | "confirmed">;
  /** Where it said that it had ended; null while it goes on. */
  ended: { readonly batch: number; readonly writer: string } | null;
};

/** Follows runs: opened as planned, each change intended as planned before anything is said of its outcome, and ended as they went. */
export class Runs {
  readonly #plans: ReadonlyMap<string, KnownPlan>;
  readonly #contents: Plans;
  readonly #incidents: Incidents;
  readonly #findings: Findings;
  readonly #runs = new Map<string, Run>();

  constructor(plans: ReadonlyMap<string, KnownPlan>, contents: Plans, incidents: Incidents, findings: Findings) {
    this.#plans = plans;
    this.#contents = contents;
    this.#incidents = incidents;
    this.#findings = findings;
  }

  get size(): number {
    return this.#runs.size;
  }

  get(run: string): Run | undefined {
    return this.#runs.get(run);
  }

  get unsettled(): number {
    return [...this.#runs.values()].flatMap(({ known }) => [...known.values()]).filter((state) => state === "begun").length;
  }

  /** Takes an entry that holds; of other types than those of runs it takes no notice. Throws a `Fault`. */
  see(entry: Payload, at: string, batch: number): void {
    const { type } = entry;
    if (type === "run.opened") this.#opened(entry, at, batch);
    else if (type === "run.resumed") this.#resumed(entry, at);
    else if (type === "run.residual" || type === "run.swept") this.#run(entry, at);
    else if (type === "run.closed") this.#closed(entry, at, batch);
    else if (type === "change.intended") this.#intended(entry, at);
    else if (type.startsWith("change.") || type === "lease.checked") this.#followed(entry, at);
  }

  #opened(entry: Payload, at: string, batch: number): void {
    const { run, plan } = entry.body;
    const known = this.#plans.get(String(plan));
    if (known === undefined || !known.approved)
      this.#findings.add("ruling-missing", at, `no ruling stands before the run ${quote(run)} of plan ${quote(plan)}`);
    if (this.#runs.has(String(run))) throw new Fault("run", `the run ${quote(run)} is opened twice`);
    const header = known?.header ?? null;
    const repeats = known?.run ?? null;
    if (known !== undefined) known.run ??= { id: String(run), at };
    this.#runs.set(String(run), {
      ...{ plan: String(plan), at, repeats, openedAt: Date.parse(entry.at), others: new Set<string>(), ended: null },
      ...{ readable: header !== null, known: new Map() },
    });
    belongs(entry, header);
    if (header === null) return;
    checkOpening(entry.body, header, known?.changes ?? 0);
    if (header.kind !== "sweep" && this.#incidents.wasClosed(header.incident, entry, batch))
      throw new Fault("incident", `the run ${quote(run)} is opened in an incident that was closed before`);
  }

  #resumed(entry: Payload, at: string): void {
    const run = this.#run(entry, at);
    if (run !== undefined) run.ended = null;
  }

  #closed(entry: Payload, at: string, batch: number): void {
    const run = this.#run(entry, at);
    if (run === undefined) return;
    const { result } = entry.body;
    run.ended = { batch, writer: entry.writer };
    this.#contents.release(run.plan);
    const plan = this.#plans.get(run.plan);
    if (!plan?.header || (result !== "contained" && result !== "rolled-back")) return;
    const contains = plan.header.kind === "contain" || plan.header.kind === "sweep";
    const confirmed = [...run.known.values()].filter((state) => state === "confirmed").length;
    if (confirmed < plan.changes || contains !== (result === "contained"))
      throw new Fault("run", `it says ${quote(result)}, and ${confirmed} of ${plan.changes} changes were seen to hold`);
  }

  #intended(entry: Payload, at: string): void {
    const { body } = entry;
    const run = this.#run(entry, at);
    if (run === undefined) return;
    const id = String(body.change);
    if (run.repeats !== null && run.known.size === 0)
      this.#findings.add(
        "approval-reused",
        run.at,
        `the run ${quote(body.run)} applies the plan ${run.plan} again, which ${quote(run.repeats.id)} applied at ${run.repeats.at}`,
      );
    run.known.set(id, "begun");
    const plan = run.readable ? this.#contents.read(run.plan, at) : null;
    run.readable = plan !== null;
    const planned = plan?.changes.get(id);
    if (plan !== null && (planned === undefined || !isPlanned(body, planned)))
      throw new Fault("run", `what was done as change ${quote(id)} of run ${quote(body.run)} is not what the plan says`);
    if (run.ended !== null && (run.ended.batch <= entry.seen.batch || run.ended.writer === entry.writer))
      throw new Fault("run", `the change ${quote(id)} was begun after the run ${quote(body.run)} had ended`);
  }

  #followed(entry: Payload, at: string): void {
    const { type, body } = entry;
    const run = this.#run(entry, at);
    if (run === undefined) return;
    const id = String(body.change);
    const before = run.known.get(id);
    if (before === undefined)
      this.#findings.add(
        "intent-missing",
        at,
        `${type} of change ${quote(id)} in run ${quote(body.run)} without change.intended before`,
      );
    else if (type === "change.settled") run.known.set(id, "settled");
    else if (type === "change.verified" && before !== "begun")
      run.known.set(id, (body.verification as JsonObject).verdict === "confirmed" ? "confirmed" : "settled");
  }

  #run(entry: Payload, at: string): Run | undefined {
    const { run } = entry.body;
    const known = this.#runs.get(String(run));
    if (known === undefined) this.#findings.add("run-missing", at, `the run ${quote(run)} is not opened in the log`);
    else belongs(entry, this.#plans.get(known.plan)?.header ?? null);
    return known;
  }
}
