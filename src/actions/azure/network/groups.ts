import type { NetworkManagementClient } from "@azure/arm-network";
import * as z from "zod";
import { defect, ErError, type JsonObject, nearestFew, type ResourceRef, type SelectionOf } from "../../../model/index.ts";
import { orAbsent, ProviderError, type ReadScope } from "../../../providers/index.ts";
import { type Rule, ruleOf } from "./security-rules.ts";

/** A rule with what ARM says about it. `changing` while an operation on it runs, `failed` when one did not end well. */
export type Standing = {
  readonly name: string;
  readonly etag: string;
  readonly rule: Rule;
  readonly state: "settled" | "changing" | "failed";
};
export type Group = {
  readonly id: string;
  readonly name: string;
  readonly location: string;
  /** A write to the group runs, on whichever rule: others are refused meanwhile. */
  readonly busy: boolean;
  /** Established connections are looked at again when a rule changes. */
  readonly flushes: boolean;
  readonly rules: readonly Standing[];
};
type Place = SelectionOf<"azure.nsgs">;
type At = { readonly group: string; readonly nsg: string };

const PAUSE_MS = 1_000;
/** An operation on a group ends within seconds. */
const PATIENCE_MS = 60_000;

const GROUP_ID =
  /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/providers\/Microsoft\.Network\/networkSecurityGroups\/([^/]+)$/i;

const properties = z.record(z.string(), z.json());
const provisioningState = z.string().optional();
/** What is read of ARM's answer itself: the SDK's model drops fields that it does not know. */
const ANSWER = z.object({
  id: z.string(),
  name: z.string(),
  location: z.string(),
  properties: z.object({
    provisioningState,
    flushConnection: z.boolean().optional(),
    securityRules: z.array(z.object({ name: z.string(), etag: z.string(), properties })).default([]),
  }),
});

/** The groups of an entrance as they are when nothing is written to them, in one order. Errors: `config-part-missing`. */
export async function findGroups(scope: ReadScope, selection: Place): Promise<Group[]> {
  const client = await scope.azure(selection.subscription);
  const { select } = selection;
  const places = "ids" in select ? select.ids.map((id) => placeOf(id, selection)) : await tagged(client, selection, select.tag);
  const groups = await Promise.all(
    places.map(async (at) => (await quietGroup(scope, client, at)) ?? missing(client, selection, at)),
  );
  const distinct = new Map(groups.map((group) => [group.id.toLowerCase(), group]));
  return [...distinct].toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, group]) => group);
}

/** Once no write to it runs; null = there is no such group. */
export function quietGroup(scope: ReadScope, client: NetworkManagementClient, at: At): Promise<Group | null> {
  return once(
    scope,
    at,
    () => getGroup(client, at),
    (group) => group === null || !group.busy,
  );
}

/** A rule and its group, once no operation on this very rule runs. */
export async function lookAt(
  scope: ReadScope,
  resource: ResourceRef,
): Promise<{ readonly group: Group | null; readonly standing: Standing | null }> {
  const client = await scope.azure(resource.account);
  const at = partsOf(resource);
  const look = async () => {
    const group = await getGroup(client, at);
    return { group, standing: group === null ? null : standingIn(group, at.rule) };
  };
  return once(scope, at, look, ({ standing }) => standing?.state !== "changing");
}

export function standingIn(group: Group, rule: string): Standing | null {
  return group.rules.find(({ name }) => name.toLowerCase() === rule.toLowerCase()) ?? null;
}

export function ruleRef(subscription: string, group: Pick<Group, "id" | "location">, rule: string): ResourceRef {
  const id = `${group.id}/securityRules/${rule}`;
  return { provider: "azure", type: "nsg-rule", account: subscription, region: group.location, id };
}

export function groupIdOf({ id }: ResourceRef): string {
  return id.replace(/\/securityRules\/[^/]+$/i, "");
}

export function partsOf(resource: ResourceRef): At & { readonly rule: string } {
  const [, , group, nsg] = GROUP_ID.exec(groupIdOf(resource)) ?? [];
  const rule = resource.id.split("/").at(-1);
  if (group === undefined || nsg === undefined || !rule) return defect(`"${resource.id}" names no security rule`);
  return { group, nsg, rule };
}

async function once<T>({ clock, signal }: ReadScope, at: At, look: () => Promise<T>, done: (seen: T) => boolean): Promise<T> {
  const began = clock.monotonic();
  for (;;) {
    const seen = await look();
    if (done(seen)) return seen;
    if (clock.monotonic() - began > PATIENCE_MS) throw stillBusy(at);
    // When it is stopped, the next look does not leave.
    await clock.sleep(PAUSE_MS, signal).catch(() => undefined);
  }
}

async function getGroup(client: NetworkManagementClient, { group, nsg }: At): Promise<Group | null> {
  let body: unknown;
  const onResponse = ({ parsedBody }: { parsedBody?: unknown }) => {
    body = parsedBody;
  };
  if ((await orAbsent(() => client.networkSecurityGroups.get(group, nsg, { onResponse }))) === null) return null;
  const answer = ANSWER.safeParse(body);
  if (!answer.success) return defect(`Azure describes group "${nsg}" in an unknown form`, answer.error);
  const { id, name, location, properties: said } = answer.data;
  return {
    id,
    name,
    location,
    busy: isRunning(said.provisioningState),
    flushes: said.flushConnection === true,
    rules: said.securityRules.map(({ properties: rule, ...facts }) => ({ ...facts, ...standing(rule) })),
  };
}

function standing(said: JsonObject): Pick<Standing, "rule" | "state"> {
  const ended = said["provisioningState"];
  const state = isRunning(ended) ? "changing" : /^(failed|cancell?ed)$/i.test(String(ended)) ? "failed" : "settled";
  return { rule: ruleOf(said), state };
}

function isRunning(state: unknown): boolean {
  return /^(updating|deleting|creating|accepted)$/i.test(String(state));
}

/** Tag names compare without case, values with it. */
async function tagged(
  client: NetworkManagementClient,
  selection: Place,
  { key, value }: { readonly key: string; readonly value: string },
): Promise<At[]> {
  const found: At[] = [];
  for await (const { id = "", tags = {} } of client.networkSecurityGroups.listAll()) {
    const meant = Object.entries(tags).some(([name, text]) => name.toLowerCase() === key.toLowerCase() && text === value);
    if (meant) found.push(placeOf(id, selection));
  }
  if (found.length > 0) return found;
  throw new ErError(
    "config-part-missing",
    `no network security group of subscription "${selection.subscription}" has the tag "${key}=${value}" of entrance "${selection.entrance}"`,
    {
      hints: [
        `az network nsg list --subscription ${selection.subscription} --query "[].{id:id,tags:tags}"`,
        `az network nsg update --subscription ${selection.subscription} -g GROUP -n NAME --set tags.${key}=${value}`,
      ],
    },
  );
}

/** From `resource-group/name` or the whole id. Errors: `config-part-missing` for an id of something else, or of elsewhere. */
function placeOf(id: string, { entrance, subscription }: Place): At {
  if (!id.startsWith("/")) {
    const [group = "", nsg = ""] = id.split("/");
    return { group, nsg };
  }
  const [, owner = "", group, nsg] = GROUP_ID.exec(id) ?? [];
  if (group === undefined || nsg === undefined || owner.toLowerCase() !== subscription.toLowerCase()) {
    throw new ErError(
      "config-part-missing",
      `"${id}" of entrance "${entrance}" is no network security group of subscription "${subscription}"`,
      { hints: [`az network nsg list --subscription ${subscription} --query "[].id"`] },
    );
  }
  return { group, nsg };
}

async function missing(client: NetworkManagementClient, { entrance, subscription }: Place, { group, nsg }: At): Promise<never> {
  const known: string[] = [];
  for await (const { id = "" } of client.networkSecurityGroups.listAll()) {
    const [, , otherGroup, other] = GROUP_ID.exec(id) ?? [];
    known.push(`${otherGroup}/${other}`);
  }
  throw new ErError(
    "config-part-missing",
    `network security group "${group}/${nsg}" of entrance "${entrance}" does not exist in subscription "${subscription}"`,
    {
      hints: [
        ...nearestFew(`${group}/${nsg}`, known).map((name) => `there is "${name}"`),
        `az network nsg list --subscription ${subscription} --query "[].id"`,
      ],
    },
  );
}

function stillBusy({ group, nsg }: At): ProviderError {
  return new ProviderError("conflict", {
    service: "azure.network",
    operation: "GET networkSecurityGroups",
    providerCode: "AnotherOperationInProgress",
    status: null,
    requestId: null,
    message: `"${group}/${nsg}" is still being written to after ${PATIENCE_MS / 1_000} s`,
  });
}
