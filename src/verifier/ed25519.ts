import { createPublicKey, type KeyObject } from "node:crypto";
import { Fault } from "./findings.ts";

const P = 2n ** 255n - 19n;
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;

/**
 * y of the points of small order (0, ±1 and the two of order 8): under such a key anybody can sign anything. Checked here
 * because crypto libraries differ on it from release to release.
 */
const SMALL_ORDER = [
  0n,
  1n,
  P - 1n,
  2707385501144840649318225287225658788936804267575313519463743609750303402022n,
  55188659117513257062467267217118295137698188065244968500265048394206261417927n,
];

/** An Ed25519 public key from its 32 bytes. Refuses points that are weak, not on the curve or oddly encoded. */
export function ed25519(raw: Uint8Array): KeyObject {
  if (raw.length !== 32) throw new Fault("signature", `an Ed25519 key has 32 bytes, not ${raw.length}`);
  const y = BigInt(`0x${Buffer.from(raw).reverse().toString("hex")}`) & (2n ** 255n - 1n);
  if (y >= P || SMALL_ORDER.includes(y) || !isOnCurve(y))
    throw new Fault("signature", "the Ed25519 key is a weak or malformed point");
  return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: Buffer.from(raw).toString("base64url") }, format: "jwk" });
}

/** x² = (y² - 1) / (d·y² + 1) must have a root; u/v is a square exactly when u·v is (Euler's criterion). */
function isOnCurve(y: bigint): boolean {
  const product = ((y * y - 1n) * (D * y * y + 1n)) % P;
  let power = 1n;
  for (let factor = product, rest = (P - 1n) / 2n; rest > 0n; rest >>= 1n) {
    if (rest & 1n) power = (power * factor) % P;
    factor = (factor * factor) % P;
  }
  return power === 1n;
}
