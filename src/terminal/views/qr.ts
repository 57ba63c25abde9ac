import type { View } from "../output.ts";

/** Light modules around a code, without which a camera does not find it: four, as the standard has it. */
const QUIET = 4;

/**
 * Text as a QR code of half-block characters: two rows of modules a line. Light is what is printed, as on a dark screen; with color it is
 * light on any. `needs` is its width; null lines where the screen has less: a code that wraps cannot be read.
 */
export async function qrLines(text: string, { width, paint }: View): Promise<{ needs: number; lines: string[] | null }> {
  const { encodeQR } = await import("qr");
  const modules = encodeQR(text, "raw", { ecc: "low", encoding: "byte", border: QUIET });
  const needs = modules[0]?.length ?? 0;
  if (needs > width) return { needs, lines: null };
  const isLight = (row: number, column: number): boolean => modules[row]?.[column] !== true;
  const lines: string[] = [];
  for (let row = 0; row < modules.length; row += 2) {
    const line = (modules[row] ?? []).map((_, column) => {
      const [upper, lower] = [isLight(row, column), row + 1 < modules.length && isLight(row + 1, column)];
      return upper ? (lower ? "\u2588" : "\u2580") : lower ? "\u2584" : " ";
    });
    lines.push(paint.whiteBright.bgBlack(line.join("")));
  }
  return { needs, lines };
}
