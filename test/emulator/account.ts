import type { Caller } from "./caller.ts";
import { SECRETS, TABLES } from "./seed-keyed.ts";

// biome-ignore lint/suspicious/noExplicitAny: answers of many calls, read where their form is known
type Answer = Record<string, any>;

/** All that actions may change in the seeded account, as its owner sees it. */
export async function account(admin: Caller): Promise<Answer> {
  const read = async (name: string, input?: object): Promise<Answer> => {
    const { $metadata: _, ...answer } = await admin<Answer>(name, input);
    return answer;
  };
  const identities = await read("iam:GetAccountAuthorizationDetails");
  for (const role of identities["RoleDetailList"]) delete role.RoleLastUsed;
  const { NetworkAcls } = await read("ec2:DescribeNetworkAcls");
  const { SecurityGroups } = await read("ec2:DescribeSecurityGroups");
  const { NetworkInterfaces } = await read("ec2:DescribeNetworkInterfaces");
  const sets = (await read("wafv2:ListIPSets", { Scope: "REGIONAL" }))["IPSets"];
  return {
    identities,
    credentials: await credentialsOf(read, "intruder"),
    policy: (await read("s3:GetBucketPolicy", { Bucket: "acme-data" }))["Policy"],
    lifecycle: await read("s3:GetBucketLifecycleConfiguration", { Bucket: "acme-data" }),
    keys: await keysOf(read),
    keyed: await keyedPolicies(read),
    acls: NetworkAcls,
    groups: SecurityGroups,
    interfaces: NetworkInterfaces.map(({ NetworkInterfaceId, Groups }: Answer) => ({ NetworkInterfaceId, Groups })),
    sets: Object.fromEntries(
      await Promise.all(
        sets.map(async ({ Name, Id }: Answer) => {
          const { IPSet } = await read("wafv2:GetIPSet", { Name, Id, Scope: "REGIONAL" });
          return [Name, IPSet];
        }),
      ),
    ),
  };
}

async function keysOf(read: (name: string, input?: object) => Promise<Answer>): Promise<Answer> {
  const { Keys } = await read("kms:ListKeys");
  const entries = Keys.map(async ({ KeyId }: Answer) => {
    const { KeyMetadata } = await read("kms:DescribeKey", { KeyId });
    const { Policy } = await read("kms:GetKeyPolicy", { KeyId, PolicyName: "default" });
    return [KeyId, { state: KeyMetadata.KeyState, policy: Policy }] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** Null where there is none. */
async function keyedPolicies(read: (name: string, input: object) => Promise<Answer>): Promise<Answer> {
  const secrets = SECRETS.map(async (SecretId) => {
    const { ResourcePolicy = null } = await read("secretsmanager:GetResourcePolicy", { SecretId });
    return [SecretId, ResourcePolicy] as const;
  });
  const tables = TABLES.map(async (table) => {
    const ResourceArn = `arn:aws:dynamodb:us-east-1:123456789012:table/${table}`;
    const answer = read("dynamodb:GetResourcePolicy", { ResourceArn }).catch((error: Error) => {
      if (error.name !== "PolicyNotFoundException") throw error;
      return { Policy: null };
    });
    return [table, (await answer)["Policy"]] as const;
  });
  return Object.fromEntries(await Promise.all([...secrets, ...tables]));
}

async function credentialsOf(read: (name: string, input: object) => Promise<Answer>, UserName: string): Promise<Answer> {
  const [keys, ssh, certificates, service] = await Promise.all([
    read("iam:ListAccessKeys", { UserName }),
    read("iam:ListSSHPublicKeys", { UserName }),
    read("iam:ListSigningCertificates", { UserName }),
    read("iam:ListServiceSpecificCredentials", { UserName }),
  ]);
  return { keys, ssh, certificates, service };
}
