import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { after, before, describe, type TestContext, test } from "node:test";
import { Company, fingerprint } from "./company.ts";

/** One attempt of a call takes 10 s at most; the rest is for starting, and for a machine that is busy. */
const ONE_CALL_MS = 25_000;
/** Who signs in to Azure is waited for longer. */
const SIGN_IN_MS = 60_000;
const HEAD = "HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\ncontent-length: 100000\r\n\r\n<answer>";

/** Endpoints that take a connection and then do not do what they should. */
const BEHAVIORS = {
  /** Nothing is ever said. */
  silent: () => undefined,
  /** The answer begins and stops. */
  halting: (socket: Socket) => socket.once("data", () => socket.write(HEAD)),
  /** The answer comes, a byte a second, and would take a day. */
  dripping: (socket: Socket) => {
    socket.once("data", () => socket.write(HEAD));
    const drops = setInterval(() => socket.write("x"), 1_000);
    socket.on("close", () => clearInterval(drops));
  },
} as const;

const servers = new Map<keyof typeof BEHAVIORS, Server>();
const open = new Set<Socket>();
before(async () => {
  for (const name of Object.keys(BEHAVIORS) as (keyof typeof BEHAVIORS)[]) {
    const server = createServer((socket) => {
      open.add(socket);
      socket.on("error", () => undefined).on("close", () => open.delete(socket));
      BEHAVIORS[name](socket);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    servers.set(name, server);
  }
});
after(() => {
  for (const server of servers.values()) server.close();
  for (const socket of open) socket.destroy();
});

function at(name: keyof typeof BEHAVIORS, scheme = "http"): string {
  const { port } = (servers.get(name) ?? assert.fail(name)).address() as AddressInfo;
  return `${scheme}://127.0.0.1:${port}`;
}

const CREDENTIALS = {
  AWS_ACCESS_KEY_ID: "AKIASILENT0000000001",
  AWS_SECRET_ACCESS_KEY: "nobody-checks",
  AWS_EC2_METADATA_DISABLED: "true",
};
const S3_STORE = "audit: { stores: [ { kind: s3, bucket: acme-audit, region: us-east-1 } ] }\n";

async function found(t: TestContext, env: Record<string, string>, more = ""): Promise<Company> {
  const company = await Company.found(t, more);
  company.env = { ...CREDENTIALS, ...env };
  return company;
}

/** What the command says as its one document, and how long it took; it must end by itself within `ms`. */
async function ended(company: Company, args: readonly string[], ms = ONE_CALL_MS) {
  const start = performance.now();
  const { code, out, err } = await company.run([...args, "--json"], { timeoutMs: ms });
  const took = performance.now() - start;
  const said = `${args.join(" ")}: exit ${code} after ${Math.round(took)} ms\n${out}\n${err}`;
  assert.ok(took < ms && code !== null && code !== 143, said);
  assert.doesNotMatch(err, /^\s+at .*:\d+/m, said);
  return { code, document: JSON.parse(out), took, said };
}

async function givesUp(company: Company, args: readonly string[]): Promise<void> {
  const { code, document, said } = await ended(company, args);
  assert.equal(code, 1, said);
  assert.equal(document.error?.code, "unreachable", said);
  assert.match(document.error.message, /^aws\.(s3|iam|sts) [A-Z]\w+: "\w+" [a-z]/, said);
  assert.ok(document.error.hints.length > 0, said);
}

/** Everything here waits, and costs nothing meanwhile. */
const together = { concurrency: true };

describe("endpoints that do not answer", together, () => {
  test("an endpoint of AWS that does not answer", together, async (t) => {
    const ways: Record<string, Record<string, string>> = {
      "is silent": { AWS_ENDPOINT_URL: at("silent") },
      "is silent before TLS": { AWS_ENDPOINT_URL: at("silent", "https") },
      "stops halfway": { AWS_ENDPOINT_URL: at("halting") },
      "takes a day": { AWS_ENDPOINT_URL: at("dripping") },
      "is behind a silent proxy": { HTTPS_PROXY: at("silent") },
    };
    const tests = Object.entries(ways).map(([way, env]) =>
      t.test(way, together, async (t) => {
        const company = await found(t, env);
        const home = fingerprint(company.home);
        await Promise.all([
          givesUp(company, ["isolate", "tenant", "acme", "--dry-run"]),
          givesUp(company, ["revoke", "aws:user/intruder", "--dry-run"]),
          givesUp(company, ["tenant", "show", "acme"]),
          ended(company, ["doctor"]).then(({ code, document, said }) => {
            assert.equal(code, 1, said);
            const check = document.checks.find(({ id }: { id: string }) => id === "aws prod");
            assert.equal(check?.status, "fail", said);
          }),
        ]);
        assert.deepEqual(fingerprint(company.home), home);
      }),
    );
    await Promise.all([
      ...tests,
      t.test("a plan for approval leaves only the incident", async (t) => {
        const company = await found(t, { AWS_ENDPOINT_URL: at("silent") });
        await givesUp(company, ["isolate", "tenant", "acme", "--declare", "x", "--plan-only"]);
        const { document } = await ended(company, ["audit", "log"]);
        const types = document.items.map(({ type }: { type: string }) => type);
        assert.deepEqual(
          types.filter((type: string) => !type.startsWith("session.")),
          ["genesis", "incident.declared"],
        );
      }),
      t.test("the role to assume", async (t) => {
        const company = await found(t, { AWS_ENDPOINT_URL: at("silent") });
        const role = 'name: prod, role: "arn:aws:iam::123456789012:role/soc2-er-responder"';
        await writeFile(company.config, company.text.replace("name: prod", role));
        await givesUp(company, ["isolate", "tenant", "acme", "--dry-run"]);
      }),
    ]);
  });

  test("a silent audit store stops nothing: the log is on the disk, and said to be behind", together, async (t) => {
    const ways = ["silent", "halting", "dripping"] as const;
    const tests = ways.map((way) =>
      t.test(way, async (t) => {
        const company = await found(t, { AWS_ENDPOINT_URL: at(way) }, S3_STORE);
        const declared = await ended(company, ["incident", "declare", "--title", "x", "--severity", "1"]);
        assert.equal(declared.code, 0, declared.said);
        const status = await ended(company, ["status"]);
        assert.equal(status.code, 0, status.said);
        assert.equal(status.document.incidents[0].id, declared.document.id);
        assert.notEqual(status.document.remote.state, "up-to-date", status.said);
        const synced = await ended(company, ["audit", "sync"], 2 * ONE_CALL_MS);
        assert.equal(synced.code, 9, synced.said);
        assert.match(JSON.stringify(synced.document), /no answer within \d+ s/);
        const verified = await ended(company, ["audit", "verify"]);
        assert.ok(verified.code === 0 || verified.code === 10, verified.said);
      }),
    );
    await Promise.all(tests);
  });

  test("Azure behind a silent proxy", async (t) => {
    const secret = {
      AZURE_TENANT_ID: "72f988bf-0000-4000-8000-2d7cd011db47",
      AZURE_CLIENT_ID: "0b1f6471-1bf0-4dda-aec3-cb9272f09590",
    };
    const company = await found(t, { ...secret, AZURE_CLIENT_SECRET: "x", HTTPS_PROXY: at("silent") });
    const azure = "azure: { subscriptions: [ { id: 0b1f6471-1bf0-4dda-aec3-cb9272f09590, name: front } ] }";
    const edge = "edge: [ { name: front, subscription: front, nsgs: { select: { tag: edge=public }, priorities: 100-109 } } ]\n";
    await writeFile(company.config, `${company.text.replace(/ {2}aws: .*/, `  ${azure}`).replace(/ {2}s3: .*\n/, "")}${edge}`);
    await Promise.all([
      ended(company, ["doctor"], SIGN_IN_MS).then(({ code, document, said }) => {
        assert.equal(code, 1, said);
        assert.equal(document.checks.find(({ id }: { id: string }) => id === "azure front")?.status, "fail", said);
      }),
      ended(company, ["block", "ip", "203.0.113.0/24", "--dry-run"], SIGN_IN_MS).then(({ code, document, said }) => {
        assert.ok(code === 1 || code === 4, said);
        assert.match(document.error?.code, /^(unreachable|unauthenticated)$/, said);
      }),
    ]);
  });
});
