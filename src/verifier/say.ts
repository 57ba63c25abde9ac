import type { Verification } from "./findings.ts";

/** The answer in words. What was not looked at is said like what was: whoever reads only the verdict reads too little. */
export function linesOf({
  verdict,
  origin,
  entries,
  writers,
  findings,
  checked,
  notChecked,
  population,
}: Verification): string[] {
  const counts = Object.entries(population).map(([kind, outcomes]) => {
    const parts = Object.entries(outcomes).map(([outcome, count]) => `${count} ${outcome}`);
    return `  population: ${kind}: ${parts.join(", ")}`;
  });
  return [
    `${verdict}: ${origin}, ${entries} entries by ${writers} sessions`,
    ...findings.map(({ code, at, detail }) => `  ${at}: ${detail} [${code}]`),
    ...notChecked.map((what) => `  not checked: ${what}`),
    ...checked.map((what) => `  checked: ${what}`),
    ...counts,
  ];
}
