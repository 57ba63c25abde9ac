import { spawnSync } from "node:child_process";
import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import canonicalize from "canonicalize";

/** Writes logs as the format says, with another canonicalizer and stock ssh-keygen: nothing here comes from the product. */

export const ORIGIN = "acme.example/soc2-er/test";
export const PEOPLE = ["ana", "ben", "eve"] as const;
export type Name = (typeof PEOPLE)[number];
export type Value = unknown;

const sha = (bytes: Uint8Array | string): string => createHash("sha256").update(bytes).digest("hex");
export const digest = (bytes: Uint8Array | string): string => `sha256:${sha(bytes)}`;
export const jcs = (value: Value): string => canonicalize(value) ?? "";

const keys = mkdtempSync(join(tmpdir(), "verifier-keys-"));
process.on("exit", () => rmSync(keys, { recursive: true, force: true }));

/** A file with the person's private key; ben has a P-256 key, the others Ed25519. */
const keyFiles = new Map<string, string>();
function keyFile(name: string): string {
  const known = keyFiles.get(name);
  if (known !== undefined) return known;
  const path = join(keys, name);
  const type = name === "ben" ? ["ecdsa", "-b", "256"] : ["ed25519"];
  run("ssh-keygen", ["-q", "-t", ...type, "-N", "", "-C", name, "-f", path]);
  keyFiles.set(name, path);
  return path;
}

function run(command: string, args: readonly string[], input = ""): string {
  const { status, stdout, stderr } = spawnSync(command, args, { input, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command}: ${stderr}`);
  return stdout;
}

export function publicKey(name: string): string {
  return readFileSync(`${keyFile(name)}.pub`, "utf8").trim();
}

export function fingerprint(name: string): string {
  const blob = Buffer.from(publicKey(name).split(" ")[1] ?? "", "base64");
  return `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`;
}

const signatures = new Map<string, string>();
export function sshSign(name: string, namespace: string, message: string): string {
  const id = `${name}\n${namespace}\n${message}`;
  const made = signatures.get(id) ?? run("ssh-keygen", ["-Y", "sign", "-q", "-f", keyFile(name), "-n", namespace], message);
  signatures.set(id, made);
  return made;
}

export const GENESIS = {
  organization: "Acme",
  people: [
    { id: "ana", roles: ["operator"], keys: [publicKey("ana")] },
    { id: "ben", roles: ["security"], keys: [publicKey("ben")], principals: ["arn:aws:iam::1:user/ben"] },
  ],
  policy: { approvals: { lockdown: ["security"] } },
};

type Key = { readonly privateKey: KeyObject; readonly publicKey: string };
export function sessionKey(): Key {
  const pair = generateKeyPairSync("ed25519");
  const x = pair.publicKey.export({ format: "jwk" }).x ?? "";
  return { privateKey: pair.privateKey, publicKey: Buffer.from(x, "base64url").toString("base64") };
}

/** A DSSE envelope over bytes that need not be canonical. */
export function envelope(type: string, payload: string | Uint8Array, keyid: string, key: KeyObject): Buffer {
  const bytes = Buffer.from(payload);
  const signed = Buffer.concat([Buffer.from(`DSSEv1 ${type.length} ${type} ${bytes.length} `), bytes]);
  const signatures = [{ keyid, sig: sign(null, signed, key).toString("base64") }];
  return Buffer.from(jcs({ payload: bytes.toString("base64"), payloadType: type, signatures }));
}

const ENTRY = "application/vnd.soc2-er.entry.v1+json";
const BATCH = "application/vnd.soc2-er.batch.v1+json";
let time = Date.parse("2026-03-01T08:00:00.000Z");
export const NOW = () => new Date(time).toISOString();

const OF_NO_INCIDENT = /^(genesis|session|keyring|remote|recovery|scope|note)/;

/** Of a plan's text: what is left when another planning of the same would differ. */
export function contentDigest(plan: string): string {
  const [header = "", ...changes] = plan.split("\n");
  const { nonce: _n, createdAt: _c, expiresAt: _e, leasesExpireAt: _l, checks: _k, ...content } = JSON.parse(header);
  return digest([jcs(content), ...changes].join("\n"));
}

/** One session. Every override of a payload makes it a lie that is signed well. */
export class Session {
  readonly key = sessionKey();
  readonly writer = sha(Buffer.from(this.key.publicKey, "base64")).slice(0, 16);
  readonly person: string;
  readonly began = time;
  /** By how many milliseconds its machine's clock is ahead of the others'. */
  skew = 0;
  wseq = 0;
  prev: string | null = null;
  seen: { batch: number; digest: string | null } = { batch: -1, digest: null };

  constructor(person: string) {
    this.person = person;
  }

  opened(override: Record<string, Value> = {}, signer = this.person): Buffer {
    const body = {
      ...{ person: this.person, key: publicKey(signer), sessionKey: this.key.publicKey },
      ...{ host: "laptop", tool: "soc2-er/test", expiresAt: "2026-03-01T20:00:00.000Z", ...override },
    };
    const certificate = sshSign(signer, "session.soc2-er.v1", jcs({ origin: ORIGIN, writer: this.writer, body }));
    return this.entry("session.opened", { ...body, certificate });
  }

  entry(type: string, body: Value, override: Record<string, Value> = {}): Buffer {
    return this.raw(jcs(this.payload(type, body, override)));
  }

  payload(type: string, body: Value, override: Record<string, Value> = {}): Record<string, Value> {
    time += 1000;
    const place = { writer: this.writer, wseq: this.wseq, prev: this.prev, person: this.person, seen: this.seen };
    const facts = {
      v: 1,
      origin: ORIGIN,
      mode: "real",
      type,
      at: new Date(time + this.skew).toISOString(),
      boot: this.writer,
      mono: time - this.began,
    };
    const incident = OF_NO_INCIDENT.test(type) ? {} : { incident: "inc-1" };
    return { ...facts, ...incident, ...place, body, ...override };
  }

  raw(payload: string | Uint8Array): Buffer {
    const made = envelope(ENTRY, payload, this.writer, this.key.privateKey);
    this.wseq++;
    this.prev = digest(made);
    return made;
  }
}

export function frame(made: Buffer): Buffer {
  const header = `${made.length.toString(16).padStart(8, "0")} ${sha(made).slice(0, 16)} `;
  return Buffer.concat([Buffer.from(header), made, Buffer.from("\n")]);
}

/** The tree head by its recursive definition (RFC 6962, 2.1). */
export function root(leaves: readonly Buffer[]): Buffer {
  const [one] = leaves;
  if (one === undefined) return createHash("sha256").digest();
  if (leaves.length === 1) return createHash("sha256").update(Buffer.of(0)).update(one).digest();
  const half = 2 ** Math.ceil(Math.log2(leaves.length) - 1);
  const hash = createHash("sha256").update(Buffer.of(1));
  return hash
    .update(root(leaves.slice(0, half)))
    .update(root(leaves.slice(half)))
    .digest();
}

/** A log in memory, written to a folder when it is complete. */
export class Log {
  segments: Buffer[][] = [[]];
  batches: Buffer[] = [];
  committed: Buffer[] = [];
  /** What void slots hold, by number, and which of them the next batch has to name. */
  voids = new Map<number, Buffer>();
  #unnamed: { n: number; digest: string }[] = [];
  files = new Map<string, Buffer>();

  add(...entries: readonly Buffer[]): void {
    this.segments.at(-1)?.push(...entries);
  }

  /** Seals entries; the sessions given see the batch from then on. */
  seal(entries: readonly Buffer[], by: Session, override: Record<string, Value> = {}, sessions: readonly Session[] = [by]): void {
    const [first] = entries;
    this.committed.push(...entries);
    const n = this.#numberOf(this.batches.length);
    const before = this.batches.at(-1);
    const head = {
      ...{ v: 1, origin: ORIGIN, n, prev: before === undefined ? null : digest(before), writer: by.writer, voids: this.#unnamed },
      ...{ first: digest(first ?? ""), count: entries.length, size: this.committed.length },
      ...{ root: root(this.committed).toString("hex"), ...override },
    };
    const lines = [envelope(BATCH, jcs(head), by.writer, by.key.privateKey), ...entries];
    const bytes = Buffer.concat(lines.flatMap((line) => [line, Buffer.from("\n")]));
    this.batches.push(bytes);
    this.#unnamed = [];
    for (const session of sessions) session.seen = { batch: n, digest: digest(bytes) };
  }

  /** A void slot before the next batch. `kept` is what the machine has of it: its mark, or what it holds. */
  void(bytes: Buffer, kept: "mark" | "bytes" = "mark"): { n: number; digest: string } {
    const slot = { n: this.#numberOf(this.batches.length), digest: digest(bytes) };
    this.#unnamed.push(slot);
    this.voids.set(slot.n, kept === "mark" ? Buffer.from(jcs({ ...slot, void: 1 })) : bytes);
    return slot;
  }

  /** Of the batch with that index, among the void slots. */
  #numberOf(index: number): number {
    let number = 0;
    for (let batches = 0; ; number++) if (!this.voids.has(number) && batches++ === index) return number;
  }

  blob(bytes: string): string {
    this.files.set(`blobs/sha256/${sha(bytes)}`, Buffer.from(bytes));
    return digest(bytes);
  }

  /** `genesis` is the founding entry. */
  pin(genesis: Buffer): void {
    this.files.set("genesis.json", Buffer.from(jcs({ origin: ORIGIN, mode: "real", genesis: digest(genesis) })));
  }

  write(folder: string): string {
    const put = (path: string, bytes: Uint8Array): void => {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), bytes);
    };
    mkdirSync(join(folder, "segments"), { recursive: true });
    this.segments.forEach((entries, index) => {
      put(`segments/${String(index).padStart(10, "0")}.wal`, Buffer.concat(entries.map(frame)));
    });
    this.batches.forEach((bytes, index) => {
      put(`batches/${String(this.#numberOf(index)).padStart(12, "0")}`, bytes);
    });
    for (const [number, bytes] of this.voids) put(`batches/${String(number).padStart(12, "0")}.void`, bytes);
    for (const [path, bytes] of this.files) put(path, bytes);
    put("lock", Buffer.alloc(0));
    return folder;
  }

  /** The same as a store would hold it. */
  writeStore(folder: string): string {
    this.write(`${folder}.log`);
    cpSync(join(`${folder}.log`, "batches"), join(folder, "batch"), { recursive: true });
    for (const name of readdirSync(join(folder, "batch")).filter((name) => name.endsWith(".void")))
      renameSync(join(folder, "batch", name), join(folder, "batch", name.replace(".void", "")));
    cpSync(join(`${folder}.log`, "blobs"), join(folder, "blob"), { recursive: true });
    return folder;
  }
}
