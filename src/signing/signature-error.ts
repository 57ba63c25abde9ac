/** Why a key or a signature is worth nothing. */
export type SignatureFault = "malformed" | "key-refused" | "namespace" | "presence" | "invalid";

/**
 * A key or signature that does not hold. It carries no exit code: what it means (an invalid approval, a broken log, a
 * configuration error) is for the room that asked.
 */
export class SignatureError extends Error {
  readonly fault: SignatureFault;

  constructor(fault: SignatureFault, message: string) {
    super(message);
    this.name = "SignatureError";
    this.fault = fault;
  }
}
