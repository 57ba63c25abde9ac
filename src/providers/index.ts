export { openAgents } from "./aws/agents.ts";
export { assumedRole } from "./aws/assume-role.ts";
export { OperationFailed } from "./azure/classify.ts";
export { liveCredential } from "./azure/credential.ts";
export { type AzureOperation, resumed, settled } from "./azure/settle.ts";
export type { RequestRecord } from "./gate.ts";
export * from "./pages.ts";
export * from "./permission.ts";
export * from "./provider-error.ts";
export {
  type LiveOptions,
  liveProviders,
  type Providers,
  type ScopeFactory,
  type ScopeOptions,
  simulatedProviders,
} from "./providers.ts";
export * from "./scope.ts";
export * from "./transport.ts";
