import { count, digest, document, either, list, next, object, orNull, type Schema, text } from "./words.ts";

const roles = list(text);

export const keyList: Schema = document("key-list@1", {
  after: digest,
  items: list(
    object({
      person: text,
      roles,
      text,
      fingerprint: text,
      state: either("active", "retired", "revoked"),
      added: count,
      since: count,
      goodThrough: orNull(count),
    }),
  ),
});

export const keyChange: Schema = document("key-change@1", {
  change: text,
  person: text,
  roles: orNull(roles),
  key: orNull(text),
  goodThrough: orNull(count),
  reason: text,
  statement: text,
  signatures: list(text),
  text,
  state: either("holds", "pending", "recorded"),
  signers: list(text),
  "why?": text,
  "entry?": count,
  next,
});

export const allowedSigners: Schema = document("allowed-signers@1", { text });
