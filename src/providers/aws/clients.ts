import type { Clock } from "../../model/index.ts";
import { Lane } from "../lane.ts";
import type { AwsClients, AwsPlace } from "../scope.ts";
import type { Transport } from "../transport.ts";
import { type Agents, openAgents } from "./agents.ts";
import { type GuardableClient, guard } from "./guard.ts";
import { boundAnswers } from "./whole-answer.ts";

export const CONNECT_MS = 2_000;
/** Calls of one service in one place that are on their way at once. */
const WIDTH = 16;

export type AwsCredentials = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
};

export type AwsConnection = {
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Longest time that one attempt may take. */
  readonly deadlineMs: number;
  readonly userAgent: readonly (readonly [string, string])[];
  /** Of the account's role; undefined = what the SDK finds by itself. */
  readonly credentials: (account: string) => (() => Promise<AwsCredentials>) | undefined;
  readonly transport: Transport | null;
};

type Options = Readonly<Record<string, unknown>>;

/** One SDK client per service and place, made when it is first asked for; the service's SDK is loaded then. */
export class AwsClientPool {
  readonly #connection: AwsConnection;
  readonly #clients = new Map<string, Promise<{ destroy(): void }>>();
  readonly #lanes: Map<string, Lane>;
  #agents: Promise<Agents> | null = null;

  /** `lanes` outlives the pool: what was learned of a service's limits holds for all that a process does. */
  constructor(connection: AwsConnection, lanes: Map<string, Lane>) {
    this.#connection = connection;
    this.#lanes = lanes;
  }

  get<N extends keyof AwsClients>(service: N, place: AwsPlace): Promise<AwsClients[N]> {
    const key = `${service} ${place.account} ${place.region}`;
    const known = this.#clients.get(key) as Promise<AwsClients[N]> | undefined;
    if (known) return known;
    const made = this.#make(service, place, key);
    this.#clients.set(key, made);
    return made;
  }

  async #make<N extends keyof AwsClients>(service: N, place: AwsPlace, key: string): Promise<AwsClients[N]> {
    const client = await CLIENTS[service](await this.#options(place));
    const lane = this.#lanes.get(key) ?? new Lane(this.#connection.clock, WIDTH);
    this.#lanes.set(key, lane);
    if (this.#connection.transport === null) boundAnswers(client, this.#connection.clock, this.#connection.deadlineMs);
    // The generated clients' stacks differ only in the types of their commands.
    guard(
      client as unknown as GuardableClient,
      service,
      { account: place.account, region: place.region },
      lane,
      this.#connection.transport,
    );
    return client;
  }

  async #options({ account, region }: AwsPlace): Promise<Options> {
    const { transport, deadlineMs, userAgent, credentials, env } = this.#connection;
    const common = {
      region: region === "global" ? "us-east-1" : region,
      maxAttempts: 1,
      logger: SILENT,
      customUserAgent: userAgent,
    };
    if (transport) return { ...common, credentials: NOBODY, requestHandler: CLOSED };
    const found = credentials(account);
    this.#agents ??= openAgents(env);
    return {
      ...common,
      ...(found === undefined ? {} : { credentials: found }),
      // An endpoint of one's own (an emulator, a gateway) rarely answers to bucket names in the host.
      ...(env["AWS_ENDPOINT_URL"] || env["AWS_ENDPOINT_URL_S3"] ? { forcePathStyle: true } : {}),
      requestHandler: {
        connectionTimeout: CONNECT_MS,
        requestTimeout: deadlineMs,
        throwOnRequestTimeout: true,
        logger: SILENT,
        ...(await this.#agents),
      },
    };
  }

  async close(): Promise<void> {
    for (const client of await Promise.allSettled(this.#clients.values()))
      if (client.status === "fulfilled") client.value.destroy();
    const agents = await this.#agents;
    agents?.httpAgent.destroy();
    agents?.httpsAgent.destroy();
  }
}

const CLIENTS: { readonly [N in keyof AwsClients]: (options: Options) => Promise<AwsClients[N]> } = {
  autoscaling: async (options) => new (await import("@aws-sdk/client-auto-scaling")).AutoScalingClient(options),
  cloudfront: async (options) => new (await import("@aws-sdk/client-cloudfront")).CloudFrontClient(options),
  cloudtrail: async (options) => new (await import("@aws-sdk/client-cloudtrail")).CloudTrailClient(options),
  cognito: async (options) =>
    new (await import("@aws-sdk/client-cognito-identity-provider")).CognitoIdentityProviderClient(options),
  dynamodb: async (options) => new (await import("@aws-sdk/client-dynamodb")).DynamoDBClient(options),
  ec2: async (options) => new (await import("@aws-sdk/client-ec2")).EC2Client(options),
  eks: async (options) => new (await import("@aws-sdk/client-eks")).EKSClient(options),
  elbv2: async (options) => new (await import("@aws-sdk/client-elastic-load-balancing-v2")).ElasticLoadBalancingV2Client(options),
  iam: async (options) => new (await import("@aws-sdk/client-iam")).IAMClient(options),
  identitystore: async (options) => new (await import("@aws-sdk/client-identitystore")).IdentitystoreClient(options),
  kms: async (options) => new (await import("@aws-sdk/client-kms")).KMSClient(options),
  networkfirewall: async (options) => new (await import("@aws-sdk/client-network-firewall")).NetworkFirewallClient(options),
  organizations: async (options) => new (await import("@aws-sdk/client-organizations")).OrganizationsClient(options),
  rds: async (options) => new (await import("@aws-sdk/client-rds")).RDSClient(options),
  s3: async (options) => new (await import("@aws-sdk/client-s3")).S3Client(options),
  s3control: async (options) => new (await import("@aws-sdk/client-s3-control")).S3ControlClient(options),
  secretsmanager: async (options) => new (await import("@aws-sdk/client-secrets-manager")).SecretsManagerClient(options),
  ssoadmin: async (options) => new (await import("@aws-sdk/client-sso-admin")).SSOAdminClient(options),
  sts: async (options) => new (await import("@aws-sdk/client-sts")).STSClient(options),
  wafv2: async (options) => new (await import("@aws-sdk/client-wafv2")).WAFV2Client(options),
};

const quiet = (): void => undefined;
const SILENT = { trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet };
const NOBODY = { accessKeyId: "SIMULATED", secretAccessKey: "simulated" };

/** Behind a transport there is no way out. */
const CLOSED = {
  handle: async (): Promise<never> => {
    throw new Error("a client of a simulated cloud tried to reach the network");
  },
  destroy: quiet,
};
