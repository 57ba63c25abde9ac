import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, type Digest, type EntryBodies, ErError, newNonce } from "../model/index.ts";
import type { PersonSigner } from "../signing/index.ts";
import { keyText, peopleFault } from "./admission.ts";
import { Ballast } from "./ballast.ts";
import { MOST_BATCH_BYTES, NO_BATCHES, skipping } from "./batch.ts";
import { Blobs } from "./blobs.ts";
import { CatchUp } from "./catch-up.ts";
import { Chain } from "./chain.ts";
import { Checkpoints } from "./checkpoints.ts";
import { hasCode, makeFolder, onDisk, syncFolder } from "./disk.ts";
import { refuseNetwork } from "./ground.ts";
import { Heads } from "./heads.ts";
import { decided, judge } from "./judge.ts";
import { batchObject, type Layout, layoutIn, layoutOf } from "./layout.ts";
import { Mirror } from "./mirror.ts";
import { readPin, writePin } from "./pin.ts";
import type { LogPlace } from "./reader.ts";
import { Session } from "./session.ts";
import type { Store } from "./stores/store.ts";
import { WAL_START, Wal } from "./wal.ts";

export type InitOptions = LogPlace & {
  readonly genesis: EntryBodies["genesis"];
  readonly signer: PersonSigner;
  readonly clock: Clock;
  readonly host: string;
  readonly tool: string;
};

/**
 * Founds a log: the person who signs must be among the people it names. It is made beside its place and moved there whole, so
 * that a crash leaves none. Errors: `already-initialized`, `config-invalid` for people whom no keyring admits, `key-unknown`,
 * `audit-unavailable`.
 */
export async function initLog(options: InitOptions): Promise<void> {
  const fault = peopleFault(options.genesis.people);
  if (fault !== null)
    throw new ErError("config-invalid", `no log can be founded with these people: ${fault}`, {
      hints: ["ssh-keygen -t ed25519-sk   # a key that is admitted; so are ed25519, ecdsa-sk and ecdsa with 256 bits"],
    });
  const own = options.signer.publicKey.text;
  const person = options.genesis.people.find(({ keys }) => keys.some((key) => keyText(key) === own));
  if (person === undefined) throw unnamed(options.signer);
  await inDraft(options.home, async (layout) => {
    const session = new Session({ ...options, person: person.id });
    const seen = { batch: -1, digest: null };
    const opened = session.seal(await session.opening(options.signer), seen);
    const genesis = session.seal({ type: "genesis", body: options.genesis }, seen);
    const closed = session.seal({ type: "session.closed", body: { entries: session.entries + 1 } }, seen);
    const wal = new Wal(layout);
    await wal.append([opened, genesis, closed]);
    await wal.close();
    await writePin(layout, { origin: options.origin, mode: options.mode, genesis: genesis.digest });
  });
}

/**
 * Takes up the log that the deciding store already has, as another machine of the organization. The first founding entry that
 * is seen is believed, and pinned: `genesis` is for comparing with a colleague. Null when the store has no log.
 * Errors: StoreError, `audit-unavailable`.
 */
export async function joinLog(place: LogPlace, store: Store): Promise<{ readonly genesis: Digest } | null> {
  const genesis = await foundingIn(place, store);
  if (genesis === null) return null;
  await inDraft(place.home, async (layout) => {
    const parts = {
      ...{ origin: place.origin, layout, wal: new Wal(layout), mirror: new Mirror(layout), blobs: new Blobs(layout) },
      checkpoints: new Checkpoints(new Heads(layout, place.origin), place.origin, null),
    };
    const committed = new Chain(place.origin, place.mode, new Set());
    await new CatchUp(parts, { genesis, batches: NO_BATCHES, committed, pendingFrom: WAL_START }).pull(store);
    await writePin(layout, { origin: place.origin, mode: place.mode, genesis });
  });
  return { genesis };
}

/** Of the first batch of the log in the store, behind whatever else stands there. */
async function foundingIn({ origin, mode }: LogPlace, store: Store): Promise<Digest | null> {
  const entries = new Chain(origin, mode, new Set());
  for (let batches = NO_BATCHES; ; ) {
    const bytes = await store.read(batchObject(batches.next), MOST_BATCH_BYTES + 1);
    if (bytes === null) return null;
    const judged = decided(store, () => judge(bytes, { origin, batches, entries, genesis: null }));
    if (judged.batch !== null) return judged.entries.genesis;
    batches = skipping(batches, [judged.skipped]);
  }
}

async function inDraft(home: string, make: (layout: Layout) => Promise<void>): Promise<void> {
  const place = layoutOf(home);
  if ((await readPin(place)) !== null) throw initialized(place);
  await onDisk(home, () => makeFolder(home));
  await refuseNetwork(home);
  const draft = join(home, `.log-${newNonce()}`);
  try {
    await onDisk(draft, () => makeFolder(layoutIn(draft).segments));
    await new Ballast(layoutIn(draft)).make();
    await make(layoutIn(draft));
    await onDisk(place.folder, async () => {
      await rename(draft, place.folder).catch((error) => {
        throw hasCode(error, "ENOTEMPTY", "EEXIST") ? initialized(place) : error;
      });
      await syncFolder(home);
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

function unnamed({ publicKey }: PersonSigner): ErError {
  return new ErError("key-unknown", `the key "${publicKey.fingerprint}" belongs to nobody of the organization's file`, {
    hints: ["add its public key to a person under people:", "or another key: --key FILE or --key agent:COMMENT"],
  });
}

function initialized({ folder }: Layout): ErError {
  return new ErError("already-initialized", `an audit log is kept in "${folder}" already`, {
    hints: ["soc2-er audit log   # what is in it", "another home for another organization: --home FOLDER"],
  });
}
