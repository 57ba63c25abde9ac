import type { AwsService } from "../../src/providers/index.ts";
import { type AwsCredentials, as, type Caller } from "./caller.ts";
import type { Emulator } from "./emulator.ts";
import { seedBalancers } from "./seed-balancers.ts";
import { seedData, seedKeys } from "./seed-data.ts";
import { seedDatabases } from "./seed-databases.ts";
import { seedIdentityCenter, seedUserPool } from "./seed-directories.ts";
import { seedHosts } from "./seed-hosts.ts";
import { seedIdentity } from "./seed-identity.ts";
import { seedKeyed } from "./seed-keyed.ts";
import { seedNetwork } from "./seed-network.ts";
import { seedOrganization } from "./seed-organization.ts";
import { seedAutoScaling, seedTargets } from "./seed-services.ts";
import { seedDistribution, seedWebAcls } from "./seed-web-acls.ts";

export const ACCOUNT = "123456789012";
/** What moto takes for the account's root before `enforce`. */
export const ROOT: AwsCredentials = { accessKeyId: "ROOT", secretAccessKey: "root" };

/** The range's embedded estate, as far as actions and attackers see it, on an emulator. */
export type Seeded = {
  /** An administrator with every permission, who is none of the estate's people. */
  readonly admin: Caller;
  /** An administrator of the organization's management account; null where no organization was wanted. */
  readonly management: Caller | null;
  /** May assume the responders' role, and nothing else. */
  readonly operator: AwsCredentials;
  /** Credentials of the estate's users and of the attacker's stolen role sessions, by key id or role name there. */
  readonly stolen: ReadonlyMap<string, AwsCredentials>;
  /** The emulator's ids by the estate's. */
  readonly ids: ReadonlyMap<string, string>;
  /** A text of the estate, of an example or a state, with the emulator's ids. */
  here<T>(value: T): T;
};

/** Which services' part of the estate is wanted, where not all of it is; identities and objects are always there. */
type Wanted = (service: AwsService) => boolean;

/** Empties the emulator, fills it, and has it ask for permissions from then on. The account is in an organization where somebody asks for one. */
export async function seed(emulator: Emulator, wanted: Wanted = (service) => service !== "organizations"): Promise<Seeded> {
  await emulator.reset();
  const root = as(emulator.endpoint, ROOT);
  const ids = new Map<string, string>();
  const stolen = new Map<string, AwsCredentials>();
  const { administrator, operator } = await seedIdentity(root, ids, stolen);
  await seedData(root, ids);
  if (wanted("kms")) await seedKeys(root, ids);
  if (wanted("secretsmanager") || wanted("dynamodb")) await seedKeyed(root);
  if (wanted("ec2") || wanted("autoscaling") || wanted("elbv2") || wanted("wafv2")) await seedNetwork(root, ids);
  if (wanted("elbv2")) await seedBalancers(root, ids);
  if (wanted("cognito")) await seedUserPool(root, ids);
  if (wanted("ssoadmin")) await seedIdentityCenter(root, ids);
  const management = wanted("organizations") ? await seedOrganization(emulator, ids) : null;
  if (wanted("ec2")) await seedHosts(root, ids);
  if (wanted("wafv2") || wanted("cloudfront")) await seedWebAcls(root, ids);
  if (wanted("cloudfront")) await seedDistribution(root, ids);
  if (wanted("autoscaling")) await seedAutoScaling(root, ids);
  if (wanted("elbv2")) await seedTargets(root, ids);
  if (wanted("rds")) await seedDatabases(root, ids);
  root.close();
  await emulator.enforce();
  return {
    admin: as(emulator.endpoint, administrator),
    management: management && as(emulator.endpoint, management),
    operator,
    stolen,
    ids,
    here: (value) => renamed(value, ids),
  };
}

function renamed<T>(value: T, ids: ReadonlyMap<string, string>): T {
  // The longest first: "i-0acme01" ends "eni-0acme01".
  const longest = [...ids].toSorted(([left], [right]) => right.length - left.length);
  const walk = (item: unknown): unknown => {
    if (typeof item === "string") return longest.reduce((text, [there, id]) => text.replaceAll(there, id), item);
    if (Array.isArray(item)) return item.map(walk);
    if (item === null || typeof item !== "object") return item;
    return Object.fromEntries(Object.entries(item).map(([name, member]) => [name, walk(member)]));
  };
  return walk(value) as T;
}
