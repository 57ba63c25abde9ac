import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** A folder that goes away with the test. */
export function scratch(): { path: string; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(tmpdir(), "er-sign-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

export function sshKeygen(
  args: readonly string[],
  input = "",
  env: Record<string, string> = {},
): { status: number | null; stdout: string; stderr: string } {
  const { SSH_AUTH_SOCK: _agent, ...rest } = process.env;
  return spawnSync("ssh-keygen", args, { input, encoding: "utf8", env: { ...rest, ...env } });
}

export function makeKey(
  folder: string,
  name: string,
  type: readonly string[],
  passphrase = "",
): { path: string; publicKey: string } {
  const path = join(folder, name);
  const made = sshKeygen(["-q", "-t", ...type, "-N", passphrase, "-C", name, "-f", path]);
  if (made.status !== 0) throw new Error(`ssh-keygen: ${made.stderr}`);
  return { path, publicKey: readFileSync(`${path}.pub`, "utf8").trim() };
}

/** Whether stock OpenSSH accepts the signature for this key and namespace. */
export function opensshAccepts(folder: string, publicKey: string, namespace: string, message: string, armored: string): boolean {
  const [allowed, signature] = [join(folder, "allowed"), join(folder, "signature")];
  writeFileSync(allowed, `someone namespaces="${namespace}" ${publicKey}\n`);
  writeFileSync(signature, armored);
  return sshKeygen(["-Y", "verify", "-f", allowed, "-I", "someone", "-n", namespace, "-s", signature], message).status === 0;
}

/** A real ssh-agent on a socket of its own. */
export async function startAgent(
  folder: string,
): Promise<{ socket: string; add(path: string): void; lock(): void; stop(): Promise<void> }> {
  const socket = join(folder, "agent.sock");
  const agent: ChildProcess = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
  const gone = new Promise<void>((resolve) => agent.once("exit", () => resolve()));
  for (let tries = 0; !(await reachable(socket)); tries++) {
    if (tries > 200) throw new Error("ssh-agent did not start");
    await delay(20);
  }
  const sshAdd = (args: readonly string[], env: Record<string, string> = {}) => {
    const added = spawnSync("ssh-add", args, { env: { ...process.env, SSH_AUTH_SOCK: socket, ...env }, encoding: "utf8" });
    if (added.status !== 0) throw new Error(`ssh-add: ${added.stderr}`);
  };
  return {
    socket,
    add: (path) => sshAdd(["-q", path]),
    lock: () => {
      const askpass = join(folder, "askpass");
      writeFileSync(askpass, "#!/bin/sh\necho locked\n", { mode: 0o755 });
      sshAdd(["-x"], { SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: "force", DISPLAY: ":0" });
    },
    stop: async () => {
      agent.kill();
      await gone;
    },
  };
}

function reachable(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(socket, () => resolve(true)).on("error", () => resolve(false));
    probe.once("connect", () => probe.destroy());
  });
}
