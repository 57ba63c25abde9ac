import { defect, digestBytes, type EntryBodies, type EntryOf, ErError, type ErrorCode } from "../model/index.ts";
import { LoggedKeyring } from "./keyring.ts";
import { type Judgment, judgeChange } from "./keyring-change.ts";
import { requireStore } from "./require-store.ts";
import type { AuditReader, AuditWriter } from "./types.ts";

/** To take over what other machines did meanwhile: a store that cannot be reached ends it earlier. */
const REFRESH_MS = 30_000;
const DEED = "a change of the keyring";

type Body = EntryBodies["keyring.changed"];

/** What a change amounts to if it were recorded now. */
export async function judgeKeyring(log: AuditReader, body: Body): Promise<Judgment> {
  let place = 0;
  for await (const { index } of log.entries()) place = index + 1;
  const keyring = await log.keyring();
  if (!(keyring instanceof LoggedKeyring)) return defect("a keyring that no log made");
  return judgeChange(keyring, body, { origin: log.origin, place });
}

/**
 * Records a change where it takes effect. What grants power fails closed: the deciding store must be reached before, so that the change is
 * judged on the keyring that everybody has, and must have the entry afterwards. An entry that it does not get in time changes nothing
 * until it does. Without a store the disk decides. Errors: `store-required`, and those of `refuseUnheld`.
 */
export async function changeKeyring(log: AuditWriter, body: Body): Promise<EntryOf<"keyring.changed">> {
  return await log.exclusively(async () => {
    await log.sync(REFRESH_MS);
    await requireStore(log, DEED);
    refuseUnheld(await judgeKeyring(log, body));
    const [entry] = await log.append([{ type: "keyring.changed", body }]);
    await requireStore(log, DEED);
    for await (const _ of log.entries());
    if ((await log.keyring()).last === digestBytes(body.statement) && entry !== undefined) return entry;
    throw refusal("keyring-overtaken", "another change of the keyring reached the store first");
  });
}

/** Throws `keyring-overtaken`, `keyring-pending` or `keyring-refused` for a change that does not hold. */
export function refuseUnheld(judged: Judgment): asserts judged is Extract<Judgment, { state: "holds" }> {
  if (judged.state !== "holds") throw refusal(`keyring-${judged.state}`, judged.why);
}

function refusal(code: Extract<ErrorCode, `keyring-${string}`>, why: string): ErError {
  const hints = code === "keyring-pending" ? ["soc2-er audit key sign --paste"] : ["soc2-er audit key list"];
  return new ErError(code, `the change of the keyring does not hold: ${why}`, { hints });
}
