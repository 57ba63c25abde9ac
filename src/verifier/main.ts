import { basename } from "node:path";
import { type StoreFolder, type VerifyOptions, verifyHome } from "./index.ts";

const USAGE = `usage: verifier LOG-FOLDER [--origin ORIGIN] [--store FOLDER]... [--json]

Checks a soc2-er audit log (the folder HOME/real/log or HOME/drill/log) from its bytes alone.
  --origin ORIGIN  the log that it must be
  --store FOLDER   a copy of a remote store, with batch/ and blob/, to compare with
  --json           the answer as JSON

exit: 0 verified, 10 verified with gaps, 20 incomplete, 30 tampered, 2 usage, or the folder cannot be read
`;

const EXIT = { verified: 0, "verified-with-gaps": 10, incomplete: 20, tampered: 30 } as const;
const UNUSABLE = 2;

async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--help")) {
    process.stdout.write(USAGE);
    return 0;
  }
  const options = readArguments(args);
  if (options === null) {
    process.stderr.write(USAGE);
    return UNUSABLE;
  }
  const verification = await verifyHome(options);
  const { verdict, origin, entries, writers, findings, notChecked } = verification;
  const lines = [
    `${verdict}: ${origin}, ${entries} entries by ${writers} sessions`,
    ...findings.map(({ code, at, detail }) => `  ${at}: ${detail} [${code}]`),
    ...notChecked.map((what) => `  not checked: ${what}`),
  ];
  const json = JSON.stringify({ schema: "soc2-er/verification@1", ...verification });
  process.stdout.write(`${args.includes("--json") ? json : lines.map(plain).join("\n")}\n`);
  return EXIT[verdict];
}

function readArguments(args: readonly string[]): VerifyOptions | null {
  const folders: string[] = [];
  const stores: StoreFolder[] = [];
  let origin: string | undefined;
  for (let index = 0; index < args.length; index++) {
    const argument = args[index] ?? "";
    const value = args[index + 1];
    if (argument === "--json") continue;
    if (!argument.startsWith("-")) folders.push(argument);
    else if (value === undefined) return null;
    else if (argument === "--origin") origin = value;
    else if (argument === "--store") stores.push({ name: basename(value), folder: value });
    else return null;
    if (argument.startsWith("-")) index++;
  }
  const [folder] = folders;
  if (folder === undefined || folders.length > 1) return null;
  return { folder, stores, ...(origin === undefined ? {} : { origin }) };
}

/** What an attacker wrote into the log must not steer the terminal. */
function plain(line: string): string {
  return line.replace(/\p{C}/gu, "?");
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`${plain(error instanceof Error ? error.message : String(error))}\n`);
    process.exitCode = UNUSABLE;
  },
);
