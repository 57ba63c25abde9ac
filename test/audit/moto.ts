import { spawn } from "node:child_process";
import { createServer } from "node:net";
import type { TestContext } from "node:test";

/** A moto server of its own for a test; null where moto is not installed. */
export async function startMoto(t: TestContext): Promise<string | null> {
  const port = await freePort();
  const child = spawn("moto_server", ["-H", "127.0.0.1", "-p", String(port)], { stdio: "ignore" });
  let gone = false;
  child.on("error", () => (gone = true));
  child.on("exit", () => (gone = true));
  t.after(() => child.kill("SIGKILL"));
  const endpoint = `http://127.0.0.1:${port}`;
  for (let tries = 0; tries < 200 && !gone; tries++) {
    if (
      await fetch(`${endpoint}/moto-api/data.json`).then(
        (answer) => answer.ok,
        () => false,
      )
    )
      return endpoint;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return null;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}
