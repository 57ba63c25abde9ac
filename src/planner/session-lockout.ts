import { ErError, type Selection } from "../model/index.ts";
import type { Identity } from "./control-lockout.ts";

/** Errors: `self-lockout` when a session of the target is that of somebody who must not be cut off, or carries their name as its source identity. */
export function guardSessions(selections: readonly Selection[], identities: readonly Identity[]): void {
  for (const selection of selections) {
    if (selection.kind !== "aws.session") continue;
    const { account, role, by, session } = selection;
    const own = `:${account}:assumed-role/${role}/${session}`.toLowerCase();
    const hit = identities.find(({ arn }) =>
      by === "name" ? arn.toLowerCase().endsWith(own) : arn.split("/").at(-1)?.toLowerCase() === session.toLowerCase(),
    );
    if (!hit) continue;
    const said = `aws:${by === "name" ? "session" : "source-identity"}/${role}/${session}`;
    throw new ErError("self-lockout", `"${said}" is ${hit.who}: denying it would cut off the response`, {
      hints: ["leave it out of the target", "if it is compromised, act from another session first"],
      detail: { principal: said, account, because: hit.who },
    });
  }
}
