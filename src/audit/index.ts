export { ballastOf } from "./ballast.ts";
export { changeKeyring, judgeKeyring, refuseUnheld } from "./change-keyring.ts";
export { type Bundle, writeBundle } from "./export/bundle.ts";
export { ENTRY_FORMATS, type EntryFormat, entryLines, type Selection } from "./export/entries.ts";
export { type InventoryOptions, inventory } from "./export/inventory.ts";
export { writeStream } from "./export/stream.ts";
export type { ForwarderState } from "./forward/forwarder.ts";
export type { Forwarders } from "./forward/forwarders.ts";
export { forwardersFrom } from "./forward/open.ts";
export { groundOf } from "./ground.ts";
export { initLog, joinLog } from "./init.ts";
export type { Judgment } from "./keyring-change.ts";
export {
  KEYRING_CHANGES,
  KEYRING_LABELS,
  KEYRING_TITLE,
  type KeyringChange,
  keyringStatement,
  parseKeyringStatement,
} from "./keyring-statement.ts";
export { tryLock } from "./lock.ts";
export { logKeyFrom, publicLogKey, tryLogKey } from "./log-key.ts";
export { entryProofText, growthProofText, proveEntry, proveGrowth } from "./proof.ts";
export { logExists, openReader } from "./reader.ts";
export { requireStore } from "./require-store.ts";
export { storesFrom } from "./stores/open.ts";
export { type Store, StoreError } from "./stores/store.ts";
export * from "./types.ts";
export { verifyBundle, verifyLog } from "./verify.ts";
export { openWriter } from "./writer.ts";
