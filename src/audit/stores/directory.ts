import { readFile, stat } from "node:fs/promises";
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
    read: (object) =>
      reached(async () => {
        try {
          return await readFile(join(folder, checkName(object)));
        } catch (error) {
          if (!hasCode(error, "ENOENT")) throw error;
          await stat(folder);
          return null;
        }
      }),
    close: async () => undefined,
  };
}
