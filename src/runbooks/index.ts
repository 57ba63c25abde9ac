export { runbookJsonSchema } from "./form.ts";
export * from "./lint.ts";
export * from "./load.ts";
export * from "./order.ts";
export { parseRunbook } from "./parse.ts";
export * from "./runbook.ts";
