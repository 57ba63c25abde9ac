import { checkScope } from "../../approvals/index.ts";
import { EXIT, instant } from "../../model/index.ts";
import { sayInstant, shortDigest, table } from "../../terminal/index.ts";
import type { Globals } from "../command.ts";
import { type Context, withContext } from "../context.ts";
import { approvalId, recordedApprovals } from "../flow/recorded.ts";
import { logState } from "../log-state.ts";

const COLUMNS = [{ title: "approval" }, { title: "what" }, { title: "who" }, { title: "until" }, { title: "for", grows: true }];

/** What was signed in advance first, then decisions on plans, each newest first. */
export async function run(_args: readonly string[], options: { incident?: string }, globals: Globals): Promise<number> {
  return withContext(globals, async (context) => {
    const items = await itemsOf(context, options.incident);
    globals.output.result({ schema: "soc2-er/approval-list@1", items }, ({ width }) => {
      const rows = items.map((item) => [
        shortDigest(item.approval),
        item.kind === "scope" ? (item.findings[0]?.code ?? "in advance") : item.decision,
        `${item.person} as ${item.role}`,
        item.kind === "scope" ? sayInstant(item.expiresAt) : "",
        item.kind === "scope" ? item.runbook : `${shortDigest(item.plan)} (${item.incident})`,
      ]);
      return rows.length === 0 ? ["nothing was approved"] : table(COLUMNS, rows, width);
    });
    return EXIT.ok;
  });
}

async function itemsOf(context: Context, incident: string | undefined) {
  const state = await logState(context);
  const keyring = await (await context.readerIfAny())?.keyring();
  const now = instant(context.clock.now());
  const scopes = incident === undefined && keyring !== undefined ? [...state.scopes.values()] : [];
  return [
    ...scopes.toReversed().map((scope) => {
      const { scope: approval, runbook, role, person, expiresAt } = scope.body;
      const findings = keyring === undefined ? [] : checkScope(scope, keyring, now);
      return {
        kind: "scope" as const,
        approval,
        runbook,
        role,
        person,
        at: scope.at,
        expiresAt,
        valid: findings.length === 0,
        findings,
      };
    }),
    ...recordedApprovals(state)
      .filter((one) => incident === undefined || one.incident === incident)
      .toReversed()
      .map((one) => {
        const { plan, role, person, decision } = one.body;
        return {
          kind: "approval" as const,
          approval: approvalId(one),
          plan,
          incident: one.incident ?? "",
          role,
          person,
          decision,
          at: one.at,
        };
      }),
  ];
}
