import type { Step } from "./runbook.ts";

type Node = Pick<Step, "id" | "needs">;

/** The ids along one circle of needs, its first id again at the end; null when there is none. Unknown needs are passed over. */
export function findCycle(steps: readonly Node[]): string[] | null {
  const needs = new Map(steps.map((step) => [step.id, step.needs]));
  const done = new Set<string>();
  const walk = (id: string, trail: readonly string[]): string[] | null => {
    const seen = trail.indexOf(id);
    if (seen >= 0) return [...trail.slice(seen), id];
    if (done.has(id)) return null;
    for (const need of needs.get(id) ?? []) {
      const cycle = need === id ? null : walk(need, [...trail, id]);
      if (cycle) return cycle;
    }
    done.add(id);
    return null;
  };
  for (const { id } of steps) {
    const cycle = walk(id, []);
    if (cycle) return cycle;
  }
  return null;
}

/** Every step after the steps it needs; among the free ones, in the order they are written. The runbook has no circle. */
export function inOrder<T extends Node>(steps: readonly T[]): T[] {
  const placed = new Set<string>();
  const ordered: T[] = [];
  while (ordered.length < steps.length) {
    const next = steps.find((step) => !placed.has(step.id) && step.needs.every((need) => placed.has(need)));
    if (!next) break;
    placed.add(next.id);
    ordered.push(next);
  }
  return ordered;
}
