import { canonicalize, type Digest, digestBytes } from "../model/index.ts";
import { EntryFault, parseCanonical } from "./entry.ts";

/** A number of the store under which no batch of the log stands. The next batch names it. */
export type Void = {
  readonly n: number;
  /** Of the object, or of as much of it as is ever read. */
  readonly digest: Digest;
};

/** What is kept of a void slot, and put under its number in a store that has nothing there: it stands for what it names. */
export function markOf({ n, digest }: Void): Uint8Array {
  return Buffer.from(canonicalize({ digest, n, void: 1 }));
}

/** What an object under a number counts as when it is no batch. */
export function voidOf(n: number, bytes: Uint8Array): Void {
  return { n, digest: markedIn(n, bytes) ?? digestBytes(bytes) };
}

function markedIn(n: number, bytes: Uint8Array): Digest | null {
  if (bytes.length > 200) return null;
  try {
    const mark = parseCanonical(Buffer.from(bytes).toString());
    const isMark = Object.keys(mark).join() === "digest,n,void" && mark["void"] === 1 && mark["n"] === n;
    return isMark && /^sha256:[0-9a-f]{64}$/.test(String(mark["digest"])) ? (mark["digest"] as Digest) : null;
  } catch (error) {
    if (error instanceof EntryFault) return null;
    throw error;
  }
}
