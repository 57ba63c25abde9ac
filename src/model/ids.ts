import { randomBytes, randomInt } from "node:crypto";

const CONSONANTS = "bdfgkmnprstvz";
const VOWELS = "aeiou";

function syllable(): string {
  return `${CONSONANTS[randomInt(CONSONANTS.length)]}${VOWELS[randomInt(VOWELS.length)]}`;
}

/** Short and sayable on a call: `inc-1126-kovame`, i.e. kind, month and day, three syllables (275,000 a day). */
export function newId(kind: "inc" | "run" | "lease", now: number): string {
  const date = new Date(now).toISOString();
  return `${kind}-${date.slice(5, 7)}${date.slice(8, 10)}-${syllable()}${syllable()}${syllable()}`;
}

/** 128 random bits in hex: makes a plan, an approval request or a session unique. */
export function newNonce(): string {
  return randomBytes(16).toString("hex");
}
