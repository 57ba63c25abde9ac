import { ErError, EXIT } from "../../model/index.ts";
import { plural } from "../../terminal/index.ts";
import type { Globals } from "../command.ts";
import { withContext } from "../context.ts";

export async function run(_args: readonly string[], options: { yes?: true }, globals: Globals): Promise<number> {
  return withContext(globals, async (context) => {
    const { config, origin, mode, home } = context;
    if (await context.findLog()) {
      throw new ErError("already-initialized", `the audit log of "${origin}" exists in "${home}"`, {
        hints: ["soc2-er audit log", "soc2-er status"],
      });
    }
    const signer = await context.signer();
    if (!options.yes) {
      globals.output.say(
        `This begins the audit log of ${origin} with ${plural(config.people.length, "person", "people")} from ${config.source}; from then on only the log decides who holds which role.`,
      );
      await context.screen.confirm(origin, "begin it", ["soc2-er", "init", "--yes"]);
    }
    await context.beginLog(signer);
    const people = config.people.map(({ id, roles }) => ({ id, roles }));
    const next = [
      { argv: ["soc2-er", "doctor"] },
      { argv: ["soc2-er", "incident", "declare", "--title", "what happens", "--severity", "2"] },
    ];
    globals.output.result(
      { schema: "soc2-er/init@1", origin, mode, home, people, key: signer.publicKey.fingerprint, next },
      () => [`audit log of ${origin} begun in ${home}`, ...people.map(({ id, roles }) => `  ${id}: ${roles.join(", ")}`)],
    );
    return EXIT.ok;
  });
}
