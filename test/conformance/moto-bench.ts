import { type Clock, type Json, systemClock } from "../../src/model/index.ts";
import { type AwsService, liveProviders, type ReadScope, type ScopeFactory } from "../../src/providers/index.ts";
import { attacker } from "../emulator/attacker.ts";
import type { Emulator } from "../emulator/emulator.ts";
import type { Seeded } from "../emulator/seed.ts";
import { MANAGEMENT } from "../emulator/seed-identity.ts";
import { SECRETS, TABLES } from "../emulator/seed-keyed.ts";
import type { Bench } from "./bench.ts";

const RESPONDER = "arn:aws:iam::123456789012:role/soc2-er-responder";
const ACCOUNT = "123456789012";

export type MotoBench = Bench & { close(): Promise<void> };

/**
 * The emulator as the responders reach it: real SDK clients over HTTP, which assume the responders' role with the operator's key.
 * Clients find endpoint and credentials in the environment, as they do in production. Of these services everything is compared.
 */
export function motoBench(
  emulator: Emulator,
  seeded: Seeded,
  services: readonly AwsService[] = Object.keys(LOOKS) as AwsService[],
): MotoBench {
  const env = {
    AWS_ENDPOINT_URL: emulator.endpoint,
    AWS_ACCESS_KEY_ID: seeded.operator.accessKeyId,
    AWS_SECRET_ACCESS_KEY: seeded.operator.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: "true",
  };
  Object.assign(process.env, env);
  const accounts = [ACCOUNT, MANAGEMENT].map((id) => ({ id, role: RESPONDER.replace(ACCOUNT, id) }));
  const clock = hurriedClock();
  const providers = liveProviders({ accounts, env, clock, userAgent: { version: "0.0.0" } });
  const effects = attacker(emulator, seeded);
  const feeling = <S extends ReadScope>(scope: S): S => ({ ...scope, effects });
  return {
    clock,
    scopes(): ScopeFactory {
      const live = providers.scopes({ signal: new AbortController().signal });
      return {
        read: (grant) => feeling(live.read(grant)),
        write: (grant, onProgress) => feeling(live.write(grant, onProgress)),
        probe: (grant) => feeling(live.probe(grant)),
        requests: live.requests,
      };
    },
    dump: () => dump(seeded, services),
    aws: (service, operation, input, { account }) =>
      ((account === MANAGEMENT && seeded.management) || seeded.admin)(`${service}:${operation}`, input),
    azure: async () => null,
    setFaults: null,
    close: () => providers.close(),
  };
}

/** What can be called off and lasts as long is the deadline of an answer, and no wait. */
const DEADLINE_MS = 10_000;

/** Real time, but for waits: nothing takes time to take effect on the emulator. */
function hurriedClock(): Clock {
  let skipped = 0;
  return {
    ...systemClock,
    monotonic: () => systemClock.monotonic() + skipped,
    sleep: async (ms, signal) => {
      if (signal !== undefined && ms >= DEADLINE_MS) return systemClock.sleep(ms, signal);
      skipped += ms;
      await systemClock.sleep(Math.min(ms, 5), signal);
    },
  };
}

const BUCKET_PARTS = [
  "GetBucketPolicy",
  "GetBucketLifecycleConfiguration",
  "GetPublicAccessBlock",
  "GetBucketReplication",
  "ListObjectVersions",
];

/** Whether each version is held. The emulator tells what never had a hold from what has none any more, and nobody else does. */
async function holds({ admin }: Seeded): Promise<readonly object[]> {
  const Bucket = "acme-data";
  const { Versions } = await admin<{ Versions: { Key: string; VersionId: string }[] }>("s3:ListObjectVersions", { Bucket });
  const held = async (of: object) => {
    const { LegalHold } = await admin<{ LegalHold?: { Status?: string } }>("s3:GetObjectLegalHold", of);
    return { ...of, held: LegalHold?.Status === "ON" };
  };
  return Promise.all(Versions.map(({ Key, VersionId }) => orError(held({ Bucket, Key, VersionId }))));
}

type Host = { InstanceId: string; IamInstanceProfile?: { Arn: string }; MetadataOptions: object; Tags?: object[] };
const ATTRIBUTES = ["disableApiTermination", "disableApiStop", "instanceInitiatedShutdownBehavior"];

/** An association with a profile that is made anew has another id. */
async function hostsOf(admin: Seeded["admin"]): Promise<readonly object[]> {
  const { Reservations } = await admin<{ Reservations: { Instances: Host[] }[] }>("ec2:DescribeInstances");
  const hosts = Reservations.flatMap(({ Instances }) => Instances).map(async ({ InstanceId, ...host }) => {
    const attributes = ATTRIBUTES.map((Attribute) => admin("ec2:DescribeInstanceAttribute", { InstanceId, Attribute }));
    const { IamInstanceProfile, MetadataOptions, Tags } = host;
    return { InstanceId, MetadataOptions, Tags, profile: IamInstanceProfile?.Arn, attributes: await Promise.all(attributes) };
  });
  return Promise.all(hosts);
}

async function listenersOf(admin: Seeded["admin"]): Promise<readonly unknown[]> {
  type Listed = { LoadBalancers: { LoadBalancerArn: string }[]; Listeners: { ListenerArn: string }[] };
  const { LoadBalancers } = await admin<Listed>("elbv2:DescribeLoadBalancers");
  const listed = LoadBalancers.map(({ LoadBalancerArn }) => admin<Listed>("elbv2:DescribeListeners", { LoadBalancerArn }));
  const arns = (await Promise.all(listed)).flatMap(({ Listeners }) => Listeners.map(({ ListenerArn }) => ListenerArn));
  return Promise.all(arns.map((ListenerArn) => admin("elbv2:DescribeRules", { ListenerArn })));
}

type Look = (admin: Seeded["admin"], seeded: Seeded) => Promise<unknown>;

/** Everything of a service that an action may change, and what stands around it. */
const LOOKS: Readonly<Partial<Record<AwsService, Look>>> = {
  async cognito(admin, { ids }) {
    const UserPoolId = ids.get("us-east-1_Portal001");
    const groups = ["acme", "globex"].map((GroupName) => admin("cognito:ListUsersInGroup", { UserPoolId, GroupName }));
    return Promise.all([admin("cognito:ListUsers", { UserPoolId }), ...groups]);
  },
  async cloudfront(admin) {
    type Listed = { DistributionList: { Items?: { Id: string }[] } };
    const { DistributionList } = await admin<Listed>("cloudfront:ListDistributions");
    return Promise.all((DistributionList.Items ?? []).map(({ Id }) => admin("cloudfront:GetDistributionConfig", { Id })));
  },
  async dynamodb(admin) {
    const arns = TABLES.map((name) => `arn:aws:dynamodb:us-east-1:${ACCOUNT}:table/${name}`);
    return Promise.all(arns.map((ResourceArn) => orError(admin("dynamodb:GetResourcePolicy", { ResourceArn }))));
  },
  async ec2(admin) {
    const names = ["DescribeNetworkAcls", "DescribeSecurityGroups", "DescribeNetworkInterfaces", "DescribeManagedPrefixLists"];
    const Filters = [{ Name: "tag-key", Values: ["soc2-er"] }];
    const snapshots = admin("ec2:DescribeSnapshots", { OwnerIds: ["self"], Filters });
    return Promise.all([hostsOf(admin), snapshots, ...names.map((name) => admin(`ec2:${name}`))]);
  },
  async autoscaling(admin) {
    const names = ["DescribeAutoScalingGroups", "DescribeAutoScalingInstances"];
    return Promise.all(names.map((name) => admin(`autoscaling:${name}`)));
  },
  async elbv2(admin) {
    const { TargetGroups } = await admin<{ TargetGroups: { TargetGroupArn: string }[] }>("elbv2:DescribeTargetGroups");
    const targets = TargetGroups.map(({ TargetGroupArn }) => admin("elbv2:DescribeTargetHealth", { TargetGroupArn }));
    return Promise.all([admin("elbv2:DescribeLoadBalancers"), listenersOf(admin), ...targets]);
  },
  async rds(admin) {
    return Promise.all(["DBInstances", "DBClusters", "DBProxies"].map((things) => admin(`rds:Describe${things}`)));
  },
  async iam(admin) {
    const names = ["AccessKeys", "SSHPublicKeys", "SigningCertificates", "ServiceSpecificCredentials", "MFADevices"];
    const password = orError(admin("iam:GetLoginProfile", { UserName: "intruder" }));
    const all = admin("iam:GetAccountAuthorizationDetails", { Filter: ["User", "Role", "LocalManagedPolicy"] });
    return Promise.all([all, password, ...names.map((name) => admin(`iam:List${name}`, { UserName: "intruder" }))]);
  },
  async kms(admin) {
    const { Keys } = await admin<{ Keys: { KeyId: string }[] }>("kms:ListKeys");
    const policy = { PolicyName: "default" };
    return Promise.all(
      Keys.flatMap(({ KeyId }) => [admin("kms:DescribeKey", { KeyId }), admin("kms:GetKeyPolicy", { KeyId, ...policy })]),
    );
  },
  async organizations(_admin, { management }) {
    if (management === null) return null;
    const Filter = "SERVICE_CONTROL_POLICY";
    const { Policies } = await management<{ Policies: { Id: string }[] }>("organizations:ListPolicies", { Filter });
    return Promise.all(
      Policies.flatMap(({ Id: PolicyId }) =>
        ["DescribePolicy", "ListTargetsForPolicy"].map((name) => management(`organizations:${name}`, { PolicyId })),
      ),
    );
  },
  async s3(admin, seeded) {
    const buckets = ["acme-data", "acme-audit"];
    const parts = BUCKET_PARTS.flatMap((operation) => buckets.map((Bucket) => orError(admin(`s3:${operation}`, { Bucket }))));
    return Promise.all([holds(seeded), ...parts]);
  },
  async secretsmanager(admin) {
    return Promise.all(SECRETS.map((SecretId) => orError(admin("secretsmanager:GetResourcePolicy", { SecretId }))));
  },
  async ssoadmin(admin, { here }) {
    const InstanceArn = here("arn:aws:sso:::instance/ssoins-7223b05f3d8a0a11");
    const IdentityStoreId = here("d-9067e2a1c4");
    const sets = ["ps-7223aa01b2c3d401", "ps-7223aa01b2c3d402"].map((id) =>
      here(`arn:aws:sso:::permissionSet/ssoins-7223b05f3d8a0a11/${id}`),
    );
    const groups = ["a4d8b4e8-7001-70bb-8000-0000000600b1", "a4d8b4e8-7001-70bb-8000-0000000600b2"].map(here);
    return Promise.all([
      ...groups.map((GroupId) => admin("identitystore:ListGroupMemberships", { IdentityStoreId, GroupId })),
      ...sets.flatMap((PermissionSetArn) => [
        admin("ssoadmin:ListAccountAssignments", { InstanceArn, AccountId: ACCOUNT, PermissionSetArn }),
        admin("ssoadmin:GetInlinePolicyForPermissionSet", { InstanceArn, PermissionSetArn }),
      ]),
    ]);
  },
  async wafv2(admin) {
    type Listed = Readonly<Record<"IPSets" | "WebACLs" | "RuleGroups", { Name: string; Id: string }[]>>;
    const all = ["REGIONAL", "CLOUDFRONT"].flatMap((Scope) =>
      (["IPSet", "WebACL", "RuleGroup"] as const).map(async (kind) => {
        const listed = (await admin<Listed>(`wafv2:List${kind}s`, { Scope }))[`${kind}s`];
        return Promise.all(listed.map(({ Name, Id }) => admin(`wafv2:Get${kind}`, { Scope, Name, Id })));
      }),
    );
    return Promise.all(all);
  },
};

async function dump(seeded: Seeded, services: readonly AwsService[]): Promise<Json> {
  return plain(await Promise.all(services.map((service) => LOOKS[service]?.(seeded.admin, seeded))));
}

const VOLATILE = new Set([
  "Version",
  "NetworkAclAssociationId",
  "$metadata",
  "ETag",
  "LatestRestorableTime",
  "LockToken",
  "RevisionId",
  "RoleLastUsed",
  "MembershipId",
  "UserLastModifiedDate",
]);

/** moto numbers what it lists in no order of its own. */
function plain(value: unknown): Json {
  const kept = JSON.parse(JSON.stringify(value, (name, item) => (VOLATILE.has(name) ? undefined : item))) as Json;
  return sorted(kept);
}

function sorted(value: Json): Json {
  if (Array.isArray(value))
    return value.map(sorted).toSorted((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, sorted(item)]));
}

function orError(answer: Promise<object>): Promise<object> {
  return answer.catch((error: Error) => ({ error: error.name }));
}
