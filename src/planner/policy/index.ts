export * from "./context.ts";
export { parsePolicy, PolicyError, type PolicyDocument, type Statement } from "./document.ts";
export { type AccessRequest, type Decision, evaluate, type Policies } from "./evaluate.ts";
