/** A node of a dependency graph: it may start when all that it needs has ended. */
export type Task = { readonly id: string; readonly needs: readonly string[] };

/**
 * Runs tasks in dependency order, at most `concurrency` at a time, in the given order among the ready ones. `work` says whether
 * dependents may start; those of a task that says no are handed to `skip` with its id, and so are theirs. After `stop` nothing new starts;
 * what never started is returned.
 */
export async function schedule<T extends Task>(
  tasks: readonly T[],
  options: {
    readonly concurrency: number;
    readonly stop: AbortSignal;
    readonly work: (task: T) => Promise<boolean>;
    readonly skip: (task: T, because: string) => void;
  },
): Promise<readonly T[]> {
  const dependents = new Map<string, T[]>();
  const missing = new Map<string, number>();
  const known = new Set(tasks.map((task) => task.id));
  for (const task of tasks) {
    const needs = task.needs.filter((id) => known.has(id));
    missing.set(task.id, needs.length);
    for (const id of needs) {
      const waiting = dependents.get(id);
      if (waiting) waiting.push(task);
      else dependents.set(id, [task]);
    }
  }
  const ready = tasks.filter((task) => missing.get(task.id) === 0);
  const ended = new Set<string>();
  const running = new Set<Promise<void>>();

  const end = (task: T, ok: boolean): void => {
    if (ended.has(task.id)) return;
    ended.add(task.id);
    for (const dependent of dependents.get(task.id) ?? []) {
      if (!ok) {
        if (!ended.has(dependent.id)) options.skip(dependent, task.id);
        end(dependent, false);
        continue;
      }
      const left = (missing.get(dependent.id) ?? 1) - 1;
      missing.set(dependent.id, left);
      if (left === 0 && !ended.has(dependent.id)) ready.push(dependent);
    }
  };

  let next = 0;
  let failure: { readonly error: unknown } | null = null;
  while (next < ready.length || running.size > 0) {
    while (next < ready.length && running.size < options.concurrency && !options.stop.aborted && !failure) {
      const task = ready[next++];
      if (!task) break;
      const job: Promise<void> = options
        .work(task)
        .then((ok) => end(task, ok))
        .catch((error: unknown) => {
          failure ??= { error };
        })
        .finally(() => running.delete(job));
      running.add(job);
    }
    if (running.size === 0) break;
    await Promise.race(running);
  }
  // What is in flight has ended by now: its outcome is in the log even when a defect ends the run.
  if (failure) throw (failure as { error: unknown }).error;
  return tasks.filter((task) => !ended.has(task.id));
}
