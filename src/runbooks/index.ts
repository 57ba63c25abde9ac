export * from "./lint.ts";
export * from "./load.ts";
export * from "./order.ts";
export * from "./runbook.ts";
