import { generateKeyPairSync } from "node:crypto";
import type { AwsCredentials, Caller } from "./caller.ts";

const ACCOUNT = "123456789012";
/** Of the organization, where that is seeded. */
export const MANAGEMENT = "111122223333";
const BUCKET = "acme-data";
const INTRUDER = "intruder";

/** Nobody has its private key. */
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBfTCCASOgAwIBAgIURJ1ZFMAZCAEfMw8M1ArqSOX5gJ0wCgYIKoZIzj0EAwIw
EzERMA8GA1UEAwwIaW50cnVkZXIwIBcNMjYxMTI2MTY0MDAyWhgPMjEyNjExMDIx
NjQwMDJaMBMxETAPBgNVBAMMCGludHJ1ZGVyMFkwEwYHKoZIzj0CAQYIKoZIzj0D
AQcDQgAE05zPB0TgTjAZ4Uz4PdF9u7iYSwPkzglnQrEqs2l+7VTshEQVDnpzfdki
E2wRSVlgEoamLBHeHbBuzWQH+4fi6KNTMFEwHQYDVR0OBBYEFDl1jHH0G9gQuQrT
M9zvpfLSl/9FMB8GA1UdIwQYMBaAFDl1jHH0G9gQuQrTM9zvpfLSl/9FMA8GA1Ud
EwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIgRU7pzSA0LKy/LEAU4qGkO9Et
dExH6neuSHzaUki2d5MCIQDSEAxZppAL8ol6fi/HRaSo/Z+8AndBrrCm2XusZThE
Dw==
-----END CERTIFICATE-----`;

/** As an administrator wrote it, by hand. */
const EXPORT_TRUST = `{
  "Version": "2012-10-17",
  "Statement": [
    { "Sid": "Tasks", "Effect": "Allow", "Principal": { "Service": "ecs-tasks.amazonaws.com" }, "Action": "sts:AssumeRole" },
    { "Sid": "Exports", "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::${ACCOUNT}:user/${INTRUDER}" },
      "Action": ["sts:AssumeRole", "sts:TagSession"] }
  ]
}`;

type Ids = Map<string, string>;
type Stolen = Map<string, AwsCredentials>;

/** Users, roles and credentials as in the range's estate, and the two people of the test. */
export async function seedIdentity(call: Caller, ids: Ids, stolen: Stolen) {
  const administrator = await person(call, "administrator", [allow("*", "*")]);
  const responders = [ACCOUNT, MANAGEMENT].map((account) => `arn:aws:iam::${account}:role/soc2-er-responder`);
  const operator = await person(call, "operator", [allow("sts:AssumeRole", responders)]);
  await intruder(call, ids, stolen);
  for (const tenant of ["acme", "globex"]) {
    await user(call, `${tenant}-portal`, `/tenants/${tenant}/`, [tenantData(tenant)]);
    await accessKey(call, `${tenant}-portal`, ids, stolen, `AKIA${tenant.toUpperCase()}PORTAL`);
  }
  await user(call, "deploy-bot", "/", [allow(["ec2:Describe*", "s3:ListAllMyBuckets"], "*")]);
  await accessKey(call, "deploy-bot", ids, stolen, "AKIADEPLOYBOT");
  const data = allow("s3:*", [`arn:aws:s3:::${BUCKET}`, `arn:aws:s3:::${BUCKET}/*`]);
  await role(call, "soc2-er-responder", "respond", [allow("*", "*")]);
  const here = `us-east-1:${ACCOUNT}`;
  const keyed = [
    allow("secretsmanager:GetSecretValue", `arn:aws:secretsmanager:${here}:secret:prod/*`),
    allow(["dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem"], `arn:aws:dynamodb:${here}:table/app-*`),
  ];
  ids.set("AROAAPPDATA0000000001", await role(call, "app-data", "tenant-data", [data, ...keyed], stolen));
  await role(call, "acme-worker", "tenant-data", [tenantData("acme")], stolen);
  await role(call, "globex-worker", "tenant-data", [tenantData("globex")], stolen);
  await role(call, "export-jobs", "exports", [allow("s3:GetObject", `arn:aws:s3:::${BUCKET}/exports/*`)]);
  await call("iam:UpdateAssumeRolePolicy", { RoleName: "export-jobs", PolicyDocument: EXPORT_TRUST });
  return { administrator, operator };
}

async function intruder(call: Caller, ids: Ids, stolen: Stolen): Promise<void> {
  await user(call, INTRUDER, "/", [
    allow(["s3:GetObject", "s3:ListBucket"], [`arn:aws:s3:::${BUCKET}`, `arn:aws:s3:::${BUCKET}/*`]),
  ]);
  // A copy: loading all that AWS manages takes the emulator longer than everything else here.
  const PolicyDocument = policy([allow("iam:*", "*")]);
  const { Policy } = await call<{ Policy: { Arn: string } }>("iam:CreatePolicy", { PolicyName: "IAMFullAccess", PolicyDocument });
  await call("iam:AttachUserPolicy", { UserName: INTRUDER, PolicyArn: Policy.Arn });
  await accessKey(call, INTRUDER, ids, stolen, "AKIAINTRUDER00000001");
  await accessKey(call, INTRUDER, ids, stolen, "AKIAINTRUDER00000002");
  await consoleAccess(call, ids);
  const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
  const SSHPublicKeyBody = publicKey.export({ type: "spki", format: "pem" });
  type Ssh = { SSHPublicKey: { SSHPublicKeyId: string } };
  const ssh = await call<Ssh>("iam:UploadSSHPublicKey", { UserName: INTRUDER, SSHPublicKeyBody });
  ids.set("APKAINTRUDER00000001", ssh.SSHPublicKey.SSHPublicKeyId);
  type Uploaded = { Certificate: { CertificateId: string } };
  const uploaded = await call<Uploaded>("iam:UploadSigningCertificate", { UserName: INTRUDER, CertificateBody: CERTIFICATE });
  ids.set("CERTINTRUDER000000000001", uploaded.Certificate.CertificateId);
  type Created = { ServiceSpecificCredential: { ServiceSpecificCredentialId: string } };
  const ServiceName = "codecommit.amazonaws.com";
  const created = await call<Created>("iam:CreateServiceSpecificCredential", { UserName: INTRUDER, ServiceName });
  ids.set("ACCAINTRUDER00000001", created.ServiceSpecificCredential.ServiceSpecificCredentialId);
}

async function person(call: Caller, name: string, statements: object[]): Promise<AwsCredentials> {
  await user(call, name, "/", statements);
  return accessKey(call, name);
}

async function user(call: Caller, UserName: string, Path: string, statements: object[]): Promise<void> {
  await call("iam:CreateUser", { UserName, Path });
  await call("iam:PutUserPolicy", { UserName, PolicyName: "own", PolicyDocument: policy(statements) });
}

async function accessKey(call: Caller, UserName: string, ids?: Ids, stolen?: Stolen, there = ""): Promise<AwsCredentials> {
  type Created = { AccessKey: { AccessKeyId: string; SecretAccessKey: string } };
  const { AccessKey } = await call<Created>("iam:CreateAccessKey", { UserName });
  const credentials = { accessKeyId: AccessKey.AccessKeyId, secretAccessKey: AccessKey.SecretAccessKey };
  ids?.set(there, AccessKey.AccessKeyId);
  stolen?.set(AccessKey.AccessKeyId, credentials);
  stolen?.set(UserName, stolen.get(UserName) ?? credentials);
  return credentials;
}

/** A password and an app as second factor. Moments are the emulator's: it dates a password as it dates its user. */
async function consoleAccess(call: Caller, ids: Ids): Promise<void> {
  type Made = { LoginProfile: { CreateDate: Date } };
  const made = await call<Made>("iam:CreateLoginProfile", { UserName: INTRUDER, Password: "Winter-2026-or-so!" });
  ids.set("2026-11-25T21:40:07.000Z", made.LoginProfile.CreateDate.toISOString());
  const SerialNumber = `arn:aws:iam::${ACCOUNT}:mfa/pixel-of-mine`;
  await call("iam:CreateVirtualMFADevice", { VirtualMFADeviceName: "pixel-of-mine" });
  const codes = { AuthenticationCode1: "123456", AuthenticationCode2: "654321" };
  await call("iam:EnableMFADevice", { UserName: INTRUDER, SerialNumber, ...codes });
  type Listed = { MFADevices: { EnableDate: Date }[] };
  const { MFADevices } = await call<Listed>("iam:ListMFADevices", { UserName: INTRUDER });
  ids.set("2026-11-25T21:58:31.000Z", MFADevices[0]?.EnableDate.toISOString() ?? "");
}

/**
 * With a `stolen`, a session of the role is in it, under the role's name, and another for `ada`, under hers. Gives the role's unique id.
 */
async function role(call: Caller, RoleName: string, PolicyName: string, statements: object[], stolen?: Stolen): Promise<string> {
  const trust = policy([{ Effect: "Allow", Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: "sts:AssumeRole" }]);
  type Created = { Role: { RoleId: string } };
  const input = { RoleName, AssumeRolePolicyDocument: trust, MaxSessionDuration: 43_200 };
  const { Role } = await call<Created>("iam:CreateRole", input);
  await call("iam:PutRolePolicy", { RoleName, PolicyName, PolicyDocument: policy(statements) });
  stolen?.set(RoleName, await session(call, RoleName, { RoleSessionName: "i-0acme01" }));
  stolen?.set(`${RoleName}/ada`, await session(call, RoleName, { RoleSessionName: "on-call", SourceIdentity: "ada" }));
  return Role.RoleId;
}

async function session(call: Caller, role: string, named: object): Promise<AwsCredentials> {
  type Assumed = { Credentials: { AccessKeyId: string; SecretAccessKey: string; SessionToken: string } };
  const RoleArn = `arn:aws:iam::${ACCOUNT}:role/${role}`;
  const { Credentials } = await call<Assumed>("sts:AssumeRole", { RoleArn, ...named });
  const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken } = Credentials;
  return { accessKeyId, secretAccessKey, sessionToken };
}

export const allow = (Action: string | string[], Resource: string | string[]): object => ({ Effect: "Allow", Action, Resource });
export const policy = (Statement: object[]): string => JSON.stringify({ Version: "2012-10-17", Statement });

function tenantData(tenant: string): object {
  return allow(["s3:GetObject", "s3:PutObject"], `arn:aws:s3:::${BUCKET}/tenants/${tenant}/*`);
}
