import { ErError } from "../model/index.ts";

const LIMIT_BYTES = 1024 * 1024;

/** All of stdin, which must end: a pipe that never does (`yes |`) is refused instead of filling the memory. */
export async function readStdin(what: string): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of process.stdin as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > LIMIT_BYTES) throw tooMuch("stdin", what);
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

/** As `readStdin`, of a file. Errors of the file system are the caller's. */
export async function readText(path: string, what: string): Promise<string> {
  const { readUpTo } = await import("../yaml/index.ts");
  const bytes = await readUpTo(path, LIMIT_BYTES);
  if (bytes.length > LIMIT_BYTES) throw tooMuch(`"${path}"`, what);
  return Buffer.from(bytes).toString("utf8");
}

function tooMuch(source: string, what: string): ErError {
  return new ErError("usage", `${source} has more than ${LIMIT_BYTES / 1024} KiB: that is not ${what}`, {
    hints: [`give ${what} and nothing else`],
  });
}
