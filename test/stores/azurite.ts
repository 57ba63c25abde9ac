import { spawn, spawnSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { azureBlobStore } from "../../src/audit/stores/azure-blob.ts";
import { AzureRequests } from "../../src/audit/stores/azure-requests.ts";
import type { Store } from "../../src/audit/stores/store.ts";
import { systemClock } from "../../src/model/index.ts";

export const AZURITE = "3.37.0";
const FOLDER = join(import.meta.dirname, `../../.azurite-${AZURITE}`);
const PROGRAM = "node_modules/azurite/dist/src/blob/main.js";
const PATIENCE_MS = 240_000;
const READY = /successfully listens on (http:\/\/127\.0\.0\.1:\d+)/;
/** It ends with its input, which the system closes however the test ends. */
const ENDS = "data:text/javascript,process.stdin.resume().on('end',()=>process.exit(0))";

/** The account that Azurite has, with the key that everybody knows. */
export const ACCOUNT = "devstoreaccount1";
export const KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

export type Azurite = {
  readonly env: Readonly<Record<string, string>>;
  /** A store in a container of its own, or another one in a container that is there. */
  store(
    container: string,
    options?: { readonly env?: Readonly<Record<string, string>>; readonly prefix?: string },
  ): Promise<Store>;
  readonly endpoint: string;
};

/** Microsoft's emulator; else why there is none, for `skip`. It knows create-once, and neither versions nor immutability. */
export async function startAzurite(t: { after(end: () => void): void }): Promise<Azurite | { readonly missing: string }> {
  const missing = install();
  if (missing !== null) {
    console.error(`\n!!! TESTS ON AZURITE ARE SKIPPED !!! ${missing}\n`);
    return { missing: `SKIPPED, NOTHING WAS TESTED: ${missing}` };
  }
  const options = ["--inMemoryPersistence", "--blobHost", "127.0.0.1", "--blobPort", "0", "--disableTelemetry"];
  const child = spawn(process.execPath, ["--import", ENDS, join(FOLDER, PROGRAM), ...options], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.on("error", () => undefined);
  t.after(() => child.stdin.end());
  let said = "";
  const base = await new Promise<string>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`Azurite ended with ${code}: ${said}`)));
    child.stdout.on("data", (part) => {
      said = `${said}${part}`.slice(-4_000);
      const found = READY.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
  return azuriteAt(`${base}/${ACCOUNT}`);
}

function azuriteAt(endpoint: string): Azurite {
  const env = { AZURE_STORAGE_CONNECTION_STRING: `AccountName=${ACCOUNT};AccountKey=${KEY};BlobEndpoint=${endpoint};` };
  const admin = new AzureRequests({ account: ACCOUNT, clock: systemClock, env }, 10_000);
  const made = new Map<string, Promise<unknown>>();
  return {
    env,
    endpoint,
    async store(container, options = {}) {
      const making = made.get(container) ?? admin.send({ method: "PUT", path: `${container}?restype=container`, most: 1_000 });
      made.set(container, making);
      await making;
      const place = { name: `azure-blob:${ACCOUNT}/${container}`, account: ACCOUNT, container, prefix: options.prefix ?? "log/" };
      return azureBlobStore({ ...place, clock: systemClock, env: options.env ?? env, deadlineMs: 10_000 });
    },
  };
}

/** A signature that lets its bearer do these things in a container for a minute. */
export function sasOf(container: string, permissions: string): string {
  const expires = `${new Date(Date.now() + 60_000).toISOString().slice(0, 19)}Z`;
  const resource = `/blob/${ACCOUNT}/${container}`;
  const fields = [permissions, "", expires, resource, "", "", "http,https", "2021-12-02", "c", "", "", "", "", "", "", ""];
  const sig = createHmac("sha256", Buffer.from(KEY, "base64")).update(fields.join("\n")).digest("base64");
  return String(new URLSearchParams({ sv: "2021-12-02", sr: "c", sp: permissions, se: expires, spr: "http,https", sig }));
}

/** Null when it is there. Who installs at the same time finds it made, or makes it for itself: it appears under its name whole. */
function install(): string | null {
  if (existsSync(join(FOLDER, PROGRAM))) return null;
  const draft = `${FOLDER}.${process.pid}`;
  const options = ["--prefix", draft, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const { status, stderr, error } = spawnSync("npm", ["install", ...options, `azurite@${AZURITE}`], {
    encoding: "utf8",
    timeout: PATIENCE_MS,
  });
  try {
    if (status === 0) renameSync(draft, FOLDER);
  } catch {
    // Somebody else was first.
  }
  rmSync(draft, { recursive: true, force: true });
  if (existsSync(join(FOLDER, PROGRAM))) return null;
  return `azurite@${AZURITE} could not be installed: ${error?.message ?? stderr.trim().split("\n").at(-1)}`;
}
