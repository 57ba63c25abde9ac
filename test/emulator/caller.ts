export type AwsCredentials = { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string };

/** Calls of somebody with credentials of their own, past everything that the product puts around a client. */
export type Caller = <T = Record<string, unknown>>(name: string, input?: object) => Promise<T>;

type Client = { send(command: object): Promise<object>; destroy(): void };
type Sdk = Readonly<Record<string, new (input: object) => Client>>;

export const SDKS: Readonly<Record<string, () => Promise<unknown>>> = {
  autoscaling: () => import("@aws-sdk/client-auto-scaling"),
  cloudfront: () => import("@aws-sdk/client-cloudfront"),
  cloudtrail: () => import("@aws-sdk/client-cloudtrail"),
  cognito: () => import("@aws-sdk/client-cognito-identity-provider"),
  dynamodb: () => import("@aws-sdk/client-dynamodb"),
  ec2: () => import("@aws-sdk/client-ec2"),
  eks: () => import("@aws-sdk/client-eks"),
  elbv2: () => import("@aws-sdk/client-elastic-load-balancing-v2"),
  iam: () => import("@aws-sdk/client-iam"),
  identitystore: () => import("@aws-sdk/client-identitystore"),
  kms: () => import("@aws-sdk/client-kms"),
  networkfirewall: () => import("@aws-sdk/client-network-firewall"),
  organizations: () => import("@aws-sdk/client-organizations"),
  rds: () => import("@aws-sdk/client-rds"),
  s3: () => import("@aws-sdk/client-s3"),
  s3control: () => import("@aws-sdk/client-s3-control"),
  secretsmanager: () => import("@aws-sdk/client-secrets-manager"),
  ssoadmin: () => import("@aws-sdk/client-sso-admin"),
  sts: () => import("@aws-sdk/client-sts"),
  wafv2: () => import("@aws-sdk/client-wafv2"),
};
const CLIENTS: Readonly<Record<string, string>> = {
  autoscaling: "AutoScaling",
  cloudfront: "CloudFront",
  cloudtrail: "CloudTrail",
  cognito: "CognitoIdentityProvider",
  dynamodb: "DynamoDB",
  ec2: "EC2",
  eks: "EKS",
  elbv2: "ElasticLoadBalancingV2",
  iam: "IAM",
  identitystore: "Identitystore",
  kms: "KMS",
  networkfirewall: "NetworkFirewall",
  organizations: "Organizations",
  rds: "RDS",
  s3: "S3",
  s3control: "S3Control",
  secretsmanager: "SecretsManager",
  ssoadmin: "SSOAdmin",
  sts: "STS",
  wafv2: "WAFV2",
};

/** `as(endpoint, credentials)("iam:GetUser", { UserName: "intruder" })`. The answer's type is the test's claim. */
export function as(endpoint: string, credentials: AwsCredentials, region = "us-east-1"): Caller & { close(): void } {
  const clients = new Map<string, Promise<{ client: Client; sdk: Sdk }>>();
  const open = async (service: string) => {
    const sdk = (await SDKS[service]?.()) as Sdk;
    const Made = sdk[`${CLIENTS[service]}Client`];
    if (Made === undefined) throw new Error(`nobody calls "${service}" here`);
    const options = { endpoint, credentials, region, maxAttempts: 1, forcePathStyle: true };
    return { client: new Made(options), sdk };
  };
  const call = async (name: string, input: object = {}) => {
    const [service = "", operation = ""] = name.split(":");
    const opened = clients.get(service) ?? open(service);
    clients.set(service, opened);
    const { client, sdk } = await opened;
    const Command = sdk[`${operation}Command`];
    if (Command === undefined) throw new Error(`there is no "${name}"`);
    return wholly(await client.send(new Command(input)));
  };
  const close = (): void => clients.forEach((opened) => void opened.then(({ client }) => client.destroy()));
  return Object.assign(call as Caller, { close });
}

/** A body that nobody reads breaks whoever happens to run when the server ends. */
async function wholly(answer: { Body?: { transformToByteArray(): Promise<Uint8Array> } }): Promise<object> {
  return answer.Body === undefined ? answer : { ...answer, Body: await answer.Body.transformToByteArray() };
}
