import { canonicalize } from "../model/index.ts";
import { verifySessionSignature } from "./session-key.ts";
import { SignatureError } from "./signature-error.ts";
import { strictBase64 } from "./wire.ts";

/** DSSE v1 pre-authentication encoding: what is signed, so that the type is bound to the payload. */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.length} `), payload]);
}

/** The envelope as canonical JSON bytes, with one signature. */
export function dsseSign(
  payloadType: string,
  payload: Uint8Array,
  signer: { readonly keyid: string; sign(bytes: Uint8Array): Uint8Array },
): Uint8Array {
  const sig = Buffer.from(signer.sign(preAuthEncoding(payloadType, payload))).toString("base64");
  const envelope = { payload: Buffer.from(payload).toString("base64"), payloadType, signatures: [{ keyid: signer.keyid, sig }] };
  return Buffer.from(canonicalize(envelope));
}

/**
 * Verifies an envelope of exactly the form that `dsseSign` writes. `keyOf` answers the raw public key in base64, or null for
 * a stranger; it gets the payload because the first entry of a session brings its own key. Throws `SignatureError`.
 */
export function dsseVerify(
  envelope: Uint8Array,
  payloadType: string,
  keyOf: (keyid: string, payload: Uint8Array) => string | null,
): { payload: Uint8Array; keyid: string } {
  const text = Buffer.from(envelope).toString("latin1");
  const match =
    /^\{"payload":"([A-Za-z0-9+/=]+)","payloadType":"([\x20-\x21\x23-\x5b\x5d-\x7e]+)","signatures":\[\{"keyid":"([\x20-\x21\x23-\x5b\x5d-\x7e]*)","sig":"([A-Za-z0-9+/=]+)"\}\]\}$/.exec(
      text,
    );
  const [, payload64 = "", type, keyid = "", sig64 = ""] = match ?? [];
  if (match === null) throw new SignatureError("malformed", "not a DSSE envelope in canonical form");
  if (type !== payloadType) throw new SignatureError("malformed", `envelope holds "${type}", not "${payloadType}"`);
  const payload = strictBase64(payload64);
  const publicKey = keyOf(keyid, payload);
  if (publicKey === null) throw new SignatureError("key-refused", `nobody here holds the key "${keyid}"`);
  if (!verifySessionSignature(publicKey, preAuthEncoding(payloadType, payload), strictBase64(sig64))) {
    throw new SignatureError("invalid", "signature of the envelope does not verify");
  }
  return { payload: new Uint8Array(payload), keyid };
}
