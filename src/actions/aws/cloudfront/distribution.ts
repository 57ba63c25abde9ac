import {
  type DistributionConfig,
  GetDistributionCommand,
  GetDistributionConfigCommand,
  UpdateDistributionCommand,
} from "@aws-sdk/client-cloudfront";
import { digestJson, type Json, type JsonObject, type ResourceRef, sameJson, type Verification } from "../../../model/index.ts";
import { orAbsent, ProviderError, type ReadScope, type WriteScope } from "../../../providers/index.ts";

/** What a distribution has beside the one member that an action changes: what is more than a word is there by its digest. */
export type Rest = JsonObject;
type Member = "Enabled" | "WebACLId";

export function distributionRef(account: string, id: string): ResourceRef {
  return { provider: "aws", type: "cloudfront-distribution", account, region: "global", id };
}

export async function configOf(scope: ReadScope, resource: ResourceRef) {
  const cloudfront = await scope.aws("cloudfront", resource);
  const answer = await orAbsent(() => cloudfront.send(new GetDistributionConfigCommand({ Id: resource.id })));
  return answer?.DistributionConfig === undefined ? null : { config: answer.DistributionConfig, etag: answer.ETag };
}

export function restOf(config: DistributionConfig, ours: Member): Rest {
  const others = Object.entries(config).filter(([name, value]) => name !== ours && value !== undefined);
  return Object.fromEntries(others.map(([name, value]) => [name, typeof value === "object" ? digestOf(value) : value]));
}

function digestOf(value: unknown): Json {
  return digestJson(JSON.parse(JSON.stringify(value)));
}

/** Writes one member, under the version with which everything else was looked at; `isPlanned` says whether it still is what was planned with. */
export async function writeMember(
  scope: WriteScope,
  resource: ResourceRef,
  isPlanned: (config: DistributionConfig) => boolean,
  member: Pick<DistributionConfig, Member> | Pick<DistributionConfig, "Enabled"> | Pick<DistributionConfig, "WebACLId">,
): Promise<void> {
  const looked = await configOf(scope, resource);
  if (looked === null || !isPlanned(looked.config)) throw changedSince(resource);
  const cloudfront = await scope.aws("cloudfront", resource);
  const DistributionConfig = { ...looked.config, ...member };
  await cloudfront.send(new UpdateDistributionCommand({ Id: resource.id, IfMatch: looked.etag, DistributionConfig }));
}

/** Set is not deployed: edge locations take it over one after the other. */
export async function verifyDeployed(scope: ReadScope, resource: ResourceRef, ours: Member, wanted: Json): Promise<Verification> {
  const cloudfront = await scope.aws("cloudfront", resource);
  const answer = await orAbsent(() => cloudfront.send(new GetDistributionCommand({ Id: resource.id })));
  const level = "configuration";
  const now = answer?.Distribution?.DistributionConfig?.[ours] ?? null;
  if (!sameJson(now, wanted)) return { verdict: "contradicted", level, detail: `${ours} is ${JSON.stringify(now)}` };
  if (answer?.Distribution?.Status === "Deployed") return { verdict: "confirmed", level };
  return { verdict: "inconclusive", level, detail: "it is being deployed to the edge locations" };
}

function changedSince({ id }: ResourceRef): ProviderError {
  return new ProviderError("stale", {
    service: "aws.cloudfront",
    operation: "UpdateDistribution",
    providerCode: "PreconditionFailed",
    status: null,
    requestId: null,
    message: `distribution "${id}" was changed since it was read`,
  });
}

/** CloudFront says of no change how long it takes. */
export const DEPLOYED = {
  ms: 300_000,
  source:
    "assumed: Amazon CloudFront documents no time until a change is deployed to all edge locations; five minutes are allowed",
} as const;
