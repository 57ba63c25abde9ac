import { fromBase64, isObject, type Json, parseCanonical } from "./bytes.ts";
import { Fault, quote } from "./findings.ts";
import { payloadOf } from "./forms.ts";

export const ENTRY = "application/vnd.soc2-er.entry.v1+json";
export const BATCH = "application/vnd.soc2-er.batch.v1+json";

export type Envelope = { readonly payload: Buffer; readonly keyid: string; readonly signature: Buffer; readonly signed: Buffer };

/** Reads a DSSE envelope with one signature, without checking that. */
export function readEnvelope(bytes: Uint8Array, type: string): Envelope {
  const { payload, keyid, sig } = split(bytes, type) ?? parsed(bytes, type);
  const content = fromBase64(payload);
  // The pre-authentication encoding of DSSE v1 binds the type to the payload.
  const signed = Buffer.concat([Buffer.from(`DSSEv1 ${type.length} ${type} ${content.length} `), content]);
  return { payload: content, keyid, signature: fromBase64(sig), signed };
}

type Parts = { readonly payload: Json | undefined; readonly keyid: string; readonly sig: Json | undefined };

/** Null for what needs a closer look. Base64 and hex digits have one spelling in JSON, so nothing needs to be parsed. */
function split(bytes: Uint8Array, type: string): Parts | null {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  const [before, between, beforeSig, after] = [
    `{"payload":"`,
    `","payloadType":"${type}","signatures":[{"keyid":"`,
    `","sig":"`,
    `"}]}`,
  ];
  const keyAt = text.indexOf('"', before.length) + between.length;
  const sigAt = keyAt + KEY_LENGTH + beforeSig.length;
  const payload = text.slice(before.length, keyAt - between.length);
  const keyid = text.slice(keyAt, keyAt + KEY_LENGTH);
  const sig = text.slice(sigAt, -after.length);
  if (text !== before + payload + between + keyid + beforeSig + sig + after) return null;
  return BASE64.test(payload) && BASE64.test(sig) && /^[0-9a-f]+$/.test(keyid) ? { payload, keyid, sig } : null;
}

const KEY_LENGTH = 16;
const BASE64 = /^[A-Za-z0-9+/=]*$/;

function parsed(bytes: Uint8Array, type: string): Parts {
  const { payload, payloadType, signatures, ...others } = parseCanonical(bytes);
  const [one, ...more] = Array.isArray(signatures) ? signatures : [];
  if (!isObject(one) || more.length > 0 || Object.keys(others).length > 0 || Object.keys(one).join() !== "keyid,sig")
    throw new Fault("envelope", "it is not an envelope with one signature");
  if (payloadType !== type) throw new Fault("envelope", `it holds ${quote(payloadType)}, not "${type}"`);
  if (typeof one.keyid !== "string") throw new Fault("envelope", "its signature names no key");
  return { payload, keyid: one.keyid, sig: one.sig };
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
