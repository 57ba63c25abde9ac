import { readFileSync } from "node:fs";
import { join } from "node:path";
import { list, ROOT } from "./source.ts";

export type Block = { readonly language: string; readonly text: string; readonly line: number };
/** `prose` is the text with its code blocks blanked out, so that line numbers stay. */
export type Document = {
  readonly file: string;
  readonly text: string;
  readonly prose: string;
  readonly blocks: readonly Block[];
};

/** What people read: the README, everything under docs that a person wrote, and the fragments of the changelog. */
export async function documents(): Promise<Document[]> {
  return (await list("README.md", "docs/**/*.md", ".changes/**/*.md")).map(readDocument);
}

export function readDocument(file: string): Document {
  return takeApart(file, readFileSync(join(ROOT, file), "utf8"));
}

export function takeApart(file: string, text: string): Document {
  const blocks: Block[] = [];
  const prose: string[] = [];
  let open: { language: string; lines: string[]; line: number } | null = null;
  for (const [index, line] of text.split("\n").entries()) {
    const fence = /^```(\w*)$/.exec(line);
    if (fence && open === null) open = { language: fence[1] ?? "", lines: [], line: index + 2 };
    else if (fence && open !== null) {
      blocks.push({ language: open.language, text: `${open.lines.join("\n")}\n`, line: open.line });
      open = null;
    } else if (open !== null) open.lines.push(line);
    prose.push(fence || open !== null ? "" : line);
  }
  if (open !== null) throw new Error(`${file}:${open.line}: a code block without an end`);
  return { file, text, prose: prose.join("\n"), blocks };
}

/** The anchors that GitHub gives to a document's headings. */
export function anchorsOf({ prose }: Document): string[] {
  return [...prose.matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

/** The rows of all tables, as cells without their pipes. */
export function rowsOf({ prose }: Document): string[][] {
  return prose
    .split("\n")
    .filter((line) => line.startsWith("| ") && line.endsWith("|"))
    .map((line) =>
      line
        .slice(1, -1)
        .split("|")
        .map((cell) => cell.trim()),
    );
}
