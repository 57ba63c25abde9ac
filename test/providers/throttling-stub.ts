import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * Calls accepted in a second, and how many more at once after a rest. All callers of an account share them: after so many calls of ours
 * `others` leave nothing and owe some, whatever speed we have.
 */
export type Limit = {
  readonly perSecond: number;
  readonly burst: number;
  readonly others?: { readonly everyCalls: number; readonly owe: number };
};

export type StubOptions = {
  readonly users: number;
  /** One bucket for all of IAM's calls; null = none. */
  readonly limit: Limit | null;
  readonly latencyMs?: number;
};

/** One call as the service saw it. */
export type Heard = {
  readonly operation: string;
  readonly user: string;
  readonly throttled: boolean;
  /** Milliseconds since the stub began to listen. */
  readonly at: number;
  readonly userAgent: string;
  /** Of the credential that signed. */
  readonly accessKeyId: string;
};

export type User = { readonly policies: Map<string, string>; readonly keys: Map<string, "Active" | "Inactive"> };

export type Stub = {
  readonly endpoint: string;
  readonly users: ReadonlyMap<string, User>;
  readonly heard: readonly Heard[];
  /** Keys that were changed while their user was not denied everything. */
  readonly unguarded: readonly string[];
  /** Most calls of one service that were being answered at one time. */
  readonly widest: () => number;
  close(): void;
};

export const ACCOUNT = "123456789012";
export const userName = (index: number): string => `user-${String(index).padStart(3, "0")}`;
export const keyIds = (user: string): readonly [string, string] => {
  const number = user.slice("user-".length);
  return [`AKIASTUB${number}AAAAAAAAA`, `AKIASTUB${number}BBBBBBBBB`];
};

/** What the account's users may do before anybody contains them; read back through the wire's escapes. */
export const OWN_POLICY =
  '{"Version":"2012-10-17","Statement":[{"Sid":"Ünïcode&<escapes>","Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::acme data/100%+1"}]}';

/**
 * IAM over HTTP as AWS speaks it: the Query protocol, XML, and `Throttling` with status 400 once a token bucket is empty. A call that
 * is throttled takes no token. STS answers beside it, without a limit.
 */
export async function startStub({ users: count, limit, latencyMs = 10 }: StubOptions): Promise<Stub> {
  const users = new Map(Array.from({ length: count }, (_, index) => [userName(index), freshUser(userName(index))] as const));
  const heard: Heard[] = [];
  const unguarded: string[] = [];
  const bucket = limit === null ? null : new Bucket(limit);
  const began = performance.now();
  const busy = new Map<string, number>();
  let widest = 0;
  let calls = 0;

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const service = serviceOf(request);
    const among = (busy.get(service) ?? 0) + 1;
    busy.set(service, among);
    widest = Math.max(widest, among);
    const call = new URLSearchParams(await textOf(request));
    const operation = call.get("Action") ?? "";
    const requestId = `stub-${String(++calls).padStart(6, "0")}`;
    const sts = STS.get(operation);
    const throttled = sts === undefined && bucket !== null && !bucket.take();
    heard.push({ ...facts(request, call), operation, throttled, at: performance.now() - began });
    const reply = throttled
      ? failure("Throttling", "Rate exceeded", 400)
      : sts
        ? { status: 200, body: wrap(operation, sts) }
        : actedOn(users, unguarded, operation, call);
    await new Promise((resolve) => setTimeout(resolve, latencyMs));
    busy.set(service, (busy.get(service) ?? 0) - 1);
    response.writeHead(reply.status, { "content-type": "text/xml", "x-amzn-requestid": requestId });
    response.end(reply.body.replaceAll("{request-id}", requestId));
  };

  const server = createServer((request, response) => void answer(request, response));
  server.keepAliveTimeout = 60_000;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    users,
    heard,
    unguarded,
    widest: () => widest,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Full at first. Takes no reading of time but the monotonic one. */
class Bucket {
  readonly #limit: Limit;
  #tokens: number;
  #filledAt = performance.now();
  #taken = 0;

  constructor(limit: Limit) {
    this.#limit = limit;
    this.#tokens = limit.burst;
  }

  take(): boolean {
    const now = performance.now();
    this.#tokens = Math.min(this.#limit.burst, this.#tokens + ((now - this.#filledAt) / 1_000) * this.#limit.perSecond);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    const { others } = this.#limit;
    if (others !== undefined && ++this.#taken % others.everyCalls === 0) this.#tokens = -others.owe;
    return true;
  }
}

function freshUser(name: string): User {
  return { policies: new Map([["own", OWN_POLICY]]), keys: new Map(keyIds(name).map((id) => [id, "Active"])) };
}

/** As the signature names it. */
function serviceOf({ headers }: IncomingMessage): string {
  return /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\//.exec(headers.authorization ?? "")?.[1] ?? "";
}

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString("utf8");
}

function facts({ headers }: IncomingMessage, call: URLSearchParams) {
  return {
    user: call.get("UserName") ?? "",
    userAgent: headers["user-agent"] ?? "",
    accessKeyId: /Credential=([^/]+)\//.exec(headers.authorization ?? "")?.[1] ?? "",
  };
}

type Reply = { readonly status: number; readonly body: string };
type Act = (user: User, name: string, call: URLSearchParams) => string;

/** IAM's date of every thing here. */
const DATE = "2026-11-01T09:00:00Z";
const listing = (member: string, items: readonly string[]): string =>
  `<${member}>${items.map((item) => `<member>${item}</member>`).join("")}</${member}><IsTruncated>false</IsTruncated>`;

const IAM: ReadonlyMap<string, Act> = new Map<string, Act>([
  [
    "GetUser",
    (_user, name) =>
      `<User><Path>/</Path><UserName>${name}</UserName><UserId>AIDA${name.toUpperCase()}</UserId><Arn>arn:aws:iam::${ACCOUNT}:user/${name}</Arn><CreateDate>${DATE}</CreateDate></User>`,
  ],
  ["ListUserPolicies", ({ policies }) => listing("PolicyNames", [...policies.keys()].map(escaped))],
  [
    "GetUserPolicy",
    ({ policies }, name, call) => {
      const policy = call.get("PolicyName") ?? "";
      const text = policies.get(policy) ?? missing(`The user policy with name ${policy} cannot be found.`);
      // IAM hands documents out percent-encoded, as RFC 3986 says.
      return `<UserName>${name}</UserName><PolicyName>${escaped(policy)}</PolicyName><PolicyDocument>${percent(text)}</PolicyDocument>`;
    },
  ],
  [
    "PutUserPolicy",
    ({ policies }, _name, call) => {
      policies.set(call.get("PolicyName") ?? "", call.get("PolicyDocument") ?? "");
      return "";
    },
  ],
  [
    "DeleteUserPolicy",
    ({ policies }, _name, call) => {
      const policy = call.get("PolicyName") ?? "";
      return policies.delete(policy) ? "" : missing(`The user policy with name ${policy} cannot be found.`);
    },
  ],
  [
    "ListAccessKeys",
    ({ keys }, name) =>
      listing(
        "AccessKeyMetadata",
        [...keys].map(
          ([id, status]) =>
            `<UserName>${name}</UserName><AccessKeyId>${id}</AccessKeyId><Status>${status}</Status><CreateDate>${DATE}</CreateDate>`,
        ),
      ),
  ],
  [
    "UpdateAccessKey",
    ({ keys }, _name, call) => {
      const id = call.get("AccessKeyId") ?? "";
      if (!keys.has(id)) return missing(`The Access Key with id ${id} cannot be found`);
      keys.set(id, call.get("Status") === "Active" ? "Active" : "Inactive");
      return "";
    },
  ],
  ["ListServiceSpecificCredentials", () => "<ServiceSpecificCredentials/>"],
  ["ListSigningCertificates", () => listing("Certificates", [])],
  ["ListSSHPublicKeys", () => listing("SSHPublicKeys", [])],
]);

class Refused extends Error {
  readonly reply: Reply;

  constructor(reply: Reply) {
    super(reply.body);
    this.reply = reply;
  }
}

function actedOn(users: ReadonlyMap<string, User>, unguarded: string[], operation: string, call: URLSearchParams): Reply {
  const act = IAM.get(operation);
  if (act === undefined) return failure("InvalidAction", `Could not find operation ${operation} for version 2010-05-08`, 400);
  const name = call.get("UserName") ?? "";
  try {
    const user = users.get(name) ?? missing(`The user with name ${name} cannot be found.`);
    if (operation === "UpdateAccessKey" && !deniedEverything(user)) unguarded.push(`${name} ${call.get("AccessKeyId")}`);
    return { status: 200, body: wrap(operation, act(user, name, call)) };
  } catch (error) {
    if (error instanceof Refused) return error.reply;
    throw error;
  }
}

/** Judged by the document, not by how the product names it. */
export function deniedEverything({ policies }: User): boolean {
  return [...policies.values()].some((text) => {
    const statements: readonly Record<string, unknown>[] = JSON.parse(text).Statement;
    return statements.some(({ Effect, Action, Resource }) => Effect === "Deny" && Action === "*" && Resource === "*");
  });
}

function missing(message: string): never {
  throw new Refused(failure("NoSuchEntity", message, 404));
}

const session = (id: string): string =>
  `<Credentials><AccessKeyId>${id}</AccessKeyId><SecretAccessKey>secret/+of=${id}</SecretAccessKey><SessionToken>token</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>`;
const STS: ReadonlyMap<string, string> = new Map([
  [
    "GetCallerIdentity",
    `<Arn>arn:aws:iam::${ACCOUNT}:user/operator</Arn><UserId>AIDAOPERATOR</UserId><Account>${ACCOUNT}</Account>`,
  ],
  ["AssumeRole", session("ASIAOFAROLE")],
  ["AssumeRoleWithWebIdentity", session("ASIAOFATOKEN")],
]);

const namespaceOf = (operation: string): string =>
  STS.has(operation) ? "https://sts.amazonaws.com/doc/2011-06-15/" : "https://iam.amazonaws.com/doc/2010-05-08/";

function wrap(operation: string, result: string): string {
  const inner = result === "" ? "" : `<${operation}Result>${result}</${operation}Result>`;
  return `<${operation}Response xmlns="${namespaceOf(operation)}">${inner}<ResponseMetadata><RequestId>{request-id}</RequestId></ResponseMetadata></${operation}Response>`;
}

function failure(code: string, message: string, status: number): Reply {
  return {
    status,
    body: `<ErrorResponse xmlns="${namespaceOf("")}"><Error><Type>Sender</Type><Code>${code}</Code><Message>${escaped(message)}</Message></Error><RequestId>{request-id}</RequestId></ErrorResponse>`,
  };
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function percent(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}
