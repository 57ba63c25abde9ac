import { spawnSync } from "node:child_process";
import { accessSync } from "node:fs";
import { delimiter, join } from "node:path";

/**
 * Whether programs of Debian packages are here, installing them where that may be done. Null when they are; else why not, for
 * `test(…, { skip })`: a reason is printed with the test's name, so that nobody takes it for passed.
 */
export function lacking(programs: readonly string[], packages: readonly string[] = programs): string | null {
  if (programs.every(isHere)) return null;
  const why = install(packages);
  const missing = programs.filter((program) => !isHere(program));
  return missing.length === 0 ? null : `NOT TESTED: ${missing.join(", ")} cannot be had here${why === "" ? "" : `: ${why}`}`;
}

function isHere(program: string): boolean {
  if (program.includes("/")) return isFile(program);
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => isFile(join(folder, program)));
}

function isFile(path: string): boolean {
  try {
    accessSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Files of tests run side by side: whoever comes second waits for the first one's lock. */
function install(packages: readonly string[]): string {
  if (process.getuid?.() !== 0) return `as root: apt-get install ${packages.join(" ")}`;
  const apt = (...args: readonly string[]): string => {
    const options = ["-q", "-y", "-o", "DPkg::Lock::Timeout=120", "--no-install-recommends"];
    const { status, stderr, error } = spawnSync("apt-get", [...options, ...args], {
      encoding: "utf8",
      timeout: 240_000,
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
    if (status === 0) return "";
    return error?.message ?? stderr.trim().split("\n").at(-1) ?? "apt-get failed";
  };
  const first = apt("install", ...packages);
  if (first === "") return "";
  apt("update");
  return apt("install", ...packages);
}
