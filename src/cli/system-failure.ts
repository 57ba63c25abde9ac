import { ErError, isSystemError, quote, reasonOf } from "../model/index.ts";

/** What the operating system refused on the way, which is no defect of ours; null when the error is something else. */
export function fromSystem(error: unknown): ErError | null {
  if (!isSystemError(error) || error.path === undefined) return null;
  const { path } = error;
  return new ErError("environment", `"${path}" cannot be used: ${reasonOf(error)}`, {
    hints: [`ls -ld ${quote(path)}`, "or keep state elsewhere: --home FOLDER or SOC2_ER_HOME=FOLDER"],
    cause: error,
  });
}
