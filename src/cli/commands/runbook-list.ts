import { EXIT } from "../../model/index.ts";
import { table } from "../../terminal/index.ts";
import type { Globals } from "../command.ts";
import { findRunbooks } from "../runbooks.ts";

const COLUMNS = [{ title: "runbook" }, { title: "command" }, { title: "steps" }, { title: "title", grows: true }];

export async function run(_args: readonly string[], _options: object, globals: Globals): Promise<number> {
  const items = (await findRunbooks(globals)).map(({ id, title, command, steps, controls, digest, source }) => ({
    id,
    title,
    command: command ? `${command.verb} ${command.noun}` : null,
    steps: steps.length,
    controls,
    digest,
    source,
  }));
  globals.output.result({ schema: "soc2-er/runbook-list@1", items }, ({ width }) => {
    const rows = items.map(({ id, command, steps, title }) => [id, command ?? `run ${id}`, String(steps), title]);
    return rows.length === 0 ? ["no runbooks"] : table(COLUMNS, rows, width);
  });
  return EXIT.ok;
}
