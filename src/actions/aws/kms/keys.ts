import { DescribeKeyCommand, type KeyMetadata } from "@aws-sdk/client-kms";
import type { EffectQuestion, ResidualAccess, ResourceRef, SelectionOf } from "../../../model/index.ts";
import { orAbsent, type ReadScope } from "../../../providers/index.ts";

type Place = SelectionOf<"aws.kms-key">;

/** What KMS takes for an alias: a tenant whose name does not fit in has none. */
const ALIAS = /^alias\/[A-Za-z0-9/_-]{1,250}$/;

/** Changes of a key reach every endpoint of KMS with a delay that AWS gives no figure for. */
export const KEY_BOUND = {
  ms: 300_000,
  source: "AWS KMS API Reference: the API follows an eventual consistency model; no figure is given, five minutes are allowed",
} as const;

/** The key that the alias names now; null when there is none. */
export async function keyBehind(scope: ReadScope, place: Place): Promise<{ readonly id: string; readonly state: string } | null> {
  if (!ALIAS.test(place.alias)) return null;
  const { KeyId, KeyState } = (await describeKey(scope, place, place.alias)) ?? {};
  return KeyId === undefined || KeyState === undefined ? null : { id: KeyId, state: KeyState };
}

/** `key` is an id or an alias. Null when there is no such key. */
export async function describeKey(
  scope: ReadScope,
  where: Pick<ResourceRef, "account" | "region">,
  key: string,
): Promise<KeyMetadata | null> {
  const kms = await scope.aws("kms", where);
  const answer = await orAbsent(() => kms.send(new DescribeKeyCommand({ KeyId: key })));
  return answer?.KeyMetadata ?? null;
}

/** Whether one who is not exempt still decrypts. */
export function decrypts({ account, region, id }: ResourceRef, exempt: readonly string[]): EffectQuestion {
  const resource = `arn:aws:kms:${region}:${account}:key/${id}`;
  return { kind: "aws-call", account, as: { anyoneBut: exempt }, operation: "kms:Decrypt", resource };
}

/** What no change of a key reaches: what it gave out before, and its copies in other Regions. */
export async function beyondKey(scope: ReadScope, resource: ResourceRef): Promise<readonly ResidualAccess[]> {
  const key = `key "${resource.id}"`;
  const metadata = await describeKey(scope, resource, resource.id);
  const { PrimaryKey, ReplicaKeys } = metadata?.MultiRegionConfiguration ?? {};
  const everywhere = [PrimaryKey, ...(ReplicaKeys ?? [])].flatMap((one) => one?.Region ?? []);
  const elsewhere = everywhere.filter((region) => region !== resource.region).toSorted();
  const used = {
    what: `data keys and plaintext that ${key} gave out before: S3 bucket keys, caches of encryption SDKs, attached EBS volumes, open databases`,
    until: "until their holders forget them, are restarted or detached",
    why: "KMS is not asked again for a data key that somebody already holds",
  };
  if (elsewhere.length === 0) return [used];
  const copies = {
    what: `the same key material in ${elsewhere.join(", ")}`,
    until: "until the keys there are contained too",
    why: "each key of a multi-Region set has a policy and a state of its own",
  };
  return [used, copies];
}
