import { createHash, generateKeyPairSync, sign } from "node:crypto";

const sha = (name: string, bytes: Uint8Array | string): Buffer => createHash(name).update(bytes).digest();

function str(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function preimage(namespace: string, message: string): Buffer {
  return Buffer.concat([Buffer.from("SSHSIG"), ...[namespace, "", "sha512", sha("sha512", message)].map(str)]);
}

function armored(blob: Buffer, namespace: string, signature: Buffer): string {
  const all = Buffer.concat([Buffer.from("SSHSIG\0\0\0\x01", "latin1"), ...[blob, namespace, "", "sha512", signature].map(str)]);
  const lines = all.toString("base64").match(/.{1,70}/g) ?? [];
  return ["-----BEGIN SSH SIGNATURE-----", ...lines, "-----END SSH SIGNATURE-----", ""].join("\n");
}

/** A FIDO token in software: signs as PROTOCOL.u2f says, with the flags and the counter that it is told. */
export function tokenSignature() {
  const type = "sk-ssh-ed25519@openssh.com";
  const pair = generateKeyPairSync("ed25519");
  const point = Buffer.from(pair.publicKey.export({ format: "jwk" }).x ?? "", "base64url");
  const blob = Buffer.concat([type, point, "ssh:"].map(str));
  return {
    publicKey: `${type} ${blob.toString("base64")}`,
    sign: (namespace: string, message: string, flags: number, counter = 7): string => {
      const state = Buffer.of(flags, 0, 0, 0, counter);
      const signed = Buffer.concat([sha("sha256", "ssh:"), state, sha("sha256", preimage(namespace, message))]);
      const signature = Buffer.concat([str(type), str(sign(null, signed, pair.privateKey)), state]);
      return armored(blob, namespace, signature);
    },
  };
}

/**
 * The point of order one as a key: R = the same point and S = 0 is a signature over any message for whoever does not refuse the
 * key, since S·B = R + h·A is then 0 = 0.
 */
export function weakSignature() {
  const point = Buffer.concat([Buffer.of(1), Buffer.alloc(31)]);
  const blob = Buffer.concat(["ssh-ed25519", point].map(str));
  return {
    publicKey: `ssh-ed25519 ${blob.toString("base64")}`,
    sign: (namespace: string, _message: string): string =>
      armored(blob, namespace, Buffer.concat([str("ssh-ed25519"), str(Buffer.concat([point, Buffer.alloc(32)]))])),
  };
}
