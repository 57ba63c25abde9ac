import { ErError } from "../model/index.ts";
import { LABELS, TITLE } from "./statement.ts";

const MAX_PASTE = 64 * 1024;
/** What chat programs and editors write for what stands on the key. */
const TYPOGRAPHY: readonly (readonly [RegExp, string])[] = [
  [/[\u200b-\u200d\u2060\ufeff\u00ad]/g, ""],
  [/[\t\u00a0\u2000-\u200a\u202f\u205f\u3000]/g, " "],
  [/[\u2010-\u2015\u2212]/g, "-"],
  [/[\u2018\u2019\u201a]/g, "'"],
  [/[\u201c-\u201e]/g, '"'],
  [/\u2026/g, "..."],
];
/**
 * A signed text of lines `label: value` under a title. The values of the labels in `unbroken` have no blanks: a line that was broken in the
 * middle of one is put together without.
 */
export type StatementForm = {
  readonly title: string;
  readonly labels: readonly string[];
  readonly unbroken: ReadonlySet<string>;
};
const APPROVAL: StatementForm = {
  title: TITLE,
  labels: LABELS,
  unbroken: new Set(LABELS.filter((label) => label !== "summary" && label !== "seen")),
};
const ARMOR = "SSH SIGNATURE";

/** A statement in its exact form, and its signature where one stands with it: without, somebody asks for it. */
export type Pasted = { readonly text: string; readonly signature: string | null };

/**
 * An approval with its signature, as `repairStatement` finds them.
 * Errors: `approval-malformed` when there is no statement, or the beginning of a signature without its end.
 */
export function repairPasted(pasted: string): Pasted {
  const { text, signatures } = repairStatement(pasted, APPROVAL);
  return { text, signature: signatures[0] ?? null };
}

/**
 * Finds a statement and the signatures below it in what mail or chat made of them: quote marks, bullets, CR, no-break blanks, indentation,
 * wrapped lines, typographic dashes, text around them. Proves nothing: signatures are verified over the repaired text afterwards. Errors:
 * `approval-malformed`.
 */
export function repairStatement(pasted: string, form: StatementForm): { text: string; signatures: readonly string[] } {
  const { title, labels } = form;
  if (pasted.length > MAX_PASTE) throw incomplete("it is longer than 64 KiB");
  const lines = linesOf(pasted);
  const start = lines.findIndex((line) => line === title || line.endsWith(` ${title}`));
  if (start < 0) throw incomplete(`the line "${title}" is missing`);
  const body = lines.slice(start + 1);
  const begin = body.findIndex((line) => isMark(line, "BEGIN", ARMOR));
  const statement = unwrap(begin < 0 ? body.slice(0, endOf(body, labels)) : body.slice(0, begin), form);
  if (statement.length < labels.length) throw incomplete("not all lines of the statement are there");
  return { text: `${[title, ...statement].join("\n")}\n`, signatures: signaturesIn(body) };
}

function signaturesIn(lines: readonly string[]): string[] {
  const begin = lines.findIndex((line) => isMark(line, "BEGIN", ARMOR));
  if (begin < 0) return [];
  const end = lines.findIndex((line, at) => at > begin && isMark(line, "END", ARMOR));
  if (end < 0) throw incomplete("the block BEGIN SSH SIGNATURE … END SSH SIGNATURE is cut off");
  return [armored(ARMOR, lines.slice(begin + 1, end)), ...signaturesIn(lines.slice(end + 1))];
}

/** The content of an armored block, null where there is none. The lines of such a block are base64 and nothing else. */
export function armoredIn(pasted: string, name: string): string | null {
  const lines = linesOf(pasted);
  const begin = lines.findIndex((line) => isMark(line, "BEGIN", name));
  const end = lines.findIndex((line, at) => at > begin && isMark(line, "END", name));
  return begin < 0 || end < 0
    ? null
    : lines
        .slice(begin + 1, end)
        .join("")
        .replaceAll(" ", "");
}

export function armored(name: string, base64: readonly string[]): string {
  const wrapped =
    base64
      .join("")
      .replaceAll(" ", "")
      .match(/.{1,70}/g) ?? [];
  return `${[`-----BEGIN ${name}-----`, ...wrapped, `-----END ${name}-----`].join("\n")}\n`;
}

function isMark(line: string, which: "BEGIN" | "END", name: string): boolean {
  return new RegExp(`^-+ ?${which} ${name} ?-+$`).test(line);
}

function linesOf(pasted: string): string[] {
  return pasted
    .split(/\r\n?|\n/)
    .map(plainLine)
    .filter((line) => line !== "" && line !== "```");
}

function plainLine(line: string): string {
  const plain = TYPOGRAPHY.reduce((text, [found, instead]) => text.replace(found, instead), line);
  return plain.replace(/^(?:\s*(?:>|[*\u2022\u25e6\u25aa]|-(?=\s)|\d+[.)](?=\s)))+/, "").trim();
}

/** Without a signature the statement ends with its last line, whatever is written below. */
function endOf(lines: readonly string[], labels: readonly string[]): number {
  const last = lines.findIndex((line) => line.startsWith(`${labels.at(-1)}:`));
  if (last < 0) return lines.length;
  return /^seen: ?\d+ ?$|^seen:$|sha256:[0-9a-f]{0,63}$/.test(lines[last] ?? "") ? last + 2 : last + 1;
}

/** A line that does not begin with the next label continues the one before. */
function unwrap(lines: readonly string[], { labels, unbroken }: StatementForm): string[] {
  const whole: { readonly label: string; value: string }[] = [];
  for (const line of lines) {
    const label = labels[whole.length];
    const last = whole.at(-1);
    if (label !== undefined && line.startsWith(`${label}:`)) whole.push({ label, value: line.slice(label.length + 1).trim() });
    else if (last !== undefined) last.value = joined(last, line);
  }
  return whole.map(({ label, value }) => `${label}: ${unbroken.has(label) ? value.replaceAll(" ", "") : value}`);
}

/** A digest that was broken in the middle has no blank there. */
function joined({ label, value }: { readonly label: string; readonly value: string }, line: string): string {
  return label === "seen" && value.includes("sha256:") ? `${value}${line}` : `${value} ${line}`.trim();
}

function incomplete(why: string): ErError {
  return new ErError("approval-malformed", `no signed statement in what was pasted: ${why}`, {
    hints: ["paste everything from the title line to END SSH SIGNATURE"],
  });
}
