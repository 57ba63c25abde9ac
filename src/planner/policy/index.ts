export * from "./context.ts";
export { type PolicyDocument, parsePolicy, type Statement } from "./document.ts";
export { PolicyError } from "./error.ts";
export { type AccessRequest, type Decision, evaluate, type Policies } from "./evaluate.ts";
