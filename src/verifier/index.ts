export type { StoreFolder } from "./contents.ts";
export type { Finding, Verdict, Verification } from "./findings.ts";
export type { GivenNote } from "./heads.ts";
export { NoInventory } from "./inventory.ts";
export { type VerifyOptions, verifyHome } from "./verify-home.ts";
