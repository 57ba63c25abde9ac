export { rolesAsked } from "./asked.ts";
export { checkApproval, type Finding, type LogPosition } from "./check.ts";
export { repairPasted } from "./paste.ts";
export { type Ruling, rule } from "./rule.ts";
export { type Approval, MAX_WINDOW_MS, type SignOptions, signApproval } from "./sign.ts";
export { type ApprovalFacts, approvalStatement, parseStatement, planSummary, type Seen } from "./statement.ts";
export { judgeSweep, type SweptRun } from "./sweep.ts";
