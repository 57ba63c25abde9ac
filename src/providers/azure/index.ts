import type { NetworkManagementClient } from "@azure/arm-network";
import type { HttpClient } from "@azure/core-rest-pipeline";
import type { TokenCredential } from "@azure/identity";
import type { Clock } from "../../model/index.ts";
import type { Gate } from "../gate.ts";
import { Lane } from "../lane.ts";
import { bounded } from "./deadline.ts";
import { ARM, guard } from "./guard.ts";

export type AzureConnection = {
  readonly clock: Clock;
  /** Longest time that one attempt of a live call may take. */
  readonly deadlineMs: number;
  /** Answers instead of the network. */
  readonly transport: { readonly azure: HttpClient } | null;
  /** Of live calls; a transport asks for none. */
  readonly credential: TokenCredential;
  readonly userAgent: string;
  /** Outlives the client: what was learned of a service's limits holds for all that a process does. */
  readonly lanes: Map<string, Lane>;
};

/** Calls of one subscription that are on their way at once. */
const WIDTH = 16;
const NEVER = 8_640_000_000_000_000;
const NOBODY: TokenCredential = { getToken: async () => ({ token: "simulated", expiresOnTimestamp: NEVER }) };

/** The SDK's client of one subscription, under a scope's guard. Its own retries and redirects are off; its LROs go through `settled`. */
export async function azureClient(
  gate: Gate,
  subscription: string,
  connection: AzureConnection,
): Promise<NetworkManagementClient> {
  const { clock, deadlineMs, transport, userAgent, lanes } = connection;
  const [{ NetworkManagementClient }, { createDefaultHttpClient }] = await Promise.all([
    import("@azure/arm-network"),
    import("@azure/core-rest-pipeline"),
  ]);
  const credential = transport ? NOBODY : connection.credential;
  const client = new NetworkManagementClient(credential, subscription, {
    endpoint: `https://${ARM}`,
    httpClient: transport?.azure ?? bounded(createDefaultHttpClient(), clock, deadlineMs),
    userAgentOptions: { userAgentPrefix: userAgent },
  });
  client.pipeline.removePolicy({ name: "defaultRetryPolicy" });
  client.pipeline.removePolicy({ name: "redirectPolicy" });
  const reads = laneOf(lanes, `azure ${subscription} reads`, clock);
  const writes = laneOf(lanes, `azure ${subscription} writes`, clock);
  client.pipeline.addPolicy(guard(gate, subscription, { reads, writes }), { phase: "Serialize" });
  return client;
}

function laneOf(lanes: Map<string, Lane>, key: string, clock: Clock): Lane {
  const lane = lanes.get(key) ?? new Lane(clock, WIDTH);
  lanes.set(key, lane);
  return lane;
}
