import type { NetworkAcl } from "@aws-sdk/client-ec2";
import { type Cidr, contains, ErError, type SelectionOf } from "../../../model/index.ts";
import { ALL_PROTOCOLS, type Direction, type Entry, entriesOf, idOf, passesBefore, type Rule } from "./acl-entries.ts";

/** A network's place in one direction of an ACL. `stands`: a rule there denies exactly this network already. */
export type Placed = { readonly cidr: Cidr; readonly number: number; readonly stands: boolean };

export function denial(cidr: string): Rule {
  return { action: "deny", protocol: ALL_PROTOCOLS, cidr };
}

/**
 * What has to be denied in this ACL: no network twice, none inside another, and IPv6 only where the ACL has rules of that family,
 * as those of a VPC with IPv6 have. Without them nothing of it passes.
 */
export function concerned(acl: NetworkAcl, cidrs: readonly Cidr[]): Cidr[] {
  const speaks = new Set([...entriesOf(acl, "in"), ...entriesOf(acl, "out")].map(({ network }) => network.family));
  const distinct = [...new Map(cidrs.map((cidr) => [cidr.text, cidr])).values()];
  return distinct
    .filter(({ family }) => family === 4 || speaks.has(family))
    .filter((cidr) => !distinct.some((other) => other !== cidr && contains(other, cidr)));
}

/**
 * Gives each network the lowest free number of the reserved range. Errors: `no-free-slot` when none is free, or when a rule before it
 * would still let the network pass; `limit-exceeded` when EC2 would take no more rules.
 */
export function place(
  acl: NetworkAcl,
  direction: Direction,
  cidrs: readonly Cidr[],
  selection: Pick<SelectionOf<"aws.network-acls">, "entrance" | "rules">,
  rulesPerAcl: number,
): Placed[] {
  const entries = entriesOf(acl, direction);
  const taken = new Set(entries.map(({ number }) => number));
  const placed = cidrs.map((cidr): Placed => {
    const standing = standingRule(entries, cidr, selection.rules);
    if (standing !== undefined) return { cidr, number: standing.number, stands: true };
    const { from, to } = selection.rules;
    const number = Array.from({ length: to - from + 1 }, (_, index) => from + index).find((free) => !taken.has(free));
    if (number === undefined) throw noFreeSlot(acl, direction, cidr, selection);
    const open = passesBefore(entries, number, cidr);
    if (open !== undefined) throw tooLate(acl, direction, cidr, number, open);
    taken.add(number);
    return { cidr, number, stands: false };
  });
  for (const family of [4, 6] as const) {
    const there = entries.filter(({ network }) => network.family === family).length;
    const added = placed.filter(({ cidr, stands }) => !stands && cidr.family === family).length;
    if (added > 0 && there + added > rulesPerAcl) throw tooMany(acl, direction, family, there, added, rulesPerAcl);
  }
  return placed;
}

/** Only in the reserved range: what stands elsewhere is somebody else's, and may go without a word. */
function standingRule(entries: readonly Entry[], cidr: Cidr, { from, to }: { from: number; to: number }): Entry | undefined {
  return entries.find(
    ({ number, rule, network }) =>
      from <= number &&
      number <= to &&
      rule.action === "deny" &&
      rule.protocol === ALL_PROTOCOLS &&
      network.text === cidr.text &&
      passesBefore(entries, number, cidr) === undefined,
  );
}

const say = (direction: Direction) => (direction === "in" ? "inbound" : "outbound");

function noFreeSlot(
  acl: NetworkAcl,
  direction: Direction,
  { text }: Cidr,
  { entrance, rules: { from, to } }: Pick<SelectionOf<"aws.network-acls">, "entrance" | "rules">,
): ErError {
  const id = idOf(acl);
  return new ErError(
    "no-free-slot",
    `network ACL "${id}" has no free ${say(direction)} rule number from ${from} to ${to} for "${text}"`,
    {
      hints: [
        "soc2-er status   (release what is not needed any more)",
        "block wider networks in fewer rules",
        `reserve more numbers for entrance "${entrance}": network-acls: { rules: ${from}-… } in the configuration`,
      ],
      detail: { acl: id, direction, cidr: text },
    },
  );
}

function tooLate(acl: NetworkAcl, direction: Direction, { text }: Cidr, number: number, open: Entry): ErError {
  const id = idOf(acl);
  return new ErError(
    "no-free-slot",
    `the first free ${say(direction)} rule number of network ACL "${id}" is ${number}, and rule ${open.number} lets "${text}" pass before it`,
    {
      hints: [
        `move the rules that allow ${open.rule.cidr} behind the reserved range`,
        `aws ec2 describe-network-acls --network-acl-ids ${id}`,
      ],
      detail: { acl: id, direction, cidr: text, before: open.number },
    },
  );
}

function tooMany(acl: NetworkAcl, direction: Direction, family: 4 | 6, there: number, added: number, most: number): ErError {
  const id = idOf(acl);
  return new ErError(
    "limit-exceeded",
    `network ACL "${id}" would have ${there + added} ${say(direction)} rules for IPv${family}; its quota is ${most}, the final denial included`,
    {
      hints: [
        "block wider networks in fewer rules, or release what is not needed any more",
        "aws service-quotas list-service-quotas --service-code vpc --query \"Quotas[?QuotaName=='Rules per network ACL'].Value\"",
        'where the quota was raised (at most 40), say so in the runbook\'s step: with: { rulesPerAcl: "40" }',
      ],
      detail: { acl: id, direction, family, there, added },
    },
  );
}
