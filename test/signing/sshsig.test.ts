import assert from "node:assert/strict";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileSigner, SignatureError, verifySshSignature } from "../../src/signing/index.ts";
import { makeKey, opensshAccepts, scratch, sshKeygen } from "./oracle.ts";

const NAMESPACE = "approval.soc2-er.v1";
const MESSAGE = "soc2-er approval v1\norigin: acme.example\n";
const message = Buffer.from(MESSAGE);

function rejects(fault: string, armored: string, bytes: Uint8Array = message): void {
  assert.throws(
    () => verifySshSignature(armored, NAMESPACE, bytes),
    (error) => error instanceof SignatureError && error.fault === fault,
  );
}

for (const type of [["ed25519"], ["ecdsa", "-b", "256"]]) {
  test(`ssh-keygen signs with ${type[0]}, we verify`, () => {
    using folder = scratch();
    const { path, publicKey } = makeKey(folder.path, "key", type);
    const armored = sshKeygen(["-Y", "sign", "-q", "-f", path, "-n", NAMESPACE], MESSAGE).stdout;
    const { key, flags } = verifySshSignature(armored, NAMESPACE, message);
    assert.equal(`${key.text} key`, publicKey);
    assert.equal(flags, null);
    rejects("invalid", armored, Buffer.from(`${MESSAGE} `));
    assert.throws(() => verifySshSignature(armored, "session.soc2-er.v1", message), /is for "approval\.soc2-er\.v1"/);
  });

  test(`we sign with an ${type[0]} file key, ssh-keygen verifies`, async () => {
    using folder = scratch();
    const { path, publicKey } = makeKey(folder.path, "key", type);
    const armored = await (await fileSigner(path)).sign(NAMESPACE, message);
    assert.equal(opensshAccepts(folder.path, publicKey, NAMESPACE, MESSAGE, armored), true);
    assert.equal(opensshAccepts(folder.path, publicKey, NAMESPACE, `${MESSAGE}x`, armored), false);
    assert.equal(opensshAccepts(folder.path, publicKey, "session.soc2-er.v1", MESSAGE, armored), false);
  });
}

test("an Ed25519 signature is byte for byte what ssh-keygen makes", async () => {
  using folder = scratch();
  const { path } = makeKey(folder.path, "key", ["ed25519"]);
  const theirs = sshKeygen(["-Y", "sign", "-q", "-f", path, "-n", NAMESPACE], MESSAGE).stdout;
  assert.equal(await (await fileSigner(path)).sign(NAMESPACE, message), theirs);
});

test("sha256 and RSA signatures of ssh-keygen are refused", () => {
  using folder = scratch();
  const ed25519 = makeKey(folder.path, "key", ["ed25519"]);
  rejects(
    "malformed",
    sshKeygen(["-Y", "sign", "-q", "-f", ed25519.path, "-n", NAMESPACE, "-O", "hashalg=sha256"], MESSAGE).stdout,
  );
  const rsa = makeKey(folder.path, "rsa", ["rsa", "-b", "2048"]);
  rejects("key-refused", sshKeygen(["-Y", "sign", "-q", "-f", rsa.path, "-n", NAMESPACE], MESSAGE).stdout);
});

test("every flipped bit of an armored signature is refused", () => {
  using folder = scratch();
  const { path } = makeKey(folder.path, "key", ["ed25519"]);
  const armored = sshKeygen(["-Y", "sign", "-q", "-f", path, "-n", NAMESPACE], MESSAGE).stdout;
  const lines = armored.trimEnd().split("\n");
  const raw = Buffer.from(lines.slice(1, -1).join(""), "base64");
  for (let at = 0; at < raw.length; at++) {
    const flipped = Buffer.from(raw);
    flipped.writeUInt8(flipped.readUInt8(at) ^ 1, at);
    const text = [lines[0], ...(flipped.toString("base64").match(/.{1,70}/g) ?? []), lines.at(-1)].join("\n");
    assert.throws(() => verifySshSignature(text, NAMESPACE, message), SignatureError, `byte ${at}`);
  }
  for (const bad of [
    armored.replaceAll("\n", "\r\n"),
    `> ${armored}`,
    armored.slice(0, -40),
    "",
    "x".repeat(9000),
    `${armored}${armored}`,
  ]) {
    rejects("malformed", bad);
  }
});

/** A FIDO token in software: signs as PROTOCOL.u2f says, with the flags it is told. */
function tokenSignature(kind: "ed25519" | "p256", flags: number): { publicKey: string; armored: string } {
  const str = (value: string | Uint8Array) => {
    const bytes = Buffer.from(value);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  const mpint = (value: Buffer) => {
    const trimmed = value.subarray(
      Math.max(
        0,
        value.findIndex((byte) => byte !== 0),
      ),
    );
    return str((trimmed[0] ?? 0) > 127 ? Buffer.concat([Buffer.of(0), trimmed]) : trimmed);
  };
  const sha256 = (bytes: Uint8Array | string) => createHash("sha256").update(bytes).digest();
  const pair = kind === "ed25519" ? generateKeyPairSync("ed25519") : generateKeyPairSync("ec", { namedCurve: "P-256" });
  const jwk = pair.publicKey.export({ format: "jwk" });
  const [x, y] = [Buffer.from(jwk.x ?? "", "base64url"), Buffer.from(jwk.y ?? "", "base64url")];
  const type = kind === "ed25519" ? "sk-ssh-ed25519@openssh.com" : "sk-ecdsa-sha2-nistp256@openssh.com";
  const point = kind === "ed25519" ? [str(x)] : [str("nistp256"), str(Buffer.concat([Buffer.of(4), x, y]))];
  const blob = Buffer.concat([str(type), ...point, str("ssh:")]);
  const digest = createHash("sha512").update(message).digest();
  const preimage = Buffer.concat([Buffer.from("SSHSIG"), str(NAMESPACE), str(""), str("sha512"), str(digest)]);
  const state = Buffer.of(flags, 0, 0, 0, 7);
  const signed = Buffer.concat([sha256("ssh:"), state, sha256(preimage)]);
  const raw = sign(kind === "ed25519" ? null : "sha256", signed, { key: pair.privateKey, dsaEncoding: "ieee-p1363" });
  const inner = kind === "ed25519" ? raw : Buffer.concat([mpint(raw.subarray(0, 32)), mpint(raw.subarray(32))]);
  const signature = Buffer.concat([str(type), str(inner), state]);
  const all = Buffer.concat([
    Buffer.from("SSHSIG"),
    Buffer.of(0, 0, 0, 1),
    str(blob),
    str(NAMESPACE),
    str(""),
    str("sha512"),
    str(signature),
  ]);
  const armored = [
    "-----BEGIN SSH SIGNATURE-----",
    ...(all.toString("base64").match(/.{1,70}/g) ?? []),
    "-----END SSH SIGNATURE-----",
    "",
  ].join("\n");
  return { publicKey: `${type} ${blob.toString("base64")}`, armored };
}

for (const kind of ["ed25519", "p256"] as const) {
  test(`security key (${kind}): a touch is demanded, though ssh-keygen does not demand it`, () => {
    using folder = scratch();
    for (const flags of [1, 5]) {
      const touched = tokenSignature(kind, flags);
      assert.equal(opensshAccepts(folder.path, touched.publicKey, NAMESPACE, MESSAGE, touched.armored), true);
      assert.equal(verifySshSignature(touched.armored, NAMESPACE, message).flags, flags);
    }
    const untouched = tokenSignature(kind, 0);
    assert.equal(opensshAccepts(folder.path, untouched.publicKey, NAMESPACE, MESSAGE, untouched.armored), true);
    rejects("presence", untouched.armored);
  });
}

test("an encrypted key signs through ssh-keygen, which asks for the passphrase", async () => {
  using folder = scratch();
  const { path, publicKey } = makeKey(folder.path, "locked", ["ed25519"], "open sesame");
  const askpass = join(folder.path, "askpass");
  writeFileSync(askpass, "#!/bin/sh\necho open sesame\n", { mode: 0o755 });
  const signer = await fileSigner(path);
  assert.equal(`${signer.publicKey.text} locked`, publicKey);
  const before = { ...process.env };
  Object.assign(process.env, { SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: "force", DISPLAY: ":0" });
  try {
    const armored = await signer.sign(NAMESPACE, message);
    assert.equal(opensshAccepts(folder.path, publicKey, NAMESPACE, MESSAGE, armored), true);
    writeFileSync(askpass, "#!/bin/sh\necho wrong\n");
    await assert.rejects(signer.sign(NAMESPACE, message), { code: "unauthenticated" });
  } finally {
    process.env = before;
  }
});
