import { actionList } from "../../actions/index.ts";
import { EXIT } from "../../model/index.ts";
import { table } from "../../terminal/index.ts";
import type { Globals } from "../command.ts";

const COLUMNS = [{ title: "action" }, { title: "contains" }, { title: "title", grows: true }];

export async function run(_args: readonly string[], _options: object, globals: Globals): Promise<number> {
  const items = actionList.map(({ id, title, containment, targets, bound }) => ({ id, title, containment, targets, bound }));
  globals.output.result({ schema: "soc2-er/action-list@1", items }, ({ width }) =>
    table(
      COLUMNS,
      items.map(({ id, containment, title }) => [id, containment, title]),
      width,
    ),
  );
  return EXIT.ok;
}
