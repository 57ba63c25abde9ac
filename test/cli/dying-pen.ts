import fs from "node:fs/promises";

/**
 * Preloaded into the built program (`--import`): kills it at one append to the audit log. `DIES_AT` is which one, from 0;
 * `DIES_HOW` is `torn` (half of the bytes are written), `unsynced` (all of them, not yet flushed) or `untold` (flushed, and nobody learns of it).
 */
const at = Number(process.env["DIES_AT"]);
const how = process.env["DIES_HOW"];
let appends = 0;

const open = fs.open.bind(fs);
fs.open = async (path, flags, mode) => {
  const file = await open(path, flags, mode);
  if (!(Number(flags) & fs.constants.O_APPEND) || !String(path).endsWith(".wal")) return file;
  const datasync = file.datasync.bind(file);
  const write = file.write.bind(file) as (
    bytes: Uint8Array,
    offset: number,
  ) => Promise<{ bytesWritten: number; buffer: Uint8Array }>;
  const dying = async (bytes: Uint8Array, offset: number) => {
    if (appends !== at || how === "untold") return write(bytes, offset);
    await write(how === "torn" ? bytes.subarray(0, Math.ceil(bytes.length / 2)) : bytes, offset);
    return die();
  };
  return Object.assign(file, {
    write: dying,
    async datasync() {
      await datasync();
      if (appends++ === at) die();
    },
  });
};

function die(): never {
  process.kill(process.pid, "SIGKILL");
  throw new Error("still alive");
}

process.on("exit", () => process.stderr.write(`appends: ${appends}\n`));
