import type { JsonObject } from "../../../model/index.ts";

/** The distribution of the range's estate: for examples. */
export const EXAMPLE_ID = "E0SHOP00000001";
export const EXAMPLE_ACL = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/shop-edge/3a9d7c10-5b1e-4a77-9c0d-0000000000a2";
export const LOCKDOWN_ACL =
  "arn:aws:wafv2:us-east-1:123456789012:global/webacl/shop-lockdown/3a9d7c10-5b1e-4a77-9c0d-0000000000a3";
/** Without what is looked at apart: whether it is enabled, and its web ACL. */
export const EXAMPLE_REST: JsonObject = {
  CallerReference: "shop",
  Origins: "sha256:6550377d401c89299cb1847e52022fae5ddb7e02737d3498c8b02900d38c1e14",
  DefaultCacheBehavior: "sha256:c2890a72e1b2c69e786c7883c28d0f15ce800850208efa7fa0790ed459471279",
  Comment: "the shop",
  Aliases: "sha256:c23ffd04df8a7dc6397e541d20c30b7e8cb25046dc4473ff2a5168204309162c",
  DefaultRootObject: "",
  OriginGroups: "sha256:704880563b5be865bbf6e858aa486eb3b7ddf0a067a02e091b7ffb26122b3a09",
  CacheBehaviors: "sha256:704880563b5be865bbf6e858aa486eb3b7ddf0a067a02e091b7ffb26122b3a09",
  CustomErrorResponses: "sha256:704880563b5be865bbf6e858aa486eb3b7ddf0a067a02e091b7ffb26122b3a09",
  Logging: "sha256:0720f90ad55005d8247dac92619ee7bccd814abbe792565858c28f5e71b50a1a",
  PriceClass: "PriceClass_100",
  ViewerCertificate: "sha256:3b3eb35c71f1c16b337668436b1bee8938648066b44ab934c3c49959e7864857",
  Restrictions: "sha256:16e071e6bcd4d4e3d9dec81d40b455c8fc9fc448c5814a0da73f4e659601ba30",
  HttpVersion: "http2",
  IsIPV6Enabled: true,
};
