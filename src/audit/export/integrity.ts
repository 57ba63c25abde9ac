import { createHash } from "node:crypto";
import type { Digest, Entry, Json } from "../../model/index.ts";
import { parsePayload } from "../entry.ts";

/**
 * What binds an entry to the log: its writer's chain, the entry before it there, its leaf in the Merkle tree (RFC 6962), and the
 * signature. Who has the envelope can compute all of it again.
 */
export type Integrity = {
  readonly chain: string;
  readonly sequence: number;
  readonly previous: Digest | null;
  readonly leaf: string;
  readonly signature: string;
};

export function integrityOf({ writer, wseq }: Entry, envelope: Uint8Array): Integrity & { [name: string]: Json } {
  const { payload, signatures } = JSON.parse(Buffer.from(envelope).toString("latin1")) as {
    payload: string;
    signatures: readonly [{ sig: string }];
  };
  const { prev } = parsePayload(Buffer.from(payload, "base64"));
  const leaf = createHash("sha256").update(Buffer.of(0)).update(envelope).digest("hex");
  return { chain: writer, sequence: wseq, previous: prev, leaf, signature: signatures[0].sig };
}
