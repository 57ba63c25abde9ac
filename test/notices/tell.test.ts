import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { NoticeChannel } from "../../src/config/index.ts";
import type { Clock } from "../../src/model/index.ts";
import { systemClock } from "../../src/model/index.ts";
import { tell } from "../../src/notices/index.ts";
import { freshFolder } from "../cli/binary.ts";

const NOTICE = {
  text: "break-glass: on-call runs lockdown-tenant\nreason: leak",
  facts: { schema: "soc2-er/notice@1", plan: "p" },
};

/** Answers with each path's status; `silent` never does. */
async function listener(
  t: TestContext,
): Promise<{ readonly url: (path: string) => string; readonly heard: { path: string; body: string }[] }> {
  const heard: { path: string; body: string }[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part) => {
      body += part;
    });
    request.on("end", () => {
      heard.push({ path: request.url ?? "", body });
      if (request.url === "/silent") return;
      response.writeHead(Number(request.url?.slice(1, 4)), { location: "/200" }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: (path) => `http://127.0.0.1:${port}${path}`, heard };
}

/** Ten seconds that pass at once. */
const hasty: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms / 20, signal) };

const webhook = (name: string, env: string, roles?: string[]): NoticeChannel => ({
  ...{ kind: "webhook", name, url: { env } },
  ...(roles ? { roles } : {}),
});

test("webhook, chat and command get the notice; who reads a channel decides for whom it counts", async (t) => {
  const { url, heard } = await listener(t);
  const folder = freshFolder();
  await writeFile(join(folder, "url"), `${url("/204")}\n`);
  const mail = join(folder, "mail");
  const channels: NoticeChannel[] = [
    webhook("pager", "PAGER", ["security"]),
    { kind: "chat", name: "chat", url: { file: join(folder, "url") } },
    { kind: "command", name: "mail", argv: ["sh", "-c", 'cat > "$1"', "sh", mail], roles: ["engineering"] },
    webhook("other", "PAGER", ["legal"]),
  ];
  const deliveries = await tell(NOTICE, ["security", "engineering"], channels, {
    env: { PAGER: url("/200") },
    clock: systemClock,
  });
  assert.deepEqual(deliveries, [
    { channel: "pager", roles: ["security"] },
    { channel: "chat", roles: ["security", "engineering"] },
    { channel: "mail", roles: ["engineering"] },
  ]);
  const bodies = new Map(heard.map(({ path, body }) => [path, JSON.parse(body)]));
  assert.deepEqual(bodies.get("/200"), { ...NOTICE.facts, text: NOTICE.text });
  assert.deepEqual(bodies.get("/204"), { text: NOTICE.text });
  assert.equal(await readFile(mail, "utf8"), `${NOTICE.text}\n`);
});

test("what fails says why, never with the address, and holds nobody up", async (t) => {
  const { url, heard } = await listener(t);
  const env = {
    FAILING: `${url("/500")}?token=s3cret`,
    MOVED: url("/302"),
    SILENT: url("/silent"),
    CLOSED: "http://127.0.0.1:47/s3cret",
    WRONG: "file:///etc/passwd",
  };
  const channels: NoticeChannel[] = [
    ...["FAILING", "MOVED", "SILENT", "CLOSED", "WRONG", "UNSET"].map((name) => webhook(name, name)),
    { kind: "chat", name: "gone", url: { file: "/nonexistent/url" } },
    { kind: "command", name: "absent", argv: ["soc2-er-no-such-program"] },
    { kind: "command", name: "angry", argv: ["sh", "-c", "exit 3"] },
    { kind: "command", name: "slow", argv: ["sleep", "60"] },
  ];
  const began = performance.now();
  const deliveries = await tell(NOTICE, ["security"], channels, { env, clock: hasty });
  assert.ok(performance.now() - began < 5_000);
  const reasons = Object.fromEntries(deliveries.map(({ channel, reason }) => [channel, reason ?? "told"]));
  const expected: Record<string, RegExp> = {
    FAILING: /answered 500/,
    MOVED: /./,
    SILENT: /no answer within 10 seconds/,
    CLOSED: /ECONNREFUSED/,
    WRONG: /WRONG holds no URL/,
    UNSET: /UNSET is not set/,
    gone: /ENOENT/,
    absent: /ENOENT/,
    angry: /exit code 3/,
    slow: /no answer within 10 seconds/,
  };
  assert.deepEqual(Object.keys(reasons).sort(), Object.keys(expected).sort());
  for (const [channel, reason] of Object.entries(reasons)) {
    assert.match(reason, expected[channel] ?? /^$/, channel);
    assert.doesNotMatch(reason, /told|s3cret|127\.0\.0\.1/, channel);
  }
  assert.ok(!heard.some(({ path }) => path === "/200"), "no redirection is followed");
});
