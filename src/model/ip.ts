const OCTET = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`);

/** Dotted quad without leading zeros. */
export function isIPv4(text: string): boolean {
  return IPV4.test(text);
}

/** RFC 4291 text form, with `::` at most once and an optional dotted-quad end; no zone. */
export function isIPv6(text: string): boolean {
  const dotted = /^(.*:)([^:]*\..*)$/.exec(text);
  if (dotted) return isIPv4(dotted[2] ?? "") && isIPv6(`${dotted[1]}0:0`);
  const halves = text.split("::");
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return false;
  return halves.length === 2 ? groups.length <= 7 : groups.length === 8;
}
