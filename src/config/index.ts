export * from "./config.ts";
export * from "./discover.ts";
export * from "./lookup.ts";
export { parseConfig } from "./parse.ts";
