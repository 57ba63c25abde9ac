import assert from "node:assert/strict";
import { after, type TestContext, test } from "node:test";
import type { Emulator } from "./emulator.ts";
import { listen, pass } from "./forward.ts";
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
  const asked: string[] = [];
  const url = await listen(t, (incoming, answer) => {
    const { method, url: wanted = "" } = incoming;
    if (!wanted.startsWith(`${CLOUD}/`)) {
      answer.writeHead(400).end();
      return;
    }
    const path = wanted.slice(CLOUD.length);
    asked.push(`${method} ${path}`);
    pass(endpoint, path, incoming, answer);
  });
  return { url, asked };
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
