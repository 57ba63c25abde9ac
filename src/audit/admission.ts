import type { Person } from "../model/index.ts";
import { parsePublicKey, SignatureError } from "../signing/index.ts";

/** A name that stands in an allowed_signers file for itself: no pattern, no list, no quote, no option. */
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const ROLE = /^[a-z][a-z0-9-]{0,39}$/;

/** What is wrong with a name as a person's id; null when nothing is. */
export function idFault(id: unknown): string | null {
  return typeof id === "string" && ID.test(id) ? null : `"${String(id).slice(0, 80)}" cannot be a person's id`;
}

export function rolesFault(roles: unknown): string | null {
  if (!Array.isArray(roles) || roles.length === 0) return "there is a person without roles";
  const odd = roles.find((role, index) => typeof role !== "string" || !ROLE.test(role) || roles.indexOf(role) !== index);
  return odd === undefined ? null : `"${String(odd).slice(0, 80)}" cannot be a role, or stands there twice`;
}

/** What is wrong with a line of authorized_keys form as somebody's key: its type, its point, its spelling. */
export function keyFault(line: unknown): string | null {
  if (typeof line !== "string") return "a key is no text";
  try {
    parsePublicKey(line);
    return null;
  } catch (error) {
    if (error instanceof SignatureError) return error.message;
    throw error;
  }
}

/** What keeps people out of a keyring: an id, a role or a key that is not admitted, or one that two of them have. Null when nothing does. */
export function peopleFault(people: readonly Person[]): string | null {
  const ids = new Set<string>();
  const owners = new Map<string, string>();
  for (const { id, roles, keys } of people) {
    const own = idFault(id) ?? rolesFault(roles) ?? (Array.isArray(keys) ? null : "the keys are no list");
    if (own !== null) return own;
    if (ids.has(id)) return `two people are called "${id}"`;
    ids.add(id);
    for (const line of keys) {
      const fault = keyFault(line);
      if (fault !== null) return `a key of "${id}" is not admitted: ${fault}`;
      const text = keyText(line);
      const other = owners.get(text);
      if (other !== undefined) return `"${other}" and "${id}" have the same key`;
      owners.set(text, id);
    }
  }
  return null;
}

/** `type base64`, without the comment. */
export function keyText(line: string): string {
  return line.trim().split(/\s+/).slice(0, 2).join(" ");
}
