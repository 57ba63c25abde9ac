import type { Digest, EntryBodies, EntryType } from "../model/index.ts";

/** The members of each body: all that must be there, and after `?` what may be. Anything else makes an entry unreadable. */
const MEMBERS: {
  readonly [T in EntryType]: readonly (`${keyof EntryBodies[T] & string}` | `?${keyof EntryBodies[T] & string}`)[];
} = {
  genesis: ["organization", "people", "policy", "?logKey"],
  "session.opened": ["person", "key", "sessionKey", "host", "tool", "expiresAt", "certificate"],
  "session.closed": ["entries"],
  "keyring.changed": ["statement", "signatures"],
  "incident.declared": ["id", "title", "severity", "?tenant", "?dataClass"],
  "incident.closed": ["id", "reason"],
  "plan.created": ["plan", "contentDigest", "kind", "?of", "runbook", "target", "expiresAt", "required", "changes"],
  "approval.recorded": ["plan", "decision", "role", "person", "statement", "signature"],
  "plan.ruled": ["plan", "ruling", "approvals", "?breakGlass"],
  "ruling.notified": ["plan", "told", "failed", "untold"],
  "ruling.reviewed": ["plan", "decision", "role", "person", "statement", "signature"],
  "scope.granted": ["scope", "runbook", "role", "person", "expiresAt", "statement", "signature"],
  "scope.withdrawn": ["scope", "reason"],
  "run.opened": ["run", "plan", "kind", "?of", "leasesExpireAt", "changes"],
  "run.resumed": ["run"],
  "change.intended": ["run", "change", "action", "resource", "before", "after", "?asks", "?undoes"],
  "change.progressed": ["run", "change", "token"],
  "change.settled": ["run", "change", "outcome", "?conflict"],
  "change.verified": ["run", "change", "verification", "observed"],
  "lease.checked": ["run", "change", "verdict", "heldAt", "?detail", "?observed"],
  "run.residual": ["run", "residual"],
  "run.closed": ["run", "result", "clocks", "residual"],
  "run.swept": ["run", "looks", "ended", "found", "runs", "left", "unseen", "followUp"],
  "remote.down": ["store", "reason"],
  "remote.up": ["store", "pending"],
  "recovery.truncated": ["segment", "bytes", "digest"],
  note: ["text"],
};

export function isEntryType(type: string): type is EntryType {
  return Object.hasOwn(MEMBERS, type);
}

/** What is wrong with the members of a body; null when nothing is. */
export function bodyFault(type: EntryType, body: object): string | null {
  const names: readonly string[] = MEMBERS[type];
  const lacking = names.find((name) => !name.startsWith("?") && !Object.hasOwn(body, name));
  if (lacking !== undefined) return `"${lacking}" is missing`;
  const extra = Object.keys(body).find((name) => !names.includes(name) && !names.includes(`?${name}`));
  return extra === undefined ? null : `"${extra}" is unknown`;
}

/** The blobs without which an entry says nothing: they reach a store before it does. */
export function blobsOf(type: EntryType, body: EntryBodies[EntryType]): readonly Digest[] {
  return type === "plan.created" ? [(body as EntryBodies["plan.created"]).plan] : [];
}
