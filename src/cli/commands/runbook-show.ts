import { EXIT } from "../../model/index.ts";
import type { Param, Runbook, Step } from "../../runbooks/index.ts";
import { type View, wrap } from "../../terminal/index.ts";
import type { Globals } from "../command.ts";
import { NOUN_PARAM, nounOf } from "../flow/target.ts";
import { findRunbooks, runbookNamed } from "../runbooks.ts";

export async function run([id = ""]: readonly string[], _options: object, globals: Globals): Promise<number> {
  const runbook = runbookNamed(await findRunbooks(globals), id);
  const { bytes: _bytes, ...document } = runbook;
  const { actionList } = await import("../../actions/index.ts");
  const target = NOUN_PARAM[nounOf(runbook, actionList)];
  globals.output.result({ schema: "soc2-er/runbook@1", ...document, next: [{ argv: dryRun(runbook, target) }] }, (view) =>
    lines(runbook, view),
  );
  return EXIT.ok;
}

/** `target` is the parameter that names what a runbook without a command is run on. */
function dryRun({ id, command, params }: Runbook, target: string): string[] {
  if (command) return ["soc2-er", command.verb, command.noun, `<${command.noun}>`, "--dry-run"];
  const needed = Object.entries(params).filter(([, { required, default: standard }]) => required && standard === undefined);
  const given = [target, ...needed.map(([name]) => name)];
  return ["soc2-er", "run", id, ...given.flatMap((name) => ["--param", `${name}=…`]), "--dry-run"];
}

function lines(runbook: Runbook, { width, paint }: View): string[] {
  const { id, title, description, command, approvals, maxChanges, controls, digest, source } = runbook;
  const facts = [
    ...(description === undefined ? [] : [description]),
    `command: soc2-er ${command ? `${command.verb} ${command.noun}` : `run ${id}`}`,
    `approvals: ${approvals ? approvals.join(", ") : "as policy says"}`,
    ...(maxChanges === undefined ? [] : [`at most ${maxChanges} changes`]),
    ...(controls.length === 0 ? [] : [`controls: ${controls.join(", ")}`]),
    `from ${source}`,
    digest,
  ];
  return [
    ...wrap(`${id}: ${title}`, width, 2).map((line) => paint.bold(line)),
    ...facts.flatMap((fact) => wrap(`  ${fact}`, width, 4)),
    ...Object.entries(runbook.params).flatMap(([name, param]) => wrap(`  parameter ${name} ${sayParam(param)}`, width, 4)),
    ...runbook.steps.flatMap((step, index) => wrap(`  ${index + 1}. ${sayStep(step)}`, width, 6)),
  ];
}

function sayParam({ type, required, default: standard, description }: Param): string {
  const need = standard !== undefined ? `default ${standard}` : required ? "required" : "optional";
  return `(${type}, ${need}): ${description}`;
}

function sayStep({ id, action, needs, on, onFailure }: Step): string {
  const parts = [
    `${id}: ${action}`,
    ...(on ? [`on ${on.from}`] : []),
    ...(needs.length > 0 ? [`after ${needs.join(", ")}`] : []),
    ...(onFailure === "stop" ? ["a failure stops the run"] : []),
  ];
  return parts.join(", ");
}
