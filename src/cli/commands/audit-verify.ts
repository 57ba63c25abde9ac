import { verifyLog } from "../../audit/index.ts";
import { plural, tame, wrap } from "../../terminal/index.ts";
import type { Globals } from "../command.ts";
import { withContext } from "../context.ts";

/** The verifier's own exit codes: an auditor's script tells declared gaps from tampering by them. */
const VERDICT_EXIT = { verified: 0, "verified-with-gaps": 10, incomplete: 20, tampered: 30 } as const;

export async function run(_args: readonly string[], _options: object, globals: Globals): Promise<number> {
  return withContext(globals, async (context) => {
    const verification = await verifyLog({ home: context.home, origin: context.origin }, await context.stores());
    globals.output.result({ schema: "soc2-er/verification@1", ...verification }, ({ width, paint }) => {
      const good = verification.verdict === "verified";
      const { verdict, origin, entries, writers, findings, notChecked } = verification;
      return [
        ...wrap(
          `${good ? paint.green("✔") : paint.red("✖")} ${verdict}: ${origin}, ${plural(entries, "entry", "entries")} by ${plural(writers, "writer")}`,
          width,
          2,
        ),
        ...findings.flatMap(({ code, at, detail }) => wrap(tame(`  ${at}: ${detail} [${code}]`), width, 4)),
        ...notChecked.flatMap((what: string) => wrap(tame(`  not checked: ${what}`), width, 4)),
      ];
    });
    return VERDICT_EXIT[verification.verdict];
  });
}
