import { cognito } from "../keys.ts";
import type { PoolClientRow, PoolUserRow } from "../rows.ts";
import { ACCOUNT, type EstateRow, USER_POOL } from "./names.ts";

const CREATED = "2026-03-02T09:00:00.000Z";

/** The pool of the tenants' portal: a group per tenant, and two clients, of which one lets its tokens live long. */
export function cognitoRows(): EstateRow[] {
  return [
    user("ada", ["acme"]),
    user("bo", ["acme"], false),
    user("cleo", ["globex"]),
    client("portal", "1h4n0portal000000000000001", { life: 30, unit: "minutes" }),
    client("reports", "1h4n0reports00000000000001", { life: 8, unit: "hours" }),
  ];
}

function user(name: string, groups: readonly string[], enabled = true): EstateRow {
  const value: PoolUserRow = { name, created: CREATED, enabled, groups, signedOut: null };
  return { key: cognito.user(ACCOUNT, USER_POOL, name), value };
}

function client(name: string, id: string, access: PoolClientRow["access"]): EstateRow {
  const value: PoolClientRow = { id, name, access };
  return { key: cognito.client(ACCOUNT, USER_POOL, id), value };
}
