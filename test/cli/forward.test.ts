import assert from "node:assert/strict";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Company } from "./company.ts";

async function silentServer(t: TestContext): Promise<{ url: string; asked: () => number }> {
  let asked = 0;
  const server = createServer(() => {
    asked++;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/secret-token`, asked: () => asked };
}

/** Milliseconds of the quickest of three commands that write to the log. */
async function quickest(company: Company): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < 3; turn++) {
    const began = performance.now();
    const { code, err } = await company.run(["incident", "declare", "--title", "leak", "--severity", "2"]);
    least = Math.min(least, performance.now() - began);
    assert.equal(code, 0, err);
    assert.doesNotMatch(err, /hook|forward/);
  }
  return least;
}

test("a dead webhook delays no command by a second, changes no exit code, and status and doctor tell of it", async (t) => {
  const company = await Company.found(t);
  const { url, asked } = await silentServer(t);
  const before = await quickest(company);
  writeFileSync(
    company.config,
    `${company.text}audit: { forward: [ { kind: webhook, url-env: HOOK }, { kind: file, path: events.ndjson } ] }\n`,
  );
  company.env = { HOOK: url };
  const after = await quickest(company);
  assert.ok(asked() > 0, "it was asked");
  assert.ok(after - before < 1_000, `${before} ms without, ${after} ms with`);
  const events = readFileSync(join(company.folder, "events.ndjson"), "utf8").trim().split("\n");
  const { out } = await company.run(["audit", "log", "--json"]);
  const digests = JSON.parse(out).items.map(({ digest }: { digest: string }) => digest);
  assert.deepEqual(
    events.map((line) => JSON.parse(line).metadata.uid),
    digests,
  );

  const synced = await company.run(["audit", "sync", "--json"]);
  assert.equal(synced.code, 0, synced.err);
  const [hook] = JSON.parse(synced.out).forward;
  assert.deepEqual([hook.name, hook.state, hook.reason], ["webhook:$HOOK", "failing", "no answer within 5 s"]);
  const status = await company.run(["status"]);
  assert.equal(status.code, 0);
  assert.match(status.out, /webhook:\$HOOK does not take \d+ entries of the log: no answer within 5 s/);
  const { checks } = JSON.parse((await company.run(["doctor", "--offline", "--json"])).out);
  const found = checks.find(({ id }: { id: string }) => id === "forward webhook:$HOOK");
  assert.equal(found.status, "warn", JSON.stringify(checks));
  const verified = await company.run(["audit", "verify", "--json"]);
  assert.equal(verified.code, 0, verified.out);
  assert.doesNotMatch(verified.out, /no part of the log/);
  for (const { out, err } of [synced, status, verified]) assert.doesNotMatch(out + err, /secret-token/);
});

test("what the file says of forwarders is checked when it is read", async (t) => {
  const company = await Company.found(t);
  for (const [forward, why] of [
    ["{ kind: pigeon }", /must be file or webhook/],
    ["{ kind: webhook }", /exactly one of url and url-env/],
    ["{ kind: webhook, url: 'https://x/y', url-env: X }", /exactly one of url and url-env/],
    ["{ kind: webhook, url: 'ftp://x/y' }", /https:\/\/ or http:\/\//],
    ["{ kind: webhook, url: 'https://me:secret@x/y' }", /credentials belong into url-env or headers-env/],
    ["{ kind: file, path: x, format: xml }", /"xml" is none of ocsf, csv, ndjson/],
    ["{ kind: file }", /path/],
  ] as const) {
    writeFileSync(company.config, company.text);
    appendFileSync(company.config, `audit: { forward: [ ${forward} ] }\n`);
    const { code, err } = await company.run(["status"]);
    assert.equal(code, 2, err);
    assert.match(err, why);
  }
});
