import { type LogState, openIncidents } from "../incidents/index.ts";
import { ErError, type Incident, nearestFew } from "../model/index.ts";
import type { Env } from "./command.ts";

/**
 * The incident meant: the one named, else `SOC2_ER_INCIDENT`, else the single open one. Never guessed: several are listed, with none
 * the hint declares one. A unique prefix counts only where a person is watching.
 */
export function selectIncident(state: LogState, named: string | undefined, env: Env, watched: boolean): Incident {
  const asked = named ?? (env["SOC2_ER_INCIDENT"] || undefined);
  if (asked !== undefined) return incidentNamed(state, asked, watched);
  const open = openIncidents(state);
  const [only] = open;
  if (only && open.length === 1) return only;
  if (open.length === 0) {
    throw new ErError("no-incident", "no incident is open", {
      hints: ["soc2-er incident declare --title 'what happens' --severity 2", "or in the same breath: --declare 'what happens'"],
    });
  }
  throw new ErError("ambiguous", `${open.length} incidents are open`, {
    hints: open.map(({ id, title }) => `--incident ${id}   (${title})`),
  });
}

export function incidentNamed(state: LogState, name: string, watched: boolean): Incident {
  const known = state.incidents.get(name);
  if (known) return known;
  const ids = [...state.incidents.keys()];
  const matches = watched && name.length >= 3 ? ids.filter((id) => id.startsWith(name)) : [];
  const only = matches.length === 1 ? state.incidents.get(matches[0] ?? "") : undefined;
  if (only) return only;
  if (matches.length > 1)
    throw new ErError("ambiguous", `"${name}" is the beginning of ${matches.length} incidents`, { hints: matches });
  const near = nearestFew(name, ids);
  throw new ErError("unknown-incident", `no incident "${name}" is in the log`, {
    hints: near.length > 0 ? near.map((id) => `did you mean "${id}"?`) : ["soc2-er incident list"],
  });
}
