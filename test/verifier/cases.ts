import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Verdict } from "../../src/verifier/index.ts";
import { jcs } from "./build-log.ts";
import { codes, type Options, type Story, tell, verify } from "./story.ts";

export type Case = {
  readonly name: string;
  readonly options?: Options;
  readonly change?: (story: Story) => void;
  readonly verdict?: Verdict;
  /** All codes that are found. */
  readonly found: readonly string[];
};

export async function tried(t: TestContext, { options, change, verdict = "tampered", found }: Case): Promise<void> {
  const story = tell(options);
  change?.(story);
  const verification = await verify(t, story);
  assert.deepEqual(codes(verification), [...found].sort(), JSON.stringify(verification.findings, null, 1));
  assert.equal(verification.verdict, verdict);
  for (const { at, detail } of verification.findings) assert.ok(at !== "" && detail !== "");
}

export function cases(list: readonly Case[]): void {
  for (const one of list) test(one.name, (t) => tried(t, one));
}

export const at = ({ entries }: Story, name: string): number => [...entries.keys()].indexOf(name);
export const wal = ({ log }: Story): Buffer[] => log.segments[0] ?? [];

/** Changes the text of an envelope and frames it anew, as who has the disk can. */
export function rewrite(
  story: Story,
  name: string,
  change: (envelope: { payload: string; signatures: { sig: string }[] }) => void,
): void {
  const made = JSON.parse(String(wal(story)[at(story, name)]));
  change(made);
  wal(story)[at(story, name)] = Buffer.from(jcs(made));
}

export function flipped(base64: string): string {
  const bytes = Buffer.from(base64, "base64");
  bytes[20] = (bytes[20] ?? 0) ^ 1;
  return bytes.toString("base64");
}

/** Without batches, what is wrong with an entry is not wrong with a batch, too. */
export const NONE = { batches: 0 };
