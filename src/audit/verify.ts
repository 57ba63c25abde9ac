import { statSync } from "node:fs";
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
  asked: Pick<VerifyOptions, "genesis" | "population" | "checkpoints" | "logKey"> = {},
) {
  const { verifyHome } = await import("../verifier/index.ts");
  const stores =
    deciding?.folder !== undefined && isFolder(deciding.folder) ? [{ name: deciding.name, folder: deciding.folder }] : [];
  return verifyHome({ folder: layoutOf(place.home).folder, origin: place.origin, stores, ...asked });
}

/** As `verifyLog`, of what was handed over. */
export async function verifyBundle(options: VerifyOptions) {
  const { verifyHome } = await import("../verifier/index.ts");
  return verifyHome(options);
}

/** A store that cannot be reached now is not compared: the log says itself that it could not be. */
function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
