import type { DefaultAction, WebACL } from "@aws-sdk/client-wafv2";
import * as z from "zod";
import {
  compact,
  defect,
  ErError,
  type Json,
  type JsonObject,
  type ResourceRef,
  type SelectionOf,
  sameJson,
} from "../../../model/index.ts";
import type { ReadScope } from "../../../providers/index.ts";
import { defineAction } from "../../action.ts";
import {
  EDGE_ACL,
  EDGE_RESPONDERS,
  EDGE_REST,
  EMERGENCY,
  ENV_FILES,
  EXAMPLE_PLACE,
  RESPONDERS,
  REST,
  SHOP_ACL,
  said,
} from "./example-acl.ts";
import { changedSince, findWebAcl, keptOut, lookAt, type Others, othersOf, partsOf, plain, writeBack } from "./web-acl.ts";

type State = Others & { readonly defaultAction: JsonObject };
type Place = SelectionOf<"aws.web-acl">;
/** What the default action is to be, and who is let in by a rule before it. */
type Asks = { readonly defaultAction: JsonObject; readonly lets: readonly string[] };

const UNAVAILABLE = 503;
const counting = (rule: JsonObject): JsonObject => ({ ...rule, OverrideAction: { Count: {} } });

export const defaultBlock = defineAction<"aws.web-acl", Record<string, never>, State>({
  id: "aws.wafv2.default-block",
  title: "Refuse every web request that no rule lets in",
  description:
    "Sets the default action of the entrance's web ACL to Block with response 503, under WAF's optimistic lock. Its rules and everything else stay as they are, whoever edits them meanwhile. The responders' networks have to be let in by an Allow rule on an IP set: without one the plan is refused.",
  containment: "destination",
  blastRadius:
    "everybody whose request no Allow rule of the web ACL lets in, customers of all tenants included, gets a 503 from every resource that the web ACL protects; hosts that are reached past the firewall are not closed",
  targets: ["aws.web-acl"],
  params: z.strictObject({}),
  permissions: {
    read: [
      { service: "wafv2", operation: "ListWebACLs", iam: ["wafv2:ListWebACLs"] },
      { service: "wafv2", operation: "GetWebACL", iam: ["wafv2:GetWebACL"] },
      { service: "wafv2", operation: "GetIPSet", iam: ["wafv2:GetIPSet"] },
    ],
    write: [{ service: "wafv2", operation: "UpdateWebACL", iam: ["wafv2:UpdateWebACL"] }],
  },
  bound: {
    ms: 300_000,
    source:
      "AWS WAF Developer Guide, temporary inconsistencies during updates: a few seconds to a number of minutes; five minutes are allowed",
  },
  examples: [
    {
      title: "A web ACL of a Region, with the response that the organization wrote",
      selection: { ...place("shop", "REGIONAL", "shop-front"), response: "maintenance" },
      params: {},
      changes: [
        exampleChange(
          SHOP_ACL,
          "shop",
          "shop-front",
          { CustomResponseBodyKey: "maintenance" },
          {
            rules: said(RESPONDERS, counting(EMERGENCY), ENV_FILES),
            rest: REST,
          },
        ),
      ],
    },
    {
      title: "A web ACL of CloudFront, which lives in us-east-1",
      selection: { ...place("shop-world", "CLOUDFRONT", "shop-edge"), region: "eu-west-1" },
      params: {},
      changes: [exampleChange(EDGE_ACL, "shop-world", "shop-edge", {}, { rules: said(EDGE_RESPONDERS), rest: EDGE_REST })],
    },
  ],

  async *plan(scope, selection) {
    const resource = await findWebAcl(scope, selection, "waf-web-acl");
    const { acl } = (await lookAt(scope, resource)) ?? defect("a web ACL disappeared while it was looked at");
    const defaultAction = wanted(acl, selection);
    await refuseLockout(scope, resource, acl, selection.responderNetworks);
    const before = stateOf(acl);
    yield {
      key: resource.id,
      resource,
      summary: sayBlock(selection.entrance, selection.name),
      before,
      after: { ...before, defaultAction },
      reversal: { kind: "restore" },
      asks: { defaultAction, lets: selection.responderNetworks },
    };
  },

  read,

  async apply(scope, { resource, before, after, asks }) {
    if (before === null || after === null) return defect("a web ACL is neither made nor removed");
    const looked = await lookAt(scope, resource);
    // The lock is taken on what was planned with, not on an edit that came in between.
    if (looked === null || !sameJson(stateOf(looked.acl), before)) throw changedSince(resource);
    const asked = asksOf(asks);
    // IP sets have locks of their own: the web ACL's says nothing of whom they let in.
    if (asked !== null && isBlock(after.defaultAction)) await refuseLockout(scope, resource, looked.acl, asked.lets);
    const DefaultAction = after.defaultAction as unknown as DefaultAction;
    await writeBack(scope, resource, { ...looked, acl: { ...looked.acl, DefaultAction } });
  },

  async verify(scope, { resource, after }, direction) {
    const now = await read(scope, resource);
    const level = "configuration";
    const stands =
      direction === "contain" ? isBlock(now?.defaultAction) : sameJson(now?.defaultAction ?? null, after?.defaultAction ?? null);
    if (stands) return { verdict: "confirmed", level };
    return { verdict: "contradicted", level, detail: `the default action is ${JSON.stringify(now?.defaultAction ?? "gone")}` };
  },

  merge(base, { asks }, now, held) {
    if (now === null || base === null) return { state: now };
    if (held.length > 0 || sameJson(now.defaultAction, base.defaultAction)) return { state: now };
    const ours = asksOf(asks)?.defaultAction;
    if (ours !== undefined && sameJson(now.defaultAction, ours)) return { state: { ...now, defaultAction: base.defaultAction } };
    return { state: now, conflict: "somebody else gave the web ACL another default action since" };
  },

  effects({ resource, asks }) {
    const { account, region } = resource;
    const but = asksOf(asks)?.lets ?? [];
    const at = partsOf(resource).Id;
    return [{ kind: "flow", provider: "aws", account, region, peer: "*", but, at, direction: "in", established: false }];
  },

  async residual(scope, { resource }) {
    const rules = (await lookAt(scope, resource))?.acl.Rules ?? [];
    const allowing = rules.filter(({ Action }) => Action?.Allow !== undefined).map(({ Name }) => `"${Name}"`);
    return [
      ...(allowing.length === 0
        ? []
        : [
            {
              what: `requests that ${allowing.length === 1 ? "rule" : "rules"} ${allowing.join(", ")} let in`,
              until: "until the rules are taken out of the web ACL",
              why: "the default action is for what no rule decides",
            },
          ]),
      {
        what: `ways around web ACL "${partsOf(resource).Name}": hosts reached directly, resources that it does not protect`,
        until: "until they are closed",
        why: "WAF sees only requests to resources that its web ACLs protect",
      },
    ];
  },
});

async function read(scope: ReadScope, resource: ResourceRef): Promise<State | null> {
  const looked = await lookAt(scope, resource);
  return looked === null ? null : stateOf(looked.acl);
}

function stateOf({ DefaultAction, ...others }: WebACL): State {
  return { defaultAction: plain(DefaultAction) as JsonObject, ...othersOf(others) };
}

/** A web ACL that blocks already keeps its own response. */
function wanted({ DefaultAction, CustomResponseBodies }: WebACL, { name, response }: Place): JsonObject {
  if (DefaultAction?.Block !== undefined) return plain(DefaultAction) as JsonObject;
  if (response !== undefined && CustomResponseBodies?.[response] === undefined) {
    throw new ErError("config-part-missing", `web ACL "${name}" has no custom response body "${response}"`, {
      hints: [
        ...Object.keys(CustomResponseBodies ?? {}).map((known) => `there is "${known}"`),
        "without edge: web-acl: response in soc2-er.yaml, a 503 without a body is sent",
      ],
    });
  }
  return blockWith(compact({ CustomResponseBodyKey: response }));
}

function blockWith(body: JsonObject): JsonObject {
  return { Block: { CustomResponse: { ResponseCode: UNAVAILABLE, ...body } } };
}

/** Errors: `self-lockout` when a network of the responders would be answered by the default action. */
async function refuseLockout(scope: ReadScope, resource: ResourceRef, acl: WebACL, networks: readonly string[]): Promise<void> {
  const [first, ...more] = await keptOut(scope, resource, acl, networks);
  if (first === undefined) return;
  const others = more.length === 0 ? "" : ` and ${more.length} more`;
  throw new ErError(
    "self-lockout",
    `no Allow rule of web ACL "${acl.Name}" lets in the responders' network "${first}"${others}`,
    {
      hints: ["give the web ACL a rule that allows an IP set with all responder-networks, before any that blocks"],
      detail: { networks: [first, ...more] },
    },
  );
}

function isBlock(action: JsonObject | undefined): boolean {
  return action?.["Block"] !== undefined;
}

function asksOf(asks: Json | undefined): Asks | null {
  return (asks as Asks | undefined) ?? null;
}

function sayBlock(entrance: string, name: string): string {
  return `refuse every request at entrance "${entrance}" that no rule of web ACL "${name}" lets in`;
}

function place(entrance: string, scope: Place["scope"], name: string): Place {
  return { kind: "aws.web-acl", entrance, ...EXAMPLE_PLACE, scope, name, responderNetworks: ["198.51.100.0/24"] };
}

function exampleChange(id: string, entrance: string, name: string, body: JsonObject, others: Others) {
  const resource: ResourceRef = { provider: "aws", type: "waf-web-acl", ...EXAMPLE_PLACE, id };
  const defaultAction = blockWith(body);
  return {
    key: id,
    resource,
    summary: sayBlock(entrance, name),
    before: { ...others, defaultAction: { Allow: {} } },
    after: { ...others, defaultAction },
    asks: { defaultAction, lets: ["198.51.100.0/24"] },
  };
}
