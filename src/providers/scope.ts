import type { AutoScalingClient } from "@aws-sdk/client-auto-scaling";
import type { CloudFrontClient } from "@aws-sdk/client-cloudfront";
import type { CloudTrailClient } from "@aws-sdk/client-cloudtrail";
import type { CognitoIdentityProviderClient } from "@aws-sdk/client-cognito-identity-provider";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { EC2Client } from "@aws-sdk/client-ec2";
import type { EKSClient } from "@aws-sdk/client-eks";
import type { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { IAMClient } from "@aws-sdk/client-iam";
import type { IdentitystoreClient } from "@aws-sdk/client-identitystore";
import type { KMSClient } from "@aws-sdk/client-kms";
import type { NetworkFirewallClient } from "@aws-sdk/client-network-firewall";
import type { OrganizationsClient } from "@aws-sdk/client-organizations";
import type { RDSClient } from "@aws-sdk/client-rds";
import type { S3Client } from "@aws-sdk/client-s3";
import type { S3ControlClient } from "@aws-sdk/client-s3-control";
import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { SSOAdminClient } from "@aws-sdk/client-sso-admin";
import type { STSClient } from "@aws-sdk/client-sts";
import type { WAFV2Client } from "@aws-sdk/client-wafv2";
import type { NetworkManagementClient } from "@azure/arm-network";
import type { Clock, EffectObserver, Receipt } from "../model/index.ts";
import type { Permission } from "./permission.ts";

export type AwsClients = {
  autoscaling: AutoScalingClient;
  cloudfront: CloudFrontClient;
  cloudtrail: CloudTrailClient;
  cognito: CognitoIdentityProviderClient;
  dynamodb: DynamoDBClient;
  ec2: EC2Client;
  eks: EKSClient;
  elbv2: ElasticLoadBalancingV2Client;
  iam: IAMClient;
  identitystore: IdentitystoreClient;
  kms: KMSClient;
  networkfirewall: NetworkFirewallClient;
  organizations: OrganizationsClient;
  rds: RDSClient;
  s3: S3Client;
  s3control: S3ControlClient;
  secretsmanager: SecretsManagerClient;
  ssoadmin: SSOAdminClient;
  sts: STSClient;
  wafv2: WAFV2Client;
};

/** Account id and Region; global services are called with the Region `global`. */
export type AwsPlace = { readonly account: string; readonly region: string };

/**
 * Where an action reads. Every client that it hands out refuses, before the network, each operation that the scope was not
 * opened for; a refusal is an ErError `read-only`. Throttling, pacing and retries of reads happen behind it; what comes out is
 * the SDK's output, or a ProviderError.
 */
export interface ReadScope {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Answers the attacker's questions, where somebody can (the range); null otherwise. */
  readonly effects: EffectObserver | null;
  aws<N extends keyof AwsClients>(service: N, place: AwsPlace): Promise<Pick<AwsClients[N], "send">>;
  azure(subscription: string): Promise<NetworkManagementClient>;
}

/**
 * Where an action writes. Mutating calls are sent once, except where the provider said that it did not act (throttled). Each
 * answered mutating call leaves a receipt.
 */
export interface WriteScope extends ReadScope {
  readonly receipts: readonly Receipt[];
  /** Makes a token durable by which another process can follow a long-running operation. Resolves when it is on disk. */
  progress(token: string): Promise<void>;
  /** One at a time within this process, for what the provider changes one at a time: it would refuse the others. */
  inTurn<T>(name: string, work: () => Promise<T>): Promise<T>;
}

/** Where an action asks the provider's own dry run: declared writes leave only with the dry-run flag, which the scope sets. */
export interface ProbeScope extends ReadScope {
  readonly probing: true;
}

export type ScopeGrant = { readonly read: readonly Permission[]; readonly write: readonly Permission[] };
