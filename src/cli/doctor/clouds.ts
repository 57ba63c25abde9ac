import type { Context } from "../context.ts";
import { type DoctorCheck, fail, ok, warn } from "./check.ts";

/** Who we are in every configured account. */
export async function checkClouds(context: Context): Promise<readonly DoctorCheck[]> {
  const { checkAccounts } = await import("../../readiness/index.ts");
  const scopes = await context.scopes({ signal: new AbortController().signal });
  const found = await checkAccounts(context.config, scopes);
  if (found.length === 0)
    return [warn("credentials", "no account and no subscription is configured", ["add providers to the organization's file"])];
  return found.map(({ name, ok: good, detail }) =>
    good ? ok(name, detail) : fail(name, detail, ["check the credentials in the environment, or the role of the account"]),
  );
}

/** Every runbook can be read and names only what there is. */
export async function checkRunbooks(context: Context): Promise<DoctorCheck> {
  const { lintRunbook } = await import("../../runbooks/index.ts");
  const { actionList } = await import("../../actions/index.ts");
  const runbooks = await context.runbooks();
  const known = actionList.map(({ id }) => id);
  const faulty = runbooks.filter((runbook) => lintRunbook(runbook, known).some(({ level }) => level === "error"));
  if (runbooks.length === 0) return fail("runbooks", "none was found");
  return faulty.length === 0
    ? ok("runbooks", `${runbooks.length} without an error`)
    : fail("runbooks", `errors in ${faulty.map(({ id }) => id).join(", ")}`, ["soc2-er runbook check"]);
}
