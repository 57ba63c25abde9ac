import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { agentSigners, verifySshSignature } from "../../src/signing/index.ts";
import { lacking } from "../debian.ts";
import { LEFT_OUT, LONG } from "../emulator/long.ts";
import { opensshAccepts, scratch, startAgent } from "./oracle.ts";

const PIN = "123456";
const MODULES = ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"];
const SKIP = LONG ? lacking(["softhsm2-util", "pkcs11-tool", "ssh-agent"], ["softhsm2", "opensc", "openssh-client"]) : LEFT_OUT;

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv): void {
  const { status, stderr, error } = spawnSync(command, args, { env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  assert.equal(status, 0, `${command}: ${stderr}${error?.message ?? ""}`);
}

test("a key that never leaves its PKCS#11 token signs an approval through ssh-agent", { skip: SKIP ?? false }, async () => {
  using folder = scratch();
  const module = realpathSync(MODULES.find((path) => existsSync(path)) ?? assert.fail("no libsofthsm2.so"));
  mkdirSync(join(folder.path, "tokens"));
  writeFileSync(join(folder.path, "softhsm.conf"), `directories.tokendir = ${join(folder.path, "tokens")}\n`);
  writeFileSync(join(folder.path, "pin"), `#!/bin/sh\necho ${PIN}\n`, { mode: 0o755 });
  const env = { ...process.env, SOFTHSM2_CONF: join(folder.path, "softhsm.conf") };
  run("softhsm2-util", ["--init-token", "--free", "--label", "lead", "--pin", PIN, "--so-pin", PIN], env);
  const make = ["--keypairgen", "--key-type", "EC:prime256v1", "--label", "lead", "--id", "01"];
  run("pkcs11-tool", ["--module", module, "--login", "--pin", PIN, ...make], env);

  const before = { ...process.env };
  Object.assign(process.env, env);
  const agent = await startAgent(folder.path);
  process.env = before;
  try {
    const askpass = { SSH_ASKPASS: join(folder.path, "pin"), SSH_ASKPASS_REQUIRE: "force", DISPLAY: ":0" };
    run("ssh-add", ["-s", module], { ...env, ...askpass, SSH_AUTH_SOCK: agent.socket });
    const [signer = assert.fail("the agent has no key"), ...others] = await agentSigners({ SSH_AUTH_SOCK: agent.socket });
    assert.deepEqual(others, []);
    assert.equal(signer.publicKey.type, "ecdsa-sha2-nistp256");
    const message = "soc2-er approval v1\n";
    const armored = await signer.sign("approval.soc2-er.v1", Buffer.from(message));
    const { key, flags } = verifySshSignature(armored, "approval.soc2-er.v1", Buffer.from(message));
    assert.deepEqual([key.text, flags], [signer.publicKey.text, null]);
    assert.equal(opensshAccepts(folder.path, key.text, "approval.soc2-er.v1", message, armored), true);
  } finally {
    await agent.stop();
  }
});
