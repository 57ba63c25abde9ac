import { ErError } from "../model/index.ts";

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "permission denied",
  ENOENT: "there is no such file or folder",
  ENOTDIR: "a part of the path is no folder",
  EEXIST: "something else has that name",
  EISDIR: "it is a folder",
  ENOSPC: "no space left on the device",
  EROFS: "the file system is read-only",
  EMFILE: "too many files are open",
};

/** What the operating system refused on the way, which is no defect of ours; null when the error is something else. */
export function fromSystem(error: unknown): ErError | null {
  if (!(error instanceof Error) || !("errno" in error)) return null;
  const { code = "", path, message } = error as NodeJS.ErrnoException;
  if (path === undefined) return null;
  return new ErError("environment", `"${path}" cannot be used: ${REASONS[code] ?? message}`, {
    hints: [`ls -ld ${path}`, "or keep state elsewhere: --home FOLDER or SOC2_ER_HOME=FOLDER"],
    cause: error,
  });
}
