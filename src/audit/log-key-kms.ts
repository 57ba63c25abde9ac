import { createPublicKey } from "node:crypto";
import type { KMSClient } from "@aws-sdk/client-kms";
import { type Clock, ErError, within } from "../model/index.ts";
import { openAgents } from "../providers/index.ts";
import type { LogKey } from "../signing/index.ts";

export type KmsLogKeyOptions = {
  /** The key's ARN. */
  readonly key: string;
  readonly region: string;
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of each call. */
  readonly deadlineMs: number;
};

/** An ECC_NIST_P256 key of AWS KMS, used with the ambient credentials. Calls are sent once. */
export function kmsLogKey({ key, region, clock, env, deadlineMs }: KmsLogKeyOptions): LogKey {
  const ask = async <T>(what: string, call: (client: KMSClient, signal: AbortSignal) => Promise<T>): Promise<T> => {
    try {
      const { KMSClient } = await import("@aws-sdk/client-kms");
      const client = new KMSClient({
        region,
        maxAttempts: 1,
        requestHandler: { requestTimeout: deadlineMs, throwOnRequestTimeout: true, ...(await openAgents(env)) },
      });
      return await within(clock, deadlineMs, (signal) => call(client, signal)).finally(() => client.destroy());
    } catch (error) {
      throw unusable(what, key, error);
    }
  };
  return {
    name: key,
    publicKey: () =>
      ask("read", async (client, abortSignal) => {
        const { GetPublicKeyCommand } = await import("@aws-sdk/client-kms");
        const { PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId: key }), { abortSignal });
        return createPublicKey({ key: Buffer.from(PublicKey ?? []), format: "der", type: "spki" });
      }),
    sign: (message) =>
      ask("sign with", async (client, abortSignal) => {
        const { SignCommand } = await import("@aws-sdk/client-kms");
        // RAW: a note is far below the 4,096 bytes that KMS hashes itself.
        const asked = { KeyId: key, Message: message, MessageType: "RAW", SigningAlgorithm: "ECDSA_SHA_256" } as const;
        return (await client.send(new SignCommand(asked), { abortSignal })).Signature ?? new Uint8Array();
      }),
  };
}

function unusable(what: string, key: string, error: unknown): ErError {
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new ErError("log-key-unusable", `cannot ${what} the log key "${key}": ${reason}`, {
    cause: error,
    hints: ["aws sts get-caller-identity   # it needs kms:GetPublicKey and kms:Sign on the key"],
  });
}
