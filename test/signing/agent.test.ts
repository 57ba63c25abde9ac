import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { agentSigners, fileSigner, verifySshSignature } from "../../src/signing/index.ts";
import { makeKey, opensshAccepts, scratch, startAgent } from "./oracle.ts";

const NAMESPACE = "approval.soc2-er.v1";

test("a real ssh-agent lists admitted keys and signs with them", async () => {
  using folder = scratch();
  const agent = await startAgent(folder.path);
  try {
    const env = { SSH_AUTH_SOCK: agent.socket };
    assert.deepEqual(await agentSigners(env), []);
    const keys = [
      makeKey(folder.path, "rsa", ["rsa", "-b", "2048"]),
      makeKey(folder.path, "ed", ["ed25519"]),
      makeKey(folder.path, "ec", ["ecdsa", "-b", "256"]),
    ];
    for (const key of keys) agent.add(key.path);
    const signers = await agentSigners(env);
    assert.deepEqual(
      signers.map((signer) => signer.publicKey.type),
      ["ssh-ed25519", "ecdsa-sha2-nistp256"],
    );
    for (const signer of signers) {
      const armored = await signer.sign(NAMESPACE, Buffer.from("statement\n"));
      assert.equal(verifySshSignature(armored, NAMESPACE, Buffer.from("statement\n")).key.text, signer.publicKey.text);
      assert.equal(opensshAccepts(folder.path, signer.publicKey.text, NAMESPACE, "statement\n", armored), true);
    }
    const ed = await fileSigner(join(folder.path, "ed"));
    assert.equal(await signers[0]?.sign(NAMESPACE, Buffer.from("x")), await ed.sign(NAMESPACE, Buffer.from("x")));
    agent.lock();
    await assert.rejects(async () => signers[0]?.sign(NAMESPACE, Buffer.from("x")), { code: "unauthenticated" });
  } finally {
    await agent.stop();
  }
});

test("without an agent there are no keys", async () => {
  using folder = scratch();
  assert.deepEqual(await agentSigners({}), []);
  assert.deepEqual(await agentSigners({ SSH_AUTH_SOCK: join(folder.path, "nothing") }), []);
});

test("an agent that hangs, hangs up or talks nonsense is an environment error, in time", async () => {
  using folder = scratch();
  mkdirSync(join(folder.path, "s"));
  const answers: Record<string, Buffer | null> = {
    nonsense: Buffer.from("00000002ffff", "hex"),
    huge: Buffer.from("ffffffff00", "hex"),
    short: Buffer.from("000000050c00000009", "hex"),
    trailing: Buffer.from("000000060c0000000000", "hex"),
    nothing: null,
  };
  for (const [name, answer] of Object.entries(answers)) {
    const socket = join(folder.path, "s", name);
    const server = createServer(
      (client) => void client.once("data", () => (answer === null ? client.end() : client.end(answer))),
    );
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    await assert.rejects(agentSigners({ SSH_AUTH_SOCK: socket }), { code: "environment" }, name);
    server.close();
  }
  const silent = createServer((client) => void client.resume());
  const socket = join(folder.path, "s", "silent");
  await new Promise<void>((resolve) => silent.listen(socket, resolve));
  await assert.rejects(agentSigners({ SSH_AUTH_SOCK: socket }, 200), { code: "environment", message: /no answer within 0.2 s/ });
  silent.close();
});
