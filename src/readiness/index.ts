export { type AccountCheck, checkAccounts } from "./accounts.ts";
