import { secretsmanager } from "../keys.ts";
import type { SecretRow } from "../rows.ts";
import type { Transaction } from "../world.ts";

/** By name, by ARN, or by an ARN without the six characters that are added to the name. */
export function findSecret(tx: Transaction, account: string, region: string, id: string): SecretRow | null {
  const name = id.replace(/^arn:aws:secretsmanager:[^:]+:\d{12}:secret:/, "");
  const found = tx.newest<SecretRow>(secretsmanager.secret(account, region, name));
  if (found !== null || name === id) return found;
  const short = tx.newest<SecretRow>(secretsmanager.secret(account, region, name.replace(/-[A-Za-z0-9]{6}$/, "")));
  return short?.arn === id ? short : null;
}
