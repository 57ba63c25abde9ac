import { open } from "node:fs/promises";

/** The first `limit + 1` bytes at most, so that a caller can refuse what is too large without ever holding it. Works for pipes. */
export async function readUpTo(path: string, limit: number): Promise<Uint8Array> {
  const file = await open(path, "r");
  try {
    const buffer = new Uint8Array(limit + 1);
    let filled = 0;
    while (filled < buffer.length) {
      const { bytesRead } = await file.read(buffer, filled, buffer.length - filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.slice(0, filled);
  } finally {
    await file.close();
  }
}
