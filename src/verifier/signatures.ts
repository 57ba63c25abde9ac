import { type KeyObject, verify } from "node:crypto";
import type { Envelope } from "./envelope.ts";

/** Checks the signatures of session keys, which is most of the work: here and now, or in other threads while the rest goes on. */
export interface Signatures {
  /** Whether it verifies. One that checks later says yes to any that may, and must be asked `allHeld` in the end. */
  hold(envelope: Pick<Envelope, "signature" | "signed">, key: KeyObject): boolean;
  /** Resolves when more may be handed in. */
  room(): Promise<void>;
  /** Whether each yes was true. */
  allHeld(): Promise<boolean>;
  end(): Promise<void>;
}

export const SIGNATURE_BYTES = 64;

export const inPlace: Signatures = {
  hold: ({ signature, signed }, key) => signature.length === SIGNATURE_BYTES && verify(null, signed, key, signature),
  room: async () => undefined,
  allHeld: async () => true,
  end: async () => undefined,
};
