import {
  type Change,
  canonicalize,
  type Digest,
  Digester,
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
  const whole = new Digester().add(lineOf(header));
  const content = new Digester().add(lineOf(contentOf(header)));
  for (const change of sorted) {
    const line = lineOf(change);
    whole.add(line);
    content.add(line);
  }
  return { header, changes: sorted, digest: whole.digest(), contentDigest: content.digest() };
}

/** The stored form, a line at a time: canonical JSON for the header, then for each change. `digest` is over these bytes. */
export function* planLines({ header, changes }: Plan): Generator<string> {
  yield lineOf(header);
  for (const change of changes) yield lineOf(change);
}

/** Errors: `plan-altered` when the bytes are not what `planLines` says, or not those of `expected`. */
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
  return {
    ...content,
    unreached: unreached.map(({ account, part }) => (part === undefined ? account : `${account} ${part}`)),
  } as Json;
}

function byId({ id: left }: Change, { id: right }: Change): number {
  return left.length - right.length || (left < right ? -1 : left > right ? 1 : 0);
}

function lineOf(part: PlanHeader | Change | Json): string {
  return `${canonicalize(part as Json)}\n`;
}

const LF = 0x0a;

/** What stands behind the last line's end is no line: the digest shows that it is there. */
function linesOf(bytes: Uint8Array): Json[] {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const lines: Json[] = [];
  try {
    for (let start = 0, end = bytes.indexOf(LF); end >= 0; start = end + 1, end = bytes.indexOf(LF, start))
      lines.push(JSON.parse(decoder.decode(bytes.subarray(start, end))) as Json);
    return lines;
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
