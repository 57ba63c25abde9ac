import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { type Log, ORIGIN, root } from "./build-log.ts";

/** Notes and their keys as C2SP signed-note says; nothing here comes from the product. */

export type Signer = { readonly name: string; readonly id: Buffer; readonly vkey: string; readonly key: KeyObject };

export function newSigner(type: "ed25519" | "p256" = "ed25519", name = ORIGIN): Signer {
  const pair = type === "p256" ? generateKeyPairSync("ec", { namedCurve: "P-256" }) : generateKeyPairSync("ed25519");
  const spki = pair.publicKey.export({ format: "der", type: "spki" });
  // The key itself is the end of an Ed25519 SPKI.
  const encoded = type === "p256" ? Buffer.concat([Buffer.of(2), spki]) : Buffer.concat([Buffer.of(1), spki.subarray(-32)]);
  const named = type === "p256" ? spki : Buffer.concat([Buffer.from(`${name}\n`), encoded]);
  const id = createHash("sha256").update(named).digest().subarray(0, 4);
  return { name, id, vkey: `${name}+${id.toString("hex")}+${encoded.toString("base64")}`, key: pair.privateKey };
}

export type Told = { readonly origin?: string; readonly size?: number; readonly root?: Buffer };

/** A checkpoint over the first `size` committed entries of the log, or what is told instead. */
export function noteOf(log: Log, size: number, signers: readonly Signer[], told: Told = {}): string {
  const head = told.root ?? root(log.committed.slice(0, size));
  const text = `${told.origin ?? ORIGIN}\n${told.size ?? size}\n${head.toString("base64")}\n`;
  return `${text}\n${signers.map((signer) => signatureLine(text, signer)).join("")}`;
}

export function signatureLine(text: string, { name, id, key }: Signer): string {
  const signature = sign(key.asymmetricKeyType === "ec" ? "sha256" : null, Buffer.from(text), key);
  return `— ${name} ${Buffer.concat([id, signature]).toString("base64")}\n`;
}

export function headFile(part: "pins" | "checkpoints", size: number): string {
  return `${part}/${String(size).padStart(12, "0")}`;
}
