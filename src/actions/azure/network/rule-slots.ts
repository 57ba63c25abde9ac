import { type Cidr, contains, ErError, type SelectionOf } from "../../../model/index.ts";
import type { Group, Standing } from "./groups.ts";
import {
  type Direction,
  denial,
  deniesAll,
  isIn,
  networksOf,
  passesBefore,
  priorityOf,
  type Rule,
  type Slot,
  sayNetworks,
  sayRule,
} from "./security-rules.ts";

/** A rule's place in a group and what it shall say. `stands`: it says so already, whoever wrote it. */
export type Placed = { readonly name: string; readonly rule: Rule; readonly stands: boolean };
type Place = Pick<SelectionOf<"azure.nsgs">, "entrance" | "subscription" | "priorities">;

/** Addresses and ranges that one rule takes. */
const MOST_NETWORKS = 4_000;
/** Of one group, in both directions. */
const MOST_RULES = 1_000;

/**
 * Which rules deny the networks in one direction: those that stand in the reserved range and name none that is not asked for, and for
 * the rest new ones, each of one address family and at the lowest free priority. Errors: `no-free-slot` when none is free, or when
 * a rule before it may let a network pass; `limit-exceeded` when the group takes no more rules.
 */
export function place(group: Group, direction: Direction, asked: readonly Cidr[], selection: Place): Placed[] {
  const networks = outermost(asked);
  const stand = standingDenials(group, direction, networks, selection);
  const covered = new Set(stand.flatMap(({ rule }) => networksOf(rule, direction) ?? []).map(({ text }) => text));
  const rest = networks.filter(({ text }) => !covered.has(text));
  const slots = freeSlots(group, direction, selection);
  const added = ([4, 6] as const)
    .flatMap((family) => portions(rest.filter((network) => network.family === family)))
    .map((portion): Placed => {
      const slot = slots.shift() ?? noFreeSlot(group, direction, portion, selection);
      const open = group.rules.find(({ rule }) => passesBefore(rule, slot, portion));
      if (open !== undefined) throw tooLate(group, slot, portion, open, selection);
      return {
        name: nameOf(slot),
        rule: denial(
          slot,
          portion.map(({ text }) => text),
        ),
        stands: false,
      };
    });
  if (group.rules.length + added.length > MOST_RULES) throw tooMany(group, added.length, selection);
  return [...stand.map(({ name, rule }) => ({ name, rule, stands: true })), ...added];
}

export function nameOf({ direction, priority }: Slot): string {
  return `soc2-er-deny-${direction}-${priority}`;
}

/** None twice, none inside another. In the order of addresses a network comes right behind the one that it lies in. */
function outermost(cidrs: readonly Cidr[]): Cidr[] {
  const kept: Cidr[] = [];
  for (const cidr of cidrs.toSorted((left, right) => byAddress(left, right) || left.bits - right.bits)) {
    const last = kept.at(-1);
    if (last === undefined || !contains(last, cidr)) kept.push(cidr);
  }
  return kept;
}

function byAddress(left: Cidr, right: Cidr): number {
  if (left.family !== right.family) return left.family - right.family;
  return left.base < right.base ? -1 : left.base > right.base ? 1 : 0;
}

/** A rule that names more is not held: its other networks would stay cut off for as long as this incident holds it. */
function standingDenials(group: Group, direction: Direction, asked: readonly Cidr[], { priorities }: Place): Standing[] {
  const wanted = new Set(asked.map(({ text }) => text));
  return group.rules.filter(({ rule, state }) => {
    const priority = priorityOf(rule);
    const reserved = priorities.from <= priority && priority <= priorities.to;
    if (!reserved || state !== "settled" || !isIn(rule, direction) || !deniesAll(rule, direction)) return false;
    const networks = networksOf(rule, direction);
    if (networks === null || !networks.every(({ text }) => wanted.has(text))) return false;
    return !group.rules.some((other) => passesBefore(other.rule, { direction, priority }, networks));
  });
}

/** Whose priority nobody has in this direction, and whose rule would not take the name of somebody else's. */
function freeSlots(group: Group, direction: Direction, { priorities: { from, to } }: Place): Slot[] {
  const names = new Set(group.rules.map(({ name }) => name.toLowerCase()));
  const taken = new Set(group.rules.filter(({ rule }) => isIn(rule, direction)).map(({ rule }) => priorityOf(rule)));
  return Array.from({ length: to - from + 1 }, (_, index): Slot => ({ direction, priority: from + index })).filter(
    (slot) => !taken.has(slot.priority) && !names.has(nameOf(slot)),
  );
}

function portions(networks: readonly Cidr[]): Cidr[][] {
  const count = Math.ceil(networks.length / MOST_NETWORKS);
  return Array.from({ length: count }, (_, index) => networks.slice(index * MOST_NETWORKS, (index + 1) * MOST_NETWORKS));
}

const say = (direction: Direction) => (direction === "in" ? "inbound" : "outbound");
const sayCidrs = (cidrs: readonly Cidr[]) => sayNetworks(cidrs.map(({ text }) => text));

function listRules({ id }: Group): string {
  return `az network nsg show --ids ${id} --query "securityRules[].[direction,priority,name,access]" -o table`;
}

function noFreeSlot(
  group: Group,
  direction: Direction,
  cidrs: readonly Cidr[],
  { entrance, priorities: { from, to } }: Place,
): never {
  throw new ErError(
    "no-free-slot",
    `network security group "${group.name}" has no free ${say(direction)} priority from ${from} to ${to} for "${sayCidrs(cidrs)}"`,
    {
      hints: [
        "soc2-er status   (release what is not needed any more)",
        "block all networks in one command: they share one rule per direction and address family",
        `reserve more priorities for entrance "${entrance}": nsgs: { priorities: ${from}-… } in the configuration`,
        listRules(group),
      ],
      detail: { group: group.id, direction, cidrs: cidrs.map(({ text }) => text) },
    },
  );
}

function tooLate(
  group: Group,
  { direction, priority }: Slot,
  cidrs: readonly Cidr[],
  open: Standing,
  { entrance }: Place,
): ErError {
  return new ErError(
    "no-free-slot",
    `the first free ${say(direction)} priority of network security group "${group.name}" is ${priority}, and rule "${open.name}" may let "${sayCidrs(cidrs)}" pass before it: ${sayRule(open.rule, direction)}`,
    {
      hints: [`move that rule behind the priorities that are reserved for entrance "${entrance}"`, listRules(group)],
      detail: { group: group.id, direction, cidrs: cidrs.map(({ text }) => text), before: open.name },
    },
  );
}

function tooMany(group: Group, added: number, { entrance }: Place): ErError {
  return new ErError(
    "limit-exceeded",
    `network security group "${group.name}" of entrance "${entrance}" would have ${group.rules.length + added} rules; Azure takes ${MOST_RULES}`,
    { hints: ["release what is not needed any more: soc2-er status", listRules(group)], detail: { group: group.id, added } },
  );
}
