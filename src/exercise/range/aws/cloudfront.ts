import type * as CF from "@aws-sdk/client-cloudfront";
import type { JsonObject } from "../../../model/index.ts";
import { cloudfront } from "../keys.ts";
import type { DistributionRow } from "../rows.ts";
import { AwsFault } from "./fault.ts";
import { type Call, type Operation, operation } from "./operation.ts";

type OnDistribution = { Id?: string | undefined };

const arnOf = (call: Call<OnDistribution>) => `arn:aws:cloudfront::${call.account}:distribution/${call.input.Id}`;
const keyOf = (call: Call<OnDistribution>) => cloudfront.distribution(call.account, call.input.Id ?? "");

function distributionOf(call: Call<OnDistribution>): DistributionRow {
  const found = call.tx.newest<DistributionRow>(keyOf(call));
  if (found !== null) return found;
  throw new AwsFault("NoSuchDistribution", 404, "The specified distribution does not exist.");
}

/** What was written last is deployed once it has taken effect. */
function described(call: Call<OnDistribution>, { id, config, etag }: DistributionRow): CF.Distribution {
  const deployed = call.tx.effective<DistributionRow>(keyOf(call))?.etag === etag;
  return {
    Id: id,
    ARN: arnOf(call),
    Status: deployed ? "Deployed" : "InProgress",
    LastModifiedTime: new Date(call.tx.now),
    InProgressInvalidationBatches: 0,
    DomainName: `${id.toLowerCase()}.cloudfront.net`,
    DistributionConfig: config as unknown as CF.DistributionConfig,
  };
}

/** An update replaces the whole; these members must be there. */
const NEEDED = ["CallerReference", "Origins", "DefaultCacheBehavior", "Comment", "Enabled"] as const;

export const cloudfrontOperations: Operation[] = [
  operation<CF.GetDistributionCommandInput, CF.GetDistributionCommandOutput>("cloudfront", "GetDistribution", {
    iam: "cloudfront:GetDistribution",
    resource: arnOf,
    answer(call) {
      const found = distributionOf(call);
      return { Distribution: described(call, found), ETag: found.etag };
    },
  }),
  operation<CF.GetDistributionConfigCommandInput, CF.GetDistributionConfigCommandOutput>("cloudfront", "GetDistributionConfig", {
    iam: "cloudfront:GetDistributionConfig",
    resource: arnOf,
    answer(call) {
      const { config, etag } = distributionOf(call);
      return { DistributionConfig: config as unknown as CF.DistributionConfig, ETag: etag };
    },
  }),
  operation<CF.UpdateDistributionCommandInput, CF.UpdateDistributionCommandOutput>("cloudfront", "UpdateDistribution", {
    iam: "cloudfront:UpdateDistribution",
    resource: arnOf,
    answer(call) {
      const found = distributionOf(call);
      const { IfMatch, DistributionConfig } = call.input;
      if (IfMatch === undefined)
        throw new AwsFault("InvalidIfMatchVersion", 400, "The If-Match version is missing or not valid for the resource.");
      if (IfMatch !== found.etag)
        throw new AwsFault(
          "PreconditionFailed",
          412,
          "The request failed because it didn't meet the preconditions in one or more request-header fields.",
        );
      const lacking = NEEDED.find((name) => DistributionConfig?.[name] === undefined);
      if (DistributionConfig === undefined || lacking !== undefined)
        throw new AwsFault("InvalidArgument", 400, `The parameter ${lacking} is required.`);
      if (DistributionConfig.CallerReference !== found.config["CallerReference"])
        throw new AwsFault("IllegalUpdate", 400, "The CallerReference can't be changed.");
      const config = JSON.parse(JSON.stringify(DistributionConfig)) as JsonObject;
      const next: DistributionRow = { ...found, config, etag: `E${call.newId(12).toUpperCase()}` };
      call.put("cloudfront", keyOf(call), next);
      return { Distribution: described(call, next), ETag: next.etag };
    },
  }),
];
