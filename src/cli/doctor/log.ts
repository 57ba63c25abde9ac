import { type Store, StoreError } from "../../audit/index.ts";
import { activeLeases, foldLog, unfinishedRuns } from "../../incidents/index.ts";
import { type Entry, millis, sayDuration } from "../../model/index.ts";
import type { Context } from "../context.ts";
import { reviewsIn } from "../emergencies.ts";
import { ownerOf } from "../signer.ts";
import { type DoctorCheck, fail, ok, warn } from "./check.ts";
import { checkKeyring } from "./keyring.ts";

const SKEW_MS = 2_000;

/** Reads the whole log: reading verifies signatures and chains. */
export async function checkLog(context: Context): Promise<readonly DoctorCheck[]> {
  const reader = await context.readerIfAny();
  if (!reader) return [warn("log", "there is no audit log yet", ["soc2-er init --yes"])];
  let last: Entry | null = null;
  let count = 0;
  for await (const entry of reader.entries()) {
    last = entry;
    count++;
  }
  const state = await foldLog(reader);
  const now = context.clock.now();
  const ahead = last ? millis(last.at) - now : 0;
  const due = activeLeases(state).filter(({ expires }) => expires !== null && millis(expires) <= now);
  const open = unfinishedRuns(state);
  return [
    ok("log", `${count} entries of ${reader.origin}, all verified`),
    ahead > SKEW_MS
      ? fail("clock", `the newest entry is ${sayDuration(ahead)} in the future: this machine's clock is behind`)
      : ok("clock", "not behind the log"),
    ...checkKeyring(context, await reader.keyring()),
    ...(due.length > 0
      ? [warn("leases", `${due.length} leases are past their review time; nothing is lifted by itself`, ["soc2-er status"])]
      : []),
    ...(await checkReviews(context)),
    ...open.map(({ id }) => warn("runs", `"${id}" is not finished`, [`soc2-er resume ${id}`])),
  ];
}

/** Break-glass rulings that wait for their review or stand as exceptions; and whether anybody would be told of the next. */
async function checkReviews(context: Context): Promise<DoctorCheck[]> {
  const reader = await context.reader();
  const reviews = await reviewsIn(reader, await foldLog(reader), context.clock);
  const { notices, policy } = context.config;
  const silent = policy.breakGlass.allowed.length > 0 && notices.length === 0;
  return [
    ...reviews
      .filter(({ state }) => state !== "ratified")
      .map(({ plan, by, state, waiting, reviewBy }) => {
        const hints = waiting.length > 0 ? [`soc2-er approve ${plan} --review`] : [];
        const what = `break-glass by "${by}" on ${plan}`;
        if (state === "open") return warn("break-glass", `${what} is to be reviewed by ${reviewBy}`, hints);
        if (state === "overdue") return fail("break-glass", `${what} was not reviewed by ${reviewBy}: an exception`, hints);
        return warn("break-glass", `${what} stands as an exception: ${state === "late" ? "ratified too late" : "objected to"}`);
      }),
    ...(silent
      ? [warn("notices", "a break-glass ruling would be told to nobody", [`add notices: to ${context.config.source}`])]
      : []),
  ];
}

/** The key that would sign, and whose it is. */
export async function checkKey(context: Context): Promise<DoctorCheck> {
  const { publicKey } = await context.signer();
  const reader = await context.readerIfAny();
  const owner = ownerOf(publicKey.text, { keyring: reader ? await reader.keyring() : null, people: context.config.people });
  if (!owner)
    return fail("key", `${publicKey.fingerprint} belongs to nobody in the log`, ["--key FILE with a key of a person in the log"]);
  return ok("key", `${publicKey.fingerprint} of ${owner.id} (${owner.roles.join(", ")})`);
}

/** Nothing waits for forwarders, so that one that fails is no failure here. */
export async function checkForwarders(context: Context): Promise<readonly DoctorCheck[]> {
  if (!(await context.hasLog())) return [];
  const states = await (await context.forwarders()).states();
  return states.map(({ name, state, pending, reason = "", since = "" }) =>
    state === "failing"
      ? warn(`forward ${name}`, `${pending} entries wait since ${since}: ${reason}`, ["soc2-er audit sync"])
      : ok(`forward ${name}`, pending === 0 ? "up to date" : `${pending} entries wait`),
  );
}

export async function checkStores(context: Context): Promise<readonly DoctorCheck[]> {
  const reader = await context.readerIfAny();
  if (context.config.audit.stores.length === 0)
    return [warn("stores", "no remote store: the log is on this machine only", ["add audit.stores to the organization's file"])];
  if (!reader) return [];
  const { stores } = await reader.remote();
  const kept = (await context.stores()).map((store) => checkSafeguards(store));
  const reached = stores.map(({ name, state, pending, reason }) => {
    if (state === "up-to-date") return ok(`store ${name}`, "up to date");
    const detail = `${state}, ${pending} pending${reason === undefined ? "" : `: ${reason}`}`;
    return state === "down"
      ? fail(`store ${name}`, detail, ["soc2-er audit sync"])
      : warn(`store ${name}`, detail, ["soc2-er audit sync"]);
  });
  return [...reached, ...(await Promise.all(kept)).flat()];
}

/** Whether somebody with rights over the store could change what is in it. */
async function checkSafeguards(store: Store): Promise<readonly DoctorCheck[]> {
  try {
    const found = (await store.safeguards?.()) ?? [];
    return found.map(({ what, state, detail }) =>
      state === "on" ? ok(`store ${store.name}`, detail) : warn(`store ${store.name}`, `${what}: ${detail}`),
    );
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return [warn(`store ${store.name}`, `what keeps it from being changed was not seen: ${error.message}`)];
  }
}
