import { stat } from "node:fs/promises";
import { ballastOf, groundOf } from "../../audit/index.ts";
import type { Config } from "../../config/index.ts";
import { requiredRoles } from "../../planner/index.ts";
import type { Context } from "../context.ts";
import { type DoctorCheck, fail, ok, warn } from "./check.ts";

const NEEDED = [24, 15] as const;

export function checkNode(version: string): DoctorCheck {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const enough = major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1]);
  return enough ? ok("node", `Node ${version}`) : fail("node", `Node ${version} is older than ${NEEDED.join(".")}`);
}

/** Can the people of the file give the approvals that its policy asks for, each by somebody who is not the operator? */
export function checkPeople({ people, policy }: Config): DoctorCheck {
  const required = new Set([...Object.values(policy.approvals).flat(), ...requiredRoles({ id: "" }, policy)]);
  const holders = (role: string): number => people.filter(({ roles }) => roles.includes(role)).length;
  const empty = [...required].filter((role) => holders(role) === 0);
  if (empty.length > 0)
    return fail(
      "people",
      `nobody holds the role ${empty.map((role) => `"${role}"`).join(", ")} that policy asks approvals from`,
      ["add a person with it under people"],
    );
  const single = [...required].filter((role) => holders(role) === 1);
  if (single.length > 0)
    return warn(
      "people",
      `only one person holds ${single.join(", ")}: when that person is away or is the operator, nothing can be approved`,
    );
  return ok("people", `${people.length} people, every role of the policy is held twice or more`);
}

/** State and log of others must not be writable: whoever can write there can stop a run, though not forge an entry. */
export async function checkHome({ home }: Pick<Context, "home">): Promise<DoctorCheck> {
  const found = await stat(home).catch(() => null);
  if (!found) return ok("home", `"${home}" will be made at first use`);
  if ((found.mode & 0o022) !== 0) return fail("home", `"${home}" can be written by others`, [`chmod go-w ${home}`]);
  const { kind, name } = await groundOf(home);
  if (kind === "network")
    return fail("home", `"${home}" lies on a network file system (${name}), where no log is written`, [
      "keep the log on a disk of this machine: --home FOLDER or SOC2_ER_HOME=FOLDER",
    ]);
  if (kind === "memory") return warn("home", `"${home}" lies in memory (${name}): a restart takes the log away`);
  if (kind === "unknown") return warn("home", `"${home}" lies on ${name}: if a network is behind it, keep the log elsewhere`);
  return ok("home", home);
}

/** Room for the end of what is begun, on a disk that is full by then. */
export async function checkRoom(context: Context): Promise<readonly DoctorCheck[]> {
  if (!(await context.hasLog())) return [];
  switch (await ballastOf(context.home)) {
    case "whole":
      return [ok("room", "8 MiB are kept for the end of what is begun")];
    case "gone":
      return [warn("room", "nothing is kept for a full disk; the next command that begins something makes it again")];
    case "short":
      return [fail("room", `the disk of "${context.home}" is full: nothing new can be begun`, [`df -h ${context.home}`])];
  }
}
