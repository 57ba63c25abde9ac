export * from "./range/index.ts";
