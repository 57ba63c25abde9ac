import { clip, pad, widthOf, wrap } from "./text.ts";

export type Column = { readonly title: string /** Takes what room is left and wraps; at most one. */; readonly grows?: boolean };

const GAP = "  ";

/** Rows under upper-case titles, in at most `width` columns. On a screen too narrow for it each row becomes a block of `title: value`. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): string[] {
  if (rows.length === 0) return [];
  const natural = columns.map(({ title }, index) => Math.max(widthOf(title), ...rows.map((row) => widthOf(row[index] ?? ""))));
  const grows = columns.findIndex((column) => column.grows);
  const total = natural.reduce((sum, columnWidth) => sum + columnWidth, GAP.length * (columns.length - 1));
  const room = grows < 0 ? 0 : (natural[grows] ?? 0) - Math.max(0, total - width);
  if (total > width && room < 16) return blocks(columns, rows, width);
  const widths = natural.map((columnWidth, index) => (index === grows ? room : columnWidth));
  const titles = columns.map(({ title }, index) => pad(clip(title.toUpperCase(), widths[index] ?? 0), widths[index] ?? 0));
  return [titles.join(GAP).trimEnd(), ...rows.flatMap((row) => lay(row, widths, grows))];
}

function lay(row: readonly string[], widths: readonly number[], grows: number): string[] {
  const wrapped = grows < 0 ? [""] : wrap(row[grows] ?? "", widths[grows] ?? 0);
  return wrapped.map((part, line) => {
    const cells = widths.map((width, index) => pad(index === grows ? part : line === 0 ? (row[index] ?? "") : "", width));
    return cells.join(GAP).trimEnd();
  });
}

function blocks(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): string[] {
  return rows.flatMap((row, index) => [
    ...(index === 0 ? [] : [""]),
    ...columns.flatMap(({ title }, column) => wrap(`${title}: ${row[column] ?? ""}`, width, 2)),
  ]);
}
