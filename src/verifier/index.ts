export type { StoreFolder } from "./contents.ts";
export type { Finding, Verdict, Verification } from "./findings.ts";
export { verifyHome, type VerifyOptions } from "./verify-home.ts";
