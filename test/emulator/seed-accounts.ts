import { type AwsCredentials, as, type Caller } from "./caller.ts";
import type { Emulator } from "./emulator.ts";
import { ACCOUNT, ROOT } from "./seed.ts";
import { allow, policy } from "./seed-identity.ts";

export type Account = {
  readonly id: string;
  /** An administrator of it, in any Region. */
  admin(region?: string): Caller;
  /** Of the tenant's user. */
  readonly stolen: AwsCredentials;
};

/**
 * More accounts of the organization beside the seeded one: in each a user of tenant acme with a key, a role for the responders, and a host
 * of the tenant in every Region.
 */
export async function seedAccounts(emulator: Emulator, ids: readonly string[], regions: readonly string[]): Promise<Account[]> {
  await emulator.open();
  const accounts = await Promise.all(ids.map((id) => seedAccount(emulator, id, regions)));
  await emulator.enforce();
  return accounts;
}

async function seedAccount({ endpoint }: Emulator, id: string, regions: readonly string[]): Promise<Account> {
  type Key = { AccessKey: { AccessKeyId: string; SecretAccessKey: string } };
  const root = await sessionIn(endpoint, id);
  const iam = as(endpoint, root);
  await iam("iam:CreateUser", { UserName: "administrator" });
  await iam("iam:PutUserPolicy", { UserName: "administrator", PolicyName: "all", PolicyDocument: policy([allow("*", "*")]) });
  const { AccessKey: own } = await iam<Key>("iam:CreateAccessKey", { UserName: "administrator" });
  await iam("iam:CreateUser", { UserName: "acme-portal", Path: "/tenants/acme/" });
  const PolicyDocument = policy([allow("ec2:Describe*", "*")]);
  await iam("iam:PutUserPolicy", { UserName: "acme-portal", PolicyName: "own", PolicyDocument });
  const { AccessKey: stolen } = await iam<Key>("iam:CreateAccessKey", { UserName: "acme-portal" });
  const trust = policy([{ Effect: "Allow", Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: "sts:AssumeRole" }]);
  await iam("iam:CreateRole", { RoleName: "soc2-er-responder", AssumeRolePolicyDocument: trust });
  await respondWith(iam, [allow("*", "*")]);
  iam.close();
  for (const region of regions) await host(as(endpoint, root, region));
  const credentials = { accessKeyId: own.AccessKeyId, secretAccessKey: own.SecretAccessKey };
  return {
    id,
    admin: (region) => as(endpoint, credentials, region),
    stolen: { accessKeyId: stolen.AccessKeyId, secretAccessKey: stolen.SecretAccessKey },
  };
}

/** What the responders may do in the account. */
export async function respondWith(admin: Caller, statements: object[]): Promise<void> {
  const PolicyDocument = policy(statements);
  await admin("iam:PutRolePolicy", { RoleName: "soc2-er-responder", PolicyName: "respond", PolicyDocument });
}

/** Of the account's root, before `enforce`. */
export async function sessionIn(endpoint: string, account: string): Promise<AwsCredentials> {
  type Assumed = { Credentials: { AccessKeyId: string; SecretAccessKey: string; SessionToken: string } };
  const root = as(endpoint, ROOT);
  const RoleArn = `arn:aws:iam::${account}:role/root`;
  const { Credentials } = await root<Assumed>("sts:AssumeRole", { RoleArn, RoleSessionName: "seed" });
  root.close();
  const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken } = Credentials;
  return { accessKeyId, secretAccessKey, sessionToken };
}

async function host(call: Caller & { close(): void }): Promise<void> {
  const { Vpc } = await call<{ Vpc: { VpcId: string } }>("ec2:CreateVpc", { CidrBlock: "10.0.0.0/16" });
  const { Subnet } = await call<{ Subnet: { SubnetId: string } }>("ec2:CreateSubnet", {
    VpcId: Vpc.VpcId,
    CidrBlock: "10.0.1.0/24",
  });
  const input = { GroupName: "web", Description: "web", VpcId: Vpc.VpcId };
  const { GroupId } = await call<{ GroupId: string }>("ec2:CreateSecurityGroup", input);
  await call("ec2:RunInstances", {
    ImageId: "ami-12c6146b",
    MinCount: 1,
    MaxCount: 1,
    NetworkInterfaces: [{ DeviceIndex: 0, SubnetId: Subnet.SubnetId, Groups: [GroupId] }],
    TagSpecifications: [{ ResourceType: "instance", Tags: [{ Key: "tenant", Value: "acme" }] }],
  });
  call.close();
}
