import { AT_APPLY } from "../../../model/index.ts";

/**
 * A policy whose text has `{at-apply}` wherever it compares a session's time of issue with a moment. `issuedBefore` are the moments in
 * their order, so that the engine can fill in one that is not known before a change is applied. Nothing of the text is lost.
 */
export type TimedPolicy = { readonly policy: string; readonly issuedBefore?: readonly string[] };

const MOMENT = /("aws:TokenIssueTime"\s*:\s*")([^"\\]*)"/g;

export function timed(text: string): TimedPolicy {
  const issuedBefore = [...text.matchAll(MOMENT)].map(([, , moment = ""]) => moment);
  return issuedBefore.length === 0 ? { policy: text } : { policy: text.replace(MOMENT, `$1${AT_APPLY}"`), issuedBefore };
}

export function textOf({ policy, issuedBefore }: TimedPolicy): string {
  if (issuedBefore === undefined) return policy;
  const moments = issuedBefore.values();
  return policy.replace(MOMENT, (_whole, before: string) => `${before}${moments.next().value}"`);
}
