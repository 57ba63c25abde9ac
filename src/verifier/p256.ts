const P = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

/**
 * Whether these are the 65 bytes of an uncompressed point on P-256 (y² = x³ - 3x + b) in their one spelling. Checked here because
 * crypto libraries differ on it from release to release.
 */
export function isOnP256(point: Buffer): boolean {
  if (point.length !== 65 || point[0] !== 4) return false;
  const x = BigInt(`0x${point.toString("hex", 1, 33)}`);
  const y = BigInt(`0x${point.toString("hex", 33)}`);
  return x < P && y < P && (x ** 3n - 3n * x + B - y ** 2n) % P === 0n;
}
