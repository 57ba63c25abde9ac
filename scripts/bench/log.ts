import { createPublicKey, generateKeyPairSync, randomBytes, sign, verify } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { type AuditWriter, initLog, openWriter, verifyLog } from "../../src/audit/index.ts";
import { systemClock } from "../../src/model/index.ts";
import { fileSigner, generateKeyFile } from "../../src/signing/index.ts";
import { inFolder } from "./folder.ts";
import { type Bench, compare, percentile, type Row, timed } from "./measure.ts";

const ORIGIN = "acme.example/soc2-er/bench";
const TEXT = "c001 was applied to the user, and somebody wrote so much about it that it is as long as an intent";
/** Of such an entry on disk. */
const ENTRY_BYTES = 900;
/** Of an intent. */
const INTENT_BYTES = 1_150;
const intent = (index: number) => ({
  type: "change.intended" as const,
  incident: "inc-1",
  body: {
    ...{ run: "run-1", change: `c${index}`, action: "aws.iam.deny-user", before: null },
    resource: {
      provider: "aws" as const,
      type: "iam-user-policy",
      account: "123456789012",
      region: "global",
      id: `user-${index}/deny`,
    },
    after: {
      statement: [{ effect: "Deny", action: "*", resource: "*", since: "2026-01-01T00:00:00.000Z" }],
      version: "2012-10-17",
    },
  },
});
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
        await slowest(writer, file, quick ? 20 : 2_000),
      ];
    } finally {
      await file.close();
      await writer.close();
    }
  });

/** Nothing leaves before its intent is on disk: how long the slowest of a hundred keep it, in turns with bytes that are as many. */
async function slowest(writer: AuditWriter, file: FileHandle, count: number): Promise<Row> {
  const bytes = randomBytes(INTENT_BYTES);
  const [ours, floor]: [number[], number[]] = [[], []];
  for (let index = 0; index < count; index++) {
    const plain = async () => {
      await file.write(bytes);
      await file.datasync();
    };
    floor.push(await timed(plain));
    ours.push(await timed(() => writer.append([intent(index)])));
  }
  const what = `log: p99 of ${count.toLocaleString("en")} intents`;
  return { what, against: "write + fdatasync, p99", ours: percentile(ours, 99), floor: percentile(floor, 99), most: 5 };
}

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
