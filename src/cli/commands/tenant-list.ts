import { EXIT } from "../../model/index.ts";
import { tenantNames } from "../../planner/index.ts";
import type { Globals } from "../command.ts";
import { withContext } from "../context.ts";

export async function run(_args: readonly string[], _options: object, globals: Globals): Promise<number> {
  return withContext(globals, async (context) => {
    const scopes = await context.scopes({ signal: new AbortController().signal });
    const items = (await tenantNames(context.config, scopes)).map((name) => ({
      name,
      next: [{ argv: ["soc2-er", "tenant", "show", name] }],
    }));
    globals.output.result({ schema: "soc2-er/tenant-list@1", items }, () =>
      items.length === 0
        ? ["no tenants were found: name them under tenancy.tenants, or tag their resources"]
        : items.map(({ name }) => name),
    );
    return EXIT.ok;
  });
}
