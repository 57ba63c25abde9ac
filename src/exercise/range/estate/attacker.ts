import { instant } from "../../../model/index.ts";
import { ec2, iam } from "../keys.ts";
import type { FlowRow, SessionRow } from "../rows.ts";
import { ACCOUNT, ATTACKER_IPV4, type EstateRow, REGION } from "./names.ts";

const MINUTE = 60_000;

/** What the attacker already holds when the world begins: role sessions and open connections. */
export function attackerRows(now: number): EstateRow[] {
  return [
    session("acme-worker", now),
    session("app-data", now),
    flow(
      { id: "flow-shell", interface: "eni-0acme01", peer: ATTACKER_IPV4, port: 22, what: "interactive shell", tracked: true },
      now,
    ),
    flow(
      { id: "flow-web", interface: "eni-0acme01", peer: ATTACKER_IPV4, port: 443, what: "web shell over HTTPS", tracked: false },
      now,
    ),
  ];
}

function session(role: string, now: number): EstateRow {
  const value: SessionRow = {
    id: `session-${role}`,
    role,
    name: "i-0acme01",
    issued: instant(now - 20 * MINUTE),
    expires: instant(now + (12 * 60 - 20) * MINUTE),
  };
  return { key: iam.session(ACCOUNT, value.id), value };
}

function flow(facts: Omit<FlowRow, "opened">, now: number): EstateRow {
  return { key: ec2.flow(ACCOUNT, REGION, facts.id), value: { ...facts, opened: instant(now - 15 * MINUTE) } };
}
