import { createPublicKey, generateKeyPairSync, randomBytes, sign, verify } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AuditWriter, initLog, openWriter, verifyLog } from "../../src/audit/index.ts";
import { systemClock } from "../../src/model/index.ts";
import { fileSigner, generateKeyFile } from "../../src/signing/index.ts";
import { type Bench, compare, timed } from "./measure.ts";

const ORIGIN = "acme.example/soc2-er/bench";
const TEXT = "c001 was applied to the user, and somebody wrote so much about it that it is as long as an intent";
/** Of such an entry on disk. */
const ENTRY_BYTES = 900;
const note = () => ({ type: "note" as const, body: { text: TEXT } });

async function openLog(folder: string): Promise<{ readonly home: string; readonly writer: AuditWriter }> {
  const { text } = await generateKeyFile(join(folder, "ana"), "ana");
  const signer = await fileSigner(join(folder, "ana"));
  const home = join(folder, "home");
  const people = [{ id: "ana", roles: ["operator"], keys: [text] }];
  const place = { home, origin: ORIGIN, mode: "real", signer, clock: systemClock, host: "bench", tool: "bench" } as const;
  await initLog({ ...place, genesis: { organization: "Acme", people, policy: { approvals: {} } } });
  return { home, writer: await openWriter({ ...place, stores: [] }) };
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "soc2-er-bench-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Entries that are on disk before anything else happens, against bytes that are. */
export const append: Bench = ({ runs, quick }) =>
  inFolder(async (folder) => {
    const { writer } = await openLog(folder);
    const file = await open(join(folder, "plain"), "a");
    const count = quick ? 5 : 200;
    const bytes = randomBytes(ENTRY_BYTES);
    const plain = () =>
      timed(async () => {
        for (let index = 0; index < count; index++) {
          await file.write(bytes);
          await file.datasync();
        }
      });
    const oneByOne = () =>
      timed(async () => {
        for (let index = 0; index < count; index++) await writer.append([note()]);
      });
    const together = () => timed(() => Promise.all(Array.from({ length: count }, () => writer.append([note()]))));
    const { privateKey } = generateKeyPairSync("ed25519");
    const signed = () =>
      timed(async () => {
        for (let index = 0; index < count; index++) sign(null, bytes, privateKey);
        await file.write(bytes);
        await file.datasync();
      });
    try {
      return [
        {
          what: `log: ${count} entries, one by one`,
          against: "write + fdatasync each",
          ...(await compare(runs, oneByOne, plain)),
        },
        {
          what: `log: ${count} entries at once`,
          against: "signing each, one fdatasync",
          ...(await compare(runs, together, signed)),
        },
      ];
    } finally {
      await file.close();
      await writer.close();
    }
  });

/** An auditor's reading of a log, against nothing but its signatures. */
export const verification: Bench = ({ runs, quick }) =>
  inFolder(async (folder) => {
    const { home, writer } = await openLog(folder);
    const count = quick ? 50 : 10_000;
    for (let left = count; left > 0; left -= 500) await writer.append(Array.from({ length: Math.min(500, left) }, () => note()));
    await writer.close();
    const { privateKey } = generateKeyPairSync("ed25519");
    const key = createPublicKey(privateKey);
    const bytes = randomBytes(ENTRY_BYTES);
    const signature = sign(null, bytes, privateKey);
    const bare = () =>
      timed(() => {
        for (let index = 0; index < count; index++)
          if (!verify(null, bytes, key, signature)) throw new Error("a signature failed");
      });
    const whole = () =>
      timed(async () => {
        const { verdict, entries } = await verifyLog({ home, origin: ORIGIN });
        if (verdict !== "verified" || entries < count) throw new Error(`${verdict}, ${entries} entries`);
      });
    return [{ what: `verify: ${count} entries`, against: "Ed25519 verify each", ...(await compare(runs, whole, bare)) }];
  });
