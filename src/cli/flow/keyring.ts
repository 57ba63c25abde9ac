import { resolve } from "node:path";
import { repairStatement } from "../../approvals/index.ts";
import {
  changeKeyring,
  type Judgment,
  judgeKeyring,
  KEYRING_CHANGES,
  KEYRING_LABELS,
  KEYRING_TITLE,
  type KeyringChange,
  keyringStatement,
  parseKeyringStatement,
  refuseUnheld,
} from "../../audit/index.ts";
import { type EntryBodies, ErError, EXIT, nearest } from "../../model/index.ts";
import { parsePublicKey, SignatureError } from "../../signing/index.ts";
import { tame } from "../../terminal/index.ts";
import type { Context } from "../context.ts";
import { readStdin, readText } from "../stdin.ts";

/** In its form, a key has one blank, and a reason those of its words. */
const FORM = {
  title: KEYRING_TITLE,
  labels: KEYRING_LABELS,
  unbroken: new Set<string>(["origin", "after", "change", "person", "good-through"]),
};

type Signed = EntryBodies["keyring.changed"];

export type ProposeOptions = {
  readonly role?: readonly string[];
  readonly goodThrough?: string;
  readonly reason?: string;
  readonly yes?: boolean;
};

/** Writes a change down, signs it, and prints what others sign. Nothing is recorded. */
export async function proposeChange(context: Context, words: readonly string[], options: ProposeOptions): Promise<number> {
  const [change = "", person = "", key] = words;
  const facts = await factsOf(context, change, person, key, options);
  const instead = ["soc2-er", "audit", "key", "propose", ...words, ...flagsOf(options), "--yes"];
  return await signAndShow(context, { statement: keyringStatement(facts), signatures: [] }, options.yes === true, instead);
}

/** Adds one's own signature to a change that somebody proposed. */
export async function signChange(context: Context, [source = ""]: readonly string[], yes: boolean): Promise<number> {
  const signed = await readSigned(context, [source]);
  return await signAndShow(context, signed, yes, ["soc2-er", "audit", "key", "sign", source, "--yes"]);
}

/** Records a change that is signed by enough people. */
export async function applyChange(context: Context, sources: readonly string[], yes: boolean): Promise<number> {
  const signed = await readSigned(context, sources);
  const { change, person } = parseKeyringStatement(signed.statement);
  const judged = await judgeKeyring(await context.reader(), signed);
  refuseUnheld(judged);
  if (!yes) {
    say(context, signed);
    await context.screen.confirm(person, `record ${change}`, ["soc2-er", "audit", "key", "apply", ...sources, "--yes"]);
  }
  const { index } = await changeKeyring(await context.writer(), signed);
  const next = [{ argv: ["soc2-er", "audit", "key", "list"] }];
  context.globals.output.result({ ...documentOf(signed, judged), state: "recorded", entry: index, next }, () => [
    `${change} ${person}: recorded as entry ${index}, signed by ${judged.signers.join(" and ")}`,
  ]);
  return EXIT.ok;
}

async function signAndShow(context: Context, given: Signed, yes: boolean, instead: readonly string[]): Promise<number> {
  const signer = await context.signer();
  const reader = await context.reader();
  const owner = (await reader.keyring()).ownerOf(signer.publicKey.text);
  if (owner === null)
    throw new ErError("key-unknown", `the key "${signer.publicKey.fingerprint}" belongs to nobody in the audit log's keyring`, {
      hints: ["another key: --key FILE or --key agent:COMMENT"],
    });
  const before = await judgeKeyring(reader, given);
  if (before.state !== "pending" && before.state !== "holds") refuseUnheld(before);
  const { change, person } = parseKeyringStatement(given.statement);
  if (!yes) {
    say(context, given);
    await context.screen.confirm(person, `sign ${change} as ${owner.id}`, instead);
  }
  const signature = await signer.sign("keyring.soc2-er.v1", Buffer.from(given.statement));
  const signed = { ...given, signatures: [...new Set([...given.signatures, signature])] };
  const judged = await judgeKeyring(reader, signed);
  const { state } = judged;
  const then = { argv: ["soc2-er", "audit", "key", state === "holds" ? "apply" : "sign", "-", "--yes"] };
  context.globals.output.result({ ...documentOf(signed, judged), next: [then] }, () => textOf(signed).trimEnd().split("\n"));
  context.screen.notice(
    "why" in judged
      ? `send this text on: ${judged.why}`
      : `signed by ${judged.signers.join(" and ")}: anybody of the log can record it`,
  );
  return EXIT.ok;
}

function say(context: Context, { statement }: Signed): void {
  if (context.interactive) for (const line of statement.trimEnd().split("\n")) context.screen.notice(`  ${tame(line)}`);
}

/** Statement and signatures, as they are sent on. */
function textOf({ statement, signatures }: Signed): string {
  return [statement, ...signatures].join("");
}

function documentOf(signed: Signed, judged: Judgment) {
  const { change, person, roles, key, goodThrough, reason } = parseKeyringStatement(signed.statement);
  return {
    schema: "soc2-er/key-change@1" as const,
    ...{ change, person, roles, key, goodThrough, reason, statement: signed.statement, signatures: signed.signatures },
    text: textOf(signed),
    ...{ state: judged.state as string, signers: judged.signers },
    ...("why" in judged ? { why: judged.why } : {}),
  };
}

/** From files, or from stdin for "-": one statement, with the signatures of all of them. */
async function readSigned(context: Context, sources: readonly string[]): Promise<Signed> {
  const texts = await Promise.all(
    sources.map((source) => (source === "-" ? readStdin("a change of the keyring") : readFrom(context, source))),
  );
  const found = texts.map((text) => repairStatement(text, FORM));
  const statements = new Set(found.map(({ text }) => unbroken(text)));
  const [statement = "", other] = statements;
  if (other !== undefined)
    throw new ErError("keyring-refused", "these are different changes: one statement is recorded at a time", {
      hints: ["soc2-er audit key apply with the files of one statement"],
    });
  parsed(statement);
  return { statement, signatures: [...new Set(found.flatMap(({ signatures }) => signatures))] };
}

/** A key that was broken in its middle. */
function unbroken(statement: string): string {
  return statement.replace(
    /^key: (\S+) (.*)$/m,
    (_, type: string, base64: string) => `key: ${type} ${base64.replaceAll(" ", "")}`,
  );
}

async function readFrom(context: Context, source: string): Promise<string> {
  const path = resolve(context.globals.cwd, source);
  try {
    return await readText(path, "a change of the keyring");
  } catch (error) {
    if (error instanceof ErError) throw error;
    throw new ErError("usage", `"${source}" cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}`, {
      hints: ["soc2-er audit key propose --help", "- reads what is pasted"],
    });
  }
}

/** A statement of exactly the form. Errors: `keyring-refused`. */
function parsed(statement: string): KeyringChange {
  try {
    return parseKeyringStatement(statement);
  } catch (error) {
    throw new ErError(
      "keyring-refused",
      `not a change of the keyring: ${error instanceof Error ? error.message : String(error)}`,
      {
        cause: error,
        hints: ["ask for the text again, unedited"],
      },
    );
  }
}

async function factsOf(
  context: Context,
  change: string,
  person: string,
  key: string | undefined,
  { role = [], goodThrough, reason = "none" }: ProposeOptions,
): Promise<KeyringChange> {
  const kind = KEYRING_CHANGES.find((one) => one === change);
  if (kind === undefined) {
    const meant = nearest(change, KEYRING_CHANGES);
    throw new ErError("usage", `there is no change "${change}"`, {
      hints: [meant ? `did you mean "${meant}"?` : `there are ${KEYRING_CHANGES.join(", ")}`],
    });
  }
  const needs = (what: string, wanted: boolean, given: boolean, hint: string): void => {
    if (wanted === given) return;
    throw new ErError("usage", `${kind} ${wanted ? "needs" : "takes no"} ${what}`, { hints: [hint] });
  };
  const withKey = kind === "add-person" || kind.endsWith("-key");
  needs("key", withKey, key !== undefined, `soc2-er audit key propose ${kind} ${person}${withKey ? " FILE.pub" : ""}`);
  needs("--role", kind === "add-person" || kind === "set-roles", role.length > 0, "soc2-er audit key propose --help");
  needs(
    "--good-through",
    kind === "revoke-key",
    goodThrough !== undefined,
    "soc2-er audit log --last 50   # entries with their numbers",
  );
  if (goodThrough !== undefined && !/^(0|[1-9]\d{0,14})$/.test(goodThrough))
    throw new ErError("usage", `--good-through "${goodThrough}" is not the number of an entry`, {
      hints: ["soc2-er audit log --last 50"],
    });
  const keyring = await (await context.reader()).keyring();
  const known = keyring.keys.find(({ fingerprint }) => fingerprint === key);
  const facts: KeyringChange = {
    ...{ origin: context.origin, after: keyring.last, change: kind, person, reason },
    roles: role.length > 0 ? role : null,
    key: key === undefined ? null : (known?.text ?? (await publicKeyIn(context, key))),
    goodThrough: goodThrough === undefined ? null : Number(goodThrough),
  };
  try {
    keyringStatement(facts);
  } catch (error) {
    throw new ErError("usage", `this cannot be said in a statement: ${error instanceof Error ? error.message : String(error)}`, {
      hints: ["names, roles and reasons are plain ASCII text"],
    });
  }
  return facts;
}

/** Of a public key's text, or the file that it is in. */
async function publicKeyIn(context: Context, key: string): Promise<string> {
  const line = /^(ssh|sk|ecdsa)-\S+ \S+/.test(key) ? key : await readFrom(context, key);
  try {
    return parsePublicKey(line).text;
  } catch (error) {
    if (!(error instanceof SignatureError)) throw error;
    throw new ErError("keyring-refused", `the key in "${key.slice(0, 80)}" is not admitted: ${error.message}`, {
      hints: ["ssh-keygen -t ed25519-sk   # makes a key that is"],
    });
  }
}

function flagsOf({ role = [], goodThrough, reason }: ProposeOptions): string[] {
  return [
    ...role.flatMap((one) => ["--role", one]),
    ...(goodThrough === undefined ? [] : ["--good-through", goodThrough]),
    ...(reason === undefined ? [] : ["--reason", reason]),
  ];
}
