import { canonical, isObject, type Json, type JsonObject } from "./bytes.ts";
import { quote } from "./findings.ts";
import type { Plan, PlanHeader } from "./plan.ts";

/** The run that a sweep belongs to. `others` has what its sweeps changed of anybody but the plan's principals. */
export type SweptRun = {
  readonly run: string;
  readonly header: PlanHeader;
  readonly openedAt: number;
  readonly others: Set<string>;
};

/** Why a sweep is not within what was approved with the plan of its run; null when it is. What it changes is added to `others`. */
export function sweepFault(
  { header, changes }: Plan,
  { run, header: approved, openedAt, others }: SweptRun,
  time: number,
): string | null {
  const clause = approved.sweep;
  if (!isObject(clause)) return `nothing may be swept after ${quote(run)}`;
  if (header.incident !== approved.incident) return "it is of another incident";
  if (time > openedAt + Number(clause.forMs)) return "its time was over";
  const seeds = objects(clause.seeds);
  const relations = list(clause.relations);
  const actions = objects(clause.steps).map(({ action }) => action);
  const found = objects(header.found ?? null);
  for (const { subject, relation, by } of found) {
    if (!relations.includes(relation ?? null)) return `it contains what ${quote(relation)} the principals of the plan`;
    const seed = relation === "itself" ? subject : by;
    if (relation !== "appeared" && !seeds.some((one) => canonical(one) === canonical(seed ?? null)))
      return `${quote(subject)} comes from none of the plan's principals`;
  }
  for (const [id, { action, resource }] of changes) {
    if (!actions.includes(action ?? null)) return `its change ${quote(id)} is by ${quote(action)}`;
    if (!isObject(resource) || !found.some(({ subject }) => isObject(subject) && isOf(resource, subject)))
      return `its change ${quote(id)} is about nothing that was found`;
    if (!seeds.some((seed) => isOf(resource, seed))) others.add(canonical([action ?? null, resource]));
  }
  return others.size > Number(clause.atMost) ? `with it, ${others.size} resources of others are changed` : null;
}

/** Resources of a principal carry its name first; a key stands behind its user's. */
function isOf({ type, account, id }: JsonObject, { kind, account: own, name }: JsonObject): boolean {
  if (account !== own) return false;
  if (kind === "access-key") return String(id).endsWith(`/${String(name)}`);
  return String(type).startsWith("iam-role") === (kind === "role") && String(id).split("/")[0] === name;
}

function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

function objects(value: Json | undefined): readonly JsonObject[] {
  return list(value).filter((one) => isObject(one)) as JsonObject[];
}
