import { EXIT, type Selection } from "../../model/index.ts";
import { resolveTenant } from "../../planner/index.ts";
import { plural, tame, wrap } from "../../terminal/index.ts";
import type { Globals } from "../command.ts";
import { withContext } from "../context.ts";

/** What the organization's file makes of a tenant's name: the places that its containment would look at. */
export async function run([name = ""]: readonly string[], _options: object, globals: Globals): Promise<number> {
  return withContext(globals, async (context) => {
    const scopes = await context.scopes({ signal: new AbortController().signal });
    const selections = await resolveTenant(name, context.config, scopes);
    const next = [{ argv: ["soc2-er", "isolate", "tenant", name, "--dry-run"] }];
    globals.output.result({ schema: "soc2-er/tenant@1", name, selections, next }, ({ width, paint }) => [
      paint.bold(`${name}: ${plural(selections.length, "place")}`),
      ...selections.flatMap((selection) => wrap(tame(`  ${saySelection(selection)}`), width, 4)),
    ]);
    return EXIT.ok;
  });
}

function saySelection({ kind, ...facts }: Selection): string {
  const said = Object.entries(facts).filter(([key]) => key !== "tenant" && key !== "exempt");
  return `${kind}: ${said.map(([key, value]) => `${key} ${typeof value === "string" ? value : JSON.stringify(value)}`).join(", ")}`;
}
