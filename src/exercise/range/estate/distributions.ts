import type { JsonObject } from "../../../model/index.ts";
import { cloudfront } from "../keys.ts";
import type { DistributionRow } from "../rows.ts";
import { ACCOUNT, type EstateRow } from "./names.ts";

const nothing = (): JsonObject => ({ Quantity: 0 });
const trusted: JsonObject = { Enabled: false, Quantity: 0, Items: [] };

/** As CloudFront fills it in: an update has to name all of it. */
export const SHOP_CONFIG: JsonObject = {
  CallerReference: "shop",
  Origins: {
    Quantity: 1,
    Items: [
      {
        Id: "shop",
        DomainName: "shop-origin.acme.example",
        OriginPath: "",
        CustomHeaders: nothing(),
        CustomOriginConfig: {
          HTTPPort: 80,
          HTTPSPort: 443,
          OriginProtocolPolicy: "https-only",
          OriginSslProtocols: { Quantity: 1, Items: ["TLSv1.2"] },
          OriginReadTimeout: 30,
          OriginKeepaliveTimeout: 5,
        },
        ConnectionAttempts: 3,
        ConnectionTimeout: 10,
        OriginShield: { Enabled: false },
      },
    ],
  },
  DefaultCacheBehavior: {
    TargetOriginId: "shop",
    ViewerProtocolPolicy: "redirect-to-https",
    TrustedSigners: trusted,
    TrustedKeyGroups: trusted,
    AllowedMethods: { Quantity: 2, Items: ["HEAD", "GET"], CachedMethods: { Quantity: 2, Items: ["HEAD", "GET"] } },
    SmoothStreaming: false,
    Compress: true,
    LambdaFunctionAssociations: nothing(),
    FunctionAssociations: nothing(),
    FieldLevelEncryptionId: "",
    RealtimeLogConfigArn: "",
    CachePolicyId: "658327ea-f89d-4fab-a63d-7e88639e58f6",
    ForwardedValues: { QueryString: false, Cookies: { Forward: "none" } },
    MinTTL: 0,
    DefaultTTL: 0,
    MaxTTL: 0,
  },
  Comment: "the shop",
  Enabled: true,
  Aliases: { Quantity: 1, Items: ["shop.acme.example"] },
  DefaultRootObject: "",
  OriginGroups: nothing(),
  CacheBehaviors: nothing(),
  CustomErrorResponses: nothing(),
  Logging: { Enabled: false, IncludeCookies: false, Bucket: "", Prefix: "" },
  PriceClass: "PriceClass_100",
  ViewerCertificate: {
    CloudFrontDefaultCertificate: true,
    IAMCertificateId: "",
    ACMCertificateArn: "",
    SSLSupportMethod: "sni-only",
    MinimumProtocolVersion: "TLSv1",
    Certificate: "",
    CertificateSource: "cloudfront",
  },
  Restrictions: { GeoRestriction: { RestrictionType: "none", Quantity: 0 } },
  WebACLId: `arn:aws:wafv2:us-east-1:${ACCOUNT}:global/webacl/shop-edge/3a9d7c10-5b1e-4a77-9c0d-0000000000a2`,
  HttpVersion: "http2",
  IsIPV6Enabled: true,
};

export function distributionRows(): EstateRow[] {
  const value: DistributionRow = { id: "E0SHOP00000001", config: SHOP_CONFIG, etag: "E0TAG000000001" };
  return [{ key: cloudfront.distribution(ACCOUNT, value.id), value }];
}
