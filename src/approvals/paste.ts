import { ErError } from "../model/index.ts";
import { LABELS, TITLE } from "./statement.ts";

const BEGIN = /^[-\u2010-\u2015]+ ?BEGIN SSH SIGNATURE ?[-\u2010-\u2015]+$/;
const END = /^[-\u2010-\u2015]+ ?END SSH SIGNATURE ?[-\u2010-\u2015]+$/;
const MAX_PASTE = 64 * 1024;

/**
 * Finds statement and signature in what mail or chat made of them: quote marks, CR, no-break blanks, indentation, wrapped
 * lines, typographic dashes, text around them. Proves nothing: the signature is verified over the repaired text afterwards.
 */
export function repairPasted(pasted: string): { text: string; signature: string } {
  if (pasted.length > MAX_PASTE) throw incomplete("it is longer than 64 KiB");
  const lines = pasted
    .split(/\r\n?|\n/)
    .map(plainLine)
    .filter((line) => line !== "");
  const start = lines.indexOf(TITLE);
  if (start < 0) throw incomplete(`the line "${TITLE}" is missing`);
  const begin = lines.findIndex((line, at) => at > start && BEGIN.test(line));
  const end = lines.findIndex((line, at) => at > begin && END.test(line));
  if (begin < 0 || end < 0) throw incomplete("the block BEGIN SSH SIGNATURE … END SSH SIGNATURE is missing");
  const statement = unwrap(lines.slice(start + 1, begin));
  const armor = lines
    .slice(begin + 1, end)
    .join("")
    .replaceAll(" ", "");
  const wrapped = armor.match(/.{1,70}/g) ?? [];
  return {
    text: `${[TITLE, ...statement].join("\n")}\n`,
    signature: `${["-----BEGIN SSH SIGNATURE-----", ...wrapped, "-----END SSH SIGNATURE-----"].join("\n")}\n`,
  };
}

function plainLine(line: string): string {
  return line
    .replace(/[\u200b-\u200d\u2060\ufeff]/g, "")
    .replace(/[\t\u00a0\u2007\u202f]/g, " ")
    .replace(/^(?: *>)+/, "")
    .trim();
}

/** A line that does not begin with the next label continues the one before. */
function unwrap(lines: readonly string[]): string[] {
  const whole: string[] = [];
  for (const line of lines) {
    const label = LABELS[whole.length];
    const last = whole.at(-1);
    if (label !== undefined && line.startsWith(`${label}:`)) whole.push(line);
    else if (last !== undefined) whole[whole.length - 1] = `${last} ${line}`;
  }
  return whole;
}

function incomplete(why: string): ErError {
  return new ErError("approval-malformed", `no approval in what was pasted: ${why}`, {
    hints: ["paste everything from the title line to END SSH SIGNATURE"],
  });
}
