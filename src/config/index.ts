export * from "./config.ts";
export * from "./discover.ts";
export * from "./lookup.ts";
