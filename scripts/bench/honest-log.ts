import { once } from "node:events";
import { createWriteStream, mkdirSync, type WriteStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { signApproval } from "../../src/approvals/index.ts";
import { type BatchChain, MOST_ENTRIES, NO_BATCHES, readBatch, sealBatch } from "../../src/audit/batch.ts";
import { encodeFrame } from "../../src/audit/frames.ts";
import { batchName, hexOf, type Layout, layoutOf, segmentName } from "../../src/audit/layout.ts";
import { writePin } from "../../src/audit/pin.ts";
import { Session } from "../../src/audit/session.ts";
import type { Sealed } from "../../src/audit/wal.ts";
import {
  AT_APPLY,
  type Change,
  type Clock,
  type Digest,
  digestJson,
  instant,
  type Json,
  type NewEntry,
  type Plan,
} from "../../src/model/index.ts";
import { planLines, sealPlan } from "../../src/planner/seal.ts";
import { fileSigner, generateKeyFile, type PersonSigner } from "../../src/signing/index.ts";

export const ORIGIN = "acme.example/soc2-er/bench";
const SEGMENT_BYTES = 64 * 1024 * 1024;
/** An intent, an outcome and a look. */
const PER_CHANGE = 3;
const CHANGES = 500;

/**
 * Writes the log of a home of at least so many entries, all in batches: incident after incident, each with two sessions, a plan of
 * hundreds of changes, its approval and its run. Made of the program's own parts, without its waiting for the disk. Returns how
 * many entries there are.
 */
export async function writeHonestLog(home: string, atLeast: number): Promise<number> {
  const log = await BenchLog.begin(home);
  while (log.entries < atLeast) await log.incident(Math.min(CHANGES, Math.ceil((atLeast - log.entries) / PER_CHANGE)));
  await log.end();
  return log.entries;
}

class BenchLog {
  readonly #layout: Layout;
  readonly #signers: Readonly<Record<"ana" | "ben", PersonSigner>>;
  #now = Date.parse("2026-01-01T00:00:00.000Z");
  readonly #clock: Clock = { factor: 1, now: () => this.#now, monotonic: () => this.#now, sleep: async () => undefined };
  #batches: BatchChain = NO_BATCHES;
  #waiting: Sealed[] = [];
  #sealer: Session | null = null;
  #segment: WriteStream | null = null;
  #segments = 0;
  #incidents = 0;
  entries = 0;

  private constructor(layout: Layout, signers: Readonly<Record<"ana" | "ben", PersonSigner>>) {
    this.#layout = layout;
    this.#signers = signers;
  }

  static async begin(home: string): Promise<BenchLog> {
    const layout = layoutOf(home);
    for (const folder of [layout.segments, layout.batches, layout.blobs]) mkdirSync(folder, { recursive: true });
    const people = ["ana", "ben"] as const;
    const keys = await Promise.all(people.map((name) => generateKeyFile(join(home, name), name)));
    const [ana, ben] = await Promise.all(people.map((name) => fileSigner(join(home, name))));
    const log = new BenchLog(layout, { ana, ben } as { ana: PersonSigner; ben: PersonSigner });
    const [operator, approver] = keys.map(({ text }) => text);
    const founder = await log.#open("ana");
    const genesis = await log.#say(founder, {
      type: "genesis",
      body: {
        organization: "Acme",
        people: [
          { id: "ana", roles: ["operator"], keys: [operator ?? ""] },
          { id: "ben", roles: ["security"], keys: [approver ?? ""] },
        ],
        policy: { approvals: { default: ["security"] } },
      },
    });
    await log.#close(founder);
    await writePin(layout, { origin: ORIGIN, mode: "real", genesis });
    return log;
  }

  async incident(changes: number): Promise<void> {
    const incident = `inc-${++this.#incidents}`;
    const [ana, ben] = [await this.#open("ana"), await this.#open("ben")];
    const plan = this.#plan(incident, changes);
    const { digest, contentDigest, header } = plan;
    await writeFile(join(this.#layout.blobs, hexOf(digest)), [...planLines(plan)].join(""));
    const say = (entry: NewEntry, by = ana) => this.#say(by, { ...entry, incident });
    await say({ type: "incident.declared", body: { id: incident, title: "a key was found in a public place", severity: 2 } });
    const { kind, runbook, target, expiresAt, required } = header;
    const facts = { kind, runbook: runbook.id, target, expiresAt, required, changes };
    await say({ type: "plan.created", body: { plan: digest, contentDigest, ...facts } });
    const role = "security";
    const signing = { signer: this.#signers.ben, person: "ben", role, decision: "approve", clock: this.#clock } as const;
    const { decision, text: statement, signature } = await signApproval(plan, signing);
    await say({ type: "approval.recorded", body: { plan: digest, decision, role, person: "ben", statement, signature } }, ben);
    const at = instant(this.#now);
    await say({ type: "plan.ruled", body: { plan: digest, ruling: "approved", approvals: [{ role, person: "ben", at }] } });
    const run = `run-${this.#incidents}`;
    await say({ type: "run.opened", body: { run, plan: digest, kind, leasesExpireAt: null, changes } });
    for (const { id: change, action, resource, before, after } of plan.changes) {
      const filled = JSON.parse(JSON.stringify(after).replace(AT_APPLY, instant(this.#now))) as Json;
      await say({ type: "change.intended", body: { run, change, action, resource, before, after: filled } });
      const receipts = [{ operation: "iam:PutUserPolicy", requestId: `5f3c-${change}`, at: instant(this.#now) }];
      await say({ type: "change.settled", body: { run, change, outcome: { status: "applied", receipts } } });
      const verification = { verdict: "confirmed", level: "configuration" } as const;
      await say({ type: "change.verified", body: { run, change, verification, observed: digestJson(change) } });
    }
    const clocks = {} as Extract<NewEntry, { type: "run.closed" }>["body"]["clocks"];
    await say({ type: "run.closed", body: { run, result: "contained", clocks, residual: [] } });
    await this.#close(ben);
    await this.#close(ana);
  }

  async end(): Promise<void> {
    await this.#seal();
    await this.#endSegment();
  }

  #plan(incident: string, count: number): Plan {
    const changes = Array.from({ length: count }, (_, index): Change => {
      const user = `${incident}-user-${index}`;
      return {
        ...{ id: `c${index}`, step: "deny", action: "aws.iam.deny-user", summary: `deny ${user}`, needs: [], before: null },
        resource: { provider: "aws", type: "iam-user-policy", account: "123456789012", region: "global", id: `${user}/deny` },
        after: { statement: [{ effect: "Deny", action: "*", resource: "*", since: AT_APPLY }], version: "2012-10-17" },
        ...{ reversal: { kind: "restore" }, bound: { ms: 60_000, source: "bench" } },
      };
    });
    return sealPlan(
      {
        ...{ schema: "soc2-er/plan@1", kind: "contain", nonce: incident, origin: ORIGIN, mode: "real", incident },
        ...{ runbook: { id: "revoke-credentials", digest: digestJson("runbook") }, target: `${count} users`, params: {} },
        ...{ operator: "ana", createdAt: instant(this.#now), expiresAt: instant(this.#now + 3_600_000) },
        ...{ required: ["security"], leasesExpireAt: null, checks: [], skipped: [], tool: "bench" },
      },
      changes,
    );
  }

  async #open(person: "ana" | "ben"): Promise<Session> {
    const session = new Session({
      ...{ origin: ORIGIN, mode: "real", host: "bench", tool: "bench" },
      person,
      clock: this.#clock,
    });
    await this.#say(session, await session.opening(this.#signers[person]));
    return session;
  }

  async #close(session: Session): Promise<void> {
    await this.#say(session, { type: "session.closed", body: { entries: session.entries + 1 } });
  }

  async #say(session: Session, entry: NewEntry): Promise<Digest> {
    this.#now += 20;
    const sealed = session.seal(entry, { batch: this.#batches.next - 1, digest: this.#batches.last });
    this.entries++;
    this.#waiting.push(sealed);
    this.#sealer = session;
    await this.#record(sealed);
    if (this.#waiting.length === MOST_ENTRIES) await this.#seal();
    return sealed.digest;
  }

  async #seal(): Promise<void> {
    if (this.#waiting.length === 0 || this.#sealer === null) return;
    const { writer, key } = this.#sealer;
    const bytes = sealBatch(this.#batches, this.#waiting.splice(0), ORIGIN, { writer, key });
    await writeFile(join(this.#layout.batches, batchName(this.#batches.next)), bytes);
    this.#batches = readBatch(bytes, this.#batches, ORIGIN).chain;
  }

  async #record({ envelope, digest }: Sealed): Promise<void> {
    if ((this.#segment?.bytesWritten ?? 0) > SEGMENT_BYTES) await this.#endSegment();
    this.#segment ??= createWriteStream(join(this.#layout.segments, segmentName(this.#segments++)));
    const segment = this.#segment;
    if (!segment.write(encodeFrame(envelope, digest))) await once(segment, "drain");
  }

  async #endSegment(): Promise<void> {
    const segment = this.#segment;
    this.#segment = null;
    if (segment !== null) await new Promise<void>((resolve) => segment.end(resolve));
  }
}
