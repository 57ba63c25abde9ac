import type { AuditReader } from "../audit/index.ts";
import { type Entry, type EntryBodies, type Instant, millis } from "../model/index.ts";

export type TimelineRow = {
  readonly at: Instant;
  readonly sinceDeclaredMs: number;
  readonly person: string;
  readonly type: Entry["type"];
  readonly text: string;
  readonly entry: number;
};

/** What happened in one incident, in the order of the log. */
export async function timeline(reader: AuditReader, incident: string): Promise<TimelineRow[]> {
  const rows: TimelineRow[] = [];
  let declared: number | null = null;
  for await (const entry of reader.entries()) {
    if (entry.incident !== incident) continue;
    declared ??= millis(entry.at);
    rows.push({
      at: entry.at,
      sinceDeclaredMs: millis(entry.at) - declared,
      person: entry.person,
      type: entry.type,
      text: sayEntry(entry),
      entry: entry.index,
    });
  }
  return rows;
}

/** An entry as one sentence for people. */
export function sayEntry(entry: Entry): string {
  switch (entry.type) {
    case "genesis":
      return `log begins for ${entry.body.organization}`;
    case "session.opened":
      return `${entry.body.person} opened a session on ${entry.body.host}`;
    case "session.closed":
      return "session closed";
    case "keyring.changed":
      return sayKeyringChange(entry.body);
    case "incident.declared":
      return `declared "${entry.body.title}", severity ${entry.body.severity}`;
    case "incident.closed":
      return `closed: ${entry.body.reason}`;
    case "plan.created":
      return `planned ${entry.body.runbook} on ${entry.body.target}: ${entry.body.changes} changes (${short(entry.body.plan)})`;
    case "approval.recorded":
      return `${entry.body.person} as ${entry.body.role}: ${entry.body.decision} ${short(entry.body.plan)}`;
    case "plan.ruled":
      return `plan ${short(entry.body.plan)} ${entry.body.ruling}${sayBreakGlass(entry.body.breakGlass)}`;
    case "ruling.notified":
      return sayNotified(entry.body);
    case "ruling.reviewed":
      return `${entry.body.person} as ${entry.body.role}: ${entry.body.decision} ${short(entry.body.plan)}`;
    case "scope.granted":
      return `${entry.body.person} as ${entry.body.role} signed in advance for ${entry.body.runbook} until ${entry.body.expiresAt} (${short(entry.body.scope)})`;
    case "scope.withdrawn":
      return `scope ${short(entry.body.scope)} withdrawn: ${entry.body.reason}`;
    case "run.opened":
      return `${entry.body.run} started: ${entry.body.changes} changes`;
    case "run.resumed":
      return `${entry.body.run} resumed`;
    case "change.intended":
      return `${entry.body.change} intended: ${entry.body.action} on ${entry.body.resource.id}`;
    case "change.progressed":
      return `${entry.body.change} is running at the provider`;
    case "change.settled":
      return `${entry.body.change} ${entry.body.outcome.status}${entry.body.outcome.why ? ` (${entry.body.outcome.why})` : ""}`;
    case "change.verified":
      return `${entry.body.change} ${entry.body.verification.verdict} by ${entry.body.verification.level}`;
    case "lease.checked":
      return sayChecked(entry.body);
    case "run.residual":
      return `${entry.body.run} leaves open: ${entry.body.residual.length} more`;
    case "run.closed":
      return `${entry.body.run} ended: ${entry.body.result}`;
    case "run.swept":
      return saySwept(entry.body);
    case "remote.down":
      return `store ${entry.body.store} cannot be reached: ${entry.body.reason}`;
    case "remote.up":
      return `store ${entry.body.store} is back, ${entry.body.pending} entries to catch up`;
    case "recovery.truncated":
      return `recovered from a torn write of ${entry.body.bytes} bytes`;
    case "note":
      return entry.body.text;
  }
}

/** Whether it holds is for the keyring: an entry alone cannot tell. */
function sayKeyringChange({ statement, signatures }: EntryBodies["keyring.changed"]): string {
  const line = (label: string): string => new RegExp(`^${label}: (.*)$`, "m").exec(statement)?.[1] ?? "?";
  return `keyring: ${line("change")} ${line("person")}, with ${signatures.length} signatures`;
}

function sayBreakGlass(ruling: EntryBodies["plan.ruled"]["breakGlass"]): string {
  return ruling === undefined ? "" : ` by break-glass, without ${ruling.skipped.join(" and ")}: ${ruling.reason}`;
}

function sayNotified({ told, failed, untold }: EntryBodies["ruling.notified"]): string {
  const channels = (list: readonly { channel: string }[]): string => list.map(({ channel }) => channel).join(", ");
  const parts = [
    ...(told.length > 0 ? [`told through ${channels(told)}`] : []),
    ...(failed.length > 0 ? [`not through ${channels(failed)}`] : []),
    ...(untold.length > 0 ? [`${untold.join(" and ")} not told`] : []),
  ];
  return `break-glass ruling ${parts.join("; ")}`;
}

function saySwept({ run, looks, found, left }: EntryBodies["run.swept"]): string {
  const held = found.length === 0 ? "nothing new" : `${found.length} contained`;
  return `${run} swept, ${looks} looks: ${held}${left.length === 0 ? "" : `, ${left.length} left`}`;
}

function sayChecked({ run, change, verdict, heldAt, detail }: EntryBodies["lease.checked"]): string {
  const lease = `lease ${run}.${change}`;
  if (verdict === "held") return `${lease} holds`;
  const since = heldAt === null ? "never seen to stand" : `last seen to stand at ${heldAt}`;
  return `${lease} ${verdict === "partly" ? "partly undone" : "undone"} by somebody, ${since}${detail === undefined ? "" : `: ${detail}`}`;
}

function short(digest: string): string {
  return digest.slice(0, "sha256:".length + 8);
}
