import { type Digest, digestBytes, type Entry, instant, type NewEntry } from "../../src/model/index.ts";

/** Numbers new entries as a log would, one second apart. */
export function logged(entries: readonly NewEntry[], person = "on-call"): Entry[] {
  return entries.map(
    (entry, index) =>
      ({
        ...entry,
        index,
        digest: digestBytes(`entry ${index}`) as Digest,
        origin: "acme.example/test",
        mode: "drill",
        at: instant(Date.UTC(2026, 0, 1) + index * 1_000),
        writer: "0123456789abcdef",
        wseq: index,
        person,
      }) as Entry,
  );
}
