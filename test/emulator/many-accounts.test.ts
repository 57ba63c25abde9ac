import assert from "node:assert/strict";
import { type IncomingMessage, request } from "node:http";
import { after, type TestContext, test } from "node:test";
import { as } from "./caller.ts";
import type { Emulator } from "./emulator.ts";
import { listen } from "./forward.ts";
import { Job } from "./job.ts";
import { emulatorIfLong } from "./long.ts";
import { ACCOUNT } from "./seed.ts";
import { type Account, respondWith, seedAccounts } from "./seed-accounts.ts";
import { allow } from "./seed-identity.ts";

const { emulator, options } = await emulatorIfLong({ after });
const REGIONS = ["us-east-1", "eu-west-1", "ap-southeast-2"];
const MORE = Array.from({ length: 11 }, (_, index) => String(210_000_000_000 + index));

// biome-ignore lint/suspicious/noExplicitAny: documents of every command, read where the test knows their form
type Document = Record<string, any>;

/** An organization of so many accounts, whose hosts of tenant acme are in three Regions each. */
async function begin(t: TestContext, more: readonly string[]): Promise<{ job: Job; accounts: Account[]; gateway: Gateway }> {
  assert.ok(emulator);
  const job = await Job.prepare(t, emulator);
  const accounts = await seedAccounts(emulator, more, REGIONS);
  const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [allow("sts:AssumeRole", "*")] });
  await job.admin("iam:PutUserPolicy", { UserName: "operator", PolicyName: "own", PolicyDocument });
  const line = /^ +- \{ id: "123456789012", .*\n/m;
  const [first = ""] = line.exec(await job.file()) ?? [];
  const everywhere = first.replace("[us-east-1]", `[${REGIONS.join(", ")}]`);
  const others = more.map((id, index) => everywhere.replaceAll(ACCOUNT, id).replace("name: prod", `name: prod-${index}`));
  await job.editFile((file) => file.replace(line, [everywhere, ...others].join("")));
  const gateway = await gatewayTo(emulator, t);
  job.endpoint = gateway.endpoint;
  await job.declare();
  return { job, accounts, gateway };
}

type Gateway = {
  readonly endpoint: string;
  /** The account all of whose calls are throttled from now on. */
  throttled: string | null;
};

/** Lets requests through as they were signed, but for those with credentials of one account, which it answers as AWS does when it is asked too often. */
async function gatewayTo({ endpoint }: Emulator, t: TestContext): Promise<Gateway> {
  const { hostname, port } = new URL(endpoint);
  const owners = new Map<string, string>();
  const gateway = { throttled: null as string | null };
  const own = await listen(t, async (incoming, answer) => {
    const { method, url = "/", rawHeaders } = incoming;
    const body = await bodyOf(incoming);
    const [, key = "", service = ""] = /Credential=([^/]+)\/\d+\/[^/]+\/([^/]+)/.exec(incoming.headers.authorization ?? "") ?? [];
    if (gateway.throttled !== null && owners.get(key) === gateway.throttled) {
      const code = service === "ec2" ? "RequestLimitExceeded" : "Throttling";
      const error = `<Error><Code>${code}</Code><Message>Rate exceeded</Message></Error>`;
      const [status, text] =
        service === "ec2"
          ? [503, `<Response><Errors>${error}</Errors></Response>`]
          : [400, `<ErrorResponse>${error}</ErrorResponse>`];
      answer.writeHead(status, { "content-type": "text/xml" }).end(text);
      return;
    }
    const outgoing = request({ hostname, port, method, path: url, headers: rawHeaders }, async (response) => {
      const given = await bodyOf(response);
      // Whose credentials they are is known from who handed them out.
      const [, role] = /RoleArn=arn%3Aaws%3Aiam%3A%3A(\d{12})%3A/.exec(body.toString("latin1")) ?? [];
      const [, made] = /<AccessKeyId>(\w+)</.exec(given.toString("latin1")) ?? [];
      if (role !== undefined && made !== undefined) owners.set(made, role);
      answer.writeHead(response.statusCode ?? 500, response.rawHeaders).end(given);
    });
    outgoing.on("error", () => answer.destroy());
    outgoing.end(body);
  });
  return Object.assign(gateway, { endpoint: own });
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of message) parts.push(part);
  return Buffer.concat(parts);
}

/** How many of the tenant's hosts are in quarantine in an account, by their interfaces. */
async function quarantined(account: Account): Promise<number> {
  type Found = { NetworkInterfaces: { Groups: { GroupName: string }[] }[] };
  const found = await Promise.all(REGIONS.map((region) => account.admin(region)<Found>("ec2:DescribeNetworkInterfaces")));
  const groups = found.flatMap(({ NetworkInterfaces }) =>
    NetworkInterfaces.map(({ Groups }) => Groups.map((one) => one.GroupName)),
  );
  assert.equal(groups.length, REGIONS.length);
  return groups.filter((names) => names.join() === "soc2-er-quarantine").length;
}

async function isCutOff({ endpoint }: Emulator, { stolen }: Account): Promise<boolean> {
  const caller = as(endpoint, stolen);
  const refused = await caller("ec2:DescribeInstances").then(
    () => false,
    ({ name }) => name === "AuthFailure" || name === "UnauthorizedOperation",
  );
  caller.close();
  return refused;
}

const accountOf = ({ resource }: Document): string => resource.account;

test(
  "12 accounts in 3 Regions, one denies and one throttles: the others are contained, the two are told, resume finishes",
  options,
  async (t) => {
    assert.ok(emulator);
    const { job, accounts, gateway } = await begin(t, MORE);
    const [denied = assert.fail(), throttled = assert.fail(), ...others] = accounts;
    await respondWith(denied.admin(), [allow(["iam:Get*", "iam:List*", "ec2:Describe*", "s3:Get*", "s3:List*"], "*")]);
    const plan = await job.run(["lockdown", "tenant", "acme"], "on-call", 8);
    assert.deepEqual(plan["unreached"], []);
    assert.equal(new Set(plan["changes"].map(accountOf)).size, 12);
    for (const who of ["sec-lead", "eng-lead"]) await job.run(["approve", plan["digest"], "--yes"], who);

    gateway.throttled = throttled.id;
    const run = await job.run(["apply", plan["digest"], "--yes", "--deadline", "25s"], "on-call", 6);
    assert.equal(run["result"], "partial");
    const held = (change: Document): boolean => change["verification"]?.verdict === "confirmed";
    const left = run["changes"].filter((change: Document) => !held(change));
    assert.deepEqual([...new Set(left.map(accountOf))].sort(), [denied.id, throttled.id].sort());
    for (const change of left) {
      const why = accountOf(change) === denied.id ? /^denied|^needs / : /^throttled: |^needs /;
      assert.match(change.outcome.why ?? change.verification?.detail ?? "", why, JSON.stringify(change));
    }
    assert.deepEqual(run["next"][0].argv.slice(0, 3), ["soc2-er", "resume", run["id"]]);
    for (const account of others) {
      assert.equal(await quarantined(account), 3, account.id);
      assert.ok(await isCutOff(emulator, account), account.id);
    }
    for (const account of [denied, throttled]) assert.equal(await isCutOff(emulator, account), false, account.id);

    gateway.throttled = null;
    await respondWith(denied.admin(), [allow("*", "*")]);
    const resumed = await job.run(["resume", run["id"], "--yes"]);
    assert.equal(resumed["result"], "contained", JSON.stringify(resumed));
    for (const account of accounts) {
      assert.equal(await quarantined(account), 3, account.id);
      assert.ok(await isCutOff(emulator, account), account.id);
    }
    assert.equal((await job.run(["audit", "verify"]))["verdict"], "verified");
  },
);

test(
  "an account that cannot be looked at is left out, told, and planned for by the command that is proposed",
  options,
  async (t) => {
    assert.ok(emulator);
    const { job, accounts } = await begin(t, MORE.slice(0, 2));
    const [closed = assert.fail(), open = assert.fail()] = accounts;
    await closed.admin()("iam:UpdateAssumeRolePolicy", {
      RoleName: "soc2-er-responder",
      PolicyDocument: JSON.stringify({
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Principal: { AWS: `arn:aws:iam::${closed.id}:root` }, Action: "sts:AssumeRole" }],
      }),
    });
    const plan = await job.run(["lockdown", "tenant", "acme"], "on-call", 8);
    const unreached = [{ account: closed.id, cause: "denied" }];
    const told = ({ account, cause }: Document) => ({ account, cause });
    assert.deepEqual(plan["unreached"].map(told), unreached);
    assert.ok(!plan["changes"].map(accountOf).includes(closed.id));
    for (const who of ["sec-lead", "eng-lead"]) await job.run(["approve", plan["digest"], "--yes"], who);
    const run = await job.run(["apply", plan["digest"], "--yes"], "on-call", 6);
    assert.equal(run["result"], "partial", "what was not reached is not contained");
    assert.deepEqual(run["unreached"].map(told), unreached);
    assert.equal(run["clocks"].timeToContainMs, null);
    assert.ok(await isCutOff(emulator, open));
    assert.equal(await isCutOff(emulator, closed), false);

    const again = run["next"].find(({ argv }: { argv: string[] }) => argv.includes("--account"))?.argv;
    assert.deepEqual(again.slice(0, 6), ["soc2-er", "lockdown", "tenant", "acme", "--account", closed.id]);
    await closed.admin()("iam:UpdateAssumeRolePolicy", {
      RoleName: "soc2-er-responder",
      PolicyDocument: JSON.stringify({
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: "sts:AssumeRole" }],
      }),
    });
    const rest = await job.through(again.slice(1, again.indexOf("--config")), "contained");
    assert.deepEqual([...new Set(rest["changes"].map(accountOf))], [closed.id]);
    assert.ok(await isCutOff(emulator, closed));
  },
);

test("where no account can be looked at there is no plan", options, async (t) => {
  assert.ok(emulator);
  const { job } = await begin(t, []);
  await job.admin("iam:DeleteRolePolicy", { RoleName: "soc2-er-responder", PolicyName: "respond" });
  const refused = await job.run(["lockdown", "tenant", "acme"], "on-call", 4);
  assert.equal(refused["error"].code, "denied");
});
