import { randomUUID } from "node:crypto";
import type { Json, JsonObject } from "../../../model/index.ts";
import { delaysOf, pageLimitOf } from "../settings.ts";
import { type ArmAnswer, ArmFault, type ArmRequest } from "./answer.ts";
import {
  findNsg,
  findRule,
  type NsgRow,
  nsgId,
  nsgKey,
  nsgPrefix,
  type Running,
  refuseUnknownGroup,
  ruleNotFound,
  settled,
  showNsg,
  showRule,
} from "./nsg.ts";
import { checkRule } from "./rules.ts";

/** How long a write to a group runs, in world milliseconds; nothing else may be written to it meanwhile. */
const OPERATION_MS = 500;
const PAGE = 100;

type Route = {
  readonly method: string;
  /** Names in braces are handed over; everything else compares without case. */
  readonly path: string;
  /** What roles call it. */
  readonly action: string;
  answer(request: ArmRequest, names: Readonly<Record<string, string>>): ArmAnswer;
};

const NETWORK = "/providers/Microsoft.Network";
const GROUP = `/subscriptions/{subscription}/resourceGroups/{group}${NETWORK}/networkSecurityGroups`;
const RULE = `${GROUP}/{nsg}/securityRules/{rule}`;
const GROUPS_ACTION = "Microsoft.Network/networkSecurityGroups";

const ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: `/subscriptions/{subscription}${NETWORK}/networkSecurityGroups`,
    action: `${GROUPS_ACTION}/read`,
    answer: (request, { subscription = "" }) => listed(request, nsgPrefix(subscription)),
  },
  {
    method: "GET",
    path: GROUP,
    action: `${GROUPS_ACTION}/read`,
    answer(request, { subscription = "", group = "" }) {
      refuseUnknownGroup(request.tx, subscription, group);
      return listed(request, nsgPrefix(subscription, group));
    },
  },
  {
    method: "GET",
    path: `${GROUP}/{nsg}`,
    action: `${GROUPS_ACTION}/read`,
    answer: (request, names) => shown(found(request, names)),
  },
  {
    method: "GET",
    path: `${GROUP}/{nsg}/securityRules`,
    action: `${GROUPS_ACTION}/securityRules/read`,
    answer(request, names) {
      const row = found(request, names);
      return { status: 200, body: { value: row.rules.map((rule) => showRule(row, rule)) } };
    },
  },
  {
    method: "GET",
    path: RULE,
    action: `${GROUPS_ACTION}/securityRules/read`,
    answer(request, names) {
      const row = found(request, names);
      const rule = findRule(row, names["rule"] ?? "");
      if (rule === null) throw ruleNotFound(row, names["rule"] ?? "");
      return { status: 200, headers: { etag: row.etag }, body: showRule(row, rule) };
    },
  },
  { method: "PUT", path: RULE, action: `${GROUPS_ACTION}/securityRules/write`, answer: putRule },
  { method: "DELETE", path: RULE, action: `${GROUPS_ACTION}/securityRules/delete`, answer: deleteRule },
  {
    method: "GET",
    path: `/subscriptions/{subscription}${NETWORK}/locations/{location}/operations/{operation}`,
    action: "Microsoft.Network/locations/operations/read",
    answer: (request, names) => operation(request, names["operation"] ?? ""),
  },
];

/** The route of a request and its names. Errors: 404 and 405 as ARM words what it does not know. */
export function routeOf({ method, segments, path }: Pick<ArmRequest, "method" | "segments" | "path">) {
  const here = ROUTES.flatMap((route) => {
    const names = match(route.path.split("/").slice(1), segments);
    return names === null ? [] : [{ route, names }];
  });
  const hit = here.find(({ route }) => route.method === method);
  if (hit !== undefined) return hit;
  if (here.length > 0)
    throw new ArmFault(405, "MethodNotAllowed", `The HTTP method '${method}' is not supported at scope '${path}'.`);
  throw new ArmFault(404, "InvalidResourceType", `The resource type could not be found in the namespace for '${path}'.`);
}

function match(pattern: readonly string[], given: readonly string[]): Record<string, string> | null {
  if (pattern.length !== given.length) return null;
  const names: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const segment = given[index] ?? "";
    if (part.startsWith("{")) names[part.slice(1, -1)] = segment;
    else if (part.toLowerCase() !== segment.toLowerCase()) return null;
  }
  return names;
}

function found({ tx }: ArmRequest, names: Readonly<Record<string, string>>): NsgRow {
  return findNsg(tx, names["subscription"] ?? "", names["group"] ?? "", names["nsg"] ?? "");
}

function shown(row: NsgRow): ArmAnswer {
  return { status: 200, headers: { etag: row.etag }, body: showNsg(row) };
}

function listed({ tx, origin, path, query }: ArmRequest, prefix: string): ArmAnswer {
  const rows = tx.list<NsgRow>(prefix).map(({ value }) => settled(value, tx.now));
  const from = Number(query.get("$skiptoken") ?? "0");
  const size = Math.min(PAGE, pageLimitOf(tx) ?? PAGE);
  const value = rows.slice(from, from + size).map(showNsg);
  if (from + size >= rows.length) return { status: 200, body: { value } };
  const next = new URLSearchParams(query);
  next.set("$skiptoken", String(from + size));
  return { status: 200, body: { value, nextLink: `${origin}${path}?${next}` } };
}

function putRule(request: ArmRequest, names: Readonly<Record<string, string>>): ArmAnswer {
  const row = found(request, names);
  const known = findRule(row, names["rule"] ?? "");
  const name = known?.name ?? names["rule"] ?? "";
  precondition(request, row, known !== null, name);
  free(request, row);
  const rule = { name, properties: writable(request.body["properties"]) };
  checkRule(row, rule);
  const rules = known === null ? [...row.rules, rule] : row.rules.map((other) => (other.name === name ? rule : other));
  const after = begin(request, row, { ...row, rules }, { kind: "put", rule: name });
  return { status: known === null ? 201 : 200, headers: following(request, after), body: showRule(after, rule) };
}

function deleteRule(request: ArmRequest, names: Readonly<Record<string, string>>): ArmAnswer {
  const row = found(request, names);
  const known = findRule(row, names["rule"] ?? "");
  if (known === null) return { status: 204 };
  precondition(request, row, true, known.name);
  free(request, row);
  const after = begin(request, row, row, { kind: "delete", rule: known.name });
  const headers = following(request, after);
  return {
    status: 202,
    headers: { ...headers, location: headers["azure-asyncoperation"].replace("/operations/", "/operationResults/") },
  };
}

/** Errors: 412 when the caller's lock is not the group's ETag, or when what was to be made exists. */
function precondition({ ifMatch, ifNoneMatch }: ArmRequest, row: NsgRow, exists: boolean, rule: string): void {
  const id = `${nsgId(row)}/securityRules/${rule}`;
  if (ifNoneMatch === "*" && exists) throw stale(`Resource ${id} exists, and the if-none-match header is '*'.`);
  if (ifMatch === null || (ifMatch === "*" && exists) || (exists && ifMatch === row.etag)) return;
  const lock = /^(W\/)?"/.test(ifMatch) ? ifMatch : `W/"${ifMatch}"`;
  throw stale(`Etag provided in if-match header ${lock} does not match etag ${row.etag} of resource ${id} in NRP data store.`);
}

function stale(message: string): ArmFault {
  const details = [{ code: "PreconditionFailedEtagMismatch", message }];
  return new ArmFault(412, "PreconditionFailed", "Precondition failed.", { details });
}

/** Errors: 409 while another write runs. */
function free({ origin }: ArmRequest, row: NsgRow): void {
  if (row.running === null) return;
  throw new ArmFault(
    409,
    "AnotherOperationInProgress",
    `Another operation on this or dependent resource is in progress. To retrieve status of the operation use uri: ${operationUri(origin, row, row.running)}.`,
  );
}

function writable(given: Json | undefined): JsonObject {
  const { provisioningState: _, ...properties } = (given ?? {}) as { [name: string]: Json };
  return properties;
}

/** Writes the group with a running operation on it. What it leaves takes effect after the world's delay. */
function begin({ tx, fails }: ArmRequest, before: NsgRow, row: NsgRow, what: Pick<Running, "kind" | "rule">): NsgRow {
  const etag = () => `W/"${randomUUID()}"`;
  const failsTo = fails ? before.rules : null;
  const running: Running = { ...what, id: randomUUID(), ends: tx.now + OPERATION_MS, etag: etag(), failsTo };
  const after: NsgRow = { ...row, etag: etag(), running };
  tx.put(nsgKey(row.subscription, row.group, row.name), after, delaysOf(tx).nsg);
  // Operations are not what exists in the cloud, and outlive what they changed.
  tx.set(operationSetting(running.id), { ends: running.ends, fails });
  return after;
}

const operationSetting = (id: string) => `azure-operation/${id}`;

function following({ origin }: ArmRequest, row: NsgRow) {
  return { "azure-asyncoperation": row.running === null ? "" : operationUri(origin, row, row.running) };
}

function operationUri(origin: string, { subscription, location }: NsgRow, { id }: Running): string {
  return `${origin}/subscriptions/${subscription}${NETWORK}/locations/${location}/operations/${id}?api-version=2026-01-01`;
}

function operation({ tx }: ArmRequest, id: string): ArmAnswer {
  const running = tx.setting<{ ends: number; fails: boolean }>(operationSetting(id));
  if (running === null) throw new ArmFault(404, "OperationNotFound", `Operation ${id} was not found.`);
  if (running.ends > tx.now) return { status: 200, body: { status: "InProgress" } };
  if (!running.fails) return { status: 200, body: { status: "Succeeded" } };
  const error = { code: "InternalServerError", message: "An error occurred.", details: [] };
  return { status: 200, body: { status: "Failed", error } };
}
