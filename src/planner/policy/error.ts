/** A policy that cannot be judged: not JSON, a wrong form, an operator that nobody here knows. Never taken for "allowed". */
export class PolicyError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "PolicyError";
  }
}
