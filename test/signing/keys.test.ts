import assert from "node:assert/strict";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileSigner, generateKeyFile, parsePublicKey, SignatureError } from "../../src/signing/index.ts";
import { makeKey, opensshAccepts, scratch, sshKeygen } from "./oracle.ts";

function ed25519Line(hex: string): string {
  const raw = Buffer.from(hex, "hex");
  return `ssh-ed25519 ${Buffer.concat([Buffer.from("0000000b7373682d6564323535313900000020", "hex"), raw]).toString("base64")} weak`;
}

function p256Line(x: bigint, y: bigint, form = 4): string {
  const point = `0${form}${[x, y].map((number) => number.toString(16).padStart(64, "0")).join("")}`;
  const head = "0000001365636473612d736861322d6e69737470323536000000086e6973747032353600000041";
  return `ecdsa-sha2-nistp256 ${Buffer.from(head + point, "hex").toString("base64")} somebody`;
}

test("fingerprint and text are what ssh-keygen -l prints", () => {
  using folder = scratch();
  for (const type of [["ed25519"], ["ecdsa", "-b", "256"]]) {
    const { path, publicKey } = makeKey(folder.path, String(type[0]), type);
    const key = parsePublicKey(publicKey);
    assert.equal(sshKeygen(["-l", "-f", `${path}.pub`]).stdout.split(" ")[1], key.fingerprint);
    assert.equal(publicKey.startsWith(`${key.text} `), true);
    assert.equal(parsePublicKey(key.text).fingerprint, key.fingerprint);
  }
});

test("RSA, other curves, DSA, certificates and nonsense are refused", () => {
  using folder = scratch();
  for (const type of [["rsa", "-b", "2048"], ["ecdsa", "-b", "384"], ["dsa"]]) {
    assert.throws(
      () => parsePublicKey(makeKey(folder.path, type.join(""), type).publicKey),
      { fault: "key-refused" },
      type.join(" "),
    );
  }
  const ca = makeKey(folder.path, "ca", ["ed25519"]);
  const user = makeKey(folder.path, "user", ["ed25519"]);
  assert.equal(sshKeygen(["-q", "-s", ca.path, "-I", "id", "-n", "user", `${user.path}.pub`]).status, 0);
  assert.throws(() => parsePublicKey(readFileSync(`${user.path}-cert.pub`, "utf8")), { fault: "key-refused" });
  for (const line of [
    "",
    "ssh-ed25519",
    "ssh-ed25519 !!!!",
    "ssh-ed25519 AAAA",
    user.publicKey.replace("ssh-ed25519 ", "ecdsa-sha2-nistp256 "),
  ]) {
    assert.throws(() => parsePublicKey(line), SignatureError, line);
  }
});

test("small-order, non-canonical and off-curve Ed25519 points are refused", () => {
  const weak = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "0200000000000000000000000000000000000000000000000000000000000000",
  ];
  for (const hex of weak) assert.throws(() => parsePublicKey(ed25519Line(hex)), { fault: "key-refused" }, hex);
  // RFC 8032 section 7.1, test 1
  assert.equal(
    parsePublicKey(ed25519Line("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")).type,
    "ssh-ed25519",
  );
});

test("P-256 points that are not on the curve, or not spelled as the encoder does, are refused", () => {
  const P = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
  // The generator, FIPS 186-4 appendix D.1.2.3.
  const x = 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n;
  const y = 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n;
  // An x so small that its spelling with P added fits into 32 bytes too.
  const small = 5n;
  const rootOfSmall = 0x459243b9aa581806fe913bce99817ade11ca503c64d9a3c533415c083248fbccn;
  assert.equal(parsePublicKey(p256Line(x, y)).type, "ecdsa-sha2-nistp256");
  assert.equal(parsePublicKey(p256Line(x, P - y)).type, "ecdsa-sha2-nistp256");
  assert.equal(parsePublicKey(p256Line(small, rootOfSmall)).type, "ecdsa-sha2-nistp256");
  for (const [what, line] of Object.entries({
    "off the curve": p256Line(x, y + 1n),
    origin: p256Line(0n, 0n),
    "x past the prime": p256Line(small + P, rootOfSmall),
    "all ones": p256Line(2n ** 256n - 1n, 2n ** 256n - 1n),
  }))
    assert.throws(() => parsePublicKey(line), { fault: "key-refused" }, what);
  assert.throws(() => parsePublicKey(p256Line(x, y, 2)), { fault: "key-refused" }, "compressed");
});

test("a generated key file is one that OpenSSH reads, and only its owner", async () => {
  using folder = scratch();
  const path = join(folder.path, "sec-lead");
  const key = await generateKeyFile(path, "sec-lead");
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(sshKeygen(["-y", "-f", path]).stdout.trim(), `${key.text} sec-lead`);
  assert.equal(readFileSync(`${path}.pub`, "utf8"), `${key.text} sec-lead\n`);
  const theirs = sshKeygen(["-Y", "sign", "-q", "-f", path, "-n", "session.soc2-er.v1"], "hello").stdout;
  assert.equal(await (await fileSigner(path)).sign("session.soc2-er.v1", Buffer.from("hello")), theirs);
  assert.equal(opensshAccepts(folder.path, key.text, "session.soc2-er.v1", "hello", theirs), true);
  await assert.rejects(generateKeyFile(path, "again"), { code: "EEXIST" });
});

test("an unusable key file is refused with a hint", async () => {
  using folder = scratch();
  const path = join(folder.path, "key");
  await assert.rejects(fileSigner(path), { code: "key-unknown", message: `no usable key in "${path}": file not found` });
  writeFileSync(path, "-----BEGIN PRIVATE KEY-----\nMC4=\n-----END PRIVATE KEY-----\n");
  await assert.rejects(fileSigner(path), { code: "key-unknown" });
  const good = makeKey(folder.path, "good", ["ed25519"]);
  const other = makeKey(folder.path, "other", ["ed25519"]);
  const graft = (text: string) => Buffer.from(text.split("\n").slice(1, -2).join(""), "base64");
  const [head, tail] = [graft(readFileSync(good.path, "utf8")), graft(readFileSync(other.path, "utf8"))];
  const spliced = Buffer.concat([head.subarray(0, 39 + 4 + 51), tail.subarray(39 + 4 + 51)]).toString("base64");
  writeFileSync(path, `-----BEGIN OPENSSH PRIVATE KEY-----\n${spliced}\n-----END OPENSSH PRIVATE KEY-----\n`);
  await assert.rejects(fileSigner(path), { code: "key-unknown", message: /halves? of the key differ|half of the key differ/ });
});
