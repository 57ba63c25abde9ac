import assert from "node:assert/strict";
import { createPublicKey, verify } from "node:crypto";
import { test } from "node:test";
import { dsseSign, dsseVerify, newSessionKey, preAuthEncoding, SignatureError } from "../../src/signing/index.ts";

const TYPE = "application/vnd.soc2-er.entry.v1+json";

test("the pre-authentication encoding is that of the DSSE specification's example", () => {
  const pae = preAuthEncoding("http://example.com/HelloWorld", Buffer.from("hello world"));
  assert.equal(Buffer.from(pae).toString(), "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
});

test("an envelope opens for its key, its type and its bytes only", () => {
  const key = newSessionKey();
  const payload = Buffer.from('{"a":"ü"}');
  const envelope = dsseSign(TYPE, payload, { keyid: "w1", sign: key.sign });
  const keyOf = (keyid: string) => (keyid === "w1" ? key.publicKey : null);
  const opened = dsseVerify(envelope, TYPE, keyOf);
  assert.deepEqual([Buffer.from(opened.payload), opened.keyid], [payload, "w1"]);

  const plain = JSON.parse(Buffer.from(envelope).toString()) as { payload: string; signatures: { sig: string }[] };
  const spki = createPublicKey({
    key: { kty: "OKP", crv: "Ed25519", x: Buffer.from(key.publicKey, "base64").toString("base64url") },
    format: "jwk",
  });
  const signed = Buffer.from(`DSSEv1 ${TYPE.length} ${TYPE} ${payload.length} ${payload}`);
  assert.equal(verify(null, signed, spki, Buffer.from(plain.signatures[0]?.sig ?? "", "base64")), true);

  assert.throws(() => dsseVerify(envelope, "application/vnd.soc2-er.batch.v1+json", keyOf), { fault: "malformed" });
  assert.throws(() => dsseVerify(envelope, TYPE, () => null), { fault: "key-refused" });
  assert.throws(() => dsseVerify(envelope, TYPE, () => newSessionKey().publicKey), { fault: "invalid" });
  const identity = Buffer.concat([Buffer.of(1), Buffer.alloc(31)]).toString("base64");
  assert.throws(() => dsseVerify(envelope, TYPE, () => identity), { fault: "key-refused" });
});

test("no byte of an envelope can change, and no second spelling of it opens", () => {
  const key = newSessionKey();
  const envelope = Buffer.from(dsseSign(TYPE, Buffer.from("{}"), { keyid: "w1", sign: key.sign }));
  const keyOf = (keyid: string) => (keyid === "w1" ? key.publicKey : null);
  for (let at = 0; at < envelope.length; at++) {
    const flipped = Buffer.from(envelope);
    flipped.writeUInt8(flipped.readUInt8(at) ^ 1, at);
    assert.throws(() => dsseVerify(flipped, TYPE, keyOf), SignatureError, `byte ${at}`);
  }
  const text = envelope.toString();
  for (const other of [`${text}\n`, ` ${text}`, `\ufeff${text}`, JSON.stringify(JSON.parse(text), null, 1)]) {
    assert.throws(() => dsseVerify(Buffer.from(other), TYPE, keyOf), { fault: "malformed" });
  }
});
