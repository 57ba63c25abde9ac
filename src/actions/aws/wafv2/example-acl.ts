import { canonicalize, type JsonObject } from "../../../model/index.ts";

/** Web ACLs of the range's estate, as they are there: for examples. */
export const EXAMPLE_PLACE = { account: "123456789012", region: "us-east-1" };
export const SHOP_ACL = "REGIONAL/shop-front/3a9d7c10-5b1e-4a77-9c0d-0000000000a1";
export const EDGE_ACL = "CLOUDFRONT/shop-edge/3a9d7c10-5b1e-4a77-9c0d-0000000000a2";

const visible = (MetricName: string): JsonObject => ({
  CloudWatchMetricsEnabled: true,
  MetricName,
  SampledRequestsEnabled: true,
});

export const RESPONDERS: JsonObject = {
  Name: "responders",
  Priority: 0,
  Action: { Allow: {} },
  Statement: {
    IPSetReferenceStatement: {
      ARN: "arn:aws:wafv2:us-east-1:123456789012:regional/ipset/er-responders/6f1c2a4e-0a11-4b5e-9d55-0000000000b1",
    },
  },
  VisibilityConfig: visible("responders"),
};
/** Without its override, which is what an activation changes. */
export const EMERGENCY: JsonObject = {
  Name: "emergency",
  Priority: 1,
  Statement: {
    RuleGroupReferenceStatement: {
      ARN: "arn:aws:wafv2:us-east-1:123456789012:regional/rulegroup/er-emergency/3a9d7c10-5b1e-4a77-9c0d-0000000000e1",
    },
  },
  VisibilityConfig: visible("emergency"),
};
/** Of the customer's own; `/.env` as the API carries it. */
export const ENV_FILES: JsonObject = {
  Name: "env-files",
  Priority: 10,
  Action: { Block: {} },
  Statement: {
    ByteMatchStatement: {
      SearchString: "Ly5lbnY=",
      FieldToMatch: { UriPath: {} },
      TextTransformations: [{ Priority: 0, Type: "URL_DECODE" }],
      PositionalConstraint: "STARTS_WITH",
    },
  },
  VisibilityConfig: visible("env-files"),
};
export const REST: JsonObject = {
  Description: "in front of the shop",
  VisibilityConfig: visible("shop-front"),
  CustomResponseBodies: { maintenance: { ContentType: "TEXT_PLAIN", Content: "We are back soon." } },
  TokenDomains: ["shop.acme.example"],
};
export const EDGE_RESPONDERS: JsonObject = {
  ...RESPONDERS,
  Statement: {
    IPSetReferenceStatement: {
      ARN: "arn:aws:wafv2:us-east-1:123456789012:global/ipset/er-responders/6f1c2a4e-0a11-4b5e-9d55-0000000000b2",
    },
  },
};
export const EDGE_REST: JsonObject = {
  Description: "in front of the shop's distribution",
  VisibilityConfig: visible("shop-edge"),
};

export const said = (...rules: readonly JsonObject[]): readonly string[] => rules.map(canonicalize);
