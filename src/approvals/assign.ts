import type { Counted, Role } from "../model/index.ts";

type Assigned = { readonly have: readonly Counted[]; readonly waiting: readonly Role[] };

/**
 * Gives as many of the required roles as can be to persons of their own. Without `inAdvance`, one of the approvals that count has to
 * be a live one: with none, a role goes on waiting even where scopes would do for all.
 */
export function assignRoles(
  required: readonly Role[],
  live: readonly Counted[],
  advance: readonly Counted[],
  inAdvance: boolean,
): Assigned {
  const all = [...live, ...advance];
  if (inAdvance || advance.length === 0) return assign(required, all);
  const tries = live.filter(({ role }) => required.includes(role)).map((one) => assignAround(required, one, all));
  if (tries.length > 0) return tries.reduce((best, next) => (next.waiting.length < best.waiting.length ? next : best));
  const covered = assign(required, advance);
  const last = covered.have.at(-1);
  if (covered.waiting.length > 0 || last === undefined) return covered;
  return { have: covered.have.slice(0, -1), waiting: [last.role] };
}

/** With this one approval for sure. */
function assignAround(required: readonly Role[], fixed: Counted, all: readonly Counted[]): Assigned {
  const others = all.filter(({ person }) => person !== fixed.person);
  const rest = assign(without(required, fixed.role), others);
  const place = ({ role }: Counted): number => required.indexOf(role);
  return { have: [...rest.have, fixed].sort((left, right) => place(left) - place(right)), waiting: rest.waiting };
}

function without(required: readonly Role[], role: Role): Role[] {
  const place = required.indexOf(role);
  return required.filter((_, slot) => slot !== place);
}

/** Largest assignment of distinct persons to the required roles (augmenting paths); the lists have a handful of members. */
function assign(required: readonly Role[], approved: readonly Counted[]): Assigned {
  const taken = new Map<string, number>();
  const place = (slot: number, tried: Set<string>): boolean => {
    for (const { role, person } of approved) {
      if (role !== required[slot] || tried.has(person)) continue;
      tried.add(person);
      const holder = taken.get(person);
      if (holder === undefined || place(holder, tried)) {
        taken.set(person, slot);
        return true;
      }
    }
    return false;
  };
  const waiting = required.filter((_, slot) => !place(slot, new Set()));
  const have = [...taken]
    .sort(([, a], [, b]) => a - b)
    .flatMap(([person, slot]) => approved.find((one) => one.person === person && one.role === required[slot]) ?? []);
  return { have, waiting };
}
