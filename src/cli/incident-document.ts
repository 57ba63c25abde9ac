import { activeLeases, type LeaseState, type LogState } from "../incidents/index.ts";
import type { Incident } from "../model/index.ts";

/** What a script reads of an incident (`soc2-er/incident@1`). */
export function incidentDocument(incident: Incident, state: LogState) {
  const held = activeLeases(state).filter((lease) => lease.incident === incident.id);
  return { schema: "soc2-er/incident@1" as const, ...incident, leases: held.map(leaseDocument) };
}

export function leaseDocument({ id, incident, run, action, resource, since, expires }: LeaseState) {
  return { id, incident, run, action, resource, since, expires };
}
