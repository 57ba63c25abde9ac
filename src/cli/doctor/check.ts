import { ErError } from "../../model/index.ts";

export type CheckStatus = "ok" | "warn" | "fail" | "skipped";

/** One thing that was looked at: what was seen, and the command or line that helps. */
export type DoctorCheck = {
  readonly id: string;
  readonly status: CheckStatus;
  readonly detail: string;
  readonly hints?: readonly string[];
};

export function ok(id: string, detail: string): DoctorCheck {
  return { id, status: "ok", detail };
}

export function warn(id: string, detail: string, hints: readonly string[] = []): DoctorCheck {
  return { id, status: "warn", detail, hints };
}

export function fail(id: string, detail: string, hints: readonly string[] = []): DoctorCheck {
  return { id, status: "fail", detail, hints };
}

/** Runs one look; what it throws is its finding. */
export async function look(
  id: string,
  work: () => Promise<DoctorCheck | readonly DoctorCheck[]>,
): Promise<readonly DoctorCheck[]> {
  try {
    return [await work()].flat();
  } catch (error) {
    if (error instanceof ErError) return [fail(id, error.message, error.hints)];
    return [fail(id, error instanceof Error ? `${error.name}: ${error.message}` : String(error))];
  }
}
