import * as z from "zod";
import { defect, ErError, type Json, type ResourceRef, type SelectionOf, sameJson } from "../../../model/index.ts";
import type { ReadScope } from "../../../providers/index.ts";
import { defineAction } from "../../action.ts";
import { findWebAcl, keptOut, lookAt } from "../wafv2/web-acl.ts";
import { configOf, DEPLOYED, distributionRef, type Rest, restOf, verifyDeployed, writeMember } from "./distribution.ts";
import { EXAMPLE_ACL, EXAMPLE_ID, EXAMPLE_REST, LOCKDOWN_ACL } from "./example-distribution.ts";

/** `webAcl` is the ARN; empty without one. */
type State = { readonly webAcl: string; readonly rest: Rest };
type Place = SelectionOf<"aws.distribution-web-acl">;
type Asks = { readonly webAcl: string; readonly lets: readonly string[] };

const ACCOUNT = "123456789012";
const EXAMPLE_STATE: State = { webAcl: EXAMPLE_ACL, rest: { ...EXAMPLE_REST, Enabled: true } };
const EXAMPLE_LETS = ["198.51.100.0/24"];

export const swapWebAcl = defineAction<"aws.distribution-web-acl", Record<string, never>, State>({
  id: "aws.cloudfront.swap-web-acl",
  title: "Close a CloudFront distribution to all but the responders",
  description:
    "Gives the entrance's distribution the lockdown web ACL that was made beforehand, under its version (ETag). The web ACL has to block by default and to let the responders' networks in by a rule, else the plan is refused. Everything else of the distribution's configuration stays as it is, whoever edits it meanwhile; a restore gives it its own web ACL back, or none.",
  containment: "destination",
  blastRadius:
    "everybody but whom the lockdown web ACL lets in, customers of all tenants included, loses everything that comes through this distribution until its own web ACL is back and deployed, which takes minutes; its origins answer whoever reaches them directly",
  targets: ["aws.distribution-web-acl"],
  params: z.strictObject({}),
  permissions: {
    read: [
      { service: "cloudfront", operation: "GetDistributionConfig", iam: ["cloudfront:GetDistributionConfig"] },
      { service: "cloudfront", operation: "GetDistribution", iam: ["cloudfront:GetDistribution"] },
      { service: "wafv2", operation: "ListWebACLs", iam: ["wafv2:ListWebACLs"] },
      { service: "wafv2", operation: "GetWebACL", iam: ["wafv2:GetWebACL"] },
      { service: "wafv2", operation: "GetIPSet", iam: ["wafv2:GetIPSet"] },
    ],
    write: [{ service: "cloudfront", operation: "UpdateDistribution", iam: ["cloudfront:UpdateDistribution"] }],
  },
  bound: DEPLOYED,
  examples: [
    {
      title: "A distribution with a web ACL of its own",
      selection: {
        kind: "aws.distribution-web-acl",
        entrance: "shop-world",
        account: ACCOUNT,
        id: EXAMPLE_ID,
        lockdownWebAcl: "shop-lockdown",
        responderNetworks: EXAMPLE_LETS,
      },
      params: {},
      changes: [
        {
          key: EXAMPLE_ID,
          resource: distributionRef(ACCOUNT, EXAMPLE_ID),
          summary: saySwap("shop-world", EXAMPLE_ID, "shop-lockdown"),
          before: EXAMPLE_STATE,
          after: { ...EXAMPLE_STATE, webAcl: LOCKDOWN_ACL },
          asks: { webAcl: LOCKDOWN_ACL, lets: EXAMPLE_LETS },
        },
      ],
    },
  ],

  async *plan(scope, selection) {
    const resource = distributionRef(selection.account, selection.id);
    const before = (await read(scope, resource)) ?? refuseMissing(selection);
    const { account, entrance, lockdownWebAcl: name, responderNetworks: lets } = selection;
    const place = { entrance, account, region: "us-east-1", scope: "CLOUDFRONT", name } as const;
    const acl = await findWebAcl(scope, place, "waf-web-acl");
    const webAcl = await lockdownArn(scope, acl, lets);
    yield {
      key: resource.id,
      resource,
      summary: saySwap(entrance, selection.id, name),
      before,
      after: { ...before, webAcl },
      reversal: { kind: "restore" },
      asks: { webAcl, lets },
    };
  },

  read,

  async apply(scope, { resource, before, after, asks }) {
    if (before === null || after === null) return defect("a distribution is neither made nor removed");
    const asked = asksOf(asks);
    // The distribution's version says nothing of what its web ACL lets in.
    if (asked !== null && after.webAcl === asked.webAcl) await lockdownArn(scope, aclAt(resource, asked.webAcl), asked.lets);
    const isPlanned = (config: Parameters<typeof stateOf>[0]) => sameJson(stateOf(config), before);
    await writeMember(scope, resource, isPlanned, { WebACLId: after.webAcl });
  },

  verify(scope, { resource, after }) {
    return verifyDeployed(scope, resource, "WebACLId", after?.webAcl ?? null);
  },

  merge(base, { asks }, now, held) {
    if (now === null || base === null || held.length > 0 || now.webAcl === base.webAcl) return { state: now };
    if (now.webAcl === asksOf(asks)?.webAcl) return { state: { ...now, webAcl: base.webAcl } };
    return { state: now, conflict: "somebody else gave the distribution another web ACL since" };
  },

  effects({ resource: { account, region, id }, asks }) {
    const but = asksOf(asks)?.lets ?? [];
    return [{ kind: "flow", provider: "aws", account, region, peer: "*", but, at: id, direction: "in", established: false }];
  },

  async residual(_scope, { resource }) {
    return [
      {
        what: `the origins of distribution "${resource.id}", for whoever reaches them directly`,
        until: "until they let nobody in but CloudFront",
        why: "the web ACL stands at the distribution only",
      },
    ];
  },
});

async function read(scope: ReadScope, resource: ResourceRef): Promise<State | null> {
  const looked = await configOf(scope, resource);
  return looked === null ? null : stateOf(looked.config);
}

function stateOf(config: Parameters<typeof restOf>[0]): State {
  return { webAcl: config.WebACLId ?? "", rest: restOf(config, "WebACLId") };
}

/** Errors: `config-part-missing` for a web ACL that would close nothing, `self-lockout` for one that keeps the responders out. */
async function lockdownArn(scope: ReadScope, resource: ResourceRef, networks: readonly string[]): Promise<string> {
  const acl = (await lookAt(scope, resource))?.acl;
  if (acl?.ARN === undefined || acl.DefaultAction?.Block === undefined) {
    throw new ErError("config-part-missing", `web ACL "${resource.id}" would close nothing: its default action is not Block`, {
      hints: ["make a web ACL that blocks by default, and lets the responders' networks in by a rule"],
    });
  }
  const [first] = await keptOut(scope, resource, acl, networks);
  if (first === undefined) return acl.ARN;
  throw new ErError("self-lockout", `no Allow rule of web ACL "${acl.Name}" lets in the responders' network "${first}"`, {
    hints: ["give the web ACL a rule that allows an IP set with all responder-networks"],
  });
}

/** `arn:…:global/webacl/NAME/ID` */
function aclAt({ account }: ResourceRef, arn: string): ResourceRef {
  const [name, id] = arn.split("/").slice(-2);
  return { provider: "aws", type: "waf-web-acl", account, region: "us-east-1", id: `CLOUDFRONT/${name}/${id}` };
}

function refuseMissing({ entrance, account, id }: Place): never {
  throw new ErError("config-part-missing", `distribution "${id}" of entrance "${entrance}" does not exist in ${account}`, {
    hints: ["aws cloudfront list-distributions"],
  });
}

function asksOf(asks: Json | undefined): Asks | null {
  return (asks as Asks | undefined) ?? null;
}

function saySwap(entrance: string, id: string, name: string): string {
  return `close distribution "${id}" of entrance "${entrance}" with web ACL "${name}"`;
}
