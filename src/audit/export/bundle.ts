import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { canonicalize, type Digest, Digester, digestBytes, ErError, isSystemError } from "../../model/index.ts";
import { onDisk, unavailable } from "../disk.ts";
import { type Layout, layoutOf } from "../layout.ts";
import { readPin } from "../pin.ts";
import { type LogFile, logFiles } from "./log-files.ts";
import { auditorsPage } from "./page.ts";
import { refusing, sinkFor } from "./sinks.ts";

export type BundleOptions = {
  readonly home: string;
  /** A new folder, or a new file where the name ends in `.tar`. */
  readonly out: string;
  /** The stand-alone verifier as one file. */
  readonly verifier: string;
  readonly tool: string;
};

export type Bundle = {
  readonly origin: string;
  readonly genesis: Digest;
  readonly files: number;
  readonly bytes: number;
  /** Of the manifest, which has the digests of all other files. */
  readonly manifest: Digest;
};

const TAR_MOST_BYTES = 8 ** 11;

/**
 * Copies this machine's log as it is, byte for byte, with a manifest, the verifier and a page for the auditor. Checks nothing: what
 * was altered is handed over altered. Errors: `usage` of the place, `audit-unavailable`, `audit-broken` without a pin.
 */
export async function writeBundle({ home, out, verifier, tool }: BundleOptions): Promise<Bundle> {
  const layout = layoutOf(home);
  const pin = await readPin(layout);
  if (pin === null) throw new ErError("usage", "nothing has been logged here yet", { hints: ["soc2-er init --yes"] });
  await using sink = await sinkFor(out);
  const files: { bytes: number; digest: Digest; name: string }[] = [];
  const add = async (name: string, bytes: number, parts: AsyncIterable<Uint8Array>): Promise<void> => {
    const content = new Digester();
    await refusing(out, () => sink.add(name, bytes, digested(parts, content)));
    files.push({ bytes, digest: content.digest(), name });
  };
  const whole = async (name: string, bytes: Uint8Array): Promise<void> => add(name, bytes.length, once(bytes));
  await whole("README.md", Buffer.from(auditorsPage(pin)));
  await whole("verifier.cjs", await onDisk(verifier, () => readFile(verifier)));
  for await (const file of within(layout)) await add(file.name, file.bytes, contentOf(file));
  const manifest = Buffer.from(canonicalize({ schema: "soc2-er/audit-bundle@1", ...pin, tool, files }));
  await refusing(out, () => sink.add("manifest.json", manifest.length, once(manifest)));
  await refusing(out, () => sink.end());
  const bytes = files.reduce((total, file) => total + file.bytes, manifest.length);
  return { origin: pin.origin, genesis: pin.genesis, files: files.length + 1, bytes, manifest: digestBytes(manifest) };
}

async function* within(layout: Layout): AsyncGenerator<LogFile> {
  for await (const file of logFiles(layout)) {
    if (file.bytes >= TAR_MOST_BYTES) throw new ErError("limit-exceeded", `"${file.path}" is too long to be handed over`);
    yield file;
  }
}

async function* contentOf({ path, bytes }: LogFile): AsyncGenerator<Uint8Array> {
  if (bytes === 0) return;
  try {
    yield* createReadStream(path, { end: bytes - 1 });
  } catch (error) {
    throw isSystemError(error) ? unavailable(path, error) : error;
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function* digested(parts: AsyncIterable<Uint8Array>, content: Digester): AsyncGenerator<Uint8Array> {
  for await (const part of parts) {
    content.add(part);
    yield part;
  }
}
