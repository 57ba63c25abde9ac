export type { Attacker, Probe } from "./attacker.ts";
export type { Credentials } from "./aws/authorize.ts";
export { operationNames } from "./aws/operations.ts";
export * from "./estate.ts";
export { ESTATE_PEOPLE, type EstatePerson, estateConfig } from "./estate-config.ts";
export type { Fault, FaultScript, ForeignCall, ForeignRequest, KillMoment } from "./faults.ts";
export { openRange, type RangeOptions, type RangeWorld } from "./range.ts";
export type { Control, Delays } from "./settings.ts";
export type { CallRecord } from "./world.ts";
