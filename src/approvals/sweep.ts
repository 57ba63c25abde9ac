import {
  type Change,
  ErError,
  isOfSubject,
  isSameSubject,
  millis,
  type Plan,
  principalKey,
  resourceKey,
  saySubject,
  subjectKey,
} from "../model/index.ts";

/** The run that a sweep belongs to: its plan was approved, and with it the clause. */
export type SweptRun = {
  readonly run: string;
  readonly plan: Plan;
  readonly openedAt: string;
  /** What sweeps of the run changed so far. */
  readonly swept: readonly Pick<Change, "action" | "resource">[];
};

/** Throws `sweep-outside` when a sweep's plan is not wholly what the approvers of its run's plan let it be. */
export function judgeSweep(sweep: Plan, after: SweptRun, now: number): void {
  const why = outside(sweep, after, now);
  if (why === null) return;
  throw new ErError(
    "sweep-outside",
    `the sweep "${sweep.digest}" is not within what was approved with "${after.plan.digest}": ${why}`,
    {
      hints: [`soc2-er plan show ${after.plan.digest}`],
    },
  );
}

function outside({ header, changes }: Plan, { run, plan, openedAt, swept }: SweptRun, now: number): string | null {
  const clause = plan.header.sweep;
  if (header.kind !== "sweep" || header.of !== run) return `it is none of ${run}`;
  if (clause === undefined) return "nothing may be swept after it";
  if (header.incident !== plan.header.incident) return "it is of another incident";
  if (now > millis(openedAt) + clause.forMs) return "its time is over";
  const found = header.found ?? [];
  for (const { subject, relation, by } of found) {
    if (!clause.relations.includes(relation)) return `what ${relation} is left`;
    const seed = relation === "itself" ? subject : by;
    if (relation !== "appeared" && !(seed !== null && clause.seeds.some((one) => isSameSubject(one, seed))))
      return `${saySubject(subject)} comes from none of its principals`;
  }
  for (const { id, action, resource } of changes) {
    if (!clause.steps.some((step) => step.action === action)) return `${action} is none of its actions`;
    if (!found.some(({ subject }) => isOfSubject(resource, subject))) return `change ${id} is about none of what was found`;
  }
  const keyOf = (change: Pick<Change, "action" | "resource">) => `${change.action} ${resourceKey(change.resource)}`;
  const own = new Set(clause.seeds.map(subjectKey));
  const others = [...swept, ...changes].filter(({ resource }) => !own.has(principalKey(resource)));
  const beyond = new Set(others.map(keyOf)).size;
  return beyond > clause.atMost ? `with it, ${beyond} resources of others are changed, more than ${clause.atMost}` : null;
}
