export * from "./emergencies.ts";
export * from "./fold.ts";
export * from "./state.ts";
export * from "./timeline.ts";
export * from "./undone.ts";
