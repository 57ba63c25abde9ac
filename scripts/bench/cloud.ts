import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { StubOptions } from "../../test/providers/throttling-stub.ts";

/** Runs `work` beside a simulated IAM, to which AWS's SDK is led by the environment. */
export async function withCloud<T>(options: StubOptions, work: (endpoint: string) => Promise<T>): Promise<T> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "stub.ts"), JSON.stringify(options)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  try {
    const [said] = await once(child.stdout, "data");
    const endpoint = String(said).trim();
    Object.assign(process.env, cloudEnv(endpoint));
    return await work(endpoint);
  } finally {
    child.stdin.end();
  }
}

export function cloudEnv(endpoint: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: "AKIABENCH",
    AWS_SECRET_ACCESS_KEY: "secret",
    AWS_EC2_METADATA_DISABLED: "true",
  };
}
