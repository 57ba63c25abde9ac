import * as z from "zod";
import { type Digest, type Json, parseCidr, parsePrincipal } from "../model/index.ts";
import { duration, editorSchema, form, integer, matching, oneOf, text } from "../yaml/index.ts";
import { name, notice, role, roles } from "./notices-form.ts";

const region = matching(/^[a-z]{2}(-[a-z]+)+-\d{1,2}$/, "an AWS Region such as us-east-1");
const arn = matching(/^arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:(\d{12})?:\S+$/, "an ARN");
const roleArn = matching(/^arn:aws[a-z-]*:iam::\d{12}:role\/\S+$/, "a role's ARN");
const bucket = matching(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "a bucket name");
const publicKey = matching(
  /^(ssh-ed25519|ecdsa-sha2-nistp\d+|sk-[a-z0-9@.-]+|ssh-rsa|ssh-dss) \S+( .*)?$/,
  'a public key line such as "ssh-ed25519 AAAA… name"',
);
const cidr = z.string().transform((value, context) => {
  const network = parseCidr(value);
  if (network) return network.text;
  context.addIssue({ code: "custom", message: `"${value}" is not a network such as 203.0.113.0/24 (host bits must be zero)` });
  return z.NEVER;
});

/** A pattern that must name the tenant: without it, one tenant's isolation would reach all of them. */
const perTenant = text.refine((value) => value.includes("{tenant}"), {
  error: (issue) => `"${String(issue.input)}" must contain {tenant}`,
});

/** `tenants/{tenant}` would also reach the tenant whose name merely begins alike. */
const prefix = perTenant.refine((value) => !value.endsWith("{tenant}"), {
  error: (issue) =>
    `"${String(issue.input)}" must go on after {tenant}, usually with a slash: "acme" would reach "acme-labs" too`,
});

const secretName = perTenant.refine((value) => /^[A-Za-z0-9/_+=.@{}-]{1,512}$/.test(value), {
  error: (issue) => `"${String(issue.input)}" is not a secret's name: letters, digits and /_+=.@- (no pattern, no ARN)`,
});

/** A value of the partition key; with `*` at its end, the beginning of several. */
const leadingKey = perTenant
  .refine((value) => !/[?$*]/.test(value.replace(/\*$/, "")), {
    error: (issue) => `"${String(issue.input)}" has a character that policies take for a wildcard or a variable`,
  })
  .refine((value) => !value.endsWith("{tenant}*"), {
    error: (issue) => `"${String(issue.input)}" must go on between {tenant} and *: "acme" would reach "acme-labs" too`,
  });

const accounts = z.array(
  form({
    id: matching(/^\d{12}$/, "an AWS account id (12 digits)"),
    name,
    regions: z.array(region).min(1, "at least one Region is needed"),
    role: roleArn.optional(),
  }),
);
const subscriptions = z.array(
  form({ id: matching(/^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/, "a subscription id (a GUID)"), name }),
);
const providers = form({
  aws: form({
    accounts: accounts.min(1, "at least one account is needed"),
    "identity-center": form({ account: text, region: region.optional() }).optional(),
    organization: form({ account: text, "deny-policy": text.optional(), "quarantine-policy": text.optional() })
      .refine(
        (value) => value["deny-policy"] !== undefined || value["quarantine-policy"] !== undefined,
        "a policy is needed: deny-policy, quarantine-policy or both",
      )
      .optional(),
  }).optional(),
  azure: form({ tenant: text.optional(), subscriptions: subscriptions.min(1, "at least one subscription is needed") }).optional(),
}).refine((value) => value.aws !== undefined || value.azure !== undefined, "at least one provider is needed: aws or azure");

const PRINCIPAL_SOURCES = ["aws-user-path", "aws-tag", "cognito-group", "okta-group"] as const;
const principalSource = form({
  "aws-user-path": perTenant.refine((value) => /^\/(\S*\/)?$/.test(value), "a user path starts and ends with /").optional(),
  "aws-tag": text.optional(),
  "cognito-group": perTenant.optional(),
  "okta-group": perTenant.optional(),
  pool: matching(/^[a-z]{2}(-[a-z]+)+-\d{1,2}_[A-Za-z0-9]+$/, "a user pool's id such as us-east-1_aBcDeFgHi").optional(),
  account: text.optional(),
}).superRefine((value, context) => {
  const given = PRINCIPAL_SOURCES.filter((kind) => value[kind] !== undefined);
  if (given.length !== 1)
    context.addIssue({ code: "custom", message: `exactly one of ${PRINCIPAL_SOURCES.join(", ")} is needed` });
  if ((value["cognito-group"] !== undefined) !== (value.pool !== undefined)) {
    context.addIssue({ code: "custom", message: '"cognito-group" and "pool" go together' });
  }
});

const tenancy = form({
  tag: text.optional(),
  tenants: z.array(matching(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,127}$/, "a tenant's name")).optional(),
  s3: z.array(form({ account: text, region: region.optional(), bucket, prefix })).optional(),
  secrets: z.array(form({ account: text, region: region.optional(), name: secretName })).optional(),
  dynamodb: z
    .array(
      form({
        account: text,
        region: region.optional(),
        table: matching(/^[A-Za-z0-9_.-]{3,255}$/, "a table's name"),
        "leading-key": leadingKey,
      }),
    )
    .optional(),
  kms: z.array(form({ account: text, region, alias: perTenant })).optional(),
  postgres: z.array(form({ "url-env": text, database: text, schema: perTenant, role: text.optional() })).optional(),
  principals: z.array(principalSource).optional(),
  lockdown: z.array(form({ url: z.url({ protocol: /^https?$/, error: "not a URL" }), audience: text })).optional(),
});

const person = form({
  id: name,
  roles: z.array(role).min(1, "at least one role is needed"),
  keys: z.array(publicKey).min(1, "at least one public key is needed"),
  principals: z
    .array(
      text.refine(
        (value) => value.startsWith("arn:") || parsePrincipal(value) !== null,
        'not a principal such as "aws:user/NAME" or an ARN',
      ),
    )
    .optional(),
});

/** `key=value` */
const tag = matching(/^[^=\s]+=\S+$/, "a tag such as edge=public").transform((value) => {
  const split = value.indexOf("=");
  return { key: value.slice(0, split), value: value.slice(split + 1) };
});

function span(least: number, most: number) {
  return matching(/^\d{1,5}-\d{1,5}$/, "a range such as 1-19")
    .transform((value) => {
      const [from = 0, to = 0] = value.split("-").map(Number);
      return { from, to };
    })
    .refine(
      ({ from, to }) => least <= from && from <= to && to <= most,
      `a range must lie between ${least} and ${most} and not run backwards`,
    );
}

function ids(pattern: RegExp, what: string) {
  return z.array(matching(pattern, what)).min(1, "at least one id is needed");
}
const aclIds = ids(/^acl-[0-9a-z]+$/, "a network ACL id");
const wafName = matching(/^[A-Za-z0-9_-]{1,128}$/, "a name of AWS WAF (letters, digits, dash, underscore)");
const loadBalancerNames = z
  .array(matching(/^[A-Za-z0-9-]{1,32}$/, "a load balancer's name"))
  .min(1, "at least one name is needed");
const securityGroupName = matching(/^(?!sg-)[A-Za-z0-9 ._:/()#,@[\]+=&;{}!$*-]{1,255}$/, "a security group's name, not its id");
/** What `soc2-er` says of a definition that was made beforehand. */
const approved = matching(/^sha256:[0-9a-f]{64}$/, "a digest such as sha256:…").transform((text) => text as Digest);
const subnetIds = ids(/^subnet-[0-9a-z]+$/, "a subnet's id");
const nsgIds = ids(/^(\/subscriptions\/\S+|[\w.-]+\/[\w.-]+)$/, "a network security group id, or resource-group/name");

type Walls = { select?: { tag?: unknown; ids?: unknown } | undefined; ids?: unknown };
function isSelected(walls: Walls): boolean {
  return [walls.select?.tag, walls.select?.ids, walls.ids].filter((given) => given !== undefined).length === 1;
}
const SELECTED = "exactly one of select: { tag: key=value } and ids: [...] is needed";
const yesOrNo = oneOf(["true", "false"]).transform((text) => text === "true");
type Scoped = { scope: string } | undefined;
type Parts = { "waf-ip-sets"?: Scoped; "web-acl"?: Scoped; distribution?: object | undefined; [part: string]: unknown };
const REGIONAL_PARTS = [
  "waf-ip-sets",
  "network-acls",
  "load-balancers",
  "network-firewall",
  "prefix-lists",
  "subnets",
  "internet-gateways",
] as const;

/** What is CloudFront's alone is in no Region that would have to be named. */
export function isGlobal(edge: Parts): boolean {
  if (edge["waf-ip-sets"]?.scope === "CLOUDFRONT") return true;
  if (REGIONAL_PARTS.some((part) => edge[part] !== undefined) || edge["web-acl"]?.scope === "REGIONAL") return false;
  return edge["web-acl"] !== undefined || edge.distribution !== undefined;
}

const edge = form({
  name,
  account: text.optional(),
  region: region.optional(),
  "responder-entrance": yesOrNo.optional(),
  subscription: text.optional(),
  "waf-ip-sets": form({ scope: oneOf(["REGIONAL", "CLOUDFRONT"]), ipv4: text.optional(), ipv6: text.optional() })
    .refine(({ ipv4, ipv6 }) => ipv4 !== undefined || ipv6 !== undefined, "an IP set is needed: ipv4, ipv6 or both")
    .optional(),
  "network-acls": form({
    select: form({ tag: tag.optional(), ids: aclIds.optional() }).optional(),
    ids: aclIds.optional(),
    rules: span(1, 32766),
  })
    .refine(isSelected, SELECTED)
    .optional(),
  "load-balancers": form({
    select: form({ tag: tag.optional(), names: loadBalancerNames.optional() }).refine(
      (select) => (select.tag === undefined) !== (select.names === undefined),
      "exactly one of tag and names is needed",
    ),
    "lockdown-group": securityGroupName,
    approved: approved.optional(),
  }).optional(),
  "prefix-lists": form({
    select: form({
      tag: tag.optional(),
      names: z.array(text).min(1, "at least one name is needed").optional(),
    }).refine((select) => (select.tag === undefined) !== (select.names === undefined), "exactly one of tag and names is needed"),
  }).optional(),
  subnets: form({
    select: form({ tag: tag.optional(), ids: subnetIds.optional() }).refine(
      (select) => (select.tag === undefined) !== (select.ids === undefined),
      "exactly one of tag and ids is needed",
    ),
    "lockdown-acl": text,
  }).optional(),
  "internet-gateways": yesOrNo.optional(),
  nsgs: form({
    select: form({ tag: tag.optional(), ids: nsgIds.optional() }).optional(),
    ids: nsgIds.optional(),
    priorities: span(100, 4096),
  })
    .refine(isSelected, SELECTED)
    .optional(),
  "network-firewall": form({
    "rule-group": matching(/^[A-Za-z0-9-]{1,128}$/, "a rule group's name"),
    variable: matching(/^[A-Za-z][A-Za-z0-9_]{0,31}$/, "a variable's name, without the $").optional(),
  }).optional(),
  distribution: form({
    id: matching(/^[A-Z0-9]{10,20}$/, "a distribution's id such as E2EXAMPLE1ABCD"),
    "lockdown-web-acl": wafName.optional(),
  }).optional(),
  "web-acl": form({
    scope: oneOf(["REGIONAL", "CLOUDFRONT"]),
    name: wafName,
    response: wafName.optional(),
    ruleset: form({ "rule-group": wafName, approved: approved.optional() }).optional(),
  }).optional(),
  "tenant-hosts": perTenant.optional(),
}).superRefine((value, context) => {
  const complain = (message: string) => context.addIssue({ code: "custom", message });
  if ((value.account === undefined) === (value.subscription === undefined))
    complain("exactly one of account and subscription is needed");
  for (const walls of [...REGIONAL_PARTS, "web-acl", "distribution", "responder-entrance"] as const)
    if (value.account === undefined && value[walls]) complain(`${walls} needs an account`);
  if (value.subscription === undefined && value.nsgs) complain("nsgs need a subscription");
  if (value.account !== undefined && value.region === undefined && !isGlobal(value)) complain("region is missing");
});

const store = z.discriminatedUnion(
  "kind",
  [
    form({ kind: z.literal("directory"), path: text }),
    form({ kind: z.literal("s3"), bucket, region, prefix: text.optional(), account: text.optional(), role: roleArn.optional() }),
    form({
      kind: z.literal("azure-blob"),
      account: matching(/^[a-z0-9]{3,24}$/, "a storage account's name (3 to 24 lower-case letters and digits)"),
      container: matching(
        /^(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$/,
        "a container's name (lower-case letters, digits, single dashes)",
      ),
      prefix: text.optional(),
      endpoint: z.url({ protocol: /^https?$/, error: "not a URL" }).optional(),
    }),
  ],
  { error: (issue) => (issue.code === "invalid_union" ? '"kind" must be directory, s3 or azure-blob' : undefined) },
);

const logKey = z.discriminatedUnion(
  "kind",
  [
    form({ kind: z.literal("file"), path: text }),
    form({
      kind: z.literal("aws-kms"),
      key: matching(/^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/, "the ARN of a KMS key"),
      region: region.optional(),
    }),
    form({
      kind: z.literal("azure-key-vault"),
      id: matching(/^https:\/\/[A-Za-z0-9.-]+\/keys\/[A-Za-z0-9-]+\/[0-9a-f]{32}$/, "https://VAULT/keys/NAME/VERSION"),
    }),
  ],
  { error: (issue) => (issue.code === "invalid_union" ? '"kind" must be file, aws-kms or azure-key-vault' : undefined) },
);
const format = oneOf(["ocsf", "csv", "ndjson"]).optional();
const httpUrl = z
  .url({ protocol: /^https?$/, error: "an address that begins with https:// or http://" })
  .refine((url) => new URL(url).username === "", "credentials belong into url-env or headers-env, not into the file");
const variable = matching(/^[A-Za-z_][A-Za-z0-9_]*$/, "the name of an environment variable");
const forward = z.discriminatedUnion(
  "kind",
  [
    form({ kind: z.literal("file"), path: text, format }),
    form({
      kind: z.literal("webhook"),
      url: httpUrl.optional(),
      "url-env": variable.optional(),
      format,
      "headers-env": z.record(matching(/^[A-Za-z0-9-]+$/, "the name of a header"), variable).optional(),
    }).refine((hook) => (hook.url === undefined) !== (hook["url-env"] === undefined), "exactly one of url and url-env is needed"),
  ],
  { error: (issue) => (issue.code === "invalid_union" ? '"kind" must be file or webhook' : undefined) },
);

const policy = form({
  approvals: z.record(z.string(), roles).optional(),
  preapproved: z.array(name).optional(),
  "require-verification": yesOrNo.optional(),
  "break-glass": form({ allowed: z.array(name).optional(), "ratify-within": duration.optional() }).optional(),
  "lease-expiry": z.union([z.literal("never"), duration], { error: "not a duration such as 72h, nor never" }).optional(),
  "max-changes": integer(1, 1_000_000).optional(),
  "widest-block": form({ ipv4: integer(1, 32).optional(), ipv6: integer(1, 128).optional() }).optional(),
  "plan-expiry": duration.optional(),
  "quarantine-group": name.optional(),
  "lockdown-acl": name.optional(),
});

/** The file as it is written: kebab-case, names instead of ids. */
export const configForm = form({
  organization: text,
  origin: matching(/^[A-Za-z0-9.-]+(\/[A-Za-z0-9._-]+)+$/, "an origin such as acme.example/soc2-er/prod"),
  providers,
  tenancy: tenancy.optional(),
  people: z.array(person).min(1, "at least one person is needed"),
  responders: z.array(arn).optional(),
  "responder-networks": z.array(cidr).optional(),
  "responder-hosts": z.array(tag).optional(),
  edge: z.array(edge).optional(),
  audit: form({
    stores: z.array(store).optional(),
    "log-key": logKey.optional(),
    forward: z.array(forward).optional(),
  }).optional(),
  policy: policy.optional(),
  notices: z.array(notice).optional(),
  sla: form({
    revocation: duration.optional(),
    alerting: duration.optional(),
    exercise: oneOf(["monthly", "quarterly", "half-yearly", "yearly"]).optional(),
  }).optional(),
});
export type ConfigForm = z.infer<typeof configForm>;

export function configJsonSchema(): Json {
  return editorSchema(configForm, "soc2-er configuration");
}
