import { createHash, createPublicKey } from "node:crypto";
import { type Clock, ErError, within } from "../model/index.ts";
import { liveCredential } from "../providers/index.ts";
import type { LogKey } from "../signing/index.ts";

const API = "7.4";
const SCOPE = "https://vault.azure.net/.default";
const SAID = 200;

export type VaultLogKeyOptions = {
  /** The key's identifier with its version: another version is another key. */
  readonly id: string;
  readonly clock: Clock;
  /** Of each call. */
  readonly deadlineMs: number;
  /** For the vault's REST interface. */
  readonly token: () => Promise<string>;
};

export function vaultToken(
  clock: Clock,
  env: Readonly<Record<string, string | undefined>>,
  tenant?: string,
): () => Promise<string> {
  const credential = liveCredential({ clock, env, ...(tenant === undefined ? {} : { tenant }) });
  return async () => (await credential.getToken(SCOPE))?.token ?? "";
}

/** A P-256 key of Azure Key Vault. Calls are sent once. */
export function vaultLogKey({ id, clock, deadlineMs, token }: VaultLogKeyOptions): LogKey {
  const ask = async (what: string, path: string, body?: object): Promise<Answer> => {
    try {
      return await within(clock, deadlineMs, async (signal) =>
        send(`${id}${path}?api-version=${API}`, await token(), signal, body),
      );
    } catch (error) {
      throw unusable(what, id, error);
    }
  };
  return {
    name: id,
    publicKey: async () => {
      const { key } = await ask("read", "");
      try {
        return createPublicKey({ key: { kty: "EC", crv: key?.crv ?? "", x: key?.x ?? "", y: key?.y ?? "" }, format: "jwk" });
      } catch (error) {
        throw unusable("read", id, error);
      }
    },
    sign: async (message) => {
      const digest = createHash("sha256").update(message).digest("base64url");
      const { value = "" } = await ask("sign with", "/sign", { alg: "ES256", value: digest });
      const raw = Buffer.from(value, "base64url");
      if (raw.length !== 64) throw unusable("sign with", id, new Error(`its signature has ${raw.length} bytes, not 64`));
      return derOf(raw);
    },
  };
}

type Answer = {
  readonly value?: string;
  readonly key?: { readonly crv?: string; readonly x?: string; readonly y?: string };
  readonly error?: { readonly code?: string; readonly message?: string };
};

async function send(url: string, token: string, signal: AbortSignal, body?: object): Promise<Answer> {
  const { createDefaultHttpClient, createPipelineFromOptions, createPipelineRequest } = await import("@azure/core-rest-pipeline");
  const pipeline = createPipelineFromOptions({ userAgentOptions: { userAgentPrefix: "soc2-er" } });
  for (const name of ["defaultRetryPolicy", "redirectPolicy"]) pipeline.removePolicy({ name });
  const request = createPipelineRequest({
    url,
    method: body === undefined ? "GET" : "POST",
    abortSignal: signal,
    allowInsecureConnection: url.startsWith("http:"),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  request.headers.set("authorization", `Bearer ${token}`);
  request.headers.set("content-type", "application/json");
  const { status, bodyAsText } = await pipeline.sendRequest(createDefaultHttpClient(), request);
  const answer = JSON.parse(bodyAsText || "{}") as Answer;
  if (status === 200) return answer;
  throw new Error(`${answer.error?.code ?? `status ${status}`}: ${(answer.error?.message ?? "").slice(0, SAID)}`);
}

/** Key Vault answers with r and s one behind the other; notes have the two as a DER sequence of integers. */
function derOf(raw: Buffer): Buffer {
  const integer = (bytes: Buffer): Buffer => {
    let start = 0;
    while (start < bytes.length - 1 && bytes[start] === 0) start++;
    const rest = bytes.subarray(start);
    const positive = (rest[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), rest]) : rest;
    return Buffer.concat([Buffer.of(0x02, positive.length), positive]);
  };
  const both = Buffer.concat([integer(raw.subarray(0, 32)), integer(raw.subarray(32))]);
  return Buffer.concat([Buffer.of(0x30, both.length), both]);
}

function unusable(what: string, id: string, error: unknown): ErError {
  const reason = error instanceof Error ? error.message : String(error);
  return new ErError("log-key-unusable", `cannot ${what} the log key "${id}": ${reason}`, {
    cause: error,
    hints: ["az account show   # it needs the key permissions get and sign"],
  });
}
