import { compact, digestBytes } from "../model/index.ts";
import { fill, readDocument, type YamlDocument, type YamlSource } from "../yaml/index.ts";
import { type RunbookForm, runbookForm } from "./form.ts";
import type { Param, Runbook, Step, Sweep } from "./runbook.ts";

export const MAX_RUNBOOK_BYTES = 256 * 1024;

/** Syntax only. Throws `runbook-invalid` with `file:line:column`; what the parts mean to each other is lint's to say. */
export function parseRunbook(bytes: Uint8Array, source: string): Runbook {
  const document = documentOf(bytes, source);
  const file = fill(document, runbookForm, sourceOf(source));
  return compact({
    id: file.runbook,
    title: file.title,
    description: file.description,
    command: file.command,
    controls: file.controls ?? [],
    approvals: file.approvals,
    maxChanges: file.maxChanges,
    params: Object.fromEntries(Object.entries(file.params ?? {}).map(([name, param]) => [name, paramOf(param)])),
    steps: file.steps.map(stepOf),
    sweep: file.sweep && sweepOf(file.sweep),
    triggers: file.triggers && compact(file.triggers),
    digest: digestBytes(bytes),
    source,
    bytes,
  });
}

/** The document behind a runbook, for places. */
export function documentOf(bytes: Uint8Array, source: string): YamlDocument {
  return readDocument(bytes, sourceOf(source));
}

function sourceOf(source: string): YamlSource {
  return { name: source, code: "runbook-invalid", maxBytes: MAX_RUNBOOK_BYTES };
}

function paramOf(file: NonNullable<RunbookForm["params"]>[string]): Param {
  return compact({ ...file, required: file.required ?? false });
}

function sweepOf({ for: forMs, ...rest }: NonNullable<RunbookForm["sweep"]>): Sweep {
  return { ...rest, forMs };
}

function stepOf(file: RunbookForm["steps"][number]): Step {
  return compact({ ...file, needs: file.needs ?? [], with: file.with ?? {}, onFailure: file.onFailure ?? ("continue" as const) });
}
