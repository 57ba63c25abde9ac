import { createHmac } from "node:crypto";
import type { PipelineRequest } from "@azure/core-rest-pipeline";
import type { Clock } from "../../model/index.ts";
import { liveCredential } from "../../providers/index.ts";

const SCOPE = "https://storage.azure.com/.default";
/** What the service signs of a request besides its own headers, in this order. */
const SIGNED = [
  "content-encoding",
  "content-language",
  "content-length",
  "content-md5",
  "content-type",
  "date",
  "if-modified-since",
  "if-match",
  "if-none-match",
  "if-unmodified-since",
  "range",
];

export type AzureAccount = {
  readonly account: string;
  /** Of the Blob service, where it is not the public cloud's. */
  readonly endpoint?: string;
  readonly tenant?: string;
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
};

/** Where the account's Blob service is, and how a request to it is authorized. */
export type AzureAccess = { readonly endpoint: string; authorize(request: PipelineRequest): Promise<void> };

/**
 * What the environment gives for this account, as Azure's own tools read it: a connection string, else a SAS of
 * AZURE_STORAGE_ACCOUNT, else what this machine signs in with.
 */
export function azureAccess({ account, endpoint, tenant, clock, env }: AzureAccount): AzureAccess {
  const given = connectionOf(env["AZURE_STORAGE_CONNECTION_STRING"] ?? "", account);
  const sas = given?.sas ?? (env["AZURE_STORAGE_ACCOUNT"] === account ? env["AZURE_STORAGE_SAS_TOKEN"] : undefined);
  const place = (endpoint ?? given?.endpoint ?? `https://${account}.blob.core.windows.net`).replace(/\/+$/, "");
  const key = given?.key;
  if (key !== undefined) return { endpoint: place, authorize: async (request) => signWithKey(request, account, key, clock) };
  if (sas !== undefined) return { endpoint: place, authorize: async (request) => addSas(request, sas) };
  const credential = liveCredential({ clock, env, ...(tenant === undefined ? {} : { tenant }) });
  return {
    endpoint: place,
    authorize: async (request) => {
      const token = await credential.getToken(SCOPE);
      request.headers.set("authorization", `Bearer ${token?.token}`);
    },
  };
}

type Connection = { readonly endpoint: string; readonly key?: string; readonly sas?: string };

/** Null when it speaks of another account: it may be in the environment for something else. */
function connectionOf(text: string, account: string): Connection | null {
  const part = (name: string): string | undefined => new RegExp(`(?:^|;)${name}=([^;]*)`, "i").exec(text)?.[1];
  const suffix = part("EndpointSuffix") ?? "core.windows.net";
  const endpoint = part("BlobEndpoint") ?? `${part("DefaultEndpointsProtocol") ?? "https"}://${account}.blob.${suffix}`;
  const named = part("AccountName") ?? /^https?:\/\/([^./:]+)\./.exec(endpoint)?.[1];
  if (text === "" || named !== account) return null;
  const [key, sas] = [part("AccountKey"), part("SharedAccessSignature")];
  return { endpoint, ...(key === undefined ? {} : { key }), ...(sas === undefined ? {} : { sas }) };
}

function addSas(request: PipelineRequest, sas: string): void {
  request.url += `${request.url.includes("?") ? "&" : "?"}${sas.replace(/^\?/, "")}`;
}

/** The scheme of the service that is called Shared Key. */
function signWithKey({ method, url, headers }: PipelineRequest, account: string, key: string, clock: Clock): void {
  headers.set("x-ms-date", new Date(clock.now()).toUTCString());
  const { pathname, searchParams } = new URL(url);
  const own = [...headers].filter(([name]) => name.startsWith("x-ms-")).sort(byName);
  const asked = [...searchParams].map(([name, value]): [string, string] => [name.toLowerCase(), value]).sort(byName);
  const signed = SIGNED.map((name) => (headers.get(name) === "0" ? "" : (headers.get(name) ?? "")));
  const lines = [method, ...signed, ...own.map(([name, value]) => `${name}:${value.trim()}`), `/${account}${pathname}`];
  const text = [...lines, ...asked.map(([name, value]) => `${name}:${value}`)].join("\n");
  const signature = createHmac("sha256", Buffer.from(key, "base64")).update(text).digest("base64");
  headers.set("authorization", `SharedKey ${account}:${signature}`);
}

function byName([one]: readonly [string, string], [other]: readonly [string, string]): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
