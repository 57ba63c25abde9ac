import { stripVTControlCharacters } from "node:util";

/** Columns that a terminal needs for the text: escapes and combining marks take none, East Asian wide characters and emoji two. */
export function widthOf(text: string): number {
  const plain = stripVTControlCharacters(text);
  let width = 0;
  for (const character of plain) width += columnsOf(character.codePointAt(0) ?? 0);
  return width;
}

function columnsOf(code: number): number {
  if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return 0;
  if (code < 0x300) return 1;
  if (code <= 0x36f || code === 0x200d || (code >= 0xfe00 && code <= 0xfe0f)) return 0;
  const wide =
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x1f300 && code <= 0x1faff) ||
    (code >= 0x20000 && code <= 0x3fffd);
  return wide ? 2 : 1;
}

export function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)));
}

/** At most `width` columns of unpainted text; what is cut off shows as `…`. */
export function clip(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = "";
  let used = 0;
  for (const character of text) {
    const columns = columnsOf(character.codePointAt(0) ?? 0);
    if (used + columns > width - 1) break;
    kept += character;
    used += columns;
  }
  return `${kept}…`;
}

/**
 * Breaks at spaces so that no line is wider than `width`; continuation lines are indented by `indent` columns. A word that does
 * not fit a line (a digest, an ARN) is broken hard where it stands: nothing is lost, and nothing runs off a narrow screen.
 */
export function wrap(text: string, width: number, indent = 0): string[] {
  const lines: string[] = [];
  const room = Math.max(8, width);
  let line = "";
  const flush = (): void => {
    lines.push(line.trimEnd());
    line = " ".repeat(Math.min(indent, room - 4));
  };
  for (let word of text.split(/(?<=\s)(?=\S)/)) {
    const columns = widthOf(word.trimEnd());
    const broken = columns > room - indent && widthOf(line) < room / 2;
    if (widthOf(line) + columns > room && line.trim() !== "" && !broken) flush();
    while (widthOf(line) + widthOf(word.trimEnd()) > room) {
      const head = take(word, room - widthOf(line));
      line += head;
      word = word.slice(head.length);
      flush();
    }
    line += word;
  }
  if (line.trim() !== "" || lines.length === 0) lines.push(line.trimEnd());
  return lines;
}

function take(text: string, width: number): string {
  let kept = "";
  for (const character of text) {
    if (kept !== "" && widthOf(kept + character) > width) break;
    kept += character;
  }
  return kept;
}

/** What comes from outside (a provider, a log, a file) must not steer the terminal: control characters become visible. */
export function tame(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, (character) => {
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`;
  });
}
