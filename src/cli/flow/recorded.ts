import { batchesSeen, checkApproval } from "../../approvals/index.ts";
import type { AuditReader } from "../../audit/index.ts";
import { foldLog, type LogState } from "../../incidents/index.ts";
import { digestBytes, type EntryOf, ErError, EXIT } from "../../model/index.ts";
import { tame, type View, wrap } from "../../terminal/index.ts";
import type { Context } from "../context.ts";
import { scopeDocument, scopeLines } from "./scope.ts";
import { findPlan, loadPlan } from "./stored-plan.ts";

type Recorded = EntryOf<"approval.recorded">;

/** What a decision is called by: the digest of its statement. */
export function approvalId({ body }: Recorded): string {
  return digestBytes(Buffer.from(body.statement));
}

/** Every decision on a plan, oldest first. */
export function recordedApprovals(state: LogState): readonly Recorded[] {
  return [...state.plans.values()].flatMap(({ approvals }) => approvals).toSorted((left, right) => left.index - right.index);
}

/**
 * Shows a decision or a scope by the digest of its statement, judged: a decision as of when it was recorded, a scope as of now, and
 * against a plan where one is named. Exit 8 where it is to be verified and does not count.
 */
export async function showRecorded(context: Context, named: string, verify: boolean, plan?: string): Promise<number> {
  const reader = await context.reader();
  const state = await foldLog(reader);
  const scope = [...state.scopes.values()].find(({ body }) => body.scope === named);
  if (scope) {
    const against = plan === undefined ? null : await loadPlan(reader, findPlan(state, plan, context.globals.output.onTerminal));
    const document = scopeDocument(scope, await reader.keyring(), context.clock, against);
    context.globals.output.result(document, (view) => scopeLines(document, view));
    return verify && !document.valid ? EXIT.approval : EXIT.ok;
  }
  const recorded = recordedApprovals(state).find((one) => approvalId(one) === named);
  if (recorded === undefined)
    throw new ErError("unknown-approval", `no approval "${named}" is in the log`, { hints: ["soc2-er approval list"] });
  const document = await approvalDocument(reader, recorded);
  context.globals.output.result(document, (view) => lines(document, view));
  return verify && !document.valid ? EXIT.approval : EXIT.ok;
}

async function approvalDocument(reader: AuditReader, recorded: Recorded) {
  const { plan: digest, role, person, decision, statement, signature } = recorded.body;
  const plan = await loadPlan(reader, digest);
  const batches = await batchesSeen(reader, [statement]);
  const findings = checkApproval(recorded.body, plan, await reader.keyring(), recorded.at, { batches });
  return {
    schema: "soc2-er/approval@1" as const,
    ...{ plan: digest, role, person, decision, at: recorded.at, text: statement, signature },
    valid: findings.length === 0,
    findings,
    next: [{ argv: ["soc2-er", "plan", "show", digest] }],
  };
}

function lines(document: Awaited<ReturnType<typeof approvalDocument>>, { width, paint }: View): string[] {
  const { role, person, decision, text, valid, findings } = document;
  return [
    ...wrap(tame(`${person} as ${role}: ${decision}`), width, 2),
    ...text
      .trimEnd()
      .split("\n")
      .flatMap((line) => wrap(tame(`  ${line}`), width, 4)),
    valid ? paint.green("was good when it was recorded") : paint.red("does not count"),
    ...findings.flatMap(({ code, detail }) => wrap(paint.red(tame(`  ${detail} [${code}]`)), width, 4)),
  ];
}
