import { readFileSync } from "node:fs";
import { glob } from "node:fs/promises";
import { join } from "node:path";
import { parseSync, Visitor } from "rolldown/utils";

export const ROOT = join(import.meta.dirname, "../..");

export type Import = { readonly from: string; readonly line: number };
export type Use = { readonly name: string; readonly line: number };
export type Body = { readonly name: string; readonly line: number; readonly lines: number };

/** What the tests of the house look at in one source file. `globals` are member reads and bare calls, as `Date.now`, `setTimeout`. */
export type Source = {
  readonly file: string;
  readonly lines: number;
  readonly imports: readonly Import[];
  readonly globals: readonly Use[];
  readonly bodies: readonly Body[];
};

/** Paths relative to the project, sorted. */
export async function list(...patterns: string[]): Promise<string[]> {
  const found: string[] = [];
  for await (const file of glob(patterns, { cwd: ROOT })) found.push(file);
  return found.sort();
}

export function readSource(file: string): Source {
  return inspect(file, readFileSync(join(ROOT, file), "utf8"));
}

type Node = { readonly type: string; readonly start: number; readonly end: number };

export function inspect(file: string, text: string): Source {
  const { program, module, errors } = parseSync(file, text, { lang: "ts" });
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  const lineAt = (offset: number): number => text.slice(0, offset).split("\n").length;
  const imports: Import[] = [];
  const globals: Use[] = [];
  const bodies: Body[] = [];
  const body = (name: string, node: Node): void => {
    bodies.push({ name, line: lineAt(node.start), lines: lineAt(node.end) - lineAt(node.start) + 1 });
  };
  for (const { moduleRequest } of module.staticImports)
    imports.push({ from: moduleRequest.value, line: lineAt(moduleRequest.start) });
  for (const { entries } of module.staticExports) {
    for (const { moduleRequest } of entries)
      if (moduleRequest) imports.push({ from: moduleRequest.value, line: lineAt(moduleRequest.start) });
  }
  new Visitor({
    ImportExpression(node) {
      const from =
        node.source.type === "Literal" ? String(node.source.value) : `(${text.slice(node.source.start, node.source.end)})`;
      imports.push({ from, line: lineAt(node.start) });
    },
    TSImportType(node) {
      imports.push({ from: node.source.value, line: lineAt(node.start) });
    },
    MemberExpression(node) {
      if (node.object.type !== "Identifier" || node.computed) return;
      globals.push({
        name: `${node.object.name}.${"name" in node.property ? node.property.name : ""}`,
        line: lineAt(node.start),
      });
    },
    CallExpression(node) {
      if (node.callee.type === "Identifier") globals.push({ name: node.callee.name, line: lineAt(node.start) });
    },
    NewExpression(node) {
      if (node.callee.type !== "Identifier") return;
      globals.push({ name: `new ${node.callee.name}(${node.arguments.length === 0 ? "" : "…"})`, line: lineAt(node.start) });
    },
    FunctionDeclaration: (node) => body(node.id?.name ?? "default", node),
    FunctionExpression: (node) => body("function", node),
    ArrowFunctionExpression: (node) => body("arrow", node),
  }).visit(program);
  return { file, lines: text.split("\n").length - 1, imports, globals, bodies };
}
