import { canonical, isObject, type Json, type JsonObject, parseCanonical } from "./bytes.ts";
import { Fault, quote } from "./findings.ts";
import { isInstant } from "./forms.ts";

/** A stored plan: one line for its header, one for each change. Its digest is that of these bytes. */
export type Plan = { readonly header: PlanHeader; readonly changes: PlanChanges };

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

const LF = 0x0a;
const MOST_CHANGES = 1_000_000;
/** What is intended has to fit into an envelope; so has what was planned. */
const MOST_LINE = 4 * 1024 * 1024;

/** The changes of a plan by their ids, each read when it is asked for: a plan takes little more memory than its bytes. */
export class PlanChanges implements Iterable<readonly [id: string, change: JsonObject]> {
  readonly #lines = new Map<string, Buffer>();

  get size(): number {
    return this.#lines.size;
  }

  /** Throws a `Fault` for a line that is no change, and for a second one of an id. */
  add(line: Buffer): void {
    const id = String(parseCanonical(line).id);
    if (this.#lines.has(id)) throw new Fault("plan", "two changes of it have one id");
    if (this.#lines.size === MOST_CHANGES) throw new Fault("plan", `it has more than ${MOST_CHANGES} changes`);
    this.#lines.set(id, line);
  }

  get(id: string): JsonObject | undefined {
    const line = this.#lines.get(id);
    return line && parseCanonical(line);
  }

  /** As they stand in the plan, without their ends. */
  lines(): Iterable<Buffer> {
    return this.#lines.values();
  }

  *[Symbol.iterator](): Generator<readonly [string, JsonObject]> {
    for (const [id, line] of this.#lines) yield [id, parseCanonical(line)];
  }
}

export function readPlan(bytes: Buffer): Plan {
  if (bytes.at(-1) !== LF) throw new Fault("plan", "its content does not end with a line");
  let header: JsonObject | null = null;
  const changes = new PlanChanges();
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(LF, start);
    if (end - start > MOST_LINE) throw new Fault("plan", `a line of it is longer than ${MOST_LINE} bytes`);
    const line = bytes.subarray(start, end);
    if (header === null) header = parseCanonical(line);
    else changes.add(line);
    start = end + 1;
  }
  if (header?.schema !== "soc2-er/plan@1" || !isObject(header.runbook) || !Array.isArray(header.required))
    throw new Fault("plan", "its content is not a plan");
  if (!KINDS.includes(String(header.kind))) throw new Fault("plan", `plans of kind ${quote(header.kind)} are unknown`);
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
