import type { Entry, EntryOf, EntryType, Json, PlanKind, ResourceRef } from "../../model/index.ts";
import { millis } from "../../model/index.ts";
import type { SealedEntry } from "../types.ts";
import { integrityOf } from "./integrity.ts";

/** The schema of the events: what SIEMs and data lakes take now. */
export const OCSF = "1.8.0";

type Event = { [name: string]: Json };
type Class = { readonly uid: number; readonly name: string; readonly category: number; readonly group: string };

const CLASSES = {
  incident: { uid: 2005, name: "Incident Finding", category: 2, group: "Findings" },
  authentication: { uid: 3002, name: "Authentication", category: 3, group: "Identity & Access Management" },
  entity: { uid: 3004, name: "Entity Management", category: 3, group: "Identity & Access Management" },
  api: { uid: 6003, name: "API Activity", category: 6, group: "Application Activity" },
  remediation: { uid: 7001, name: "Remediation Activity", category: 7, group: "Remediation" },
} as const satisfies Record<string, Class>;

/** The class, its activity, and what only that class has. */
type Mapped = { readonly class: Class; readonly activity: readonly [id: number, name: string]; readonly members: Event };

const OTHER = 99;
const SEVERITY = { 1: [5, "Critical"], 2: [4, "High"], 3: [3, "Medium"], 4: [2, "Low"] } as const;
const INFORMATIONAL = [1, "Informational"] as const;

type Severity = EntryOf<"incident.declared">["body"]["severity"];

/** What events take from entries before theirs, as far as it may yet be needed. */
export type Facts = {
  readonly kinds: readonly (readonly [run: string, kind: PlanKind])[];
  readonly hosts: readonly (readonly [writer: string, host: string])[];
  readonly severities: readonly (readonly [incident: string, severity: Severity])[];
};

/** Of each kind of fact, the newest: an event long after them is told without. */
const MOST_FACTS = 200;

/** Turns the entries of a log, in their order, into events. What a change is for is said by the run before it. */
export class Ocsf {
  readonly #kinds: Map<string, PlanKind>;
  readonly #hosts: Map<string, string>;
  readonly #severities: Map<string, Severity>;

  /** With facts where the entries are not told from the first one on. */
  constructor({ kinds, hosts, severities }: Facts = { kinds: [], hosts: [], severities: [] }) {
    this.#kinds = new Map(kinds);
    this.#hosts = new Map(hosts);
    this.#severities = new Map(severities);
  }

  get facts(): Facts {
    const newest = <T>(of: Map<string, T>): [string, T][] => [...of].slice(-MOST_FACTS);
    return { kinds: newest(this.#kinds), hosts: newest(this.#hosts), severities: newest(this.#severities) };
  }

  /** The event of an entry. Entries of every type have one, also of types that this file does not name. */
  event({ entry, envelope }: SealedEntry): Event {
    if (entry.type === "run.opened") this.#kinds.set(entry.body.run, entry.body.kind);
    if (entry.type === "session.opened") this.#hosts.set(entry.writer, entry.body.host);
    if (entry.type === "incident.declared") this.#severities.set(entry.body.id, entry.body.severity);
    const { class: of, activity, members } = this.#mapped(entry);
    const severity = this.#severities.get(entry.incident ?? "");
    const [severityId, severityName] = severity === undefined ? INFORMATIONAL : SEVERITY[severity];
    const raw = Buffer.from(envelope).toString("latin1");
    return {
      ...{ class_uid: of.uid, class_name: of.name, category_uid: of.category, category_name: of.group },
      ...{ activity_id: activity[0], activity_name: activity[1], type_uid: of.uid * 100 + activity[0] },
      ...{ type_name: `${of.name}: ${activity[1]}`, severity_id: severityId, severity: severityName },
      ...{ time: millis(entry.at), time_dt: entry.at, message: entry.type, metadata: metadataOf(entry, "cloud" in members) },
      ...{ actor: { user: userOf(entry), session: { uid: entry.writer } }, device: this.#device(entry), ...members },
      ...{ raw_data: raw, raw_data_size: raw.length, raw_data_hash: sha256(entry.digest) },
      unmapped: { mode: entry.mode, body: entry.body as Json, integrity: integrityOf(entry, envelope) },
    };
  }

  #device({ writer }: Entry): Event {
    return { type_id: 0, hostname: this.#hosts.get(writer) ?? "unknown" };
  }

  #mapped(entry: Entry): Mapped {
    switch (entry.type) {
      case "session.opened":
        return logon(entry, [1, "Logon"], { session: { uid: entry.writer, expiration_time: millis(entry.body.expiresAt) } });
      case "session.closed":
        return logon(entry, [2, "Logoff"], { session: { uid: entry.writer } });
      case "incident.declared":
        return finding(entry, [1, "Create"], [1, "New"], { uid: entry.body.id, title: entry.body.title });
      case "incident.closed":
        return finding(entry, [3, "Close"], [5, "Closed"], { uid: entry.body.id, desc: entry.body.reason });
      case "genesis":
        return entity([1, "Create"], { type: "Keyring", type_id: OTHER, uid: entry.digest, name: entry.origin });
      case "keyring.changed":
        return entity([3, "Update"], { type: "Keyring", type_id: OTHER, name: entry.origin });
      case "scope.granted":
        return entity([1, "Create"], { type: "Scope", type_id: OTHER, uid: entry.body.scope, name: entry.body.runbook });
      case "scope.withdrawn":
        return entity([11, "Deactivate"], { type: "Scope", type_id: OTHER, uid: entry.body.scope });
      case "plan.created":
        return entity([1, "Create"], { ...planOf(entry.body.plan), name: `${entry.body.runbook} on ${entry.body.target}` });
      case "approval.recorded":
        return entity([OTHER, entry.body.decision === "approve" ? "Approve" : "Deny"], planOf(entry.body.plan));
      case "plan.ruled":
        return entity([10, "Activate"], planOf(entry.body.plan));
      case "run.opened":
      case "run.resumed":
      case "run.residual":
      case "run.swept":
      case "run.closed":
        return this.#run(entry);
      case "change.intended":
      case "change.progressed":
      case "change.settled":
        return this.#change(entry);
      case "change.verified":
      case "lease.checked":
        return { ...this.#change(entry), activity: [5, "Detect"] };
      default:
        return api(entry, this.#device(entry));
    }
  }

  #run(entry: EntryOf<"run.opened" | "run.resumed" | "run.residual" | "run.swept" | "run.closed">): Mapped {
    const members: Event = { command_uid: entry.body.run };
    if (entry.type === "run.closed") Object.assign(members, statusOf(RUNS, entry.body.result));
    return { class: CLASSES.remediation, activity: this.#activity(entry.body.run), members };
  }

  #change(
    entry: EntryOf<"change.intended" | "change.progressed" | "change.settled" | "change.verified" | "lease.checked">,
  ): Mapped {
    const { run, change } = entry.body;
    const members: Event = { command_uid: `${run}/${change}` };
    if (entry.type === "change.intended") {
      const { action, resource } = entry.body;
      Object.assign(members, { remediation: { desc: `${action} on ${sayResource(resource)}` }, cloud: cloudOf(resource) });
    }
    if (entry.type === "change.settled") {
      const { status, why } = entry.body.outcome;
      Object.assign(members, statusOf(OUTCOMES, status), why === undefined ? {} : { status_detail: why });
    }
    if (entry.type === "change.verified") Object.assign(members, statusOf(VERDICTS, entry.body.verification.verdict));
    if (entry.type === "lease.checked") Object.assign(members, statusOf(VERDICTS, entry.body.verdict));
    return { class: CLASSES.remediation, activity: this.#activity(run), members };
  }

  #activity(run: string): Mapped["activity"] {
    const kind = this.#kinds.get(run);
    if (kind === "rollback" || kind === "release") return [3, "Restore"];
    return kind === "sweep" ? [2, "Evict"] : [1, "Isolate"];
  }
}

type Statuses = { readonly [status: string]: readonly [id: number, name: string] };

const SUCCESS = [1, "Success"] as const;
const FAILURE = [2, "Failure"] as const;
const PARTIAL = [4, "Partial"] as const;
const RUNS: Statuses = { contained: SUCCESS, "rolled-back": SUCCESS, partial: PARTIAL, none: FAILURE };
const OUTCOMES: Statuses = { applied: SUCCESS, unchanged: SUCCESS, refused: FAILURE, "not-attempted": FAILURE };
const VERDICTS: Statuses = { confirmed: SUCCESS, held: SUCCESS, contradicted: FAILURE, undone: FAILURE, partly: PARTIAL };

function statusOf(statuses: Statuses, said: string): Event {
  const [id, name] = statuses[said] ?? [0, "Unknown"];
  return { status_id: id, status: name, status_code: said };
}

function logon(entry: Entry, activity: Mapped["activity"], members: Event): Mapped {
  const service = { name: "soc2-er audit log", uid: entry.origin };
  return { class: CLASSES.authentication, activity, members: { user: userOf(entry), service, ...members } };
}

function finding(entry: Entry, activity: Mapped["activity"], [id, status]: readonly [number, string], info: Event): Mapped {
  const members = { assignee: userOf(entry), finding_info_list: [info], status_id: id, status };
  return { class: CLASSES.incident, activity, members };
}

function entity(activity: Mapped["activity"], managed: Event): Mapped {
  return { class: CLASSES.entity, activity, members: { entity: managed } };
}

function api(entry: Entry, device: Event): Mapped {
  const operation: EntryType = entry.type;
  const members = {
    api: { operation, service: { name: "soc2-er" } },
    src_endpoint: { hostname: device["hostname"] ?? "unknown" },
  };
  return { class: CLASSES.api, activity: [OTHER, operation], members };
}

function planOf(digest: string): Event {
  return { type: "Plan", type_id: OTHER, uid: digest };
}

function userOf({ person }: Entry): Event {
  return { uid: person, name: person };
}

function cloudOf({ provider, account, region }: ResourceRef): Event {
  return { provider, account: { uid: account }, region };
}

function sayResource({ provider, type, account, region, id }: ResourceRef): string {
  return [provider, account, region, type, id].join("/");
}

function metadataOf({ digest, index, origin, incident, type }: Entry, cloud: boolean): Event {
  return {
    ...{
      version: OCSF,
      product: { name: "soc2-er", vendor_name: "soc2-er" },
      profiles: [...(cloud ? ["cloud"] : []), "datetime", "host"],
    },
    ...{ uid: digest, sequence: index, log_name: origin, log_provider: "soc2-er", event_code: type },
    ...(incident === undefined ? {} : { correlation_uid: incident }),
  };
}

function sha256(digest: string): Event {
  return { algorithm_id: 3, algorithm: "SHA-256", value: digest.slice("sha256:".length) };
}
