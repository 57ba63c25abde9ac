import assert from "node:assert/strict";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { CreateKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { tryLogKey } from "../../src/audit/log-key.ts";
import { kmsLogKey } from "../../src/audit/log-key-kms.ts";
import { vaultLogKey } from "../../src/audit/log-key-vault.ts";
import { type ErError, systemClock } from "../../src/model/index.ts";
import { type LogKey, noteKey, verifyNoteSignature } from "../../src/signing/index.ts";
import { NO_EMULATOR, startEmulator } from "../emulator/emulator.ts";
import { ORIGIN } from "./bench.ts";

const TEXT = `${ORIGIN}\n12\n${Buffer.alloc(32, 7).toString("base64")}\n`;

const unusable = (reason: RegExp) => (error: unknown) => {
  assert.equal((error as ErError).code, "log-key-unusable");
  assert.match((error as ErError).message, reason);
  return true;
};

/** Many times: r and s begin with a set bit or with zeros in some of them. */
async function signsNotes(logKey: LogKey, times: number): Promise<void> {
  const key = noteKey(ORIGIN, await logKey.publicKey());
  for (let time = 0; time < times; time++) {
    const signature = await logKey.sign(Buffer.from(TEXT));
    assert.ok(verifyNoteSignature(key, TEXT, signature), Buffer.from(signature).toString("hex"));
    assert.ok(!verifyNoteSignature(key, `${TEXT}x`, signature));
  }
  await tryLogKey(logKey, ORIGIN);
}

test("a P-256 key of AWS KMS, on the emulator over HTTP", async (t) => {
  const emulator = await startEmulator(t);
  if (emulator === null) return t.skip(NO_EMULATOR);
  const env = { AWS_ACCESS_KEY_ID: "testing", AWS_SECRET_ACCESS_KEY: "testing", AWS_ENDPOINT_URL: emulator.endpoint };
  for (const [name, value] of Object.entries(env)) {
    const before = process.env[name];
    process.env[name] = value;
    t.after(() => {
      if (before === undefined) delete process.env[name];
      else process.env[name] = before;
    });
  }
  const admin = new KMSClient({ region: "us-east-1" });
  t.after(() => admin.destroy());
  const { KeyMetadata } = await admin.send(new CreateKeyCommand({ KeySpec: "ECC_NIST_P256", KeyUsage: "SIGN_VERIFY" }));
  const place = { region: "us-east-1", clock: systemClock, env: process.env, deadlineMs: 5_000 };
  await signsNotes(kmsLogKey({ ...place, key: KeyMetadata?.Arn ?? "" }), 8);
  const gone = kmsLogKey({ ...place, key: (KeyMetadata?.Arn ?? "").replace(/.{12}$/, "000000000000") });
  await assert.rejects(gone.sign(Buffer.from(TEXT)), unusable(/cannot sign with the log key "arn:.*NotFound/));
  await assert.rejects(gone.publicKey(), unusable(/cannot read the log key/));
});

/** The vault's REST interface as its documentation describes it, version 7.4; not the service. */
async function vault(t: TestContext, fault: { status?: number; value?: string; silent?: boolean } = {}) {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { x, y } = publicKey.export({ format: "jwk" });
  const path = "/keys/soc2-er-log/0123456789abcdef0123456789abcdef";
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    if (fault.silent) return undefined;
    asked.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    let text = "";
    for await (const chunk of request) text += chunk;
    const say = (status: number, body: object) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    if (fault.status !== undefined) return say(fault.status, { error: { code: "Forbidden", message: "not yours" } });
    if (request.url === `${path}?api-version=7.4`) return say(200, { key: { kid: path, kty: "EC", crv: "P-256", x, y } });
    const { alg, value } = JSON.parse(text);
    const digest = createHash("sha256").update(TEXT).digest("base64url");
    assert.deepEqual([request.url, alg, value], [`${path}/sign?api-version=7.4`, "ES256", digest]);
    const signature = sign("sha256", Buffer.from(TEXT), { key: privateKey, dsaEncoding: "ieee-p1363" });
    return say(200, { kid: path, value: fault.value ?? signature.toString("base64url") });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.closeAllConnections());
  t.after(() => server.close());
  const id = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
  return { asked, logKey: vaultLogKey({ id, clock: systemClock, deadlineMs: 1_000, token: async () => "the-token" }) };
}

test("a P-256 key of Azure Key Vault, on a double of its documented interface", async (t) => {
  const { asked, logKey } = await vault(t);
  const key = noteKey(ORIGIN, await logKey.publicKey());
  for (let time = 0; time < 40; time++) assert.ok(verifyNoteSignature(key, TEXT, await logKey.sign(Buffer.from(TEXT))));
  assert.ok(asked.every((line) => line.endsWith(" Bearer the-token")));
  assert.equal(asked.filter((line) => line.startsWith("GET ")).length, 1);
});

test("a vault that refuses, answers nonsense or nothing", async (t) => {
  const message = Buffer.from(TEXT);
  await assert.rejects((await vault(t, { status: 403 })).logKey.sign(message), unusable(/Forbidden: not yours/));
  await assert.rejects((await vault(t, { value: "AAAA" })).logKey.sign(message), unusable(/has 3 bytes, not 64/));
  await assert.rejects((await vault(t, { silent: true })).logKey.publicKey(), unusable(/no answer within 1 s/));
});
