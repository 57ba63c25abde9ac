import type { ResourceRef } from "../../model/index.ts";
import { type Next, sayCommand } from "../shell.ts";
import { clip, tame } from "../text.ts";

/** `s3-bucket acme-data (123456789012 us-east-1)`; of an Azure id only the last two segments. */
export function sayResource({ type, id, account, region }: ResourceRef): string {
  const short = id.startsWith("/subscriptions/") ? id.split("/").slice(-1).join("/") : id;
  const place = region === "global" ? shortAccount(account) : `${shortAccount(account)} ${region}`;
  return tame(`${type} ${short} (${place})`);
}

function shortAccount(account: string): string {
  return account.length > 12 ? `${account.slice(0, 8)}…` : account;
}

/** `1 change`, `2 changes`, `2 entries`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** `sha256:` and the first 12 digits: enough to compare by eye, the full digest is in the last line. */
export function shortDigest(digest: string): string {
  return digest.slice(0, "sha256:".length + 12);
}

export function commands(next: readonly Next[]): string[] {
  return next.map(({ argv }) => sayCommand(argv));
}

/** A target may be thousands of principals: as much of it as three lines hold. */
export function sayBriefly(target: string): string {
  return clip(target, 200);
}
