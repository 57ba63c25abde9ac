import type { Approval } from "./approval.ts";
import { isObject, type Json } from "./bytes.ts";
import { Fault, type Findings, quote } from "./findings.ts";
import { checkForm, type Payload } from "./forms.ts";
import type { Keyring } from "./keyring.ts";
import type { PlanHeader } from "./plan.ts";

type Said = { readonly decision: string; readonly role: string; readonly time: number; readonly batch: number };

/** A break-glass ruling, and what the skipped roles said of it: the last word of each person. */
type Ruling = {
  readonly at: string;
  readonly plan: string;
  readonly operator: string;
  readonly applier: string;
  readonly runbook: string;
  readonly skipped: readonly string[];
  readonly until: number;
  readonly reviewBy: number;
  /** Every word, in the order of the log. */
  readonly said: (Said & { readonly person: string })[];
};

const HOUR_MS = 60 * 60_000;
/** An entry is written a moment after the clock was read that judged it. */
const SLACK_MS = 60_000;

/** Rulings without approvals: whether they could be had, what was done under them, and what became of their reviews. */
export class Emergencies {
  readonly #rulings = new Map<string, Ruling>();
  /** Of the newest entry. */
  #time = 0;

  /** Notes how far the log's times reach: what is not reviewed by then, is not reviewed. */
  pass(time: string): void {
    this.#time = Math.max(this.#time, Date.parse(time));
  }

  /** How many rulings the log ends before the review of. */
  get open(): number {
    return [...this.#rulings.values()].filter(
      (ruling) => waitingFor(ruling).length > 0 && !isObjected(ruling) && this.#time <= ruling.reviewBy,
    ).length;
  }

  /** Throws a `Fault` when the ruling could not be had. `roles` are those that approved. */
  ruled(entry: Payload, header: PlanHeader | null, roles: readonly string[], at: string, batch: number, keyring: Keyring): void {
    const { body, at: time, person, seen } = entry;
    const said = body.breakGlass;
    checkForm("break-glass ruling", said, "reason:text skipped:list until:instant reviewBy:instant");
    const now = Date.parse(time);
    const [until, reviewBy] = [Date.parse(String(said.until)), Date.parse(String(said.reviewBy))];
    const skipped = (said.skipped as readonly Json[]).map(String);
    const plan = String(body.plan);
    const runbook = String(header?.runbook.id ?? "");
    const why = header === null ? null : this.#refusal({ header, roles, skipped, runbook, keyring });
    if (why !== null) throw new Fault("break-glass", why);
    if (String(said.reason).trim() === "") throw new Fault("break-glass", "no reason was given");
    if (until > now + HOUR_MS || reviewBy > now + keyring.ratifyWithinMs)
      throw new Fault("break-glass", "it gives itself more time than an hour, or its review more than the founding does");
    for (const earlier of this.#rulings.values()) {
      const known = (one: Said): boolean => one.batch <= seen.batch || one.batch === batch;
      const waiting = waitingFor(earlier, known);
      const objected = isObjected(earlier, known);
      if (waiting.length > 0 && !objected && now > earlier.reviewBy + SLACK_MS)
        throw new Fault("break-glass", `the one at ${earlier.at} was not reviewed by ${quote(waiting.join(", "))} in time`);
      if (objected && [earlier.operator, earlier.applier].includes(person))
        throw new Fault("break-glass", `somebody objected to what ${quote(person)} did so at ${earlier.at}`);
    }
    this.#rulings.set(plan, {
      ...{ at, plan, runbook, skipped, until, reviewBy, applier: person, said: [] },
      operator: String(header?.operator ?? ""),
    });
  }

  #refusal(facts: {
    readonly header: PlanHeader;
    readonly roles: readonly string[];
    readonly skipped: readonly string[];
    readonly runbook: string;
    readonly keyring: Keyring;
  }): string | null {
    const { header, roles, skipped, runbook, keyring } = facts;
    if (header.kind !== "contain") return `a ${header.kind} cannot be had so`;
    if (!keyring.allowsBreakGlass(runbook)) return `the log was not founded with it for ${quote(runbook)}`;
    const required = new Set([...header.required.map(String), ...keyring.asks(runbook)]);
    const missing = [...required].filter((role) => !roles.includes(role)).sort();
    return missing.join() === skipped.toSorted().join() ? null : `it skipped ${quote(missing.join(", "))}, and says otherwise`;
  }

  /** Throws a `Fault` when a change is intended after the ruling's hour. */
  intended(plan: string, time: string): void {
    const ruling = this.#rulings.get(plan);
    if (ruling !== undefined && Date.parse(time) > ruling.until + SLACK_MS)
      throw new Fault("break-glass", `a change is intended at ${time}, after the hour of the ruling at ${ruling.at}`);
  }

  notified({ body }: Payload): void {
    const ruling = this.#of(String(body.plan));
    const reached = (body.told as readonly Json[]).flatMap((one) => (isObject(one) && Array.isArray(one.roles) ? one.roles : []));
    const untold = ruling.skipped.filter((role) => !reached.includes(role)).join();
    if (untold !== (body.untold as readonly Json[]).join())
      throw new Fault("break-glass", `it says that ${quote(body.untold)} were not told, which does not follow`);
  }

  /** `review` is signed by who it says, who holds the role. */
  reviewed(review: Approval, time: string, batch: number): void {
    const ruling = this.#of(review.plan);
    const { person, role, decision, action, notBefore, notAfter } = review;
    const now = Date.parse(time);
    if (action !== ruling.runbook || !ruling.skipped.includes(role) || [ruling.operator, ruling.applier].includes(person))
      throw new Fault("break-glass", `${quote(person)} may not review it as ${quote(role)}`);
    if (now < Date.parse(notBefore) - SLACK_MS || now > Date.parse(notAfter) + SLACK_MS)
      throw new Fault("break-glass", `the review by ${quote(person)} did not hold at ${time}`);
    ruling.said.push({ person, role, decision, time: now, batch });
  }

  /** What was not ratified in its time stands as an exception. */
  report(findings: Findings): void {
    for (const ruling of this.#rulings.values()) {
      const waiting = waitingFor(ruling);
      const inTime = waitingFor(ruling, ({ time }) => time <= ruling.reviewBy).length === 0;
      const why = isObjected(ruling)
        ? "was objected to"
        : waiting.length > 0
          ? `was not ratified by ${quote(waiting.join(", "))}`
          : "was ratified too late";
      if (isObjected(ruling) || (!inTime && this.#time > ruling.reviewBy))
        findings.add("unratified", ruling.at, `the break-glass ruling by ${quote(ruling.applier)} ${why}: an exception`);
    }
  }

  #of(plan: string): Ruling {
    const ruling = this.#rulings.get(plan);
    if (ruling === undefined) throw new Fault("break-glass", `no break-glass ruling on ${plan} stands before it`);
    return ruling;
  }
}

/** The last words that count, by person. */
function lastOf({ said }: Ruling, known: (one: Said) => boolean): Map<string, Said> {
  return new Map(said.filter(known).map((one) => [one.person, one]));
}

function isObjected(ruling: Ruling, known: (one: Said) => boolean = () => true): boolean {
  return [...lastOf(ruling, known).values()].some(({ decision }) => decision === "object");
}

/** Skipped roles that nobody ratified for, each by a person of its own. */
function waitingFor(ruling: Ruling, known: (one: Said) => boolean = () => true): string[] {
  const last = lastOf(ruling, known);
  const ratified = ruling.said.filter(
    (one) => known(one) && last.get(one.person)?.decision === "ratify" && one.decision === "ratify",
  );
  const taken = new Map<string, string>();
  const place = (role: string, tried: Set<string>): boolean => {
    for (const { person, role: as } of ratified) {
      if (as !== role || tried.has(person)) continue;
      tried.add(person);
      const holder = taken.get(person);
      if (holder === undefined || place(holder, tried)) {
        taken.set(person, role);
        return true;
      }
    }
    return false;
  };
  return ruling.skipped.filter((role) => !place(role, new Set()));
}
