import type { TestContext } from "node:test";
import { call } from "../range/open.ts";
import { ACCOUNT, type IamBench, openBench as openIamBench } from "./iam.ts";

export { planFor } from "./iam.ts";
export const PLACE = {
  kind: "aws.bucket-prefix",
  tenant: "acme",
  account: ACCOUNT,
  region: "us-east-1",
  bucket: "acme-data",
  prefix: "tenants/acme/",
  exempt: [`arn:aws:iam::${ACCOUNT}:role/soc2-er-responder`],
} as const;

export type S3Bench = IamBench & {
  /** Another administrator's S3 call, on `acme-data` where the input names no other bucket. */
  s3<T = Record<string, unknown>>(operation: string, input?: object): Promise<T>;
};

export async function openBench(t: TestContext): Promise<S3Bench> {
  const bench = await openIamBench(t);
  return {
    ...bench,
    s3: (operation, input = {}) => call(bench.range, `s3:${operation}`, { Bucket: PLACE.bucket, ...input }),
  };
}
