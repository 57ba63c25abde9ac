import { spawnSync } from "node:child_process";
import { generateKeyPairSync, randomBytes, sign, verify } from "node:crypto";

/** How long one Ed25519 verification takes, in microseconds, and who says so. */
export type VerifyTime = { readonly us: number; readonly who: string };

/**
 * What OpenSSL's own measurement says, in seconds of its processor. With `processes`, of so many at once, by the wall clock. Where
 * there is no OpenSSL, what one process of Node takes.
 */
export function verifyTime(seconds: number, processes = 1): VerifyTime {
  const at = processes === 1 ? [] : ["-elapsed", "-multi", String(processes)];
  const args = ["speed", "-seconds", String(seconds), ...at, "ed25519"];
  const { stdout } = spawnSync("openssl", args, { encoding: "utf8" });
  const perSecond = Number(/Ed25519\)?\s.*\s([\d.]+)\s*$/m.exec(stdout ?? "")?.[1]);
  const who = processes === 1 ? "openssl speed ed25519" : `openssl speed -multi ${processes} ed25519`;
  if (perSecond > 0) return { us: 1e6 / perSecond, who };
  return { us: ownTime(seconds) / processes, who: "Node: no openssl here" };
}

function ownTime(seconds: number): number {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const text = randomBytes(64);
  const signature = sign(null, text, privateKey);
  const began = performance.now();
  let count = 0;
  for (; performance.now() - began < 1000 * seconds; count++)
    if (!verify(null, text, publicKey, signature)) throw new Error("a signature failed");
  return (1000 * (performance.now() - began)) / count;
}
