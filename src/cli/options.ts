import type { OptionSpec } from "./command.ts";

/** Understood before and after every command. */
export const GLOBAL_OPTIONS: readonly OptionSpec[] = [
  { flags: "--config <file>", description: "organization's file (else SOC2_ER_CONFIG, else soc2-er.yaml upward from here)" },
  { flags: "--home <dir>", description: "state and local log (else SOC2_ER_HOME)" },
  {
    flags: "--key <file>",
    description: "SSH key that signs (else SOC2_ER_KEY, else the ssh-agent's); with --range also a person's name",
  },
  { flags: "--range", description: "the simulated cloud instead of the configured providers" },
  { flags: "--json", description: "one JSON document on stdout" },
  { flags: "--ndjson", description: "one JSON message a line on stdout, the last is the result" },
  { flags: "-q, --quiet", description: "result and errors only" },
  { flags: "-v, --verbose", description: "say more" },
  { flags: "--debug", description: "say everything, with stack traces" },
  { flags: "--color <when>", description: "always, never or auto", choices: ["always", "never", "auto"] },
  { flags: "--no-color", description: "same as --color never (also NO_COLOR)" },
  { flags: "--no-input", description: "never ask" },
];

/** The incident that a command belongs to. */
export const INCIDENT_OPTION: OptionSpec = {
  flags: "--incident <id>",
  description: "incident (else SOC2_ER_INCIDENT, else the only open one)",
};

/** What every command has that applies changes. */
export const APPLY_OPTIONS: readonly OptionSpec[] = [
  { flags: "--wait [duration]", description: "wait for missing approvals instead of ending with exit 8" },
  { flags: "--yes", description: "no typed confirmation; the approvals must be there or be waited for" },
  { flags: "--concurrency <n>", description: "changes applied at the same time" },
  { flags: "--deadline <duration>", description: "how long verification of one change may take" },
  { flags: "--no-sweep", description: "end without looking for what the principals made meanwhile; soc2-er sweep does it later" },
];

export const BREAK_GLASS_OPTION: OptionSpec = {
  flags: "--break-glass <reason>",
  description: "act without approvals for an hour where policy allows it; they are told, and review it",
};
export const REVIEW_OPTION: OptionSpec = {
  flags: "--review",
  description: "ratify a plan that was applied by a break-glass ruling",
};

/** Flags every containment command has. */
export const CONTAINMENT_OPTIONS: readonly OptionSpec[] = [
  INCIDENT_OPTION,
  { flags: "--declare <title>", description: "declare an incident in the same breath" },
  { flags: "--severity <1-4>", description: "severity of the incident declared so", choices: ["1", "2", "3", "4"] },
  { flags: "--dry-run", description: "plan and check only; cannot write, logs nothing, needs no approval" },
  { flags: "--plan-only", description: "store the plan for approval and end with exit 8" },
  ...APPLY_OPTIONS,
  BREAK_GLASS_OPTION,
  { flags: "--expires <duration>", description: "when the leases are due for review" },
  { flags: "--max-changes <n>", description: "refuse larger plans" },
  { flags: "--param <name=value>", description: "parameter of the runbook", repeats: true },
  { flags: "--account <id>", description: "only this account or subscription" },
  { flags: "--region <name>", description: "only this region" },
];

/** The parsed form of CONTAINMENT_OPTIONS. */
export type ContainmentOptions = ApplyOptions & {
  readonly incident?: string;
  readonly declare?: string;
  readonly severity?: "1" | "2" | "3" | "4";
  readonly dryRun?: boolean;
  readonly planOnly?: boolean;
  readonly breakGlass?: string;
  readonly expires?: string;
  readonly maxChanges?: string;
  readonly param?: readonly string[];
  readonly account?: string;
  readonly region?: string;
  readonly from?: string;
  readonly full?: boolean;
};

/** `wait` is true when given without a duration. */
export type ApplyOptions = {
  readonly wait?: string | true;
  readonly yes?: boolean;
  readonly concurrency?: string;
  readonly deadline?: string;
  /** False: `--no-sweep`. */
  readonly sweep?: boolean;
};

export const FROM_OPTION: OptionSpec = {
  flags: "--from <file>",
  description: "more targets from a file, one a line; - is stdin",
};
export const FULL_OPTION: OptionSpec = { flags: "--full", description: "every change with all that it alters" };
export const QR_OPTION: OptionSpec = { flags: "--qr", description: "as a QR code too, where the terminal is wide enough" };
