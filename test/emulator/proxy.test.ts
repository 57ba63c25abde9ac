import assert from "node:assert/strict";
import { createServer, request } from "node:http";
import { after, type TestContext, test } from "node:test";
import type { Emulator } from "./emulator.ts";
import { Job } from "./job.ts";
import { emulatorIfLong } from "./long.ts";

const { emulator, options } = await emulatorIfLong({ after });
/**
 * A name that resolves nowhere: who does not go through the proxy gets nowhere. Without a dot, or the emulator would take its beginning
 * for a bucket.
 */
const CLOUD = "http://cloud-behind-the-proxy";

/** A forward proxy as RFC 9112 has it: it is sent the whole URL. Returns its own, and what it was asked for. */
async function proxyTo({ endpoint }: Emulator, t: TestContext): Promise<{ url: string; asked: string[] }> {
  const { hostname, port } = new URL(endpoint);
  const asked: string[] = [];
  const server = createServer((incoming, answer) => {
    const { method, url = "", rawHeaders } = incoming;
    if (!url.startsWith(`${CLOUD}/`)) {
      answer.writeHead(400).end();
      return;
    }
    asked.push(`${method} ${url.slice(CLOUD.length)}`);
    const path = url.slice(CLOUD.length);
    const outgoing = request({ hostname, port, method, path, headers: rawHeaders }, (response) => {
      answer.writeHead(response.statusCode ?? 500, response.rawHeaders);
      response.pipe(answer);
    });
    outgoing.on("error", () => answer.destroy());
    incoming.pipe(outgoing);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  return { url: `http://127.0.0.1:${address.port}`, asked };
}

test("behind a proxy: roles, actions and the log's bucket are all reached through it", options, async (t) => {
  assert.ok(emulator);
  const proxy = await proxyTo(emulator, t);
  const job = await Job.prepare(t, emulator);
  job.endpoint = CLOUD;
  job.env = { HTTP_PROXY: proxy.url };
  await job.declare();
  await job.through(["isolate", "tenant", "acme"], "contained");
  assert.deepEqual((await job.run(["status"]))["remote"], { state: "up-to-date", lagSeconds: 0 });
  assert.equal((await job.run(["audit", "verify"]))["verdict"], "verified");
  const paths = [/^PUT \/acme-data\/?\?policy/, /^PUT \/acme-audit\/log\/batch\//, /^POST \/$/];
  for (const path of paths)
    assert.ok(
      proxy.asked.some((asked) => path.test(asked)),
      `${path}: ${proxy.asked.join("\n")}`,
    );
});

test("without the proxy that cloud is nowhere", options, async (t) => {
  assert.ok(emulator);
  const job = await Job.prepare(t, emulator);
  job.endpoint = CLOUD;
  await job.declare();
  const { out } = await job.ended(["isolate", "tenant", "acme"], "on-call", 1);
  assert.equal(JSON.parse(out).error.code, "unreachable");
});
