export * from "./context.ts";
export { type PolicyDocument, PolicyError, parsePolicy, type Statement } from "./document.ts";
export { type AccessRequest, type Decision, evaluate, type Policies } from "./evaluate.ts";
