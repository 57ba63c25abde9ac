/** A piece is written once it is as long as this. */
const PIECE = 64 * 1024;

/** The document as `JSON.stringify` writes it, and a line end, in pieces: lists in it are written member by member. */
export function* piecesOf(document: object, indent: 0 | 2): Generator<string> {
  let piece = "";
  for (const part of partsOf(document, indent)) {
    piece += part;
    if (piece.length < PIECE) continue;
    yield piece;
    piece = "";
  }
  yield `${piece}\n`;
}

function* partsOf(document: object, indent: 0 | 2): Generator<string> {
  const [line, deeper, colon] = indent === 0 ? ["", "", ":"] : ["\n  ", "\n    ", ": "];
  let between = "{";
  for (const [name, value] of Object.entries(document)) {
    if (value === undefined) continue;
    yield `${between}${line}${JSON.stringify(name)}${colon}`;
    between = ",";
    if (!Array.isArray(value) || value.length === 0) {
      yield shifted(value, indent, 2);
      continue;
    }
    let opening = "[";
    for (const member of value) {
      yield `${opening}${deeper}${shifted(member, indent, 4)}`;
      opening = ",";
    }
    yield `${line}]`;
  }
  yield between === "{" ? "{}" : indent === 0 ? "}" : "\n}";
}

/** Texts of JSON have no line ends of their own. */
function shifted(value: unknown, indent: 0 | 2, by: number): string {
  const text = JSON.stringify(value, null, indent) ?? "null";
  return indent === 0 ? text : text.replaceAll("\n", `\n${" ".repeat(by)}`);
}
