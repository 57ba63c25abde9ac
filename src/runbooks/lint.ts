import { type ActionId, nearest } from "../model/index.ts";
import type { Path } from "../yaml/index.ts";
import { findCycle } from "./order.ts";
import { documentOf } from "./parse.ts";
import { resourceIdsIn } from "./resource-ids.ts";
import type { Reference, Runbook, Step } from "./runbook.ts";

export type LintCode =
  | "unknown-action"
  | "duplicate-step"
  | "unknown-need"
  | "self-need"
  | "cycle"
  | "unknown-param"
  | "unused-param"
  | "resource-id"
  | "expression"
  | "on-type";
export type Finding = {
  readonly level: "error" | "warning";
  readonly code: LintCode;
  readonly line: number;
  readonly column: number;
  readonly message: string;
};

type Report = (code: LintCode, path: Path, message: string, of?: "value" | "key", level?: Finding["level"]) => void;

/** What a runbook's parts mean to each other and to the actions there are. A runbook with an error is never planned. */
export function lintRunbook(runbook: Runbook, knownActions: Iterable<ActionId>): Finding[] {
  const document = documentOf(runbook.bytes, runbook.source);
  const findings: Finding[] = [];
  const report: Report = (code, path, message, of = "value", level = "error") => {
    findings.push({ level, code, ...document.place(path, of), message });
  };
  const actions = [...knownActions];
  lintSteps(runbook.steps, actions, report);
  lintReferences(runbook, report);
  lintSweep(runbook, report);
  for (const { path, found } of resourceIdsIn(document.value)) {
    report("resource-id", path, `"${found}" looks like a resource id: a runbook names what to do, the config says where`);
  }
  return findings.sort((left, right) => left.line - right.line || left.column - right.column);
}

function lintSteps(steps: readonly Step[], actions: readonly ActionId[], report: Report): void {
  const ids = steps.map(({ id }) => id);
  for (const [index, step] of steps.entries()) {
    if (ids.indexOf(step.id) !== index)
      report("duplicate-step", ["steps", index, "id"], `step "${step.id}" stands here a second time`);
    if (!actions.includes(step.action)) {
      const meant = nearest(step.action, actions);
      report(
        "unknown-action",
        ["steps", index, "action"],
        `unknown action "${step.action}"${meant ? `: did you mean "${meant}"?` : ""}`,
      );
    }
    for (const [place, need] of step.needs.entries()) {
      const path = ["steps", index, "needs", place];
      if (need === step.id) report("self-need", path, `step "${step.id}" needs itself`);
      else if (!ids.includes(need)) {
        const meant = nearest(
          need,
          ids.filter((id) => id !== step.id),
        );
        report("unknown-need", path, `unknown step "${need}"${meant ? `: did you mean "${meant}"?` : ""}`);
      }
    }
  }
  const cycle = findCycle(steps);
  if (cycle)
    report("cycle", ["steps", ids.indexOf(cycle[0] ?? ""), "needs"], `steps need each other in a circle: ${cycle.join(" → ")}`);
}

/** A sweep repeats steps of its own runbook; what one of them needs is repeated with it. */
function lintSweep({ sweep, steps }: Runbook, report: Report): void {
  const ids = steps.map(({ id }) => id);
  for (const [index, id] of (sweep?.steps ?? []).entries()) {
    const path = ["sweep", "steps", index];
    const step = steps.find((one) => one.id === id);
    const meant = nearest(id, ids);
    if (step === undefined) report("unknown-need", path, `unknown step "${id}"${meant ? `: did you mean "${meant}"?` : ""}`);
    else if (step.on) report("on-type", path, `step "${id}" has a target of its own: a sweep repeats steps on what it finds`);
  }
}

function lintReferences(runbook: Runbook, report: Report): void {
  const names = Object.keys(runbook.params);
  const used = new Set<string>();
  const check = (reference: Reference, path: Path) => {
    const name = reference.from.replace(/^params\./, "");
    used.add(name);
    if (names.includes(name)) return;
    const meant = nearest(name, names);
    report("unknown-param", path, `unknown parameter "${name}"${meant ? `: did you mean "${meant}"?` : ""}`);
  };
  for (const [index, step] of runbook.steps.entries()) {
    if (step.on) {
      check(step.on, ["steps", index, "on", "from"]);
      const type = runbook.params[step.on.from.replace(/^params\./, "")]?.type;
      if (type && !TARGET_TYPES.includes(type)) {
        report(
          "on-type",
          ["steps", index, "on", "from"],
          `a step's target must be one of ${TARGET_TYPES.join(", ")}, not ${type}`,
        );
      }
    }
    for (const [name, value] of Object.entries(step.with)) {
      const path = ["steps", index, "with", name];
      if (typeof value !== "string") check(value, [...path, "from"]);
      else if (/\$\{|\{\{|\bparams\./.test(value)) {
        report("expression", path, `"${value}" would be passed on as it stands: write { from: params.NAME }`);
      }
    }
  }
  for (const name of names.filter((name) => !used.has(name))) {
    report("unused-param", ["params", name], `parameter "${name}" is used by no step`, "key", "warning");
  }
}

const TARGET_TYPES: readonly string[] = ["cidr", "cidrs", "tenant", "principal", "principals", "entrance"];
