export * from "./permission.ts";
export * from "./provider-error.ts";
export * from "./scope.ts";
export * from "./transport.ts";
