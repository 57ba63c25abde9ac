import { statSync } from "node:fs";
import { ErError } from "../model/index.ts";
import type { VerifyOptions } from "../verifier/index.ts";
import { layoutOf } from "./layout.ts";
import type { LogPlace } from "./reader.ts";
import type { Store } from "./stores/store.ts";

/**
 * Runs the stand-alone verifier over this machine's log. The store that decides the order is compared with it where it is a folder
 * that is there; a copy of any other store can be given to the verifier itself. `kept` is what the asking person knows of the log.
 */
export async function verifyLog(
  place: Pick<LogPlace, "home" | "origin">,
  [deciding]: readonly Store[] = [],
  asked: Pick<VerifyOptions, "genesis" | "population" | "versions" | "retention" | "checkpoints" | "logKey"> = {},
) {
  const stores =
    deciding?.folder !== undefined && isFolder(deciding.folder) ? [{ name: deciding.name, folder: deciding.folder }] : [];
  return verifyBundle({ folder: layoutOf(place.home).folder, origin: place.origin, stores, ...asked });
}

/** As `verifyLog`, of what was handed over. Errors: `usage` when the list of versions is none. */
export async function verifyBundle(options: VerifyOptions) {
  const { NoInventory, verifyHome } = await import("../verifier/index.ts");
  try {
    return await verifyHome(options);
  } catch (error) {
    if (!(error instanceof NoInventory)) throw error;
    throw new ErError("usage", error.message, { hints: ["soc2-er audit export --inventory --out versions.ndjson"] });
  }
}

/** A store that cannot be reached now is not compared: the log says itself that it could not be. */
function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
