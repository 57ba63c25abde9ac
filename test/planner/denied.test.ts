import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { actionList, loadAction } from "../../src/actions/index.ts";
import type { Config } from "../../src/config/index.ts";
import type { Credentials } from "../../src/exercise/range/index.ts";
import type { Change, Denied, Plan, Selection, Target } from "../../src/model/index.ts";
import { deniedBy } from "../../src/planner/denied.ts";
import { type PlanDeps, planContainment } from "../../src/planner/index.ts";
import type { Protection } from "../../src/planner/self-lockout.ts";
import { loadRunbooks } from "../../src/runbooks/index.ts";
import { type RangeBench, rangeBench } from "../conformance/range-bench.ts";

const runbooks = await loadRunbooks([join(import.meta.dirname, "../../runbooks")]);
const ACCOUNT = "123456789012";
const MANAGEMENT = "111122223333";
const RESPONDER = `arn:aws:iam::${ACCOUNT}:role/soc2-er-responder`;
const OBJECTS = "s3:GetObject on acme-data/tenants/acme/*";
const ACME: Target = { kind: "tenant", name: "acme" };
const own = (principal: string) => ({ principal, account: ACCOUNT });
const principals = (...names: readonly ["aws:user" | "aws:role" | "aws:account", string][]): Target => ({
  kind: "principals",
  principals: names.map(([kind, name]) => ({ kind, name })),
});

async function planOn(bench: RangeBench, runbook: string, target: Target, config: Partial<Config> = {}): Promise<Plan> {
  const found = runbooks.find(({ id }) => id === runbook) ?? assert.fail(runbook);
  const deps: PlanDeps = {
    config: { ...bench.range.config, ...config },
    scopes: bench.scopes(),
    origin: bench.range.config.origin,
    mode: "drill",
    clock: bench.clock,
    tool: "test",
    auditStores: [],
  };
  return planContainment({ kind: "contain", runbook: found, target, params: {}, incident: null, operator: "on-call" }, deps);
}

async function denied(t: TestContext, runbook: string, target: Target, config: Partial<Config> = {}): Promise<Denied> {
  return (await planOn(await rangeBench(t), runbook, target, config)).header.denied ?? assert.fail("nobody is denied");
}

/** Isolates the tenant where the bucket's policy has these statements. */
async function deniedUnder(t: TestContext, statements: readonly object[]): Promise<Denied> {
  const bench = await rangeBench(t);
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: statements });
  await bench.aws("s3", "PutBucketPolicy", { Bucket: "acme-data", Policy }, { account: ACCOUNT, region: "us-east-1" });
  return (await planOn(bench, "isolate-tenant", ACME)).header.denied ?? assert.fail("nobody is denied");
}

const loses = ({ principals: all }: Denied, principal: string) =>
  all.filter((one) => one.principal === principal).flatMap((one) => one.loses.map(({ what }) => what));
const unjudged = ({ unjudged: all }: Denied, what: string) =>
  all.filter((one) => one.what === what).map(({ principal, why }) => [principal, why]);
const allow = (Principal: unknown) => ({
  Effect: "Allow",
  Principal,
  Action: "s3:GetObject",
  Resource: "arn:aws:s3:::acme-data/*",
});

test("a revoked user is denied everything, a role what its old sessions do, and credentials what they prove", async (t) => {
  const said = await denied(t, "revoke-credentials", principals(["aws:user", "intruder"], ["aws:role", "app-data"]));
  const [intruder, role, ...others] = said.principals;
  assert.deepEqual([others, said.kept, said.unjudged], [[], [], []]);
  assert.deepEqual(intruder?.loses[0], { what: "everything", by: "c001", shown: "policy" });
  assert.deepEqual(intruder?.loses[1], {
    what: 'whatever access key "AKIAINTRUDER00000001" proves',
    by: "c002",
    shown: "setting",
  });
  assert.deepEqual(role, {
    ...own("aws:role/app-data"),
    loses: [{ what: "everything in sessions issued before the change is applied", by: "c007", shown: "policy" }],
  });
});

test("whom policies of a tenant's bucket and key name is denied there, and all of the account but whom the policy spares", async (t) => {
  const said = await denied(t, "isolate-tenant", ACME);
  const both = [
    { what: OBJECTS, by: "c001", shown: "policy" },
    { what: "kms:Decrypt on alias/acme-data", by: "c003", shown: "policy" },
  ];
  assert.deepEqual(said, {
    principals: [
      { ...own("aws:role/app-data"), loses: both },
      { ...own(`aws:account/${ACCOUNT}`), but: [RESPONDER], loses: both },
    ],
    kept: [own("aws:role/soc2-er-responder")],
    unjudged: [],
  });
});

test("what is said holds on the range: who is denied is refused, and who is kept still reads", async (t) => {
  const bench = await rangeBench(t);
  const session = (role: string): Credentials => ({
    kind: "role-session",
    account: ACCOUNT,
    role,
    session: "test",
    issued: bench.clock.now(),
  });
  const place = { account: ACCOUNT, region: "us-east-1" };
  const input = { Bucket: "acme-data", Key: "tenants/acme/users.json" };
  const reads = (who: Credentials) => bench.range.as(who).aws({ service: "s3", operation: "GetObject", input, ...place });
  const portal: Credentials = { kind: "user", account: ACCOUNT, name: "intruder" };
  for (const who of [session("app-data"), session("soc2-er-responder"), portal]) await reads(who);

  const { changes, header } = await planOn(bench, "isolate-tenant", ACME);
  const said = header.denied ?? assert.fail();
  const guardrail = changes.find(({ id }) => id === "c001")?.after as { policy: string };
  await bench.aws("s3", "PutBucketPolicy", { Bucket: "acme-data", Policy: guardrail.policy }, place);
  await bench.clock.sleep(60_000);
  assert.ok(loses(said, "aws:role/app-data").includes(OBJECTS));
  await assert.rejects(reads(session("app-data")), /AccessDenied/);
  assert.ok(loses(said, `aws:account/${ACCOUNT}`).includes(OBJECTS));
  await assert.rejects(reads(portal), /AccessDenied/);
  assert.deepEqual(said.kept, [own("aws:role/soc2-er-responder")]);
  await reads(session("soc2-er-responder"));
});

test("a tenant's role that is exempt is kept, though the bucket's policy names it", async (t) => {
  const said = await denied(t, "isolate-tenant", ACME, { responders: [RESPONDER, `arn:aws:iam::${ACCOUNT}:role/app-data`] });
  assert.deepEqual(loses(said, "aws:role/app-data"), []);
  assert.deepEqual(said.kept, [own("aws:role/app-data"), own("aws:role/soc2-er-responder")]);
  assert.deepEqual(said.principals[0]?.but?.length, 2);
});

test("a bucket that is open to anybody is closed to anybody, strangers and services too", async (t) => {
  const said = await deniedUnder(t, [
    allow("*"),
    allow({ Service: "cloudfront.amazonaws.com", AWS: ["999988887777", "arn:aws:iam::999988887777:user/partners/bo"] }),
  ]);
  for (const who of ["*", "cloudfront.amazonaws.com", "aws:account/999988887777", "aws:user/bo"])
    assert.deepEqual(loses(said, who), [OBJECTS], who);
  const spares = Object.fromEntries(said.principals.map(({ principal, but }) => [principal, but]));
  assert.deepEqual(spares["*"], [RESPONDER]);
  assert.equal(spares["aws:account/999988887777"], undefined, "nobody of that account is spared");
  assert.equal(said.principals.find(({ principal }) => principal === "cloudfront.amazonaws.com")?.account, null);
});

test("callers that nobody here can judge are said to be unjudged, and who was deleted is nobody", async (t) => {
  const saml = `arn:aws:iam::${ACCOUNT}:saml-provider/corp`;
  const federated = `arn:aws:sts::${ACCOUNT}:federated-user/bo`;
  const said = await deniedUnder(t, [
    allow({ Federated: saml, CanonicalUser: "79a5", AWS: [federated, "AIDAGONE000000000001"] }),
  ]);
  const why = "callers of this kind are not judged here";
  assert.deepEqual(unjudged(said, OBJECTS), [
    [saml, why],
    ["79a5", why],
    [federated, why],
  ]);
  assert.doesNotMatch(JSON.stringify(said), /AIDAGONE/);
});

test("of a policy that cannot be judged nothing is claimed and nobody dropped", async (t) => {
  const odd = { ...allow({ AWS: `arn:aws:iam::${ACCOUNT}:role/app-data` }), Condition: { SomethingNew: { "aws:x": "1" } } };
  const { Principal: _principal, ...rest } = allow("*");
  for (const statement of [odd, { ...rest, NotPrincipal: { AWS: RESPONDER } }]) {
    const plan = await rangeBench(t).then((bench) => planWith(bench, statement));
    const said = plan.header.denied ?? assert.fail();
    const who = "NotPrincipal" in statement ? "*" : "aws:role/app-data";
    const why = "the policy has elements that cannot be judged here";
    const all = [who, `aws:account/${ACCOUNT}`, "aws:role/soc2-er-responder"].map((principal) => [principal, why]);
    assert.deepEqual(unjudged(said, OBJECTS), all);
    assert.doesNotMatch(JSON.stringify(said.principals), /s3:GetObject/);
    assert.deepEqual(said.kept, [], "the responder is not said to be kept where it cannot be told");
  }
});

/** A policy as no service of the range takes it: put into the change itself. */
async function planWith(bench: RangeBench, statement: object): Promise<{ header: { denied: Denied | null } }> {
  const { changes } = await planOn(bench, "isolate-tenant", ACME);
  const guardrail = changes.find(({ id }) => id === "c001") ?? assert.fail();
  const withIt = (state: unknown) => {
    const { policy } = state as { policy: string };
    return {
      policy: JSON.stringify({ ...JSON.parse(policy), Statement: [statement, ...JSON.parse(policy).Statement.slice(2)] }),
    };
  };
  const odd: Change = { ...guardrail, before: withIt(guardrail.before), after: withIt(guardrail.after) };
  const selection: Selection = {
    kind: "aws.bucket-prefix",
    tenant: "acme",
    account: ACCOUNT,
    region: "us-east-1",
    bucket: "acme-data",
    prefix: "tenants/acme/",
    exempt: [RESPONDER],
  };
  return { header: { denied: deniedBy([odd], new Map(), () => selection, protection) } };
}

const protection: Protection = { guarded: [], responders: [RESPONDER], callers: [], stores: [] };

test("secrets and items of a shared table are asked in the same way; DynamoDB's replication stays spared", async (t) => {
  const bench = await rangeBench(t);
  const here = { account: ACCOUNT, region: "us-east-1" };
  const dynamodb = [
    { ...here, table: "app-events", leadingKey: "{tenant}#*" },
    { ...here, table: "app-items", leadingKey: "TENANT#{tenant}" },
  ];
  const tenancy = { ...bench.range.config.tenancy, secrets: [{ ...here, name: "prod/{tenant}/database" }], dynamodb };
  const said = (await planOn(bench, "isolate-tenant", ACME, { tenancy })).header.denied ?? assert.fail();
  const secret = "secretsmanager:GetSecretValue on secret prod/acme/database";
  const items = "dynamodb:GetItem on items TENANT#acme of table app-items";
  for (const what of [secret, items]) assert.ok(loses(said, "aws:role/app-data").includes(what), what);
  const account = loses(said, `aws:account/${ACCOUNT}`);
  for (const what of [secret, items, "dynamodb:GetItem on items acme#* of table app-events"])
    assert.ok(account.includes(what), what);
  const ofTables = said.principals.filter((one) => one.loses.some(({ what }) => what === items) && one.but !== undefined);
  assert.match(ofTables[0]?.but?.join(" ") ?? "", /AWSServiceRoleForDynamoDBReplication.*soc2-er-responder/);
});

test("ten thousand changes are judged in seconds, and what is said of them is less than they are", () => {
  const statement = (Sid: string) => ({
    Sid,
    Effect: "Deny",
    Principal: "*",
    Action: "secretsmanager:GetSecretValue",
    Resource: "*",
    Condition: { ArnNotLike: { "aws:PrincipalArn": RESPONDER } },
  });
  const theirs = {
    ...allow({ AWS: `arn:aws:iam::${ACCOUNT}:role/app-data` }),
    Action: "secretsmanager:GetSecretValue",
    Resource: "*",
  };
  const policy = (...Statement: object[]) => ({ policy: JSON.stringify({ Version: "2012-10-17", Statement }) });
  const changes = Array.from({ length: 10_000 }, (_, index): Change => {
    const ours = statement(`Soc2Er${index}`);
    return {
      id: `c${index}`,
      step: "secrets",
      action: "aws.secretsmanager.deny-secret",
      resource: { provider: "aws", type: "secret-policy", account: ACCOUNT, region: "us-east-1", id: `prod/acme/${index}` },
      summary: "deny",
      before: policy(theirs),
      after: policy(theirs, ours),
      needs: [],
      reversal: { kind: "restore" },
      bound: { ms: 1, source: "x" },
      asks: [ours],
    };
  });
  const secrets: Selection = {
    kind: "aws.secret",
    tenant: "acme",
    account: ACCOUNT,
    region: "us-east-1",
    name: "prod/acme/",
    exempt: [RESPONDER],
  };
  const began = performance.now();
  const said = deniedBy(changes, new Map(), () => secrets, protection);
  assert.ok(performance.now() - began < 30_000);
  assert.deepEqual(
    said?.principals.map(({ loses: all }) => all.length),
    [10_000, 10_000],
  );
  assert.deepEqual(said.kept, [own("aws:role/soc2-er-responder")]);
  assert.ok(JSON.stringify(said).length < JSON.stringify(changes).length / 3);
});

test("a frozen role is assumed by nobody whom its trust names; of services AWS does not say it", async (t) => {
  const said = await denied(t, "freeze-roles", principals(["aws:role", "export-jobs"]));
  const what = "sts:AssumeRole on aws:role/export-jobs";
  assert.deepEqual(loses(said, "aws:user/intruder"), [what]);
  assert.deepEqual(unjudged(said, what), [
    ["ecs-tasks.amazonaws.com", "AWS does not say that a denial of everybody holds for its own services"],
  ]);
});

test("from above, named principals are denied everything, and an account but for whom the policy's text spares", async (t) => {
  const bench = await rangeBench(t);
  const accounts = [
    ...(bench.range.config.providers.aws?.accounts ?? []),
    { id: MANAGEMENT, name: "management", regions: ["us-east-1"] },
  ];
  const organization = { account: MANAGEMENT, denyPolicy: "soc2-er-deny", quarantinePolicy: "soc2-er-quarantine" };
  const config = { providers: { ...bench.range.config.providers, aws: { accounts, organization } } };
  const above = await planOn(bench, "deny-from-above", principals(["aws:user", "intruder"], ["aws:role", "app-data"]), config);
  const change = above.changes.find(({ action }) => action === "aws.organizations.deny-principal")?.id;
  const everything = { what: "everything", by: change, shown: "policy" };
  for (const who of ["aws:user/intruder", "aws:role/app-data"]) {
    const found = above.header.denied?.principals.find(({ principal }) => principal === who);
    assert.ok(
      found?.loses.some((loss) => JSON.stringify(loss) === JSON.stringify(everything)),
      who,
    );
  }
  const whole = await planOn(bench, "quarantine-account", principals(["aws:account", ACCOUNT]), config);
  const [account] = whole.header.denied?.principals ?? [];
  assert.equal(account?.principal, `aws:account/${ACCOUNT}`);
  assert.deepEqual(account?.but, ["arn:aws:iam::*:role/soc2-er-responder"]);
  assert.deepEqual(
    account?.loses.map(({ what }) => what),
    ["everything"],
  );
  assert.deepEqual(whole.header.denied?.kept, [own("aws:role/soc2-er-responder")]);
});

test("who is denied is part of what a second plan of the same world is compared by", async (t) => {
  const bench = await rangeBench(t);
  const first = await planOn(bench, "isolate-tenant", ACME);
  const again = await planOn(bench, "isolate-tenant", ACME);
  assert.notEqual(again.digest, first.digest);
  assert.equal(again.contentDigest, first.contentDigest);
  const other = await planOn(bench, "isolate-tenant", ACME, { responders: [RESPONDER, `arn:aws:iam::${ACCOUNT}:role/app-data`] });
  assert.notEqual(other.contentDigest, first.contentDigest);
});

test("every action that stops a principal's request says whom it denies, and what policies do is proven", async () => {
  const byPrincipal = new Set(["sign-in", "portal", "cluster"]);
  const silent: string[] = [];
  for (const { id } of actionList) {
    const action = await loadAction(id);
    for (const { selection, changes } of action.examples) {
      for (const proposed of changes) {
        const bare = {
          id: "c001",
          step: "x",
          action: id,
          needs: [],
          bound: action.bound,
          reversal: { kind: "restore" as const },
        };
        const change: Change = { ...proposed, ...bare };
        const asked = (action.effects?.(change) ?? []).some(({ kind, ...rest }) => byPrincipal.has(kind) || "as" in rest);
        const said = deniedBy([change], new Map([[id, action]]), () => selection, protection);
        if (asked && (said?.principals.length ?? 0) === 0) silent.push(`${id} ${proposed.key}`);
      }
    }
  }
  assert.deepEqual(silent, []);
});
