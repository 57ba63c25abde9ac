import {
  type Change,
  type ChangeId,
  canonicalize,
  compact,
  defect,
  ErError,
  type Json,
  type ProposedChange,
  resourceKey,
  type Selection,
} from "../model/index.ts";
import type { Step } from "../runbooks/index.ts";
import type { PlannedCall } from "./steps.ts";

type Placed = { readonly call: PlannedCall; readonly proposed: ProposedChange; readonly id: ChangeId };

/**
 * Gives the proposed changes their place: ids, and what each needs. Two places may propose one and the same change (a user and its
 * own key): it stands in the plan once. Calls come in the order of the steps.
 */
export function assemble(calls: readonly PlannedCall[], steps: readonly Step[], owners: ReadonlyMap<string, string>): Change[] {
  const total = calls.reduce((sum, { changes }) => sum + changes.length, 0);
  const width = Math.max(3, String(total).length);
  const first = new Map<string, Placed>();
  const ids = new Map<PlannedCall, Map<string, ChangeId>>();
  for (const call of calls) {
    const keys = new Map<string, ChangeId>();
    for (const proposed of call.changes) {
      const identity = canonicalize([call.action.id, resourceKey(proposed.resource), proposed.after, proposed.asks ?? null]);
      const placed = first.get(identity) ?? { call, proposed, id: `c${String(first.size + 1).padStart(width, "0")}` };
      first.set(identity, placed);
      keys.set(proposed.key, placed.id);
    }
    ids.set(call, keys);
  }
  const placed = [...first.values()];
  refuseContradictions(placed);
  const needs = new StepNeeds(placed, steps, owners);
  return placed.map((one) => changeOf(one, [...within(one, ids), ...needs.of(one)]));
}

function changeOf({ call, proposed, id }: Placed, needs: readonly ChangeId[]): Change {
  const { key: _key, needs: _needs, ...rest } = proposed;
  const unique = [...new Set(needs)].filter((need) => need !== id).sort();
  return compact({ ...rest, id, step: call.step.id, action: call.action.id, bound: call.action.bound, needs: unique });
}

function within({ call, proposed }: Placed, ids: ReadonlyMap<PlannedCall, ReadonlyMap<string, ChangeId>>): ChangeId[] {
  return (proposed.needs ?? []).map(
    (key) => ids.get(call)?.get(key) ?? defect(`${call.action.id} needs its change "${key}", which it did not propose`),
  );
}

/** Two places that want different states of one resource: whichever came second would be refused as stale in the middle of the run. */
function refuseContradictions(placed: readonly Placed[]): void {
  const seen = new Map<string, Placed>();
  for (const one of placed) {
    const key = `${one.call.action.id} ${resourceKey(one.proposed.resource)}`;
    const other = seen.get(key);
    if (other && other.call !== one.call) {
      const { type, id } = one.proposed.resource;
      throw new ErError("limit-exceeded", `two places of the target want different states of ${type} "${id}" in one plan`, {
        hints: [
          "contain them one after the other, narrowed with --account or --region, or name the resource once in the configuration",
        ],
        detail: { resource: one.proposed.resource as Json },
      });
    }
    seen.set(key, one);
  }
}

/** What the steps' `needs` mean for single changes. */
class StepNeeds {
  private readonly byStep: ReadonlyMap<string, readonly Placed[]>;
  /** By step and principal; null for what concerns none. */
  private readonly bySubject: ReadonlyMap<string, ReadonlyMap<string | null, readonly Placed[]>>;
  private readonly steps: ReadonlyMap<string, Step>;
  private readonly stoppedBy: ReadonlyMap<string, readonly string[]>;
  private readonly owners: ReadonlyMap<string, string>;

  constructor(placed: readonly Placed[], steps: readonly Step[], owners: ReadonlyMap<string, string>) {
    this.byStep = Map.groupBy(placed, ({ call }) => call.step.id);
    const subjects = [...this.byStep].map(([step, those]) => {
      return [step, Map.groupBy(those, ({ call }) => principalOf(call.selection, owners))] as const;
    });
    this.bySubject = new Map(subjects);
    this.steps = new Map(steps.map((step) => [step.id, step]));
    this.owners = owners;
    const earlier = (index: number) => steps.slice(0, index).filter(({ onFailure }) => onFailure === "stop");
    this.stoppedBy = new Map(steps.map((step, index) => [step.id, earlier(index).map(({ id }) => id)]));
  }

  of(one: Placed): ChangeId[] {
    const { step } = one.call;
    const stops = (this.stoppedBy.get(step.id) ?? []).flatMap((id) => (this.byStep.get(id) ?? []).map((placed) => placed.id));
    return [...step.needs.flatMap((need) => this.ofStep(need, one)), ...stops];
  }

  /**
   * Where both concern a principal, only the changes of the same one are needed: one user's keys wait for that user's deny. A needed
   * step without such a change hands on what it needs itself.
   */
  private ofStep(need: string, one: Placed): ChangeId[] {
    const subject = principalOf(one.call.selection, this.owners);
    const subjects = this.bySubject.get(need);
    const concerned =
      subject === null ? (this.byStep.get(need) ?? []) : [subject, null].flatMap((whose) => subjects?.get(whose) ?? []);
    if (concerned.length > 0) return concerned.map(({ id }) => id);
    return (this.steps.get(need)?.needs ?? []).flatMap((further) => this.ofStep(further, one));
  }
}

function principalOf(selection: Selection, owners: ReadonlyMap<string, string>): string | null {
  switch (selection.kind) {
    case "aws.cognito-user":
      return `cognito ${selection.account} ${selection.pool} ${selection.name}`;
    case "aws.sso-user":
      return `sso ${selection.instance} ${selection.id}`;
    case "aws.user":
      return `user ${selection.account} ${selection.name}`;
    case "aws.role":
      return `role ${selection.account} ${selection.name}`;
    case "aws.cluster-principal":
      return `${selection.principal} ${selection.account} ${selection.name}`;
    case "aws.access-key": {
      const owner = owners.get(`${selection.account}/${selection.accessKeyId}`);
      return owner === undefined ? `key ${selection.account} ${selection.accessKeyId}` : `user ${selection.account} ${owner}`;
    }
    default:
      return null;
  }
}
