import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { UNSEEN } from "./findings.ts";
import { type GivenNote, type StoreFolder, type VerifyOptions, verifyHome } from "./index.ts";
import { verifyProof } from "./proof.ts";
import { linesOf } from "./say.ts";

const USAGE = `usage: verifier FOLDER [--genesis DIGEST] [--origin ORIGIN] [--store FOLDER]... [--log-key VKEY] [--checkpoint FILE]...
       [--versions FILE [--retention DAYS]] [--population FILE] [--json]
   or: verifier --proof FILE [--log-key VKEY] [--origin ORIGIN] [--json]

Checks a soc2-er audit log from its bytes alone: a bundle of "soc2-er audit export", or the folder HOME/real/log or HOME/drill/log.
  --genesis DIGEST   the founding entry that you noted: what lies in the folder is not asked which log this is
  --origin ORIGIN    the log that it must be
  --store FOLDER     a copy of a remote store, with batch/, blob/ and checkpoint/, to compare with
  --log-key VKEY     the key that signs its checkpoints, as you noted it
  --checkpoint FILE  a checkpoint that you kept: the log must continue it
  --proof FILE       instead of a log: what "soc2-er audit show ENTRY --proof" wrote
  --versions FILE    all versions in the store, as "soc2-er audit export --inventory" or "aws s3api list-object-versions" list them
  --retention DAYS   for how long the store has to lock what it has
  --population FILE  writes every privileged action to a new CSV file, one row each
  --json             the answer as JSON

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
  if ("proof" in options) return answerProof(options, args.includes("--json"));
  const verification = await verifyHome(options);
  const json = JSON.stringify({ schema: "soc2-er/verification@1", ...verification });
  process.stdout.write(`${args.includes("--json") ? json : linesOf(verification).map(plain).join("\n")}\n`);
  return EXIT[verification.verdict];
}

type ProofOptions = { readonly proof: Buffer; readonly logKey?: string; readonly origin?: string };

function answerProof({ proof, ...noted }: ProofOptions, json: boolean): number {
  const found = verifyProof(proof, noted);
  const lines = [
    `${found.verdict}: entry ${found.index} of ${found.size} in ${found.origin}: ${found.says}`,
    ...found.findings.map(({ code, at, detail }) => `  ${at}: ${detail} [${code}]`),
    ...found.notChecked.map((what) => `  not checked: ${what}`),
  ];
  process.stdout.write(
    `${json ? JSON.stringify({ schema: "soc2-er/proof-verification@1", ...found }) : lines.map(plain).join("\n")}\n`,
  );
  return EXIT[found.verdict];
}

function readArguments(args: readonly string[]): VerifyOptions | ProofOptions | null {
  const folders: string[] = [];
  const stores: StoreFolder[] = [];
  type Named = { origin?: string; genesis?: string; versions?: string; retention?: number; population?: string; logKey?: string };
  const named: Named = {};
  const checkpoints: GivenNote[] = [];
  const proofs: Buffer[] = [];
  for (let index = 0; index < args.length; index++) {
    const argument = args[index] ?? "";
    const value = args[index + 1];
    if (argument === "--json") continue;
    if (!argument.startsWith("-")) folders.push(argument);
    else if (value === undefined) return null;
    else if (argument === "--log-key") named.logKey = value;
    else if (argument === "--proof") proofs.push(readFileSync(value));
    else if (argument === "--checkpoint") checkpoints.push({ name: value, bytes: readFileSync(value) });
    else if (argument === "--store") stores.push({ name: basename(value), folder: value });
    else if (argument === "--origin") named.origin = value;
    else if (argument === "--population") named.population = value;
    else if (argument === "--versions") named.versions = value;
    else if (argument === "--retention" && /^[1-9]\d{0,5}$/.test(value)) named.retention = Number(value);
    else if (argument === "--genesis" && /^sha256:[0-9a-f]{64}$/.test(value)) named.genesis = value;
    else return null;
    if (argument.startsWith("-")) index++;
  }
  const [folder] = folders;
  const [proof] = proofs;
  const { origin, logKey, ...ofLogs } = named;
  const more = folders.length + stores.length + checkpoints.length + Object.keys(ofLogs).length > 0;
  const noted = { ...(origin === undefined ? {} : { origin }), ...(logKey === undefined ? {} : { logKey }) };
  if (proof !== undefined) return proofs.length > 1 || more ? null : { proof, ...noted };
  if (folder === undefined || folders.length > 1) return null;
  return { folder, stores, checkpoints, ...named };
}

/** What an attacker wrote into the log must not steer the terminal. */
function plain(line: string): string {
  return line.replace(UNSEEN, "?");
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
