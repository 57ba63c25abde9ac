import { layoutOf } from "./layout.ts";
import type { LogPlace } from "./reader.ts";

/** Runs the stand-alone verifier over this machine's log. */
export async function verifyLog(place: Pick<LogPlace, "home" | "origin">) {
  const { verifyHome } = await import("../verifier/index.ts");
  return verifyHome({ folder: layoutOf(place.home).folder, origin: place.origin });
}
