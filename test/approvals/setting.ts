import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { type Approval, signApproval } from "../../src/approvals/index.ts";
import type { Keyring } from "../../src/audit/index.ts";
import { type Change, type Clock, digestJson, type EntryOf, instant, type Person, type Plan } from "../../src/model/index.ts";
import { fileSigner, generateKeyFile, type PersonSigner } from "../../src/signing/index.ts";

export const START = Date.parse("2026-11-26T03:00:00.000Z");
export const MINUTE = 60_000;

export function clockAt(now: number): Clock {
  return { factor: 1, now: () => now, monotonic: () => now, sleep: async () => undefined };
}

const folder = mkdtempSync(join(tmpdir(), "er-approve-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** sec: security; eng: engineering; both: either; ops: the operator; lead: both roles and operator of no plan here. */
export const ROLES: Readonly<Record<string, readonly string[]>> = {
  sec: ["security"],
  sec2: ["security"],
  eng: ["engineering"],
  both: ["security", "engineering"],
  ops: ["operator", "security", "engineering"],
};

export const signers: Record<string, PersonSigner> = {};
const people: Person[] = [];
for (const [id, roles] of Object.entries(ROLES)) {
  const path = join(folder, id);
  const key = await generateKeyFile(path, id);
  signers[id] = await fileSigner(path);
  people.push({ id, roles, keys: [`${key.text} ${id}`] });
}

export function keyringOf(members: readonly Person[]): Keyring {
  const person = (id: string) => members.find((one) => one.id === id) ?? null;
  const keyring: Keyring = {
    people: members,
    keys: [],
    last: digestJson(null),
    at: () => keyring,
    approvals: { default: ["security"] },
    preapproved: [],
    verification: false,
    breakGlass: { allowed: ["isolate-tenant"], ratifyWithinMs: 24 * 60 * MINUTE },
    person,
    ownerOf: (text) => members.find((one) => one.keys.some((key) => key.split(" ").slice(0, 2).join(" ") === text)) ?? null,
    holds: (id, role) => person(id)?.roles.includes(role) ?? false,
  };
  return keyring;
}

export const everyone: readonly Person[] = people;
export const keyring = keyringOf(people);

export function signerOf(person: string): PersonSigner {
  const signer = signers[person];
  if (signer === undefined) throw new Error(`no key for ${person}`);
  return signer;
}

export function planFor(
  options: { required?: readonly string[]; nonce?: string; incident?: string; origin?: string; changes?: readonly Change[] } = {},
): Plan {
  const digest = digestJson({ nonce: options.nonce ?? "n1" });
  return {
    header: {
      schema: "soc2-er/plan@1",
      kind: "contain",
      nonce: options.nonce ?? "n1",
      origin: options.origin ?? "acme.example/soc2-er/prod",
      mode: "real",
      incident: options.incident ?? "inc-1126-kovame",
      runbook: { id: "isolate-tenant", digest },
      target: "tenant acme",
      params: {},
      operator: "ops",
      createdAt: instant(START),
      expiresAt: instant(START + 30 * MINUTE),
      required: options.required ?? ["security", "engineering"],
      leasesExpireAt: null,
      checks: [],
      skipped: [],
      tool: "soc2-er 0.1.0",
    },
    changes: options.changes ?? [],
    digest,
    contentDigest: digest,
  };
}

export async function approve(
  plan: Plan,
  person: string,
  role: string,
  decision: "approve" | "deny" = "approve",
  now = START,
): Promise<Approval> {
  return await signApproval(plan, { signer: signerOf(person), person, role, decision, clock: clockAt(now) });
}

export function recorded(approval: Approval, index = 0): EntryOf<"approval.recorded"> {
  const { plan, decision, role, person, text, signature } = approval;
  return {
    type: "approval.recorded",
    body: { plan, decision, role, person, statement: text, signature },
    index,
    digest: digestJson(index),
    origin: "acme.example/soc2-er/prod",
    mode: "real",
    at: instant(START),
    writer: "0123456789abcdef",
    wseq: index,
    person: "ops",
  };
}
