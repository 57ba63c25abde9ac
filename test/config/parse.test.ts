import assert from "node:assert/strict";
import { test } from "node:test";
import { accountOf, type Config, subscriptionOf } from "../../src/config/index.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { ErError } from "../../src/model/index.ts";

/** The example of the command-line contract, with its ellipses filled in. */
const FULL = `organization: Acme
origin: acme.example/soc2-er/prod
providers:
  aws:
    accounts:
      - { id: "123456789012", name: prod, regions: [us-east-1, eu-west-1] }   # role: ARN to assume
  azure: { tenant: 11111111-1111-1111-1111-111111111111, subscriptions: [ { id: 22222222-2222-2222-2222-222222222222, name: prod } ] }
tenancy:                       # how a tenant's name finds its resources
  tag: tenant
  s3: [ { account: prod, bucket: acme-data, prefix: "tenants/{tenant}/" } ]
  secrets: [ { account: prod, name: "prod/{tenant}/" }, { account: prod, region: eu-west-1, name: "prod/{tenant}" } ]
  dynamodb: [ { account: prod, table: app-items, leading-key: "TENANT#{tenant}" }, { account: "123456789012", table: app-items, leading-key: "{tenant}#*" } ]
  kms: [ { account: prod, region: us-east-1, alias: "alias/tenant-{tenant}" } ]
  postgres: [ { url-env: ACME_DB_URL, database: "app", schema: "tenant_{tenant}", role: "tenant_{tenant}" } ]
  principals: [ { aws-user-path: "/tenants/{tenant}/" }, { aws-tag: tenant }, { cognito-group: "{tenant}", pool: us-east-1_abc }, { okta-group: "tenant-{tenant}" } ]
  lockdown: [ { url: "https://admin.acme.example/internal/lockdown", audience: admin.acme.example } ]
  tenants: [acme, globex]
people:
  - { id: sec-lead, roles: [security],    keys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA sec-lead"], principals: ["aws:user/sec-lead"] }
  - { id: eng-lead, roles: [engineering], keys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB eng-lead"] }
  - { id: on-call,  roles: [operator],    keys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC on-call"] }
responders: [ "arn:aws:iam::123456789012:role/soc2-er-responder" ]
responder-networks: [ "192.0.2.0/24", "2001:DB8:0::/48" ]
edge:
  - { name: public, account: prod, region: us-east-1,
      waf-ip-sets: { scope: REGIONAL, ipv4: er-block-ipv4, ipv6: er-block-ipv6 },
      network-acls: { select: { tag: edge=public }, rules: 1-19 },
      network-firewall: { rule-group: er-block-networks },
      tenant-hosts: "{tenant}.acme.example" }
  - { name: azure-front, subscription: prod, nsgs: { select: { tag: edge=public }, priorities: 100-109 } }
audit:
  stores: [ { kind: s3, bucket: acme-audit, region: us-east-1 } , { kind: directory, path: /srv/audit }, { kind: azure-blob, account: acmeaudit, container: log } ]
policy:
  approvals: { default: [security, engineering], block-edge-traffic: [engineering] }
  preapproved: [ activate-ruleset ]
  break-glass: { allowed: [lockdown-tenant], ratify-within: 24h }
  lease-expiry: 72h
  max-changes: 500
  widest-block: { ipv4: 16, ipv6: 32 }
  plan-expiry: 45m
sla: { revocation: 5m, alerting: 15m, exercise: quarterly }
`;

const SMALL = `organization: Acme
origin: acme.example/soc2-er/prod
providers:
  aws:
    accounts:
      - { id: 012345678901, name: prod, regions: [us-east-1] }
people:
  - { id: on-call, roles: [operator], keys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC on-call"] }
`;

function refusal(text: string): ErError {
  try {
    parseConfig(text, "soc2-er.yaml");
  } catch (error) {
    assert.ok(error instanceof ErError, String(error));
    assert.equal(error.code, "config-invalid");
    assert.equal(error.exit, 2);
    return error;
  }
  return assert.fail("accepted");
}

test("every key of the contract is accepted, names become ids and durations milliseconds", () => {
  const config: Config = parseConfig(FULL, "soc2-er.yaml");
  assert.deepEqual(config.providers.aws?.accounts, [{ id: "123456789012", name: "prod", regions: ["us-east-1", "eu-west-1"] }]);
  assert.deepEqual(config.tenancy.s3, [
    { account: "123456789012", region: "us-east-1", bucket: "acme-data", prefix: "tenants/{tenant}/" },
  ]);
  assert.deepEqual(config.tenancy.principals, [
    { kind: "aws-user-path", path: "/tenants/{tenant}/" },
    { kind: "aws-tag", key: "tenant" },
    { kind: "cognito-group", group: "{tenant}", pool: "us-east-1_abc" },
    { kind: "okta-group", group: "tenant-{tenant}" },
  ]);
  const here = { account: "123456789012", region: "us-east-1" };
  assert.deepEqual(config.tenancy.secrets, [
    { ...here, name: "prod/{tenant}/" },
    { ...here, region: "eu-west-1", name: "prod/{tenant}" },
  ]);
  assert.deepEqual(config.tenancy.dynamodb, [
    { ...here, table: "app-items", leadingKey: "TENANT#{tenant}" },
    { ...here, table: "app-items", leadingKey: "{tenant}#*" },
  ]);
  assert.deepEqual(config.tenancy.postgres, [
    { urlEnv: "ACME_DB_URL", database: "app", schema: "tenant_{tenant}", role: "tenant_{tenant}" },
  ]);
  assert.deepEqual(config.edge, [
    {
      provider: "aws",
      name: "public",
      account: "123456789012",
      region: "us-east-1",
      wafIpSets: { scope: "REGIONAL", ipv4: "er-block-ipv4", ipv6: "er-block-ipv6" },
      networkAcls: { select: { tag: { key: "edge", value: "public" } }, rules: { from: 1, to: 19 } },
      networkFirewall: { ruleGroup: "er-block-networks", variable: "SOC2_ER_BLOCK" },
      tenantHosts: "{tenant}.acme.example",
    },
    {
      provider: "azure",
      name: "azure-front",
      subscription: "22222222-2222-2222-2222-222222222222",
      nsgs: { select: { tag: { key: "edge", value: "public" } }, priorities: { from: 100, to: 109 } },
    },
  ]);
  assert.deepEqual(config.responderNetworks, ["192.0.2.0/24", "2001:db8::/48"]);
  assert.deepEqual(config.people[0]?.principals, ["aws:user/sec-lead"]);
  assert.deepEqual(config.policy, {
    approvals: { default: ["security", "engineering"], "block-edge-traffic": ["engineering"] },
    preapproved: ["activate-ruleset"],
    requireVerification: false,
    breakGlass: { allowed: ["lockdown-tenant"], ratifyWithinMs: 86_400_000 },
    leaseExpiryMs: 259_200_000,
    maxChanges: 500,
    widestBlock: { ipv4: 16, ipv6: 32 },
    planLifeMs: 2_700_000,
    quarantineGroup: "soc2-er-quarantine",
    lockdownAcl: "soc2-er-lockdown",
  });
  assert.deepEqual(config.audit.stores[0], { kind: "s3", bucket: "acme-audit", region: "us-east-1", prefix: "" });
  assert.deepEqual(config.sla, { revocationMs: 300_000, alertingMs: 900_000, exercise: "quarterly" });
  assert.deepEqual(config.tenancy.tenants, ["acme", "globex"]);
});

test("every optional part may be left out, and an unquoted account id keeps its leading zero", () => {
  const config = parseConfig(SMALL, "soc2-er.yaml");
  assert.equal(config.providers.aws?.accounts[0]?.id, "012345678901");
  assert.deepEqual(config.policy.approvals, {});
  assert.deepEqual([config.edge, config.responders, config.tenancy.s3, config.audit.stores], [[], [], [], []]);
});

const REFUSED: readonly [why: string, from: string, to: string, at: string, says: RegExp][] = [
  ["an unknown key at the top", "people:", "poeple:", "7:1", /unknown key "poeple": the nearest known key is "people"/],
  ["an unknown key in a list", "name: prod,", "nmae: prod,", "6:29", /unknown key "nmae": the nearest known key is "name"/],
  [
    "a mapping where a text belongs",
    "organization: Acme",
    "organization: { a: b }",
    "1:15",
    /"organization" must be a text, not a mapping/,
  ],
  ["a text where a list belongs", "[us-east-1]", "us-east-1", "6:50", /must be a list, not the text "us-east-1"/],
  ["an account id that is none", "012345678901", "12345678901", "6:15", /"12345678901" is not an AWS account id/],
  ["a missing part", "organization: Acme\n", "", "1:1", /"organization" is missing/],
  ["a second value for one key", "origin:", "organization: B\norigin:", "2:1", /second time/],
  ["an alias", "roles: [operator]", "roles: *r", "8:27", /aliases are not allowed/],
  ["a tag", "Acme", "!!str Acme", "1:15", /tags are not allowed/],
  ["a duration without a unit", "people:", "policy: { lease-expiry: 72 }\npeople:", "7:25", /not a duration/],
  ["a number out of range", "people:", "policy: { max-changes: 0 }\npeople:", "7:24", /0 is not between 1 and/],
  ["a word for a number", "people:", "policy: { max-changes: many }\npeople:", "7:24", /"many" is not a whole number/],
  [
    "an edge in an unknown account",
    "people:",
    "edge: [{ name: a, account: prd, region: us-east-1 }]\npeople:",
    "7:28",
    /unknown account "prd": did you mean "prod"/,
  ],
  [
    "an edge in an unknown Region",
    "people:",
    "edge: [{ name: a, account: prod, region: us-east-2 }]\npeople:",
    "7:42",
    /"us-east-2" is not among/,
  ],
  [
    "a prefix that reaches every tenant",
    "people:",
    "tenancy: { s3: [{ account: prod, bucket: data, prefix: all/ }] }\npeople:",
    "7:56",
    /must contain \{tenant\}/,
  ],
  [
    "a prefix that reaches tenants whose names begin alike",
    "people:",
    'tenancy: { s3: [{ account: prod, bucket: data, prefix: "t/{tenant}" }] }\npeople:',
    "7:56",
    /must go on after \{tenant\}/,
  ],
  ...(
    [
      ["a secret of every tenant", 'secrets: [{ account: prod, name: "prod/database" }]', 45, /must contain \{tenant\}/],
      ["a secret's name with a wildcard", 'secrets: [{ account: prod, name: "{tenant}/*" }]', 45, /not a secret's name/],
      ["a secret's ARN", 'secrets: [{ account: prod, name: "arn:aws:x:{tenant}" }]', 45, /not a secret's name/],
      ["a secret of an unknown account", 'secrets: [{ account: prd, name: "{tenant}" }]', 33, /unknown account "prd"/],
      [
        "a secret in an unknown Region",
        'secrets: [{ account: prod, region: us-east-2, name: "{tenant}" }]',
        47,
        /"us-east-2" is not among/,
      ],
      [
        "a leading key of every tenant",
        "dynamodb: [{ account: prod, table: app, leading-key: TENANT }]",
        65,
        /must contain \{tenant\}/,
      ],
      [
        "a leading key that reaches tenants whose names begin alike",
        'dynamodb: [{ account: prod, table: app, leading-key: "{tenant}*" }]',
        65,
        /must go on between/,
      ],
      [
        "a leading key with a wildcard in its midst",
        'dynamodb: [{ account: prod, table: app, leading-key: "T*#{tenant}" }]',
        65,
        /wildcard or a variable/,
      ],
      ["a table that is none", 'dynamodb: [{ account: prod, table: "a/b", leading-key: "{tenant}" }]', 47, /not a table's name/],
    ] as const
  ).map(([why, part, column, says]): (typeof REFUSED)[number] => [
    why,
    "people:",
    `tenancy: { ${part} }\npeople:`,
    `7:${column}`,
    says,
  ]),
  [
    "host bits in a responder network",
    "people:",
    "responder-networks: [192.0.2.1/24]\npeople:",
    "7:22",
    /"192.0.2.1\/24" is not a network/,
  ],
  [
    "a store of an unknown kind",
    "people:",
    "audit: { stores: [{ kind: ftp }] }\npeople:",
    "7:27",
    /"kind" must be directory, s3 or azure-blob/,
  ],
];
for (const [why, from, to, at, says] of REFUSED) {
  test(`refused with its place: ${why}`, () => {
    assert.ok(SMALL.includes(from));
    const { message } = refusal(SMALL.replace(from, to));
    assert.match(message, says);
    assert.ok(message.startsWith(`soc2-er.yaml:${at}: `), message);
  });
}

test("one key under two names is refused: it could give both approvals", () => {
  const person = '  - { id: other, roles: [security], keys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC other"] }\n';
  assert.match(refusal(SMALL + person).message, /:9:4\d: this key already belongs to "on-call"/);
});

test("no provider is refused", () => {
  assert.match(refusal(SMALL.replace(/ {2}aws:\n.*\n.*\n/, "  {}\n")).message, /at least one provider/);
});

test("all complaints are told at once", () => {
  const { message, hints } = refusal(SMALL.replace("name: prod", "nmae: prod").replace("Acme", ""));
  assert.match(message, /nmae/);
  assert.ok(
    hints.some((hint) => /1:1\d: must not be empty/.test(hint)),
    hints.join("\n"),
  );
});

test("what is too large or too deep is refused without being built", () => {
  assert.match(refusal(SMALL + "#".repeat(1024 * 1024)).message, /more than 1024 KiB/);
  assert.match(refusal(`organization: ${"[".repeat(5_000)}`).message, /nested deeper than 16 levels/);
});

test("accounts and subscriptions are found by id and by name", () => {
  const config = parseConfig(FULL, "soc2-er.yaml");
  assert.equal(accountOf(config, "prod").id, "123456789012");
  assert.equal(accountOf(config, "123456789012").name, "prod");
  assert.equal(subscriptionOf(config, "prod").id, "22222222-2222-2222-2222-222222222222");
  assert.throws(() => accountOf(config, "prdo"), {
    code: "usage",
    message: 'unknown AWS account "prdo"',
    hints: ['did you mean "prod"?'],
  });
  assert.throws(() => subscriptionOf(parseConfig(SMALL, "x"), "prod"), { code: "config-part-missing" });
});

test("the digest is of the bytes", () => {
  assert.equal(parseConfig(SMALL, "a").digest, parseConfig(SMALL, "b").digest);
  assert.notEqual(parseConfig(SMALL, "a").digest, parseConfig(`${SMALL}\n`, "a").digest);
});

test("an entrance of CloudFront's needs no Region, and an approval is a digest", () => {
  const acl = (more: string) =>
    SMALL.replace("people:", `edge: [{ name: a, account: prod, web-acl: { scope: CLOUDFRONT, name: b${more} } }]\npeople:`);
  const ruleset = (approved: string) => acl(`, ruleset: { rule-group: c, approved: "${approved}" }`);
  const approved = `sha256:${"0a".repeat(32)}`;
  const { edge } = parseConfig(ruleset(approved), "minimal");
  const webAcl = { scope: "CLOUDFRONT", name: "b", ruleset: { ruleGroup: "c", approved } };
  assert.deepEqual(edge, [{ provider: "aws", name: "a", account: "012345678901", region: "us-east-1", webAcl }]);
  assert.throws(() => parseConfig(ruleset("yes"), "minimal"), /"yes" is not a digest/);
  const distribution = "distribution: { id: E2EXAMPLE1ABCD, lockdown-web-acl: shut }";
  const [closed] = parseConfig(
    SMALL.replace("people:", `edge: [{ name: a, account: prod, ${distribution} }]\npeople:`),
    "s",
  ).edge;
  assert.deepEqual(closed?.provider === "aws" && closed.distribution, { id: "E2EXAMPLE1ABCD", lockdownWebAcl: "shut" });
  for (const regional of [
    "network-firewall: { rule-group: b }",
    "prefix-lists: { select: { names: [b] } }",
    "internet-gateways: true",
  ]) {
    const walled = `edge: [{ name: a, account: prod, ${distribution}, ${regional} }]\npeople:`;
    assert.throws(() => parseConfig(SMALL.replace("people:", walled), "s"), /region is missing/);
  }
});
