import type { Config, StoreConfig } from "../config/index.ts";
import { type Change, type Check, ErError, type Person, parsePrincipal, type Selection } from "../model/index.ts";
import type { Callers } from "./callers.ts";
import { policiedBy } from "./policied.ts";
import { newlyDenied } from "./policy-access.ts";
import type { Resolved } from "./request.ts";

/** Who a plan must not cut off. `account` null: in any account. Names are compared without regard to case, as IAM does. */
export type Guarded = {
  readonly kind: Subject["kind"];
  readonly account: string | null;
  readonly name: string;
  readonly who: string;
};

export type Protection = {
  readonly guarded: readonly Guarded[];
  /** ARNs that must still reach and undo what is isolated: responders, and whoever runs this. */
  readonly responders: readonly string[];
  readonly callers: readonly string[];
  readonly stores: readonly StoreConfig[];
};

/** `logged` are the people of the log: who was struck from the organization's file still approves. */
export function protectionOf(
  config: Config,
  stores: readonly StoreConfig[],
  callers: Pick<Callers, "arns" | "sources">,
  logged: readonly Person[] = [],
): Protection {
  const guarded = [
    ...config.responders.flatMap((arn) => fromArn(arn, "a responder")),
    ...callers.arns.flatMap((arn) => fromArn(arn, "who runs this command")),
    ...callers.sources.flatMap((arn) => fromArn(arn, "the one whose credentials this command uses")),
    ...[...config.people, ...logged].flatMap(({ id, principals = [] }) => [
      ...(["user", "role"] as const).map((kind): Guarded => ({ kind, account: null, name: id, who: `"${id}" of the people` })),
      ...principals.flatMap((text) => fromText(text, `"${id}" of the people`)),
    ]),
    ...stores.flatMap((store) =>
      store.kind === "s3" && store.role !== undefined ? fromArn(store.role, "the audit store's writer") : [],
    ),
  ];
  return { guarded, responders: config.responders, callers: callers.arns, stores };
}

/** Errors: `self-lockout` when a principal of the target is one that must not be cut off. */
export function guardPrincipals(
  selections: readonly Selection[],
  owners: ReadonlyMap<string, string>,
  protection: Protection,
): void {
  for (const selection of selections) {
    const subject = subjectOf(selection, owners);
    if (subject !== null) guardSubject(subject, protection);
  }
}

function guardSubject(subject: Subject, { guarded }: Protection): void {
  const hit = guarded.find((one) => isSame(one, subject));
  if (!hit) return;
  const principal = `${subject.kind === "cognito-user" ? "cognito:user" : `aws:${subject.kind}`}/${subject.name}`;
  throw new ErError("self-lockout", `"${principal}" is ${hit.who}: revoking it would cut off the response`, {
    hints: [
      "leave it out of the target",
      "if it is compromised, act from another responder and take it off responders and people first",
    ],
    detail: { principal, account: subject.account, because: hit.who },
  });
}

/** Errors: `self-lockout` when a change touches the audit log's store, or denies a responder the data or the way back. */
export function guardChanges(
  changes: readonly Change[],
  protection: Protection,
  selectionOf: (change: Change) => Selection | null,
): Check[] {
  const checks = changes.flatMap((change) => {
    guardStores(change, protection);
    const { type, account, id } = change.resource;
    if (type === "cognito-user") guardSubject({ kind: type, account, name: id }, protection);
    return guardPolicy(change, selectionOf(change), protection);
  });
  const people = new Set(protection.guarded.map(({ who }) => who)).size;
  const detail = `no change cuts off any of ${people} guarded principals or ${protection.stores.length} audit stores`;
  return [...checks, { id: "self-lockout", level: "offline", status: "passed", detail }];
}

/** Nobody configured means that nobody is spared: said, because a guard that has nothing to guard looks like one that passed. */
export function sayUnguarded(config: Config, unseen: readonly string[], targets: readonly Resolved[]): Check[] {
  const blocks = targets.some(({ selections }) =>
    selections.some((selection) => "cidrs" in selection || "responderNetworks" in selection),
  );
  const none = (id: string, detail: string): Check => ({ id, level: "offline", status: "not-checkable", detail });
  return [
    ...(config.responders.length > 0
      ? []
      : [none("responders", "no responders are configured: nobody is exempt from isolation")]),
    ...(config.responderNetworks.length > 0 || !blocks
      ? []
      : [none("responder-networks", "no responder networks are configured: nobody's address is exempt from the block")]),
    ...unseen.map(
      (account): Check => ({
        id: `caller:${account}`,
        level: "read-only",
        status: "not-checkable",
        detail: "who runs this could not be found out",
      }),
    ),
  ];
}

function guardStores(change: Change, { stores }: Protection): void {
  if (!change.resource.type.startsWith("s3-")) return;
  const store = stores.find((one) => one.kind === "s3" && change.resource.id.split("/")[0] === one.bucket);
  if (!store) return;
  throw new ErError("self-lockout", `"${change.resource.id}" holds the audit log: it must stay writable`, {
    hints: ["keep tenants' data and the audit log in different buckets"],
    detail: { resource: change.resource.id },
  });
}

function guardPolicy(change: Change, selection: Selection | null, protection: Protection): Check[] {
  if (change.resource.type === "s3-public-access-block") return sayOtherAccounts(change, protection);
  const policied = policiedBy(change, selection);
  if (policied === null) return [];
  const { what, name, account, read, undo } = policied;
  const questions = [
    ...protection.responders.map((arn) => ({ arn, who: "a responder", asks: [read, ...undo] })),
    ...protection.callers.map((arn) => ({ arn, who: "who runs this command", asks: undo })),
  ];
  for (const { arn, who, asks } of questions) {
    const denied = newlyDenied(change, arn, account, asks);
    if (denied === "unknown") {
      return [
        {
          id: `access:${name}`,
          level: "offline",
          status: "not-checkable",
          detail: `the ${what}'s policy has elements that cannot be judged here`,
        },
      ];
    }
    if (denied) {
      throw new ErError("self-lockout", `the policy of "${name}" would deny ${who} ("${arn}") ${denied.action}`, {
        hints: ["add the ARN to responders in the configuration"],
        detail: { principal: arn, action: denied.action, resource: denied.resource },
      });
    }
  }
  return [];
}

/** A block cuts other accounts off where the bucket's policy is public, which only S3 judges: said, and left to who approves. */
function sayOtherAccounts({ before, after, resource }: Change, protection: Protection): Check[] {
  const restricts = (state: Change["after"]) =>
    (state as { RestrictPublicBuckets?: boolean } | null)?.RestrictPublicBuckets === true;
  const others = [...new Set([...protection.responders, ...protection.callers])].filter(
    (arn) => arn.split(":")[4] !== resource.account,
  );
  if (others.length === 0 || restricts(before) || !restricts(after)) return [];
  const detail = `if the bucket's policy is public, the block cuts off ${others.join(", ")}: not of the bucket's account`;
  return [{ id: `access:${resource.id}`, level: "offline", status: "not-checkable", detail }];
}

/** A Cognito user's name is `pool/user`. */
type Subject = { readonly kind: "user" | "role" | "cognito-user" | "sso-user"; readonly account: string; readonly name: string };

function subjectOf(selection: Selection, owners: ReadonlyMap<string, string>): Subject | null {
  switch (selection.kind) {
    case "aws.user":
      return { kind: "user", account: selection.account, name: selection.name };
    case "aws.role":
      return { kind: "role", account: selection.account, name: selection.name };
    case "aws.cluster-principal":
      return { kind: selection.principal, account: selection.account, name: selection.name };
    case "aws.sso-user":
      return { kind: "sso-user", account: selection.account, name: selection.name };
    case "aws.access-key": {
      const owner = owners.get(`${selection.account}/${selection.accessKeyId}`);
      return owner === undefined ? null : { kind: "user", account: selection.account, name: owner };
    }
    default:
      return null;
  }
}

function isSame(guarded: Guarded, subject: Subject): boolean {
  return (
    guarded.kind === subject.kind &&
    (sameName(guarded.name, subject.name) ||
      (subject.kind === "cognito-user" && sameName(guarded.name, withoutPool(subject.name)))) &&
    (guarded.account === null || guarded.account === subject.account)
  );
}

function sameName(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}

/** A person may be named without the pool: then the user of that name is spared in each. */
function withoutPool(name: string): string {
  return name.slice(name.indexOf("/") + 1);
}

/** `arn:aws:iam::1:role/path/NAME`, and the session ARN of STS, which does not tell the path. */
export function fromArn(arn: string, who: string): Guarded[] {
  const match = /^arn:aws[a-z-]*:(?:iam|sts)::(\d{12}):(user|role|assumed-role)\/(.+)$/.exec(arn);
  if (!match) return [];
  const [, account = "", kind, rest = ""] = match;
  const parts = rest.split("/");
  const name = (kind === "assumed-role" ? parts[0] : parts.at(-1)) ?? "";
  const own: Guarded = { kind: kind === "user" ? "user" : "role", account, name, who };
  // Identity Center names the sessions of its roles after its user.
  const person = kind === "assumed-role" && name.startsWith("AWSReservedSSO_") ? parts[1] : undefined;
  return person === undefined ? [own] : [own, { kind: "sso-user", account: null, name: person, who }];
}

function fromText(text: string, who: string): Guarded[] {
  if (text.startsWith("arn:")) return fromArn(text, who);
  const principal = parsePrincipal(text);
  if (principal?.kind === "aws:user") return [{ kind: "user", account: null, name: principal.name, who }];
  if (principal?.kind === "aws:role") return [{ kind: "role", account: null, name: principal.name, who }];
  if (principal?.kind === "aws:sso-user") return [{ kind: "sso-user", account: null, name: principal.name, who }];
  if (principal?.kind === "cognito:user") return [{ kind: "cognito-user", account: null, name: principal.name, who }];
  return [];
}
