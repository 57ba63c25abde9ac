import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { forwardersFrom } from "../../src/audit/forward/open.ts";
import type { ForwardConfig } from "../../src/config/index.ts";
import { all, bench, note } from "./bench.ts";

type Request = { readonly body: string; readonly headers: IncomingMessage["headers"] };

/** A server that keeps what it gets and answers as `answer` says; null: never. */
async function server(t: TestContext, answer: (request: Request, count: number) => number | null = () => 200) {
  const got: Request[] = [];
  const listening = createServer((incoming: IncomingMessage, response: ServerResponse) => {
    let body = "";
    incoming.on("data", (part) => {
      body += part;
    });
    incoming.on("end", () => {
      const request = { body, headers: incoming.headers };
      got.push(request);
      const status = answer(request, got.length);
      if (status === null) return;
      response.writeHead(status, status === 302 ? { location: "http://127.0.0.1:1/" } : {});
      response.end("thanks");
    });
  });
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    listening.closeAllConnections();
    listening.close();
  });
  const { port } = listening.address() as AddressInfo;
  return { got, url: `http://127.0.0.1:${port}/hook/secret-token` };
}

async function begin(t: TestContext) {
  const made = await bench(t);
  await made.init();
  const open = (configs: readonly ForwardConfig[], env: Record<string, string> = {}) =>
    forwardersFrom(configs, { home: made.home(), env, base: made.folder });
  const write = async (...texts: string[]) => {
    const pen = await made.write();
    await pen.append(texts.map(note));
    await pen.close();
  };
  const digests = async () => (await all(await made.read())).map(({ digest }) => digest);
  return { ...made, pen: made.write, open, write, digests, file: join(made.folder, "out.ndjson") };
}

const FILE: ForwardConfig = { kind: "file", path: "out.ndjson", format: "ndjson" };
const hook = (url: string): ForwardConfig => ({ kind: "webhook", url, format: "ndjson", headersEnv: { "X-Token": "TOKEN" } });
const TOKEN = { TOKEN: "s3cret" };
const linesIn = (text: string): { digest: string }[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
const digestsOf = (lines: readonly { digest: string }[]): string[] => lines.map(({ digest }) => digest);

test("every entry reaches a file once, in order, also what was written before and by other processes", async (t) => {
  const { open, write, digests, file } = await begin(t);
  const forwarders = open([FILE]);
  forwarders.start();
  await write("one", "two");
  await write("three");
  await forwarders.stop(5_000);
  assert.deepEqual(digestsOf(linesIn(readFileSync(file, "utf8"))), await digests());
  assert.deepEqual(await forwarders.states(), [{ name: "file:out.ndjson", state: "up-to-date", pending: 0 }]);
  await write("four");
  assert.deepEqual(await open([FILE]).states(), [{ name: "file:out.ndjson", state: "behind", pending: 3 }]);
  const next = open([FILE]);
  next.start();
  await next.stop(5_000);
  assert.deepEqual(digestsOf(linesIn(readFileSync(file, "utf8"))), await digests());
});

test("a file that is rotated away, cut to nothing or left with half a line goes on", async (t) => {
  const { open, write, digests, file } = await begin(t);
  const deliver = () => open([FILE]).deliver(5_000);
  await deliver();
  renameSync(file, `${file}.1`);
  await write("after renaming");
  await deliver();
  const first = linesIn(readFileSync(`${file}.1`, "utf8"));
  assert.deepEqual(digestsOf([...first, ...linesIn(readFileSync(file, "utf8"))]), await digests());
  truncateSync(file, 0);
  await write("after cutting");
  await deliver();
  assert.equal(linesIn(readFileSync(file, "utf8")).length, 3);
  writeFileSync(file, '{"half":');
  await write("after a crash");
  await deliver();
  const [half, ...rest] = readFileSync(file, "utf8").split("\n");
  assert.equal(half, '{"half":');
  assert.equal(linesIn(rest.join("\n")).length, 3);
});

test("a webhook gets entries in order with its headers, again after it refused, and at least once", async (t) => {
  const { open, write, digests } = await begin(t);
  const { got, url } = await server(t, (_, count) => (count === 1 ? 503 : 200));
  const deliver = async () => {
    const forwarders = open([hook(url)], TOKEN);
    await forwarders.deliver(5_000);
    return forwarders.states();
  };
  await write("one");
  const [failing] = await deliver();
  assert.equal(failing?.state, "failing");
  assert.equal(failing?.reason, "it answered 503");
  assert.match(failing?.since ?? "", /^20/);
  await write("two");
  assert.deepEqual(await deliver(), [{ name: `webhook:${new URL(url).host}`, state: "up-to-date", pending: 0 }]);
  assert.equal(got[0]?.headers["x-token"], "s3cret");
  assert.equal(got[0]?.headers["content-type"], "application/x-ndjson");
  const all = got.slice(1).flatMap(({ body }) => linesIn(body));
  assert.deepEqual(digestsOf(all), await digests());
});

test("deliveries are small, however much waits", async (t) => {
  const { open, write, digests } = await begin(t);
  const { got, url } = await server(t);
  await write(...Array.from({ length: 250 }, (_, n) => `entry ${n}`), ...Array.from({ length: 3 }, () => "x".repeat(400_000)));
  await open([hook(url)], TOKEN).deliver(20_000);
  assert.deepEqual(digestsOf(got.flatMap(({ body }) => linesIn(body))), await digests());
  for (const { body } of got) {
    assert.ok(linesIn(body).length <= 100);
    assert.ok(body.length < 3_000_000, `${body.length} characters`);
  }
});

test("a server that never answers is waited for by nobody, and other places get theirs", async (t) => {
  const { open, write, digests, file } = await begin(t);
  const { got, url } = await server(t, () => null);
  const forwarders = open([hook(url), FILE], TOKEN);
  forwarders.start();
  const began = performance.now();
  await write("one");
  await forwarders.stop(300);
  const took = performance.now() - began;
  assert.equal(got.length, 1);
  assert.deepEqual(digestsOf(linesIn(readFileSync(file, "utf8"))), await digests());
  assert.ok(took < 3_000, `${took} ms`);
  assert.deepEqual(
    (await forwarders.states()).map(({ state }) => state),
    ["failing", "up-to-date"],
  );
});

test("one that failed last time is not waited for at the end", async (t) => {
  const { open, write } = await begin(t);
  const { url } = await server(t, () => null);
  await open([hook(url)], {}).deliver(5_000);
  await write("one");
  const again = open([hook(url)], TOKEN);
  assert.deepEqual(
    (await again.states()).map(({ state, reason }) => [state, reason]),
    [["failing", "TOKEN is not set"]],
  );
  again.start();
  await new Promise((resolve) => setTimeout(resolve, 300));
  const began = performance.now();
  await again.stop(60_000);
  assert.ok(performance.now() - began < 5_000);
});

test("what goes wrong is said without the address, its secrets or its headers", async (t) => {
  const { open, write, folder } = await begin(t);
  await write("one");
  const { url: elsewhere } = await server(t, () => 302);
  mkdirSync(join(folder, "folder"));
  for (const [config, env, why] of [
    [hook("http://127.0.0.1:1/secret-token"), TOKEN, /could not be reached \(E[A-Z]+\)/],
    [hook("http://no-such-host.invalid/secret-token"), TOKEN, /could not be reached \(E[A-Z_]+\)/],
    [hook(elsewhere), TOKEN, /^it answered 302$/],
    [{ kind: "webhook", urlEnv: "HOOK", format: "ocsf", headersEnv: {} }, {}, /^HOOK is not set to an address$/],
    [
      { kind: "webhook", urlEnv: "HOOK", format: "ocsf", headersEnv: {} },
      { HOOK: "secret-token" },
      /^HOOK is not set to an address$/,
    ],
    [{ kind: "file", path: "folder", format: "csv" }, {}, /it is a folder/],
    [{ kind: "file", path: "nowhere/x", format: "csv" }, {}, /no such file or folder/],
  ] as const) {
    const forwarders = open([config], env);
    await forwarders.deliver(6_000);
    const [state] = await forwarders.states();
    assert.equal(state?.state, "failing");
    assert.match(state?.reason ?? "", why);
    assert.doesNotMatch(JSON.stringify(state), /secret|s3cret/);
  }
});

test("a lost or broken note of progress makes entries come again, never not at all", async (t) => {
  const { open, home, digests, file } = await begin(t);
  await open([FILE]).deliver(5_000);
  const folder = join(home(), "log/forward");
  const [note = ""] = readdirSync(folder).filter((name) => !name.endsWith(".lock"));
  for (const broken of ["", "{", '{"place":null}', '{"place":{"segment":"x"}}']) {
    writeFileSync(join(folder, note), broken);
    rmSync(file);
    await open([FILE]).deliver(5_000);
    assert.deepEqual(digestsOf(linesIn(readFileSync(file, "utf8"))), await digests(), broken);
  }
});

test("events that are told in two parts know what the first part said", async (t) => {
  const { open, pen, file } = await begin(t);
  const OCSF: ForwardConfig = { kind: "file", path: "out.ndjson", format: "ocsf" };
  const ana = await pen();
  await ana.append([
    { type: "incident.declared", body: { id: "inc-1", title: "x", severity: 2 }, incident: "inc-1" },
    {
      type: "run.opened",
      body: { run: "r", plan: `sha256:${"a".repeat(64)}`, kind: "release", leasesExpireAt: null, changes: 0 },
      incident: "inc-1",
    },
  ] as never);
  await open([OCSF]).deliver(5_000);
  await ana.append([{ type: "run.resumed", body: { run: "r" }, incident: "inc-1" }] as never);
  await ana.close();
  await open([OCSF]).deliver(5_000);
  const events = readFileSync(file, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const resumed = events.find(({ message }) => message === "run.resumed");
  assert.deepEqual([resumed.type_uid, resumed.severity_id, resumed.device.hostname], [700103, 4, "laptop"]);
});
