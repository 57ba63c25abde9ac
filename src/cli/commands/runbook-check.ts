import { resolve } from "node:path";
import { ErError, EXIT } from "../../model/index.ts";
import type { Runbook } from "../../runbooks/index.ts";
import { plural, tame } from "../../terminal/index.ts";
import type { Globals } from "../command.ts";
import { foldersOf } from "../runbooks.ts";

type Complaint = { readonly level: "error" | "warning"; readonly code: string; readonly at: string; readonly message: string };

/** Exit 2 when a runbook has an error; warnings are shown and pass. */
export async function run(files: readonly string[], _options: object, globals: Globals): Promise<number> {
  const { runbooks, complaints } = await read(files, globals);
  const { lintRunbook } = await import("../../runbooks/index.ts");
  const { actionList } = await import("../../actions/index.ts");
  const known = actionList.map(({ id }) => id);
  for (const runbook of runbooks) {
    for (const { level, code, line, column, message } of lintRunbook(runbook, known))
      complaints.push({ level, code, at: `${runbook.source}:${line}:${column}`, message });
  }
  const errors = complaints.filter(({ level }) => level === "error").length;
  const document = {
    schema: "soc2-er/runbook-check@1",
    checked: runbooks.map(({ id, source }) => ({ id, source })),
    ok: errors === 0,
    findings: complaints,
  };
  globals.output.result(document, ({ paint }) => [
    ...complaints.map(
      ({ level, code, at, message }) =>
        `${level === "error" ? paint.red("error") : paint.yellow("warning")} ${tame(`${at}: ${message} [${code}]`)}`,
    ),
    `${plural(runbooks.length, "runbook")} checked, ${plural(errors, "error")}, ${plural(complaints.length - errors, "warning")}`,
  ]);
  return errors > 0 ? EXIT.usage : EXIT.ok;
}

async function read(
  files: readonly string[],
  globals: Globals,
): Promise<{ runbooks: readonly Runbook[]; complaints: Complaint[] }> {
  const { loadRunbooks, readRunbook } = await import("../../runbooks/index.ts");
  const complaints: Complaint[] = [];
  const broken = (error: ErError): void => void complaints.push(placed(error));
  if (files.length === 0) return { runbooks: await loadRunbooks(await foldersOf(globals), broken), complaints };
  const runbooks: Runbook[] = [];
  for (const file of files) {
    try {
      const runbook = await readRunbook(resolve(globals.cwd, file), file);
      const other = runbooks.find(({ id }) => id === runbook.id);
      if (other) complaints.push(twice(runbook, other));
      runbooks.push(runbook);
    } catch (error) {
      if (!(error instanceof ErError)) throw error;
      broken(error);
    }
  }
  return { runbooks, complaints };
}

function twice({ id, source }: Runbook, other: Runbook): Complaint {
  return { level: "error", code: "runbook-duplicate", at: `${source}:1:1`, message: `"${id}" stands in ${other.source} already` };
}

/** The message of a file that cannot be read begins with its place. */
function placed({ code, message }: ErError): Complaint {
  const [, at = "", said = message] = /^(.*?:\d+:\d+): (.*)$/s.exec(message) ?? [];
  return { level: "error", code, at, message: said };
}
