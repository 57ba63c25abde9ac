import { type Clock, type Json, systemClock } from "../../src/model/index.ts";
import { liveProviders, type ReadScope, type ScopeFactory } from "../../src/providers/index.ts";
import { attacker } from "../emulator/attacker.ts";
import type { Emulator } from "../emulator/emulator.ts";
import type { Seeded } from "../emulator/seed.ts";
import { SECRETS, TABLES } from "../emulator/seed-keyed.ts";
import type { Bench } from "./bench.ts";

const RESPONDER = "arn:aws:iam::123456789012:role/soc2-er-responder";
const ACCOUNT = "123456789012";

export type MotoBench = Bench & { close(): Promise<void> };

/**
 * The emulator as the responders reach it: real SDK clients over HTTP, which assume the responders' role with the operator's key.
 * Clients find endpoint and credentials in the environment, as they do in production.
 */
export function motoBench(emulator: Emulator, seeded: Seeded): MotoBench {
  const env = {
    AWS_ENDPOINT_URL: emulator.endpoint,
    AWS_ACCESS_KEY_ID: seeded.operator.accessKeyId,
    AWS_SECRET_ACCESS_KEY: seeded.operator.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: "true",
  };
  Object.assign(process.env, env);
  const accounts = [{ id: ACCOUNT, role: RESPONDER }];
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
    dump: () => dump(seeded),
    aws: (service, operation, input) => seeded.admin(`${service}:${operation}`, input),
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

/** Everything that an action may change, and what stands around it. */
async function dump(seeded: Seeded): Promise<Json> {
  const { admin } = seeded;
  const bucketParts = BUCKET_PARTS.flatMap((operation) =>
    ["acme-data", "acme-audit"].map((Bucket) => orError(admin(`s3:${operation}`, { Bucket }))),
  );
  const userParts = [
    "ListAccessKeys",
    "ListSSHPublicKeys",
    "ListSigningCertificates",
    "ListServiceSpecificCredentials",
    "ListMFADevices",
  ].map((operation) => admin(`iam:${operation}`, { UserName: "intruder" }));
  const password = orError(admin("iam:GetLoginProfile", { UserName: "intruder" }));
  const { IPSets } = await admin<{ IPSets: { Name: string; Id: string }[] }>("wafv2:ListIPSets", { Scope: "REGIONAL" });
  const sets = IPSets.map(({ Name, Id }) => admin("wafv2:GetIPSet", { Scope: "REGIONAL", Name, Id }));
  const network = ["DescribeNetworkAcls", "DescribeSecurityGroups", "DescribeNetworkInterfaces"].map((name) =>
    admin(`ec2:${name}`),
  );
  const { Keys } = await admin<{ Keys: { KeyId: string }[] }>("kms:ListKeys");
  const keys = Keys.flatMap(({ KeyId }) => [
    admin("kms:DescribeKey", { KeyId }),
    admin("kms:GetKeyPolicy", { KeyId, PolicyName: "default" }),
  ]);
  const secretParts = SECRETS.map((SecretId) => orError(admin("secretsmanager:GetResourcePolicy", { SecretId })));
  const tableParts = TABLES.map((name) =>
    orError(admin("dynamodb:GetResourcePolicy", { ResourceArn: `arn:aws:dynamodb:us-east-1:${ACCOUNT}:table/${name}` })),
  );
  const iam = admin("iam:GetAccountAuthorizationDetails", { Filter: ["User", "Role", "LocalManagedPolicy"] });
  const parts = [...secretParts, ...tableParts, ...bucketParts, ...userParts, password, ...sets, ...network, ...keys];
  return plain(await Promise.all([iam, holds(seeded), ...parts]));
}

const VOLATILE = new Set(["$metadata", "LockToken", "RevisionId", "RoleLastUsed"]);

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
