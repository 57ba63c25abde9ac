import type { Agent as HttpAgent } from "node:http";
import type { Agent as HttpsAgent } from "node:https";

type Env = Readonly<Record<string, string | undefined>>;
export type Agents = { readonly httpAgent: HttpAgent; readonly httpsAgent: HttpsAgent };

/** The way to the network, through the proxy that the environment names. Node's HTTP is loaded by whoever goes there. */
export async function openAgents(env: Env): Promise<Agents> {
  const [http, https] = await Promise.all([import("node:http"), import("node:https")]);
  const agent = { keepAlive: true, maxSockets: 256, ...proxyOf(env) };
  return { httpAgent: new http.Agent(agent), httpsAgent: new https.Agent(agent) };
}

/** Node reads proxy settings only when an agent is told to. */
function proxyOf(env: Env): { proxyEnv?: Env } {
  const names = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"];
  return names.some((name) => env[name]) ? { proxyEnv: env } : {};
}
