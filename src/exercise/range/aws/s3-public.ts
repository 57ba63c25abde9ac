import type * as S3 from "@aws-sdk/client-s3";
import type { JsonObject } from "../../../model/index.ts";
import { type PolicyDocument, parsePolicy } from "../../../planner/policy/index.ts";
import { s3 } from "../keys.ts";
import { AwsFault, denied } from "./fault.ts";
import { type Call, type Operation, operation } from "./operation.ts";
import { bucketArn, bucketOf, type OnBucket } from "./s3-place.ts";

/** Conditions that S3 takes for a limit to somebody known, as long as their values have no wildcard. */
const FIXING =
  /^(aws:(PrincipalArn|PrincipalAccount|PrincipalOrgId|PrincipalOrgPaths|SourceAccount|SourceArn|SourceIp|SourceOrgId|SourceVpc|SourceVpce|userid)|s3:DataAccessPoint(Arn|Account))$/i;

function isPublic({ statements }: PolicyDocument): boolean {
  return statements.some(({ effect, principal, conditions }) => {
    const anybody = principal !== null && (principal.not || (principal.names["AWS"] ?? []).includes("*"));
    const fixed = conditions.some(
      ({ operator, key, values }) =>
        FIXING.test(key) && !/not/i.test(operator) && values.every((value) => !/[*?$]/.test(value) && value !== "0.0.0.0/0"),
    );
    return effect === "Allow" && anybody && !fixed;
  });
}

/** Errors: AccessDenied for a public policy where the bucket's block refuses those. */
export function refusePublicPolicy(call: Call<OnBucket>, name: string, text: string): void {
  const block = call.tx.newest<JsonObject>(s3.publicAccessBlock(call.account, name));
  if (block?.["BlockPublicPolicy"] !== true || !isPublic(parsePolicy(text))) return;
  throw denied(
    "s3",
    call.caller,
    "s3:PutBucketPolicy",
    bucketArn(call),
    "because public policies are blocked by the BlockPublicPolicy block public access setting.",
  );
}

export const s3PublicOperations: Operation[] = [
  operation<S3.GetPublicAccessBlockCommandInput, S3.GetPublicAccessBlockCommandOutput>("s3", "GetPublicAccessBlock", {
    iam: "s3:GetBucketPublicAccessBlock",
    resource: bucketArn,
    answer(call) {
      const block = call.tx.newest<JsonObject>(s3.publicAccessBlock(call.account, bucketOf(call).name));
      if (block === null)
        throw new AwsFault("NoSuchPublicAccessBlockConfiguration", 404, "The public access block configuration was not found");
      return { PublicAccessBlockConfiguration: block as S3.PublicAccessBlockConfiguration };
    },
  }),
  operation<S3.PutPublicAccessBlockCommandInput, S3.PutPublicAccessBlockCommandOutput>("s3", "PutPublicAccessBlock", {
    iam: "s3:PutBucketPublicAccessBlock",
    resource: bucketArn,
    answer(call) {
      const { name } = bucketOf(call);
      const asked = call.input.PublicAccessBlockConfiguration ?? {};
      call.put("bucket-policy", s3.publicAccessBlock(call.account, name), {
        BlockPublicAcls: asked.BlockPublicAcls ?? false,
        IgnorePublicAcls: asked.IgnorePublicAcls ?? false,
        BlockPublicPolicy: asked.BlockPublicPolicy ?? false,
        RestrictPublicBuckets: asked.RestrictPublicBuckets ?? false,
      });
      return {};
    },
  }),
  operation<S3.DeletePublicAccessBlockCommandInput, S3.DeletePublicAccessBlockCommandOutput>("s3", "DeletePublicAccessBlock", {
    iam: "s3:PutBucketPublicAccessBlock",
    resource: bucketArn,
    answer(call) {
      call.put("bucket-policy", s3.publicAccessBlock(call.account, bucketOf(call).name), null);
      return {};
    },
  }),
];
