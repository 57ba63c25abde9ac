import { EXIT } from "../../model/index.ts";
import type { SignatureNamespace } from "../../signing/index.ts";
import type { Globals } from "../command.ts";
import { withContext } from "../context.ts";

const NAMESPACES: readonly SignatureNamespace[] = [
  "session.soc2-er.v1",
  "approval.soc2-er.v1",
  "scope.soc2-er.v1",
  "keyring.soc2-er.v1",
];

/**
 * For `ssh-keygen -Y verify`: who signed, and for what. It knows no places in a log, so that it tells nothing of when a key was somebody's:
 * retired keys are in it, revoked ones are not.
 */
export async function run(_args: readonly string[], _options: object, globals: Globals): Promise<number> {
  return withContext(globals, async (context) => {
    const { keys, last } = await (await context.reader()).keyring();
    const lines = [
      `# ${context.origin}, after ${last}`,
      ...keys
        .filter(({ state }) => state !== "revoked")
        .map(({ person, text }) => `${person} namespaces="${NAMESPACES.join(",")}" ${text}`),
    ];
    globals.output.result({ schema: "soc2-er/allowed-signers@1", text: `${lines.join("\n")}\n` }, () => lines);
    return EXIT.ok;
  });
}
