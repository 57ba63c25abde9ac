import type { CommandSpec } from "../command.ts";

const YES = { flags: "--yes", description: "do not ask" };

/** Who the people of the log are, with which roles and keys, and how that changes. */
export const KEYS: readonly CommandSpec[] = [
  {
    path: "audit key list",
    summary: "people, roles and keys, by the log",
    group: "prove",
    examples: ["soc2-er audit key list", "soc2-er audit key list --json"],
    load: () => import("../commands/audit-key-list.ts"),
  },
  {
    path: "audit key propose",
    args: "<change> <person> [key]",
    summary: "sign a change of people, roles or keys, for others to sign",
    group: "prove",
    options: [
      { flags: "--role <role>", description: "of add-person and set-roles: a role of theirs, as often as needed", repeats: true },
      {
        flags: "--good-through <entry>",
        description: "of revoke-key: the last entry of the log before which the key was in good hands",
      },
      { flags: "--reason <text>", description: "why, for who signs and for the log" },
      YES,
    ],
    examples: [
      "soc2-er audit key propose add-key ana ana-laptop.pub --reason 'new laptop'",
      "soc2-er audit key propose add-person eve eve.pub --role operator --yes",
      "soc2-er audit key propose revoke-key ana SHA256:Yg5Z5cTPnAep3CaHhah31ALWFDwklsY6u8Pnx8VLLZU --good-through 1204 --reason stolen",
      "soc2-er audit key propose retire-key ana ana-old.pub",
      "soc2-er audit key propose set-roles eve --role operator --role engineering",
      "soc2-er audit key propose remove-person eve --reason 'left us'",
    ],
    load: () => import("../commands/audit-key-propose.ts"),
  },
  {
    path: "audit key sign",
    args: "<statement>",
    summary: "sign a change that somebody proposed; a file, or - for what is pasted",
    group: "prove",
    options: [YES],
    examples: ["soc2-er audit key sign change.txt", "soc2-er audit key sign - --yes"],
    load: () => import("../commands/audit-key-sign.ts"),
  },
  {
    path: "audit key apply",
    args: "<statement...>",
    summary: "record a change that enough people signed; files of one statement, or - for what is pasted",
    group: "prove",
    options: [YES],
    examples: ["soc2-er audit key apply change.txt", "soc2-er audit key apply from-ben.txt from-cy.txt --yes"],
    load: () => import("../commands/audit-key-apply.ts"),
  },
  {
    path: "audit key allowed-signers",
    summary: "an allowed_signers file, to check signatures with OpenSSH",
    group: "prove",
    examples: ["soc2-er audit key allowed-signers", "soc2-er audit key allowed-signers --json"],
    load: () => import("../commands/audit-key-allowed-signers.ts"),
  },
];
