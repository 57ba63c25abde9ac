import type { CommandSpec } from "../command.ts";
import { CONTAIN, DECIDE } from "./contain.ts";
import { INCIDENT, PREPARE, PROVE } from "./other.ts";

/** All commands there are, in the order of help. */
export const COMMANDS: readonly CommandSpec[] = [...CONTAIN, ...DECIDE, ...INCIDENT, ...PROVE, ...PREPARE];

/** What the first words of commands with two words stand for. */
export const NOUNS: Readonly<Record<string, string>> = {
  action: "actions that runbooks can name",
  approval: "approvals",
  audit: "the audit log",
  "audit key": "people, roles and keys of the audit log",
  block: "block networks",
  incident: "incidents",
  isolate: "isolate what belongs to somebody",
  lockdown: "lock down all of somebody",
  plan: "plans",
  range: "the simulated cloud",
  runbook: "runbooks",
  tenant: "tenants",
};
