import { join } from "node:path";
import { linesOf, MAX_BATCH } from "./batches.ts";
import { type Json, parseCanonical } from "./bytes.ts";
import { ENTRY, readEnvelope } from "./envelope.ts";
import { Fault, Findings, quote } from "./findings.ts";
import { numbered, readWhole } from "./folder.ts";
import { type Payload, payloadOf } from "./forms.ts";
import { readSegments } from "./segments.ts";
import { signerIn } from "./ssh.ts";

/** A key that was revoked by entry `to` and is good through entry `from`; `writers` are the sessions that it opened. */
export type Taint = {
  readonly text: string;
  readonly person: string;
  readonly fingerprint: string;
  readonly from: number;
  readonly to: number;
  readonly writers: ReadonlySet<string>;
};

/**
 * Lists what a revoked key wrote or signed while it may have been in wrong hands. Nothing could be known of it when these entries were
 * read, so the log is read a second time, and only where a key was revoked. `committed` has the entries of all batches.
 */
export async function listTainted(
  folder: string,
  taints: readonly Taint[],
  committed: { has(digest: string): boolean },
  findings: Findings,
): Promise<void> {
  if (taints.length === 0) return;
  const end = Math.max(...taints.map(({ to }) => to));
  let index = 0;
  for await (const { envelope, at } of inOrder(folder, committed)) {
    const place = index++;
    if (place >= end) return;
    for (const taint of taints) if (place > taint.from && place < taint.to) note(taint, envelope, at, findings);
  }
}

function note({ writers, text, fingerprint, person, from }: Taint, envelope: Buffer, at: string, findings: Findings): void {
  const entry = payloadIn(envelope);
  if (entry === null) return;
  const by = writers.has(entry.writer) ? "written by a session of" : signers(entry.body).includes(text) ? "signed with" : null;
  if (by === null) return;
  findings.add(
    "tainted",
    at,
    `${entry.type} is ${by} the key ${fingerprint} of ${quote(person)}, which was revoked and is good through entry ${from} only`,
  );
}

function payloadIn(envelope: Buffer): Payload | null {
  try {
    return payloadOf(parseCanonical(readEnvelope(envelope, ENTRY).payload));
  } catch (error) {
    if (error instanceof Fault) return null;
    throw error;
  }
}

/** The keys that made the SSH signatures in a body, wherever they stand in it. */
function signers(value: Json): string[] {
  if (typeof value === "string") return [signerIn(value) ?? []].flat();
  if (value === null || typeof value !== "object") return [];
  return Object.values(value).flatMap((item) => signers(item));
}

/** What is wrong with the files was found when they were read first. */
async function* inOrder(
  folder: string,
  committed: { has(digest: string): boolean },
): AsyncGenerator<{ envelope: Buffer; at: string }> {
  const known = new Findings();
  for (const name of numbered(join(folder, "batches"), /^\d{12}$/)) {
    const at = `batches/${name}`;
    const bytes = known.check(at, () => readWhole(join(folder, at), MAX_BATCH)) ?? Buffer.alloc(0);
    for (const [index, envelope] of linesOf(bytes).slice(1).entries()) yield { envelope, at: `${at}#${index}` };
  }
  for await (const { envelope, digest, at } of readSegments(folder, known)) if (!committed.has(digest)) yield { envelope, at };
}
