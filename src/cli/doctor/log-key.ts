import { type AuditReader, publicLogKey, tryLogKey } from "../../audit/index.ts";
import type { Context } from "../context.ts";
import { type DoctorCheck, fail, ok, warn } from "./check.ts";

const ID = "log key";

/** Whether the file's log key is the one that the log was founded with, and may be used from here. */
export async function checkLogKey(context: Context): Promise<readonly DoctorCheck[]> {
  const [logKey, reader] = [await context.logKey(), await context.readerIfAny()];
  const founded = reader === null ? null : await foundedWith(reader);
  if (logKey === null)
    return founded === null ? [] : [ok(ID, "none in the organization's file: checkpoints are left to other machines")];
  if (reader !== null && founded === null)
    return [
      warn(ID, "the log was founded without one: audit.log-key has no effect", ["another log under another origin has one"]),
    ];
  const own = await publicLogKey(logKey, context.origin);
  if (founded !== null && own !== founded)
    return [
      fail(ID, `"${logKey.name}" is not the key that the log was founded with, which is ${founded}`, ["set audit.log-key"]),
    ];
  await tryLogKey(logKey, context.origin);
  return [ok(ID, `${logKey.name} signs: ${own}`)];
}

async function foundedWith(reader: AuditReader): Promise<string | null> {
  for await (const entry of reader.entries()) if (entry.type === "genesis") return entry.body.logKey ?? null;
  return null;
}
