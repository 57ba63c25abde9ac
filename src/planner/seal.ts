import {
  type Change,
  canonicalize,
  type Digest,
  digestBytes,
  ErError,
  type Json,
  type JsonObject,
  type Plan,
  type PlanHeader,
} from "../model/index.ts";

/** Makes a plan of a header and its changes: sorts them by id and takes both digests. */
export function sealPlan(header: PlanHeader, changes: readonly Change[]): Plan {
  const sorted = [...changes].sort(byId);
  const lines = sorted.map((change) => canonicalize(change as Json));
  return {
    header,
    changes: sorted,
    digest: digestBytes(join([canonicalize(header as Json), ...lines])),
    contentDigest: digestBytes(join([canonicalize(contentOf(header)), ...lines])),
  };
}

/** The stored form: one line of canonical JSON for the header, one per change. `digest` is over these bytes. */
export function encodePlan(plan: Plan): Uint8Array {
  const lines = plan.changes.map((change) => canonicalize(change as Json));
  return new TextEncoder().encode(join([canonicalize(plan.header as Json), ...lines]));
}

/** Errors: `plan-altered` when the bytes are not what `encodePlan` writes, or not those of `expected`. */
export function decodePlan(bytes: Uint8Array, expected?: Digest): Plan {
  const [header, ...changes] = linesOf(bytes);
  if (!isHeader(header) || !changes.every(isChange)) throw altered("it is not a plan of this version");
  const plan = sealPlan(header, changes);
  const digest = digestBytes(bytes);
  if (plan.digest !== digest) throw altered("its bytes are not canonical");
  if (new Set(changes.map(({ id }) => id)).size !== changes.length) throw altered("two changes have one id");
  if (expected !== undefined && expected !== digest) throw altered(`its digest is ${digest}, not ${expected}`);
  return plan;
}

/** What re-planning compares: not who looked when, nor what the checks or a place that was not reached said. */
function contentOf(header: PlanHeader): Json {
  const {
    nonce: _nonce,
    createdAt: _created,
    expiresAt: _expires,
    leasesExpireAt: _leases,
    checks: _checks,
    unreached,
    ...content
  } = header;
  if (unreached === undefined) return content as Json;
  return { ...content, unreached: unreached.map(({ account }) => account) } as Json;
}

function byId({ id: left }: Change, { id: right }: Change): number {
  return left.length - right.length || (left < right ? -1 : left > right ? 1 : 0);
}

function join(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}

function linesOf(bytes: Uint8Array): Json[] {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return text
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Json);
  } catch (cause) {
    throw altered("it is not lines of JSON", cause);
  }
}

function isObject(value: unknown): value is JsonObject {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

const HEADER_TEXTS = ["kind", "nonce", "origin", "mode", "incident", "target", "operator", "createdAt", "expiresAt", "tool"];

function isHeader(value: Json | undefined): value is Json & PlanHeader {
  return (
    isObject(value) &&
    value["schema"] === "soc2-er/plan@1" &&
    HEADER_TEXTS.every((name) => typeof value[name] === "string") &&
    isObject(value["runbook"]) &&
    ["required", "checks", "skipped"].every((name) => Array.isArray(value[name]))
  );
}

function isChange(value: Json): value is Json & Change {
  return (
    isObject(value) &&
    ["id", "step", "action", "summary"].every((name) => typeof value[name] === "string") &&
    ["resource", "reversal", "bound"].every((name) => isObject(value[name])) &&
    ["before", "after"].every((name) => name in value) &&
    Array.isArray(value["needs"])
  );
}

function altered(why: string, cause?: unknown): ErError {
  return new ErError("plan-altered", `the stored plan was altered: ${why}`, {
    cause,
    hints: ["plan again", "soc2-er audit verify"],
  });
}
