import type { Keyring } from "../../audit/index.ts";
import { type Person, quote } from "../../model/index.ts";
import type { Context } from "../context.ts";
import { type DoctorCheck, ok, warn } from "./check.ts";

const LEADS = ["security", "engineering"];

/**
 * The organization's file grants nothing once the log exists: where they differ, somebody expects otherwise. And where a role that keys
 * are changed with hangs on one key, its loss cannot be made good.
 */
export function checkKeyring({ config }: Context, keyring: Keyring): readonly DoctorCheck[] {
  const commands = [
    ...config.people.flatMap((person) => commandsFor(person, keyring)),
    ...keyring.people
      .filter(({ id }) => !config.people.some((one) => one.id === id))
      .map(({ id }) => command("remove-person", id)),
  ];
  const alone = LEADS.filter(
    (role) => keyring.people.flatMap(({ roles, keys }) => (roles.includes(role) ? keys : [])).length < 2,
  );
  return [
    commands.length === 0
      ? ok("keyring", `${keyring.people.length} people, as in ${config.source}`)
      : warn("keyring", `the log knows people differently than ${config.source}: the log counts`, commands),
    ...(alone.length === 0
      ? []
      : [
          warn("leads", `one key holds the role ${alone.join(", another ")}: lost, it cannot be replaced in this log`, [
            "soc2-er audit key propose add-key PERSON FILE.pub   # a second key of theirs, kept elsewhere",
          ]),
        ]),
  ];
}

/** What would make the log's keyring say of somebody what the file says. */
function commandsFor({ id, roles, keys }: Person, keyring: Keyring): string[] {
  const texts = keys.map((line) => line.trim().split(/\s+/).slice(0, 2).join(" "));
  const wanted = roles.flatMap((role) => ["--role", role]);
  const known = keyring.person(id);
  const [first = "", ...others] = texts;
  if (known === null) return [command("add-person", id, first, ...wanted), ...others.map((key) => command("add-key", id, key))];
  const active = keyring.keys.filter(({ person, state }) => person === id && state === "active");
  return [
    ...(known.roles.toSorted().join() === roles.toSorted().join() ? [] : [command("set-roles", id, ...wanted)]),
    ...texts.filter((text) => keyring.ownerOf(text)?.id !== id).map((text) => command("add-key", id, text)),
    ...active.filter(({ text }) => !texts.includes(text)).map(({ fingerprint }) => command("retire-key", id, fingerprint)),
  ];
}

function command(...words: readonly string[]): string {
  return ["soc2-er", "audit", "key", "propose", ...words].map(quote).join(" ");
}
