import type { ForwarderState } from "../audit/index.ts";
import { activeLeases, foldLog, type LeaseState, type LogState, openIncidents } from "../incidents/index.ts";
import type { Incident } from "../model/index.ts";
import type { Context } from "./context.ts";
import { type ReviewItem, reviewsIn } from "./emergencies.ts";
import { leaseDocument } from "./incident-document.ts";
import { incidentNamed } from "./select.ts";
import { nextOf, type Waiting, waitingOf } from "./waiting.ts";

type Next = { readonly argv: readonly string[] };
type Lease = ReturnType<typeof leaseDocument>;

/** What is open, what is held, who must act (`soc2-er/status@1`). */
export type StatusDocument = {
  readonly schema: "soc2-er/status@1";
  readonly mode: "real" | "drill";
  readonly origin: string;
  readonly incidents: readonly Incident[];
  readonly leases: readonly Lease[];
  readonly waiting: readonly Waiting[];
  /** Break-glass rulings that wait for their review, stand as exceptions, or were not told to everybody skipped. */
  readonly reviews: readonly ReviewItem[];
  readonly remote: { readonly state: "none" | "up-to-date" | "behind" | "down"; readonly lagSeconds: number };
  /** Where entries are handed to beside the stores; absent where the organization's file names none. */
  readonly forward?: readonly ForwarderState[];
  readonly next: readonly Next[];
};

/** The document, and what it was made of: null while there is no log. */
export type Status = {
  readonly document: StatusDocument;
  readonly state: LogState | null;
  readonly leases: readonly LeaseState[];
};

const declare: Next = { argv: ["soc2-er", "incident", "declare", "--title", "what happens", "--severity", "2"] };

/** Of one incident, or of all. Errors: `unknown-incident`. */
export async function statusOf(context: Context, only: string | undefined): Promise<Status> {
  const { mode } = context;
  const base = { schema: "soc2-er/status@1" as const, mode, origin: context.origin };
  const reader = await context.readerIfAny();
  if (!reader) {
    const remote = { state: "none" as const, lagSeconds: 0 };
    return {
      document: { ...base, incidents: [], leases: [], waiting: [], reviews: [], remote, next: [declare] },
      state: null,
      leases: [],
    };
  }
  const state = await foldLog(reader);
  const incidents = only === undefined ? openIncidents(state) : [incidentNamed(state, only, context.globals.output.onTerminal)];
  const asked = ({ incident }: { incident: string }): boolean =>
    only === undefined || incidents.some(({ id }) => id === incident);
  const waiting = (await waitingOf(reader, state, context.clock)).filter(asked);
  const reviews = (await reviewsIn(reader, state, context.clock)).filter(asked);
  const { state: remote, lagSeconds } = await reader.remote();
  const held = activeLeases(state).filter(asked);
  const leases = held.map(leaseDocument);
  const releases = [...new Set(leases.map(({ incident }) => incident))].map((id) => ({ argv: ["soc2-er", "release", id] }));
  const forward =
    (context.config.audit.forward ?? []).length === 0 ? {} : { forward: await (await context.forwarders()).states() };
  const next = waiting.length > 0 ? waiting.map(nextOf) : incidents.length === 0 && releases.length === 0 ? [declare] : releases;
  return {
    document: { ...base, incidents, leases, waiting, reviews, remote: { state: remote, lagSeconds }, ...forward, next },
    state,
    leases: held,
  };
}
