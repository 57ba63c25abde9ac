import type { JsonObject } from "../../../model/index.ts";
import { wafv2 } from "../keys.ts";
import type { IpSetRow, WafRuleGroupRow, WebAclRow } from "../rows.ts";
import { ACCOUNT, type EstateRow, REGION } from "./names.ts";

type Scope = IpSetRow["scope"];
const TOKEN = "2f1d7e5a-0000-4000-8000-0000000000a1";
const RESPONDERS = {
  REGIONAL: "6f1c2a4e-0a11-4b5e-9d55-0000000000b1",
  CLOUDFRONT: "6f1c2a4e-0a11-4b5e-9d55-0000000000b2",
} as const;
const EMERGENCY = "3a9d7c10-5b1e-4a77-9c0d-0000000000e1";

const arn = (scope: Scope, rest: string) =>
  `arn:aws:wafv2:${REGION}:${ACCOUNT}:${scope === "CLOUDFRONT" ? "global" : "regional"}/${rest}`;
const visible = (MetricName: string): JsonObject => ({
  CloudWatchMetricsEnabled: true,
  MetricName,
  SampledRequestsEnabled: true,
});

/** Bodies as the API has them: bytes are base64. */
export const EMERGENCY_BODY: JsonObject = {
  Description: "written and approved beforehand",
  Rules: [
    { Name: "cookies", Priority: 0, Action: { Block: {} }, Statement: starts("L2xvZ2lu"), VisibilityConfig: visible("cookies") },
    {
      Name: "elsewhere",
      Priority: 1,
      Action: { Block: {} },
      Statement: { NotStatement: { Statement: { GeoMatchStatement: { CountryCodes: ["DE", "US"] } } } },
      VisibilityConfig: visible("elsewhere"),
    },
  ],
  VisibilityConfig: visible("er-emergency"),
};
export const SHOP_BODY: JsonObject = {
  DefaultAction: { Allow: {} },
  Description: "in front of the shop",
  Rules: [
    responders("REGIONAL"),
    {
      Name: "emergency",
      Priority: 1,
      OverrideAction: { Count: {} },
      Statement: { RuleGroupReferenceStatement: { ARN: arn("REGIONAL", `rulegroup/er-emergency/${EMERGENCY}`) } },
      VisibilityConfig: visible("emergency"),
    },
    {
      Name: "env-files",
      Priority: 10,
      Action: { Block: {} },
      Statement: starts("Ly5lbnY="),
      VisibilityConfig: visible("env-files"),
    },
  ],
  VisibilityConfig: visible("shop-front"),
  CustomResponseBodies: { maintenance: { ContentType: "TEXT_PLAIN", Content: "We are back soon." } },
  TokenDomains: ["shop.acme.example"],
};
export const EDGE_BODY: JsonObject = {
  DefaultAction: { Allow: {} },
  Description: "in front of the shop's distribution",
  Rules: [responders("CLOUDFRONT")],
  VisibilityConfig: visible("shop-edge"),
};

export const LOCKDOWN_BODY: JsonObject = {
  DefaultAction: { Block: {} },
  Description: "closes a distribution to all but the responders",
  Rules: [responders("CLOUDFRONT")],
  VisibilityConfig: visible("shop-lockdown"),
};

/** Web ACLs of two scopes, each with a rule that lets the responders in, and emergency rules that are only counted with. */
export function webAclRows(): EstateRow[] {
  const group: WafRuleGroupRow = {
    id: EMERGENCY,
    name: "er-emergency",
    scope: "REGIONAL",
    body: EMERGENCY_BODY,
    lockToken: TOKEN,
  };
  return [
    responderSet("REGIONAL"),
    responderSet("CLOUDFRONT"),
    { key: wafv2.ruleGroup(ACCOUNT, REGION, "REGIONAL", EMERGENCY), value: group },
    webAcl("REGIONAL", "shop-front", "3a9d7c10-5b1e-4a77-9c0d-0000000000a1", SHOP_BODY),
    webAcl("CLOUDFRONT", "shop-edge", "3a9d7c10-5b1e-4a77-9c0d-0000000000a2", EDGE_BODY),
    webAcl("CLOUDFRONT", "shop-lockdown", "3a9d7c10-5b1e-4a77-9c0d-0000000000a3", LOCKDOWN_BODY),
  ];
}

function webAcl(scope: Scope, name: string, id: string, body: JsonObject): EstateRow {
  const value: WebAclRow = { id, name, scope, body, lockToken: TOKEN };
  return { key: wafv2.webAcl(ACCOUNT, REGION, scope, id), value };
}

function responderSet(scope: Scope): EstateRow {
  const id = RESPONDERS[scope];
  const description = "who is let in whatever happens";
  const value: IpSetRow = {
    id,
    name: "er-responders",
    scope,
    version: "IPV4",
    description,
    addresses: ["198.51.100.0/24"],
    lockToken: TOKEN,
  };
  return { key: wafv2.ipSet(ACCOUNT, REGION, scope, id), value };
}

function responders(scope: Scope): JsonObject {
  return {
    Name: "responders",
    Priority: 0,
    Action: { Allow: {} },
    Statement: { IPSetReferenceStatement: { ARN: arn(scope, `ipset/er-responders/${RESPONDERS[scope]}`) } },
    VisibilityConfig: visible("responders"),
  };
}

function starts(SearchString: string): JsonObject {
  const TextTransformations = [{ Priority: 0, Type: "URL_DECODE" }];
  return {
    ByteMatchStatement: { SearchString, FieldToMatch: { UriPath: {} }, TextTransformations, PositionalConstraint: "STARTS_WITH" },
  };
}
