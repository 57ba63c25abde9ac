import { EXIT } from "../../model/index.ts";
import { table } from "../../terminal/index.ts";
import type { Globals } from "../command.ts";
import { withContext } from "../context.ts";

const COLUMNS = [{ title: "person" }, { title: "roles" }, { title: "key" }, { title: "state", grows: true }];

/** Every key that was ever admitted, people in the order in which they came. */
export async function run(_args: readonly string[], _options: object, globals: Globals): Promise<number> {
  return withContext(globals, async (context) => {
    const keyring = await (await context.reader()).keyring();
    const items = keyring.keys.map(({ person, ...key }) => ({ person, roles: keyring.person(person)?.roles ?? [], ...key }));
    globals.output.result({ schema: "soc2-er/key-list@1", after: keyring.last, items }, ({ width }) =>
      table(
        COLUMNS,
        items.map(({ person, roles, fingerprint, state, since, goodThrough }) => [
          person,
          roles.join(", ") || "none any more",
          fingerprint,
          state === "active" ? state : `${state} by entry ${since}${goodThrough === null ? "" : `, good through ${goodThrough}`}`,
        ]),
        width,
      ),
    );
    return EXIT.ok;
  });
}
