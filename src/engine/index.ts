export * from "./deps.ts";
export { resultOf } from "./summary.ts";
export * from "./run.ts";
export * from "./schedule.ts";
