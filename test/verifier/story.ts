import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { type Verification, type VerifyOptions, verifyHome } from "../../src/verifier/index.ts";
import { contentDigest, fingerprint, GENESIS, jcs, Log, NOW, ORIGIN, Session, sshSign, type Value } from "./build-log.ts";

/** How one entry of the story is told otherwise. `raw` replaces the payload's bytes; all is signed well all the same. */
export type Lie = {
  readonly body?: Record<string, Value>;
  readonly payload?: Record<string, Value>;
  readonly raw?: (payload: string) => string | Uint8Array;
  readonly skip?: true;
};
export type Lies = { readonly [entry: string]: Lie };

export const RESOURCE = { provider: "aws", type: "iam-user", account: "1", region: "global", id: "mallory" };
const CHANGE = {
  ...{ id: "c1", step: "s", action: "aws.iam.cut", resource: RESOURCE, summary: "cut", before: null, needs: [] },
  ...{ after: { before: "{at-apply}", list: [1, "x"] }, reversal: { kind: "restore" }, bound: { ms: 1, source: "test" } },
};
const HEADER = {
  ...{ schema: "soc2-er/plan@1", kind: "contain", nonce: "n", origin: ORIGIN, mode: "real", incident: "inc-1" },
  ...{ runbook: { id: "lockdown", digest: "sha256:0" }, target: "acme", params: {}, operator: "ana", required: ["security"] },
  ...{ createdAt: "2026-03-01T08:00:00.000Z", expiresAt: "2026-03-01T09:00:00.000Z", leasesExpireAt: null },
  ...{ checks: [], skipped: [], tool: "soc2-er/test" },
};
export const PLAN = [HEADER, CHANGE].map((line) => `${jcs(line)}\n`).join("");

export type Statement = Record<string, string>;

export function statementOf(plan: string, override: Statement = {}): string {
  const lines: Statement = {
    ...{ origin: ORIGIN, incident: "inc-1", action: "lockdown", plan, summary: "contain acme: 1 change", decision: "approve" },
    ...{
      role: "security",
      person: "ben",
      key: fingerprint("ben"),
      "not-before": shifted(-120_000),
      "not-after": shifted(3_480_000),
    },
    ...{ nonce: "0123456789abcdef0123456789abcdef", seen: "none", ...override },
  };
  return `soc2-er approval v1\n${Object.entries(lines)
    .map(([label, value]) => `${label}: ${value}\n`)
    .join("")}`;
}

function shifted(ms: number): string {
  return new Date(Date.parse(NOW()) + ms).toISOString();
}

export type Options = {
  readonly lies?: Lies;
  /** How many of the story's batches are sealed. */
  readonly batches?: number;
  /** What is said of the approval, and who signs it for which namespace. */
  readonly statement?: Statement;
  /** The same, of what is in the log by then. */
  readonly statementAfter?: (log: Log) => Statement;
  readonly signer?: string;
  readonly namespace?: string;
  readonly head?: Record<string, Value>;
  /** Of the plan, where it is another. */
  readonly content?: string;
};

/** An incident: ana founds the log, plans and applies; ben approves. */
export function tell({
  lies = {},
  batches = 3,
  statement = {},
  signer = "ben",
  content = PLAN,
  namespace,
  head = {},
  statementAfter,
}: Options = {}) {
  const log = new Log();
  const [ana, ben] = [new Session("ana"), new Session("ben")];
  const entries = new Map<string, Buffer>();
  const say = (session: Session, name: string, body: Record<string, Value> | Buffer): void => {
    const lie = lies[name];
    if (lie?.skip) return;
    const sealed = Buffer.isBuffer(body) ? body : spoken(session, name, body, lie);
    entries.set(name, sealed);
    log.add(sealed);
  };
  let sealedUpTo = 0;
  const seal = (by: Session): void => {
    const next = [...entries.values()].slice(sealedUpTo);
    if (log.batches.length >= batches) return;
    sealedUpTo += next.length;
    log.seal(next, by, log.batches.length === 1 ? head : {}, [ana, ben]);
  };
  const plan = log.blob(content);
  say(ana, "session.opened", ana.opened(lies["session.opened"]?.body));
  say(ana, "genesis", GENESIS);
  log.pin(entries.get("genesis") ?? Buffer.alloc(0));
  say(ana, "incident.declared", { id: "inc-1", title: "Ünusual ☎", severity: 2, tenant: "acme" });
  say(ana, "plan.created", {
    ...{ plan, contentDigest: contentDigest(PLAN), kind: "contain", runbook: "lockdown", target: "acme" },
    ...{ expiresAt: "2026-03-01T09:00:00.000Z", required: ["security"], changes: 1 },
  });
  seal(ana);
  say(ben, "ben/session.opened", ben.opened(lies["ben/session.opened"]?.body));
  const text = statementOf(plan, { ...statement, ...statementAfter?.(log) });
  const signature = sshSign(signer, namespace ?? "approval.soc2-er.v1", text);
  const decision = statement.decision ?? "approve";
  say(ben, "approval.recorded", { plan, decision, role: "security", person: "ben", statement: text, signature });
  say(ana, "plan.ruled", { plan, ruling: "approved", approvals: [{ role: "security", person: "ben", at: NOW() }] });
  say(ana, "run.opened", { run: "run-1", plan, kind: "contain", leasesExpireAt: null, changes: 1 });
  const change = { run: "run-1", change: "c1" };
  const after = { before: "2026-03-01T08:00:00.000Z", list: [1, "x"] };
  say(ana, "change.intended", { ...change, action: "aws.iam.cut", resource: RESOURCE, before: null, after });
  seal(ben);
  say(ana, "change.settled", { ...change, outcome: { status: "applied", receipts: [] } });
  say(ana, "change.verified", { ...change, verification: { verdict: "confirmed", level: "effect" }, observed: null });
  say(ana, "lease.checked", { ...change, verdict: "held", heldAt: NOW() });
  say(ana, "run.closed", { run: "run-1", result: "contained", clocks: {}, residual: [] });
  say(ben, "ben/session.closed", { entries: ben.wseq + 1 });
  say(ana, "session.closed", { entries: ana.wseq + 1 });
  seal(ana);
  return { log, ana, ben, entries, plan };
}

function spoken(session: Session, name: string, body: Record<string, Value>, lie: Lie = {}): Buffer {
  const payload = session.payload(name.replace("ben/", ""), { ...body, ...lie.body }, lie.payload);
  return session.raw(lie.raw ? lie.raw(jcs(payload)) : jcs(payload));
}

export type Story = ReturnType<typeof tell>;

/** The story up to where its sessions end, for what comes after it. */
export function tellOn(options: Options = {}): Story {
  return tell({ ...options, lies: { ...options.lies, "session.closed": { skip: true }, "ben/session.closed": { skip: true } } });
}

export function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "verifier-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function verify(t: TestContext, { log }: Pick<Story, "log">, options: Partial<VerifyOptions> = {}): Promise<Verification> {
  return verifyHome({ folder: log.write(join(folderOf(t), "log")), ...options });
}

/** The codes that were found, each once. */
export function codes({ findings }: Verification): string[] {
  return [...new Set(findings.map(({ code }) => code))].sort();
}
