const P = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

/**
 * What is wrong with the 65 bytes of an uncompressed point as a P-256 public key, or null. As for Ed25519, admission is not left to
 * the crypto library of the day.
 */
export function p256PointFault(point: Uint8Array): string | null {
  if (point.length !== 65 || point[0] !== 4) return "not an uncompressed P-256 point";
  const [x, y] = [numberOf(point.subarray(1, 33)), numberOf(point.subarray(33))];
  if (x >= P || y >= P) return "the P-256 point is not canonically encoded";
  // y² = x³ - 3x + b
  return (y * y - (x * x * x - 3n * x + B)) % P === 0n ? null : "the P-256 point is not on the curve";
}

function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
}
