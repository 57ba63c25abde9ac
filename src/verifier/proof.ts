import { fromBase64, isObject, parseCanonical, sha256 } from "./bytes.ts";
import { ENTRY, readEnvelope } from "./envelope.ts";
import { Fault, type Finding, Findings, quote, type Verdict } from "./findings.ts";
import { payloadOf } from "./forms.ts";
import { isSignedBy, readNote, readNoteKey } from "./note.ts";

/** What a proof shows of one entry: `says` are the entry's own words, which its writer signed and a proof does not judge. */
export type ProofVerification = {
  readonly verdict: Verdict;
  readonly origin: string;
  readonly index: number;
  readonly size: number;
  readonly says: string;
  readonly findings: readonly Finding[];
  readonly notChecked: readonly string[];
};

const TITLE = "c2sp.org/tlog-proof@v1";
const MOST_HASHES = 64;

/**
 * Checks a proof as C2SP tlog-proof has it, with the entry in its extra line: that the entry stands at its place under the checkpoint, and
 * that the log key signed that. Without a log key the verdict has a gap.
 */
export function verifyProof(bytes: Buffer, noted: { readonly logKey?: string; readonly origin?: string }): ProofVerification {
  const findings = new Findings();
  const found = findings.check("proof", () => checkProof(bytes, noted));
  const gap = found !== null && noted.logKey === undefined;
  const verdict = gap && findings.verdict === "verified" ? "verified-with-gaps" : findings.verdict;
  return {
    ...(found ?? { origin: noted.origin ?? "", index: 0, size: 0, says: "" }),
    verdict,
    findings: findings.list(),
    notChecked: [
      ...(gap ? ["who signed the checkpoint: no log key was given (--log-key)"] : []),
      "who wrote the entry, and whether that person might: for this the log is needed",
    ],
  };
}

function checkProof(bytes: Buffer, { logKey, origin }: { readonly logKey?: string; readonly origin?: string }) {
  const [title, extra = "", place = "", ...rest] = bytes.toString("utf8").split("\n");
  const end = rest.indexOf("");
  const index = /^index (0|[1-9]\d{0,14})$/.exec(place)?.[1];
  if (title !== TITLE || !extra.startsWith("extra ") || index === undefined || end < 0 || end > MOST_HASHES)
    throw new Fault("form", "it is not a proof, or the entry is not in it");
  const note = readNote(Buffer.from(rest.slice(end + 1).join("\n")));
  if (origin !== undefined && note.origin !== origin) throw new Fault("origin", `it is of the log ${quote(note.origin)}`);
  if (logKey !== undefined && !isSignedBy(note, readNoteKey(logKey)))
    throw new Fault("checkpoint", "the log key did not sign its checkpoint");
  const envelope = fromBase64(extra.slice("extra ".length));
  const hashes = rest.slice(0, end).map((line) => fromBase64(line));
  if (rootFrom(sha256(Buffer.of(0), envelope), Number(index), note.size, hashes) !== note.root)
    throw new Fault("batch-root", `the entry does not stand as ${index} under the root over ${note.size} entries`);
  const entry = payloadOf(parseCanonical(readEnvelope(envelope, ENTRY).payload));
  if (entry.origin !== note.origin || !isObject(entry.body))
    throw new Fault("origin", `the entry is of the log ${quote(entry.origin)}`);
  const says = `${entry.type} at ${entry.at} by ${entry.person}, writer ${entry.writer} entry ${entry.wseq}`;
  return { origin: note.origin, index: Number(index), size: note.size, says };
}

/** RFC 6962, section 2.1.1, from the leaf up. Null where the number of hashes is not that of the place. */
function rootFrom(leaf: Buffer, index: number, size: number, hashes: readonly Buffer[]): string | null {
  if (index >= size) return null;
  let [at, last, node] = [index, size - 1, leaf];
  for (const hash of hashes) {
    if (last === 0 || hash.length !== 32) return null;
    if (at % 2 === 1 || at === last) {
      node = sha256(Buffer.of(1), hash, node);
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, Math.floor(last / 2)];
    } else node = sha256(Buffer.of(1), node, hash);
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return last === 0 ? node.toString("hex") : null;
}
