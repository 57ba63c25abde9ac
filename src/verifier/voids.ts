import { join } from "node:path";
import { linesOf, MAX_BATCH } from "./batches.ts";
import { digestOf, isObject, type JsonObject, parseCanonical } from "./bytes.ts";
import type { Chain } from "./chain.ts";
import { BATCH, ENTRY, readEnvelope } from "./envelope.ts";
import { Fault, type Findings } from "./findings.ts";
import { readStart } from "./folder.ts";
import { batchHeadOf, checkForm } from "./forms.ts";
import { inPlace } from "./signatures.ts";

/** A number of the store under which no batch of the log stands. */
export type Void = { readonly n: number; readonly digest: string };
export type FoundVoid = Void & { readonly bytes: Buffer };

/** Of an object that may be of any length, this much is looked at: one byte more than a batch may have. */
const MOST = MAX_BATCH + 1;

/** What a file or an object counts as where a void slot is. A mark stands for what it names. */
export function voidIn(folder: string, name: string, n: number): FoundVoid {
  const bytes = readStart(join(folder, name), MOST);
  return { n, digest: markedIn(n, bytes) ?? digestOf(bytes), bytes };
}

function markedIn(n: number, bytes: Buffer): string | null {
  if (bytes.length > 200) return null;
  try {
    const mark = parseCanonical(bytes);
    checkForm("mark", mark, "digest:digest n:count void:one");
    return mark.n === n ? String(mark.digest) : null;
  } catch (error) {
    if (error instanceof Fault) return null;
    throw error;
  }
}

/** Notes a void slot, and whether a member sealed what it holds: then somebody wrote on another log of this name, or a faulty one. */
export function noteVoid({ n, bytes, digest }: FoundVoid, chain: Chain, at: string, findings: Findings): void {
  findings.add("void-slot", at, `number ${n} of the store holds no batch of this log, but ${digest}`);
  try {
    const [first = bytes, ...lines] = linesOf(bytes);
    const seal = readEnvelope(first, BATCH);
    const head = batchHeadOf(parseCanonical(seal.payload));
    const session = head.session ?? openingOf(head.writer, lines);
    const key = chain.sealKey(session === undefined ? head : { ...head, session });
    if (head.n === n && key !== undefined && inPlace.hold(seal, key))
      findings.add("fork", at, `writer ${head.writer}, a session of a member, sealed a batch ${n} that is none of this log`);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
  }
}

/** A session may be opened in the very batch that it seals. */
function openingOf(writer: string, lines: readonly Buffer[]): JsonObject | undefined {
  for (const line of lines) {
    try {
      const claim = parseCanonical(readEnvelope(line, ENTRY).payload);
      if (claim.type === "session.opened" && claim.writer === writer && isObject(claim.body)) return claim.body;
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
    }
  }
  return undefined;
}
