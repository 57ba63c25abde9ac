import { mkdtempSync, rmSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Keyring } from "../../src/audit/index.ts";
import { initLog } from "../../src/audit/init.ts";
import { type KeyringChange, keyringStatement } from "../../src/audit/keyring-statement.ts";
import { logExists, openReader } from "../../src/audit/reader.ts";
import type { Store } from "../../src/audit/stores/store.ts";
import { openWriter } from "../../src/audit/writer.ts";
import { type Clock, type Entry, type ErError, systemClock } from "../../src/model/index.ts";
import { fileSigner, generateKeyFile, type LogKey, noteKey, type PersonSigner } from "../../src/signing/index.ts";

export const ORIGIN = "acme.example/soc2-er/test";

/** A home with people and keys, in a folder that goes with the test. The log is founded with `logKey`, where one is given. */
export async function bench(t: TestContext, { logKey }: { logKey?: LogKey } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "audit-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  await mkdir(join(folder, "keys"));
  const signers: Record<string, PersonSigner> = {};
  for (const name of ["ana", "ben", "cy", "dee", "new", "mallory"]) {
    await generateKeyFile(join(folder, "keys", name), name);
    signers[name] = await fileSigner(join(folder, "keys", name));
  }
  const person = (id: string, roles: string[]) => ({ id, roles, keys: [signers[id]?.publicKey.text ?? ""] });
  const genesis = {
    organization: "Acme",
    people: [
      person("ana", ["operator"]),
      person("ben", ["security"]),
      person("cy", ["engineering"]),
      person("dee", ["engineering"]),
    ],
    policy: { approvals: { default: ["security"] } },
    ...(logKey === undefined ? {} : { logKey: noteKey(ORIGIN, await logKey.publicKey()).text }),
  };
  return {
    folder,
    home: (name = "home") => join(folder, name),
    /** A change of the keyring after this digest, signed by these. */
    change: async (
      log: { keyring(): Promise<Keyring> },
      facts: Partial<KeyringChange>,
      by: readonly string[] = ["ben", "cy"],
    ) => {
      const { last } = await log.keyring();
      const nothing = { roles: null, key: null, goodThrough: null, reason: "because" };
      const statement = keyringStatement({ origin: ORIGIN, after: last, change: "add-key", person: "ana", ...nothing, ...facts });
      const sign = (name: string) => signers[name]?.sign("keyring.soc2-er.v1", Buffer.from(statement)) ?? "";
      return { type: "keyring.changed" as const, body: { statement, signatures: await Promise.all(by.map(sign)) } };
    },
    signer: (name: string) => signers[name] ?? (signers.mallory as PersonSigner),
    init: (home = join(folder, "home"), who = "ana") =>
      initLog({
        home,
        origin: ORIGIN,
        mode: "real",
        genesis,
        signer: signers[who] as PersonSigner,
        clock: systemClock,
        host: "laptop",
        tool: "soc2-er/test",
      }),
    write: (
      options: { home?: string; who?: string; stores?: readonly Store[]; origin?: string; clock?: Clock; logKey?: LogKey } = {},
    ) =>
      openWriter({
        ...(options.logKey === undefined ? {} : { logKey: options.logKey }),
        home: options.home ?? join(folder, "home"),
        origin: options.origin ?? ORIGIN,
        mode: "real",
        stores: options.stores ?? [],
        signer: signers[options.who ?? "ana"] as PersonSigner,
        clock: options.clock ?? systemClock,
        host: "laptop",
        tool: "soc2-er/test",
      }),
    read: (options: { home?: string; stores?: readonly Store[]; refreshMs?: number; onFork?: (error: ErError) => void } = {}) =>
      openReader({
        ...(options.onFork === undefined ? {} : { onFork: options.onFork }),
        home: options.home ?? join(folder, "home"),
        origin: ORIGIN,
        mode: "real",
        stores: options.stores ?? [],
        clock: systemClock,
        ...(options.refreshMs === undefined ? {} : { refreshMs: options.refreshMs }),
      }),
    exists: logExists,
  };
}

export const note = (text: string) => ({ type: "note" as const, body: { text } });

export async function all(log: { entries(): AsyncIterable<Entry> }): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of log.entries()) entries.push(entry);
  return entries;
}

export function texts(entries: readonly Entry[]): string[] {
  return entries.flatMap((entry) => (entry.type === "note" ? [entry.body.text] : []));
}
