export { groundOf } from "./ground.ts";
export { initLog, joinLog } from "./init.ts";
export { tryLock } from "./lock.ts";
export { logExists, openReader } from "./reader.ts";
export { storesFrom } from "./stores/open.ts";
export { type Store, StoreError } from "./stores/store.ts";
export * from "./types.ts";
export { verifyLog } from "./verify.ts";
export { openWriter } from "./writer.ts";
