import { isObject, type Json, type JsonObject } from "./bytes.ts";
import { UNSEEN } from "./findings.ts";
import type { Payload } from "./forms.ts";

/** One privileged action. Members that do not apply are empty. */
export type Action = {
  readonly kind: string;
  readonly at: string;
  readonly person: string;
  readonly host: string;
  readonly incident: string;
  readonly mode: string;
  readonly run: string;
  readonly change: string;
  readonly action: string;
  readonly resource: string;
  readonly plan: string;
  readonly approvals: string;
  outcome: string;
  endedAt: string;
  verdict: string;
  readonly gap: Gap;
  readonly entry: string;
};

/** Who vouched for the entry at first: a store soon after, its machine alone for a while, or its machine alone until now. */
export type Gap = "none" | "store-down" | "machine-only";

export type Counts = { readonly [kind: string]: { readonly [outcome: string]: number } };

const COLUMNS = [
  ...["kind", "at", "person", "host", "incident", "mode", "run", "change", "action", "resource", "plan", "approvals"],
  ...["outcome", "endedAt", "verdict", "gap", "entry"],
] as const satisfies readonly (keyof Action)[];

/**
 * Every privileged action in the log, one row each, in the order in which they began: what a sample is drawn from. Rows are what
 * the log says, whether or not it holds; the findings say what does not.
 */
export class Population {
  /** Null: they are only counted, so that memory does not grow with what is not asked for. */
  readonly #rows: Action[] | null;
  readonly #counts: { [kind: string]: { [outcome: string]: number } } = {};
  readonly #hosts = new Map<string, string>();
  /** By host, the stores that it said it could not reach. */
  readonly #down = new Map<string, Set<string>>();
  readonly #plans = new Map<string, { readonly runbook: string; readonly target: string; approvals: string }>();
  readonly #runs = new Map<string, Begun & { readonly plan: string }>();
  readonly #changes = new Map<string, Begun>();
  /** Break-glass rulings by their plan, and the last word of each role on them. */
  readonly #rulings = new Map<string, Reviewed>();
  readonly #scopes = new Map<string, Begun>();

  constructor(withRows: boolean) {
    this.#rows = withRows ? [] : null;
  }

  /** Takes an entry that holds. */
  see(entry: Payload, digest: string, committed: boolean): void {
    const { type, body, writer, at } = entry;
    const run = String(body.run);
    const change = `${run} ${String(body.change)}`;
    if (type === "session.opened") this.#hosts.set(writer, String(body.host));
    else if (type === "remote.down") this.#storesDown(writer).add(String(body.store));
    else if (type === "remote.up") this.#storesDown(writer).delete(String(body.store));
    else if (type === "genesis") this.#add(entry, digest, committed, { action: type, resource: String(body.organization) });
    else if (type === "keyring.changed")
      this.#add(entry, digest, committed, { action: type, approvals: `${listOf(body.signatures).length} signatures` });
    else if (type === "scope.granted") this.#scopes.set(String(body.scope), this.#granted(entry, digest, committed));
    else if (type === "scope.withdrawn") this.#end(this.#scopes.get(String(body.scope)), "withdrawn", at);
    else if (type === "plan.created")
      this.#plans.set(String(body.plan), { runbook: String(body.runbook), target: String(body.target), approvals: "" });
    else if (type === "plan.ruled") this.#ruled(entry, digest, committed);
    else if (type === "ruling.reviewed") this.#reviewed(body, at);
    else if (type === "run.opened") this.#runs.set(run, this.#opened(entry, digest, committed));
    else if (type === "run.closed") this.#end(this.#runs.get(run), String(body.result), at);
    else if (type === "change.intended") this.#changes.set(change, this.#intended(entry, digest, committed));
    else if (type === "change.settled") this.#end(this.#changes.get(change), member(body.outcome, "status"), at);
    else if (type === "change.verified") judge(this.#changes.get(change)?.row, member(body.verification, "verdict"));
  }

  /** How many actions of each kind ended how; `open` is what has no end in the log. */
  get counts(): Counts {
    const kinds = Object.entries(this.#counts).sort(byName);
    return Object.fromEntries(kinds.map(([kind, outcomes]) => [kind, Object.fromEntries(Object.entries(outcomes).sort(byName))]));
  }

  /** The lines of a CSV file (RFC 4180), its head first. */
  *csv(): Generator<string> {
    yield csvLine(COLUMNS);
    for (const action of this.#rows ?? []) yield csvLine(COLUMNS.map((name) => action[name]));
  }

  #storesDown(writer: string): Set<string> {
    const host = this.#hosts.get(writer) ?? writer;
    const known = this.#down.get(host) ?? new Set();
    this.#down.set(host, known);
    return known;
  }

  #ruled(entry: Payload, digest: string, committed: boolean): void {
    const { plan, approvals, breakGlass } = entry.body;
    const known = this.#plans.get(String(plan));
    const said = listOf(approvals).map((one) => {
      const scope = member(one, "scope");
      const advance = scope === "" ? "" : ` in scope ${scope}`;
      return `${member(one, "person")} as ${member(one, "role")} at ${member(one, "at")}${advance}`;
    });
    const skipped = isObject(breakGlass) && Array.isArray(breakGlass.skipped) ? breakGlass.skipped.map(String) : null;
    if (skipped !== null) said.push(`break-glass without ${skipped.join(", ")}: ${member(breakGlass, "reason")}`);
    if (known !== undefined) known.approvals = said.join("; ");
    if (skipped === null) return;
    const { runbook = "", target = "" } = known ?? {};
    const facts = { action: runbook, resource: target, plan: String(plan), approvals: said.join("; ") };
    const begun = this.#add(entry, digest, committed, { kind: "break-glass", ...facts });
    this.#rulings.set(String(plan), { begun, skipped, words: new Map() });
  }

  /** Ended by each skipped role's last word; one that objects is enough. */
  #reviewed({ plan, decision, role }: JsonObject, at: string): void {
    const ruling = this.#rulings.get(String(plan));
    if (ruling === undefined) return;
    const words = ruling.words.set(String(role), String(decision));
    if ([...words.values()].includes("object")) this.#end(ruling.begun, "objected", at);
    else this.#end(ruling.begun, ruling.skipped.every((one) => words.has(one)) ? "ratified" : "open", at);
  }

  #granted(entry: Payload, digest: string, committed: boolean): Begun {
    const { scope, runbook, role, person, expiresAt } = entry.body;
    const approvals = `${String(person)} as ${String(role)} until ${String(expiresAt)}`;
    return this.#add(entry, digest, committed, { action: String(runbook), resource: String(scope), approvals });
  }

  #opened(entry: Payload, digest: string, committed: boolean): Begun & { readonly plan: string } {
    const { plan, run } = entry.body;
    const { runbook = "", target = "", approvals = "" } = this.#plans.get(String(plan)) ?? {};
    const facts = { action: runbook, resource: target, run: String(run), plan: String(plan), approvals };
    return { ...this.#add(entry, digest, committed, facts), plan: String(plan) };
  }

  #intended(entry: Payload, digest: string, committed: boolean): Begun {
    const { run, change, action, resource } = entry.body;
    const { plan = "" } = this.#runs.get(String(run)) ?? {};
    const { approvals = "" } = this.#plans.get(plan) ?? {};
    const of = ["provider", "account", "region", "type", "id"].map((name) => member(resource, name)).join("/");
    const facts = { run: String(run), change: String(change), action: String(action), resource: of, plan, approvals };
    return this.#add(entry, digest, committed, facts);
  }

  #add(entry: Payload, digest: string, committed: boolean, facts: Partial<Action>): Begun {
    const { at, person, incident = "", mode, writer } = entry;
    const kind = facts.kind ?? entry.type;
    const outcome = ENDLESS.includes(kind) ? "done" : "open";
    this.#count(kind, outcome, 1);
    if (this.#rows === null) return { kind, outcome, row: null };
    const gap = !committed ? "machine-only" : this.#storesDown(writer).size > 0 ? "store-down" : "none";
    const row: Action = {
      ...{ kind, at, person, host: this.#hosts.get(writer) ?? "", incident, mode, run: "", change: "" },
      ...{ action: "", resource: "", plan: "", approvals: "", ...facts },
      ...{ outcome, endedAt: "", verdict: "", gap, entry: digest },
    };
    this.#rows.push(row);
    return { kind, outcome, row };
  }

  /** A resumed run ends again: the last end counts. */
  #end(begun: Begun | undefined, outcome: string, at: string): void {
    if (begun === undefined) return;
    this.#count(begun.kind, begun.outcome, -1);
    this.#count(begun.kind, outcome, 1);
    begun.outcome = outcome;
    if (begun.row !== null) Object.assign(begun.row, { outcome, endedAt: at });
  }

  #count(kind: string, outcome: string, by: number): void {
    this.#counts[kind] ??= {};
    const outcomes = this.#counts[kind];
    outcomes[outcome] = (outcomes[outcome] ?? 0) + by;
    if (outcomes[outcome] === 0) delete outcomes[outcome];
  }
}

/** An action whose end may yet come. */
type Begun = { readonly kind: string; outcome: string; readonly row: Action | null };

type Reviewed = { readonly begun: Begun; readonly skipped: readonly string[]; readonly words: Map<string, string> };

/** What is done with its one entry: of it there is no end to wait for. */
const ENDLESS: readonly string[] = ["genesis", "keyring.changed", "scope.granted"];

function judge(action: Action | null | undefined, verdict: string): void {
  if (action) action.verdict = verdict;
}

function byName([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number {
  return left < right ? -1 : 1;
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

function member(value: Json | undefined, name: string): string {
  const found = isObject(value) ? value[name] : undefined;
  return typeof found === "string" ? found : "";
}

/**
 * A line with its end. What a spreadsheet would take for a formula gets an apostrophe in front, and control characters, tabs and
 * line ends are spelled out: whoever wrote into the log must not run anything at the auditor's.
 */
function csvLine(cells: readonly string[]): string {
  const safe = cells.map((cell) => {
    const spelled = cell.replace(UNSEEN, (one) => `\\u${(one.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`);
    const tame = /^\s*[=+\-@＝＋－＠]/.test(spelled) ? `'${spelled}` : spelled;
    return /[",;']/.test(tame) ? `"${tame.replaceAll('"', '""')}"` : tame;
  });
  return `${safe.join(",")}\r\n`;
}
