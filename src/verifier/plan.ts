import { canonical, isObject, type Json, type JsonObject, parseCanonical } from "./bytes.ts";
import { Fault, quote } from "./findings.ts";
import { isInstant } from "./forms.ts";

/** A stored plan: one line for its header, one for each change. Its digest is that of these bytes. */
export type Plan = { readonly header: PlanHeader; readonly changes: ReadonlyMap<string, JsonObject> };

export type PlanHeader = {
  readonly origin: string;
  readonly mode: string;
  readonly incident: string;
  readonly kind: string;
  readonly of?: Json;
  readonly runbook: JsonObject;
  readonly operator: string;
  readonly required: readonly Json[];
  readonly preapproved?: Json;
  readonly nonce?: Json;
  readonly createdAt?: Json;
  readonly expiresAt: Json;
  readonly leasesExpireAt: Json;
  readonly checks?: Json;
  readonly target: Json;
  readonly params: Json;
  readonly sweep?: Json;
  readonly found?: Json;
};

const KINDS = ["contain", "sweep", "rollback", "release"];

/** Stands in a planned state for the moment at which the change is applied. */
const AT_APPLY = "{at-apply}";

export function readPlan(bytes: Buffer): Plan {
  const lines = bytes.toString("latin1").split("\n");
  if (lines.pop() !== "") throw new Fault("plan", "its content does not end with a line");
  const [header, ...rest] = lines.map((line) => parseCanonical(Buffer.from(line, "latin1")));
  const changes = new Map(rest.map((change) => [String(change.id), change]));
  if (header?.schema !== "soc2-er/plan@1" || !isObject(header.runbook) || !Array.isArray(header.required))
    throw new Fault("plan", "its content is not a plan");
  if (!KINDS.includes(String(header.kind))) throw new Fault("plan", `plans of kind ${quote(header.kind)} are unknown`);
  if (changes.size !== rest.length) throw new Fault("plan", "two changes of it have one id");
  return { header: header as PlanHeader & JsonObject, changes };
}

/** Whether what was going to be done is what the plan says: same action, same resource, same states. */
export function isPlanned(intended: JsonObject, change: JsonObject): boolean {
  const same = ["action", "resource", "before", "asks", "undoes"].every((name) => equal(intended[name], change[name]));
  return same && fills(intended.after ?? null, change.after ?? null);
}

function equal(left: Json | undefined, right: Json | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  return canonical(left) === canonical(right);
}

function fills(value: Json, planned: Json): boolean {
  if (planned === AT_APPLY) return isInstant(value);
  if (Array.isArray(planned))
    return (
      Array.isArray(value) && value.length === planned.length && planned.every((item, index) => fills(value[index] ?? null, item))
    );
  if (!isObject(planned)) return equal(value, planned);
  const names = Object.keys(planned);
  return (
    isObject(value) &&
    Object.keys(value).length === names.length &&
    names.every((name) => Object.hasOwn(value, name) && fills(value[name] ?? null, planned[name] ?? null))
  );
}
