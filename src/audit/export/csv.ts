const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * A line of a CSV file (RFC 4180), with its end. What a spreadsheet would take for a formula gets an apostrophe in front, and what is
 * not seen is spelled out: whoever wrote into the log must not run anything where it is opened.
 */
export function csvLine(cells: readonly string[]): string {
  const safe = cells.map((cell) => {
    const spelled = cell.replace(UNSEEN, (one) => `\\u${(one.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`);
    const tame = /^\s*[=+\-@＝＋－＠]/.test(spelled) ? `'${spelled}` : spelled;
    return /[",;']/.test(tame) ? `"${tame.replaceAll('"', '""')}"` : tame;
  });
  return `${safe.join(",")}\r\n`;
}
