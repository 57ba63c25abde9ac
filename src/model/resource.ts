export type Provider = "aws" | "azure";
export type NonEmpty<T> = readonly [T, ...T[]];

/** What the provider has. `account` is the AWS account id or Azure subscription id; `region` is "global" where there is none. */
export type ResourceRef = {
  readonly provider: Provider;
  /** e.g. `s3-bucket`, `iam-user`, `network-interface`, `nsg-rule` */
  readonly type: string;
  readonly account: string;
  readonly region: string;
  readonly id: string;
};

/** One string per resource: the key of leases and of comparisons. Azure ids are folded because ARM treats them so. */
export function resourceKey(ref: ResourceRef): string {
  const id = ref.provider === "azure" ? ref.id.toLowerCase() : ref.id;
  return `${ref.provider}:${ref.account}:${ref.region}:${ref.type}:${id}`;
}
