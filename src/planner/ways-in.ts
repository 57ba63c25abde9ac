import type { Config } from "../config/index.ts";
import { type Change, type Check, type Cidr, contains, ErError, overlaps, parseCidr, type Selection } from "../model/index.ts";
import { ProviderError, type ReadScope } from "../providers/index.ts";
import { type Inbound, inboundOf, interfacesTagged } from "./inbound.ts";

/** A network that a change would keep from what it reached before. */
type Cut = { readonly network: string; readonly what: string };
type Place = { readonly account: string; readonly region: string };

/** Everybody, where nobody's networks are configured: whoever comes in there is taken for a responder. */
const ANYBODY = ["0.0.0.0/0", "::/0"];

/**
 * Errors: `self-lockout` when a change of security groups takes from the responders' networks what they reach at their own entrance
 * or hosts. What cannot be looked at, or depends on lists that are not looked into, is said and left to who approves.
 */
export async function guardWaysIn(
  changes: readonly Change[],
  config: Config,
  selectionOf: (change: Change) => Selection | null,
  scope: ReadScope,
): Promise<Check[]> {
  const checks: Check[] = [];
  const hosts = hostsSeen(config, scope);
  for (const change of changes) {
    const { before, after, resource } = change;
    if (!hasGroups(before) || !hasGroups(after)) continue;
    const unseen = (detail: string): Check => ({
      id: `way-in:${resource.id}`,
      level: "read-only",
      status: "not-checkable",
      detail,
    });
    try {
      if (!isOwnEntrance(selectionOf(change), config) && !(await hosts(resource)).has(resource.id)) continue;
      const [was, is] = await Promise.all([inboundOf(scope, resource, before.groups), inboundOf(scope, resource, after.groups)]);
      const cut = firstCut(was, is, config.responderNetworks);
      if (cut !== null && !is.some(byList)) refuse(resource.id, cut);
      const vague = cut !== null || was.some(byList);
      checks.push(
        vague
          ? unseen("whether the responders' networks are let in depends on a prefix list")
          : { ...unseen("the responders' networks reach here what they reached before"), status: "passed" },
      );
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      checks.push(unseen(`whether it is the responders' own way in could not be looked at: ${error.message}`));
    }
  }
  return checks;
}

function isOwnEntrance(selection: Selection | null, { edge }: Config): boolean {
  if (selection === null || !("entrance" in selection)) return false;
  return edge.some((one) => one.name === selection.entrance && one.provider === "aws" && one.responderEntrance === true);
}

/** The interfaces of the responders' own hosts, listed once for each account and Region. */
function hostsSeen({ responderHosts }: Config, scope: ReadScope): (place: Place) => Promise<ReadonlySet<string>> {
  const seen = new Map<string, Promise<ReadonlySet<string>>>();
  return ({ account, region }) => {
    const key = `${account} ${region}`;
    const found = seen.get(key) ?? interfacesTagged(scope, { account, region }, responderHosts);
    seen.set(key, found);
    return found;
  };
}

/** What one of the networks reached and no rule lets it reach any more. */
export function firstCut(was: readonly Inbound[], is: readonly Inbound[], networks: readonly string[]): Cut | null {
  for (const text of networks.length === 0 ? ANYBODY : networks) {
    const network = parseCidr(text);
    if (network === null) continue;
    for (const rule of was) {
      const part = shared(rule, network);
      if (part === null || is.some((one) => covers(one, rule, part))) continue;
      const ports = rule.protocol === "-1" ? "any port" : `${rule.protocol} ${rule.from}-${rule.to}`;
      return { network: text, what: ports };
    }
  }
  return null;
}

function shared({ peer }: Inbound, network: Cidr): Cidr | null {
  const from = peer === null ? null : parseCidr(peer);
  if (from === null || !overlaps(from, network)) return null;
  return contains(from, network) ? network : from;
}

function covers({ peer, protocol, from, to }: Inbound, asked: Inbound, part: Cidr): boolean {
  const network = peer === null ? null : parseCidr(peer);
  if (network === null || !contains(network, part)) return false;
  return protocol === "-1" || (protocol === asked.protocol && from <= asked.from && asked.to <= to);
}

const byList = ({ peer }: Inbound): boolean => peer === null;

function hasGroups(state: Change["after"]): state is { groups: string[] } {
  return state !== null && typeof state === "object" && "groups" in state && Array.isArray(state["groups"]);
}

function refuse(id: string, { network, what }: Cut): never {
  throw new ErError(
    "self-lockout",
    `"${id}" is the responders' own way in and would not let "${network}" in on ${what} any more`,
    {
      hints: [
        "let the responders' networks reach there what they reach now",
        "or come in another way first, and take it off responder-entrance or responder-hosts",
      ],
      detail: { resource: id, network, ports: what },
    },
  );
}
