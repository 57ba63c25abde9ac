import { Composer, type CST, type Document, isMap, isSeq, LineCounter, type Node, Parser } from "yaml";
import { ErError, type ErrorCode, quote } from "../model/index.ts";

export type Place = { readonly line: number; readonly column: number };
export type Path = readonly PropertyKey[];

/** What the file is called in messages, which code its errors carry, and the most bytes it may have. */
export type YamlSource = {
  readonly name: string;
  readonly code: Extract<ErrorCode, "config-invalid" | "runbook-invalid">;
  readonly maxBytes: number;
};

/** A YAML document as plain values (every scalar a string) that knows where each of them stands. */
export type YamlDocument = {
  readonly value: unknown;
  /** Where the value at the path stands, or its key; the nearest enclosing value when there is none. */
  place(path: Path, of?: "value" | "key"): Place;
  /** `file:line:column` */
  say(path: Path, of?: "value" | "key"): string;
};

const MAX_DEPTH = 16;

/**
 * Reads one document of the narrow YAML that we accept: the failsafe schema (`0123` stays text), unique keys, no anchors,
 * aliases, tags, directives or second document. Throws an ErError with the place of the first complaint.
 */
export function readDocument(bytes: Uint8Array, source: YamlSource): YamlDocument {
  const text = decode(bytes, source);
  const lines = new LineCounter();
  const complain = (offset: number, message: string): never => {
    const { line, col } = lines.linePos(offset);
    throw new ErError(source.code, `${source.name}:${line}:${col}: ${message}`, { hints: [editing(source.name, line)] });
  };
  const tokens: CST.Token[] = [];
  for (const token of new Parser(lines.addNewLine).parse(text)) {
    inspect(token, 0, complain);
    tokens.push(token);
  }
  const composer = new Composer({ schema: "failsafe", uniqueKeys: true, strict: true, prettyErrors: false });
  const documents = [...composer.compose(tokens, true, text.length)];
  const document = documents[0];
  if (document === undefined) return complain(0, "the file is empty");
  const second = documents[1];
  if (second) return complain(second.range[0], "a second document is not allowed");
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem) complain(problem.pos[0], sayProblem(problem.code, problem.message));
  if (document.contents === null) return complain(0, "the file is empty");
  const place = (path: Path, of: "value" | "key" = "value") => {
    const { line, col } = lines.linePos(offsetOf(document, path, of));
    return { line, column: col };
  };
  const say = (path: Path, of?: "value" | "key") => {
    const { line, column } = place(path, of);
    return `${source.name}:${line}:${column}`;
  };
  return { value: document.toJS({ maxAliasCount: 0 }), place, say };
}

function decode(bytes: Uint8Array, source: YamlSource): string {
  if (bytes.length > source.maxBytes) {
    throw new ErError(source.code, `${source.name}:1:1: the file has more than ${source.maxBytes / 1024} KiB`, {
      hints: [`ls -l ${quote(source.name)}`],
    });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ErError(source.code, `${source.name}:1:1: the file is not UTF-8 text`, {
      hints: [`file ${quote(source.name)}`],
      cause,
    });
  }
}

/** The command that opens the file where the complaint is. */
export function editing(name: string, line: number): string {
  return `\${EDITOR:-vi} +${line} ${quote(name)}`;
}

const REFUSED: Readonly<Record<string, string>> = {
  anchor: "anchors are not allowed",
  alias: "aliases are not allowed",
  tag: "tags are not allowed",
  directive: "directives are not allowed",
  "explicit-key-ind": "explicit keys (?) are not allowed",
};

/** Walks the tokens before anything is composed of them: composing is recursive, and this is what bounds it. */
function inspect(token: CST.Token | null | undefined, depth: number, complain: (offset: number, message: string) => never): void {
  if (!token) return;
  const refused = REFUSED[token.type];
  if (refused) complain(token.offset, refused);
  if (depth > MAX_DEPTH) complain(token.offset, `nested deeper than ${MAX_DEPTH} levels`);
  if (token.type === "document") {
    for (const part of token.start) inspect(part, depth, complain);
    inspect(token.value, depth, complain);
  }
  if (!("items" in token)) return;
  for (const item of token.items) {
    for (const part of [...item.start, ...(item.sep ?? [])]) inspect(part, depth, complain);
    inspect(item.key, depth + 1, complain);
    inspect(item.value, depth + 1, complain);
  }
}

function sayProblem(code: string, message: string): string {
  if (code === "DUPLICATE_KEY") return "the key stands here a second time";
  return message.charAt(0).toLowerCase() + message.slice(1);
}

function offsetOf(document: Document.Parsed, path: Path, of: "value" | "key"): number {
  let node: unknown = document.contents;
  let offset = document.contents?.range[0] ?? 0;
  for (const [index, part] of path.entries()) {
    const last = index === path.length - 1;
    if (isMap<Node, Node | null>(node)) {
      const pair = node.items.find(({ key }) => String(key) === String(part));
      if (!pair) return offset;
      node = pair.value;
      const stop = last && of === "key" ? pair.key : (pair.value ?? pair.key);
      offset = stop.range?.[0] ?? offset;
    } else if (isSeq<Node>(node)) {
      node = node.items[Number(part)];
      offset = (node as Node | undefined)?.range?.[0] ?? offset;
    } else return offset;
  }
  return offset;
}
