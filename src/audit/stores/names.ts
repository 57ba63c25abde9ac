import { defect } from "../../model/index.ts";

/** The only names that a store ever gets. */
export function checkName(name: string): string {
  return /^(?:(?:batch|checkpoint)\/\d{12}|blob\/sha256\/[0-9a-f]{64})$/.test(name)
    ? name
    : defect(`"${name}" names no object of a store`);
}
