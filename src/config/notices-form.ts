import * as z from "zod";
import { form, matching, text } from "../yaml/index.ts";

/** Letters, digits, dot, dash, underscore. */
export const name = matching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "a name (letters, digits, dot, dash, underscore)");
export const role = matching(/^[a-z][a-z0-9-]{0,39}$/, "a role name such as security (lower-case letters, digits, dash)");

export const roles = z.array(role).min(1, "at least one role is needed");
const noticeNames = { name, roles: roles.optional() };

/** One place where those are told whom a break-glass ruling skipped. */
export const notice = z
  .discriminatedUnion(
    "kind",
    [
      form({ kind: z.literal("webhook"), ...noticeNames, "url-env": text.optional(), "url-file": text.optional() }),
      form({ kind: z.literal("chat"), ...noticeNames, "url-env": text.optional(), "url-file": text.optional() }),
      form({ kind: z.literal("command"), ...noticeNames, argv: z.array(text).min(1, "a program is needed") }),
    ],
    { error: (issue) => (issue.code === "invalid_union" ? '"kind" must be webhook, chat or command' : undefined) },
  )
  .refine(
    (value) => value.kind === "command" || (value["url-env"] === undefined) !== (value["url-file"] === undefined),
    "exactly one of url-env and url-file is needed: an address is a secret and does not stand here",
  );
