import { EXIT, type Json } from "../../model/index.ts";
import { type View, wrap } from "../../terminal/index.ts";
import type { Globals } from "../command.ts";
import { withContext } from "../context.ts";

export async function run(_args: readonly string[], _options: object, globals: Globals): Promise<number> {
  return withContext({ ...globals, range: true }, async ({ range }) => {
    const shown = { ...(range?.show() as Readonly<Record<string, Json>>), people: { ...range?.keys } };
    globals.output.result(shown, (view) => lines(shown, view));
    return EXIT.ok;
  });
}

/** The world as an outline: keys, and lists by what is in them. */
function lines(value: Json, view: View, depth = 0): string[] {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    const indent = "  ".repeat(depth);
    if (item !== null && typeof item === "object" && !Array.isArray(item))
      return [`${indent}${key}`, ...lines(item, view, depth + 1)];
    const said = Array.isArray(item)
      ? item.length === 0
        ? "none"
        : item.map((one: Json) => (typeof one === "string" ? one : JSON.stringify(one))).join(", ")
      : String(item);
    return wrap(`${indent}${key}: ${said}`, view.width, 2 * depth + 4);
  });
}
