import { type Emulator, type EmulatorOptions, NO_EMULATOR, startEmulator } from "./emulator.ts";

/** Everything is tried where the variable says so, as CI does; else what takes longest is left out, and says so. */
export const LONG = process.env["SOC2_ER_LONG"] === "1";
export const LEFT_OUT = "SKIPPED, IT TAKES LONG: SOC2_ER_LONG=1 npm test tries it, as CI does";

type Longer = { readonly emulator: Emulator | null; readonly options: { readonly skip?: string } };

/** An emulator for a file of tests that take long; null, with what its tests say then, where they are left out or none can be had. */
export async function emulatorIfLong(t: Parameters<typeof startEmulator>[0], kind: EmulatorOptions = {}): Promise<Longer> {
  if (!LONG) return { emulator: null, options: { skip: LEFT_OUT } };
  const emulator = await startEmulator(t, kind);
  return { emulator, options: emulator === null ? { skip: NO_EMULATOR } : {} };
}
