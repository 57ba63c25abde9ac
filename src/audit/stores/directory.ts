import { constants } from "node:fs";
import { lstat, open, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isSystemError, reasonOf } from "../../model/index.ts";
import { createOnce, hasCode, makeFolder } from "../disk.ts";
import { checkName } from "./names.ts";
import { type Store, StoreError } from "./store.ts";

/** A folder, usually on a mounted share. It must exist: a share that is not mounted must not be mistaken for an empty store. */
export function directoryStore(name: string, folder: string): Store {
  const reached = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (hasCode(error, "ENOENT")) throw new StoreError(name, `no such folder "${folder}": is it mounted?`, { cause: error });
      if (isSystemError(error)) throw new StoreError(name, `"${folder}" cannot be used: ${reasonOf(error)}`, { cause: error });
      throw error;
    }
  };
  return {
    name,
    folder,
    create: (object, bytes) =>
      reached(async () => {
        const path = join(folder, checkName(object));
        await stat(folder);
        await makeFolder(dirname(path));
        return (await createOnce(path, bytes)) === "stored" ? "created" : "exists";
      }),
    read: (object, most) =>
      reached(async () => {
        try {
          return await startOf(join(folder, checkName(object)), most);
        } catch (error) {
          if (!hasCode(error, "ENOENT")) throw error;
          await stat(folder);
          return null;
        }
      }),
    close: async () => undefined,
  };
}

/** What is no plain file holds nothing: nobody who follows a link, or opens a pipe, would see what others see. */
async function startOf(path: string, most: number): Promise<Uint8Array> {
  if (!(await lstat(path)).isFile()) return new Uint8Array();
  await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const bytes = Buffer.alloc(Math.min((await file.stat()).size, most));
  let done = 0;
  for (let read = -1; done < bytes.length && read !== 0; done += read)
    read = (await file.read(bytes, done, bytes.length - done, done)).bytesRead;
  return bytes.subarray(0, done);
}
