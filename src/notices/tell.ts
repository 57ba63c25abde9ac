import { readFile } from "node:fs/promises";
import { execa } from "execa";
import type { NoticeChannel } from "../config/index.ts";
import type { Clock, Role } from "../model/index.ts";

/** `text` is for people, its first line says all in short; `facts` are for programs. */
export type Notice = { readonly text: string; readonly facts: object };

/** `reason` is why it failed, never with the address: that is a secret. */
export type Delivery = { readonly channel: string; readonly roles: readonly Role[]; readonly reason?: string };

type Means = { readonly env: Readonly<Record<string, string | undefined>>; readonly clock: Clock };

const PATIENCE_MS = 10_000;
const MAX_REASON = 200;

/** Tells through all channels that any of the roles reads, side by side. Resolves within 10 seconds; never rejects. */
export async function tell(
  notice: Notice,
  roles: readonly Role[],
  channels: readonly NoticeChannel[],
  means: Means,
): Promise<Delivery[]> {
  const reading = channels.flatMap((channel) => {
    const readers = roles.filter((role) => channel.roles?.includes(role) ?? true);
    return readers.length > 0 ? [{ channel, readers }] : [];
  });
  return await Promise.all(
    reading.map(async ({ channel, readers }): Promise<Delivery> => {
      const delivery = { channel: channel.name, roles: readers };
      try {
        await inTime((signal) => send(notice, channel, means, signal), means.clock);
        return delivery;
      } catch (error) {
        return { ...delivery, reason: reasonOf(error) };
      }
    }),
  );
}

async function inTime(work: (signal: AbortSignal) => Promise<void>, clock: Clock): Promise<void> {
  const [given, done] = [new AbortController(), new AbortController()];
  const late = clock.sleep(PATIENCE_MS, done.signal).then(
    () => given.abort(new Error(`no answer within ${PATIENCE_MS / 1_000} seconds`)),
    () => undefined,
  );
  const refused = new Promise<never>((_, reject) => {
    given.signal.addEventListener("abort", () => reject(given.signal.reason), { once: true });
  });
  try {
    await Promise.race([work(given.signal), refused]);
  } finally {
    done.abort();
    await late;
  }
}

async function send(notice: Notice, channel: NoticeChannel, { env }: Means, signal: AbortSignal): Promise<void> {
  if (channel.kind === "command") {
    const [program = "", ...args] = channel.argv;
    await execa(program, args, { input: `${notice.text}\n`, cancelSignal: signal, stdout: "ignore", forceKillAfterDelay: 1_000 });
    return;
  }
  const body = channel.kind === "chat" ? { text: notice.text } : { ...notice.facts, text: notice.text };
  const answer = await fetch(await addressOf(channel.url, env), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    redirect: "error",
    signal,
  });
  await answer.body?.cancel();
  if (!answer.ok) throw new Error(`it answered ${answer.status}`);
}

async function addressOf(url: { readonly env: string } | { readonly file: string }, env: Means["env"]): Promise<string> {
  const [text, where] =
    "env" in url ? [env[url.env] ?? "", url.env] : [(await readFile(url.file, "utf8")).trim(), `the file "${url.file}"`];
  if (text === "") throw new Error(`${where} is not set`);
  if (!URL.canParse(text) || !/^https?:/.test(text)) throw new Error(`${where} holds no URL`);
  return text;
}

/** Addresses of webhooks carry their secret: what a library says of them is left out. */
function reasonOf(error: unknown): string {
  const { cause, message, shortMessage } = error as { cause?: { code?: string }; message?: string; shortMessage?: string };
  const said = cause?.code ?? shortMessage ?? message ?? String(error);
  return said.replaceAll(/https?:\/\/\S+/g, "…").slice(0, MAX_REASON);
}
