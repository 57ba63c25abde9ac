export { deniedAfter } from "./denied.ts";
export * from "./deps.ts";
export { refuseOver } from "./emergency.ts";
export * from "./held.ts";
export * from "./run.ts";
export * from "./schedule.ts";
export { resultOf } from "./summary.ts";
export * from "./sweep.ts";
