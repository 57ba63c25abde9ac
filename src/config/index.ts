export * from "./config.ts";
export * from "./discover.ts";
export { configJsonSchema } from "./form.ts";
export * from "./lookup.ts";
export { parseConfig } from "./parse.ts";
