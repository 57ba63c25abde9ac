const P = 2n ** 255n - 19n;
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;

/** y coordinates of the eight points of small order: for such a key, signatures over any message can be made without a secret. */
const SMALL_ORDER_Y = new Set([
  0n,
  1n,
  P - 1n,
  2707385501144840649318225287225658788936804267575313519463743609750303402022n,
  55188659117513257062467267217118295137698188065244968500265048394206261417927n,
]);

/**
 * What is wrong with 32 bytes as an Ed25519 public key, or null. Crypto libraries differ on weak and oddly encoded points
 * (what one release accepts the next refuses), so that admission may not be left to them.
 */
export function ed25519PointFault(raw: Uint8Array): string | null {
  if (raw.length !== 32) return `an Ed25519 key has 32 bytes, not ${raw.length}`;
  const y = BigInt(`0x${Buffer.from(raw).reverse().toString("hex")}`) & (2n ** 255n - 1n);
  if (y >= P) return "the Ed25519 point is not canonically encoded";
  if (SMALL_ORDER_Y.has(y)) return "the Ed25519 point has small order";
  const square = y * y;
  // On the curve x² = (y² - 1) / (d·y² + 1); u/v is a square exactly when u·v is.
  const product = ((square - 1n) * (D * square + 1n)) % P;
  return power((product + P) % P, (P - 1n) / 2n) === 1n ? null : "the Ed25519 point is not on the curve";
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let factor = base, rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * factor) % P;
    factor = (factor * factor) % P;
  }
  return result;
}
