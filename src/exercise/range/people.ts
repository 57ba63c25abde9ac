import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { newNonce } from "../../model/index.ts";
import { generateKeyFile } from "../../signing/index.ts";
import { ESTATE_PEOPLE, type EstatePerson } from "./estate-config.ts";

const LOG_KEY = "log";

export type RangeKeys = {
  /** Paths of the private keys. */
  readonly files: Readonly<Record<EstatePerson, string>>;
  /** As in authorized_keys. */
  readonly publicKeys: Readonly<Record<EstatePerson, string>>;
  /** Path of the key that signs checkpoints of the log. */
  readonly logKey: string;
};

/** The key pairs of the estate's people, made on first use. When two processes come first, one set wins whole. */
export async function rangeKeys(folder: string): Promise<RangeKeys> {
  const keys = join(folder, "keys");
  if (!existsSync(keys)) await makeKeys(folder, keys);
  const files = byPerson((person) => join(keys, person));
  const lines = await Promise.all(ESTATE_PEOPLE.map((person) => readFile(`${files[person]}.pub`, "utf8")));
  return {
    files,
    logKey: join(keys, LOG_KEY),
    publicKeys: byPerson((person) => (lines[ESTATE_PEOPLE.indexOf(person)] ?? "").trim()),
  };
}

async function makeKeys(folder: string, keys: string): Promise<void> {
  const draft = join(folder, `keys-${newNonce()}`);
  await mkdir(draft, { recursive: true, mode: 0o700 });
  await Promise.all([...ESTATE_PEOPLE, LOG_KEY].map((person) => generateKeyFile(join(draft, person), person)));
  try {
    await rename(draft, keys);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (!existsSync(keys)) throw error;
  }
}

function byPerson(value: (person: EstatePerson) => string): Record<EstatePerson, string> {
  return { "sec-lead": value("sec-lead"), "eng-lead": value("eng-lead"), "on-call": value("on-call"), dual: value("dual") };
}
