import { type KeyObject, verify } from "node:crypto";
import { fromBase64, isObject, parseCanonical } from "./bytes.ts";
import { Fault, quote } from "./findings.ts";
import { payloadOf } from "./forms.ts";

export const ENTRY = "application/vnd.soc2-er.entry.v1+json";
export const BATCH = "application/vnd.soc2-er.batch.v1+json";

export type Envelope = { readonly payload: Buffer; readonly keyid: string; readonly signature: Buffer; readonly signed: Buffer };

/** Reads a DSSE envelope with one signature, without checking that. */
export function readEnvelope(bytes: Uint8Array, type: string): Envelope {
  const { payload, payloadType, signatures, ...others } = parseCanonical(bytes);
  const [one, ...more] = Array.isArray(signatures) ? signatures : [];
  if (!isObject(one) || more.length > 0 || Object.keys(others).length > 0 || Object.keys(one).join() !== "keyid,sig")
    throw new Fault("envelope", "it is not an envelope with one signature");
  if (payloadType !== type) throw new Fault("envelope", `it holds ${quote(payloadType)}, not "${type}"`);
  if (typeof one.keyid !== "string") throw new Fault("envelope", "its signature names no key");
  const content = fromBase64(payload);
  // The pre-authentication encoding of DSSE v1 binds the type to the payload.
  const signed = Buffer.concat([Buffer.from(`DSSEv1 ${type.length} ${type} ${content.length} `), content]);
  return { payload: content, keyid: one.keyid, signature: fromBase64(one.sig), signed };
}

/** What an entry claims of its log, with nothing checked; null when it cannot be read. */
export function claimOf(entry: Uint8Array): { readonly origin: string; readonly mode: string } | null {
  try {
    const { origin, mode } = payloadOf(parseCanonical(readEnvelope(entry, ENTRY).payload));
    return { origin, mode };
  } catch (error) {
    if (error instanceof Fault) return null;
    throw error;
  }
}

export function signedBy({ signature, signed }: Envelope, key: KeyObject): boolean {
  return signature.length === 64 && verify(null, signed, key, signature);
}
