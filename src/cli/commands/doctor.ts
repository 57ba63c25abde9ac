import { ErError, EXIT } from "../../model/index.ts";
import { pad, plural, tame, type View, wrap } from "../../terminal/index.ts";
import type { Globals } from "../command.ts";
import { type Context, openContext } from "../context.ts";
import { type DoctorCheck, fail, look, ok } from "../doctor/check.ts";
import { checkClouds, checkRunbooks } from "../doctor/clouds.ts";
import { checkHome, checkNode, checkPeople, checkRoom } from "../doctor/home.ts";
import { checkForwarders, checkKey, checkLog, checkStores } from "../doctor/log.ts";
import { checkLogKey } from "../doctor/log-key.ts";

/** Looks at everything that must work on the night, and changes nothing. Exit 1 when something would not. */
export async function run(_args: readonly string[], options: { offline?: true }, globals: Globals): Promise<number> {
  const found = [checkNode(process.versions.node), ...(await checkRest(globals, options.offline === true))];
  const checks = found.map((check) =>
    check.hints ? { ...check, hints: check.hints.map((hint) => globals.output.here(hint)) } : check,
  );
  const failed = checks.filter(({ status }) => status === "fail").length;
  const warned = checks.filter(({ status }) => status === "warn").length;
  globals.output.result({ schema: "soc2-er/doctor@1", ok: failed === 0, checks }, (view) => [
    ...checks.flatMap((check) => lines(check, view)),
    failed === 0
      ? `ready${warned > 0 ? `, with ${plural(warned, "warning")}` : ""}`
      : `${plural(failed, "thing")} would not work`,
  ]);
  return failed === 0 ? EXIT.ok : EXIT.defect;
}

/** Without an organization's file there is nothing else to look at. */
async function checkRest(globals: Globals, offline: boolean): Promise<readonly DoctorCheck[]> {
  let context: Context;
  try {
    context = await openContext(globals);
  } catch (error) {
    if (error instanceof ErError) return [fail("config", error.message, error.hints)];
    throw error;
  }
  try {
    const { config } = context;
    const here = [ok("config", `${config.source}: ${config.organization}, log ${config.origin}`), checkPeople(config)];
    const looked = [
      look("home", () => checkHome(context)),
      look("room", () => checkRoom(context)),
      look("runbooks", () => checkRunbooks(context)),
      look("key", () => checkKey(context)),
      look("log", () => checkLog(context)),
      look("forward", () => checkForwarders(context)),
      ...(offline
        ? []
        : [
            look("stores", () => checkStores(context)),
            look("log key", () => checkLogKey(context)),
            look("credentials", () => checkClouds(context)),
          ]),
    ];
    const skipped: DoctorCheck[] = offline
      ? [{ id: "network", status: "skipped", detail: "stores and credentials were not looked at: --offline" }]
      : [];
    return [...here, ...(await Promise.all(looked)).flat(), ...skipped];
  } finally {
    await context.close();
  }
}

function lines({ id, status, detail, hints = [] }: DoctorCheck, { width, paint }: View): string[] {
  const mark = { ok: paint.green("✔ ok  "), warn: paint.yellow("! warn"), fail: paint.red("✖ FAIL"), skipped: "- skip" }[status];
  const [first = "", ...rest] = wrap(tame(`${pad(id, 12)} ${detail}`), width - 7, 13);
  return [
    `${mark} ${first}`,
    ...rest.map((line) => `       ${line}`),
    ...(status === "ok" ? [] : hints.map((hint) => `       hint: ${tame(hint)}`)),
  ];
}
