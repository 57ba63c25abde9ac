import { Fault, type Findings, quote } from "./findings.ts";
import type { Payload } from "./forms.ts";
import type { PlanHeader } from "./plan.ts";

type Closing = { readonly batch: number; readonly writer: string };

/** Which incidents are declared and closed: what is done in one must be able to know that it is there. */
export class Incidents {
  readonly #findings: Findings;
  readonly #closed = new Map<string, Closing | null>();
  readonly #missed = new Set<string>();

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /** Takes an entry that holds. Throws a `Fault` when it contradicts those before it. */
  see({ type, body, incident, writer }: Payload, at: string, batch: number): void {
    const id = String(body.id);
    if (type === "incident.declared") {
      if (this.#closed.has(id)) throw new Fault("incident", `the incident ${quote(id)} is declared twice`);
      this.#closed.set(id, null);
    }
    if (type === "incident.closed") this.#closed.set(id, { batch, writer });
    const named = type.startsWith("incident.") ? id : incident;
    if (incident !== undefined && incident !== named)
      throw new Fault("incident", `it tells of incident ${quote(id)} and belongs to ${quote(incident)}`);
    if (named === undefined || this.#closed.has(named) || this.#missed.has(named)) return;
    this.#missed.add(named);
    // Its declaration may be what was altered or is missing: that is told already.
    if (["incomplete", "tampered"].includes(this.#findings.verdict)) return;
    this.#findings.add("incident-missing", at, `the incident ${quote(named)} is not declared before`);
  }

  /** Whether whoever wrote the entry knew that the incident was closed. */
  wasClosed(incident: string, { seen, writer }: Payload, batch: number): boolean {
    const closing = this.#closed.get(incident);
    if (closing === undefined || closing === null) return false;
    return closing.batch <= seen.batch || closing.batch === batch || closing.writer === writer;
  }
}

/** An entry belongs to the incident of the plan that it is about. */
export function belongs({ incident }: Payload, header: PlanHeader | null): void {
  if (header !== null && incident !== header.incident)
    throw new Fault("incident", `it belongs to incident ${quote(incident)}, its plan to ${quote(header.incident)}`);
}
