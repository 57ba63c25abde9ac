import type { Counts } from "./population.ts";

export type Verdict = "verified" | "verified-with-gaps" | "incomplete" | "tampered";

/** `at` is a place in the log's folder: `segments/0000000000.wal:1207` (byte), `batches/000000000003#17` (entry). */
export type Finding = { readonly code: string; readonly at: string; readonly detail: string };

export type Verification = {
  readonly verdict: Verdict;
  readonly origin: string;
  readonly entries: number;
  readonly writers: number;
  readonly findings: readonly Finding[];
  /** What was looked at, and what was not, each in words. */
  readonly checked: readonly string[];
  readonly notChecked: readonly string[];
  /** Privileged actions by kind and how they ended. */
  readonly population: Counts;
};

/** How bad a finding is: a gap that the log itself declares, something that is missing, or something that does not check. */
const GRADES = {
  "clock-set-back": 1,
  "key-retired": 1,
  "keyring-overtaken": 1,
  "local-only": 1,
  "remote-down": 1,
  retention: 1,
  "store-ahead": 1,
  "store-stray": 1,
  tainted: 1,
  "torn-tail": 1,
  "truncation-unrecorded": 1,
  unratified: 1,
  "void-slot": 1,
  "approval-missing": 2,
  "batch-missing": 2,
  "bundle-short": 2,
  "blob-missing": 2,
  "entry-missing": 2,
  "genesis-missing": 2,
  "incident-missing": 2,
  "intent-missing": 2,
  "pin-missing": 2,
  "plan-missing": 2,
  "quarantine-missing": 2,
  "ruling-missing": 2,
  "run-missing": 2,
  "scope-missing": 2,
  "segment-missing": 2,
  "segments-short": 2,
  "session-missing": 2,
  "store-short": 2,
  "tail-missing": 2,
  approval: 3,
  "approval-reused": 3,
  batch: 3,
  "batch-root": 3,
  "batch-signature": 3,
  blob: 3,
  "break-glass": 3,
  "bundle-differs": 3,
  certificate: 3,
  chain: 3,
  checkpoint: 3,
  "delete-marker": 3,
  envelope: 3,
  fork: 3,
  form: 3,
  founding: 3,
  incident: 3,
  "key-revoked": 3,
  keyring: 3,
  "log-key": 3,
  "not-canonical": 3,
  order: 3,
  origin: 3,
  pin: 3,
  plan: 3,
  quarantine: 3,
  record: 3,
  ruling: 3,
  run: 3,
  scope: 3,
  seen: 3,
  session: 3,
  signature: 3,
  "slot-overwritten": 3,
  "store-differs": 3,
} as const;

export type Code = keyof typeof GRADES;

const VERDICTS: readonly Verdict[] = ["verified", "verified-with-gaps", "incomplete", "tampered"];
const MOST_OF_ONE_CODE = 20;
/** What a stolen key wrote is listed one by one, as far as a person may be expected to read. */
const MOST_TAINTED = 1_000;

/** Something that does not hold. Whoever knows where it lies turns it into a finding. */
export class Fault extends Error {
  readonly code: Code;

  constructor(code: Code, detail: string) {
    super(detail);
    this.code = code;
  }
}

export class Findings {
  readonly #found: Finding[] = [];
  readonly #count = new Map<Code, number>();

  add(code: Code, at: string, detail: string): void {
    const count = (this.#count.get(code) ?? 0) + 1;
    this.#count.set(code, count);
    if (count <= mostOf(code)) this.#found.push({ code, at, detail });
  }

  /** Runs a check; null when it failed and is noted. Only a `Fault` is a finding: anything else is for the caller. */
  check<T>(at: string, work: () => T): T | null {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      this.add(error.code, at, error.message);
      return null;
    }
  }

  has(...codes: readonly Code[]): boolean {
    return codes.some((code) => this.#count.has(code));
  }

  /** The worst finding decides. */
  get verdict(): Verdict {
    const worst = Math.max(0, ...[...this.#count.keys()].map((code) => GRADES[code]));
    return VERDICTS[worst] ?? "tampered";
  }

  list(): Finding[] {
    const more = [...this.#count].filter(([code, count]) => count > mostOf(code));
    return [
      ...this.#found,
      ...more.map(([code, count]) => ({ code, at: "", detail: `and ${count - mostOf(code)} more of this kind` })),
    ];
  }
}

function mostOf(code: Code): number {
  return code === "tainted" ? MOST_TAINTED : MOST_OF_ONE_CODE;
}

/**
 * Characters that are not seen or that steer a terminal. Named one by one where Unicode may add to a class: the answer is the same
 * whatever Unicode the Node knows.
 */
export const UNSEEN =
  /[\p{Cc}\p{Cs}\u{ad}\u{61c}\u{180e}\u{200b}-\u{200f}\u{2028}-\u{202f}\u{2060}-\u{206f}\u{feff}\u{fff0}-\u{fffb}\u{e0000}-\u{e0fff}]/gu;

/** Text of the log in a finding: quoted and short, since an attacker may have chosen it. */
export function quote(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "undefined");
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
