import { type Instant, millis, type SweepFinding, type SweepRelation, type SweepSubject } from "../model/index.ts";
import type { ReadScope } from "../providers/index.ts";

/** Where CloudTrail has the events of global services. */
const HOME = "us-east-1";

type Parts = { readonly [name: string]: unknown };
type TrailEvent = {
  readonly eventName: string;
  readonly eventTime: string;
  readonly errorCode?: string;
  readonly userIdentity: {
    readonly type?: string;
    readonly userName?: string;
    readonly accountId?: string;
    readonly sessionContext?: { readonly sessionIssuer?: { readonly userName?: string } };
  };
  readonly requestParameters: Parts | null;
  readonly responseElements: Parts | null;
};

/**
 * What a principal did since to other principals, by CloudTrail's event history: it has an event minutes after the act, and not before.
 * Regions are asked side by side, CloudTrail's limit of two questions a second is the provider's pacing.
 */
export async function deedsOf(
  scope: ReadScope,
  seed: SweepSubject,
  regions: readonly string[],
  since: Instant,
): Promise<SweepFinding[]> {
  // Only who assumed roles leaves something outside IAM's own Region.
  const asked = seed.kind === "user" ? [...new Set([HOME, ...regions])] : [HOME];
  const events = await Promise.all(asked.map((region) => eventsOf(scope, seed, region, since)));
  return events.flat().flatMap((event) => findingsIn(event, seed));
}

async function eventsOf(scope: ReadScope, seed: SweepSubject, region: string, since: Instant): Promise<TrailEvent[]> {
  const { LookupEventsCommand } = await import("@aws-sdk/client-cloudtrail");
  const trail = await scope.aws("cloudtrail", { account: seed.account, region });
  // Sessions of a role stand under their own names, which nobody knows beforehand.
  const attribute = seed.kind === "user" ? ["Username", seed.name] : ["ReadOnly", "false"];
  const [AttributeKey, AttributeValue] = attribute as ["Username" | "ReadOnly", string];
  const found: TrailEvent[] = [];
  let next: string | undefined;
  do {
    const page = await trail.send(
      new LookupEventsCommand({
        LookupAttributes: [{ AttributeKey, AttributeValue }],
        StartTime: new Date(millis(since)),
        ...(next === undefined ? {} : { NextToken: next }),
      }),
    );
    for (const { CloudTrailEvent } of page.Events ?? []) {
      const event = JSON.parse(CloudTrailEvent ?? "{}") as Partial<TrailEvent>;
      if (event.userIdentity !== undefined && isBy(event as TrailEvent, seed)) found.push(event as TrailEvent);
    }
    next = page.NextToken;
  } while (next !== undefined);
  return found;
}

/** A session may have been given any name, a user's too. */
function isBy({ userIdentity: { type, userName, accountId, sessionContext } }: TrailEvent, seed: SweepSubject): boolean {
  if (accountId !== seed.account) return false;
  if (seed.kind === "user") return (type === "IAMUser" || type === "FederatedUser") && userName === seed.name;
  return type === "AssumedRole" && sessionContext?.sessionIssuer?.userName === seed.name;
}

/** Which principal an event is about, and what was done to it. */
const DEEDS: Readonly<Record<string, readonly [SweepRelation, SweepSubject["kind"]]>> = {
  CreateUser: ["created", "user"],
  CreateRole: ["created", "role"],
  CreateAccessKey: ["created", "access-key"],
  AssumeRole: ["assumed", "role"],
  CreateLoginProfile: ["changed", "user"],
  UpdateLoginProfile: ["changed", "user"],
  AddUserToGroup: ["changed", "user"],
  PutUserPolicy: ["changed", "user"],
  AttachUserPolicy: ["changed", "user"],
  DeleteUserPolicy: ["changed", "user"],
  DetachUserPolicy: ["changed", "user"],
  UpdateAssumeRolePolicy: ["changed", "role"],
  PutRolePolicy: ["changed", "role"],
  AttachRolePolicy: ["changed", "role"],
  DeleteRolePolicy: ["changed", "role"],
  DetachRolePolicy: ["changed", "role"],
};

function findingsIn(event: TrailEvent, seed: SweepSubject): SweepFinding[] {
  const deed = DEEDS[event.eventName];
  if (deed === undefined || event.errorCode !== undefined) return [];
  const [relation, kind] = deed;
  const subject = subjectOf(event, kind, seed);
  if (subject === null) return [];
  return [{ subject, relation, by: seed, evidence: `CloudTrail: ${event.eventName} at ${event.eventTime}` }];
}

/** Null for what a seed does to itself: every look covers that anyway. */
function subjectOf(event: TrailEvent, kind: SweepSubject["kind"], seed: SweepSubject): SweepSubject | null {
  const { requestParameters: asked, responseElements: answered } = event;
  const { account } = seed;
  if (kind === "role") {
    const [, elsewhere, named] = /^arn:aws[a-z-]*:iam::(\d{12}):role\/(?:.*\/)?([^/]+)$/.exec(text(asked, "roleArn")) ?? [];
    const name = named ?? text(asked, "roleName");
    const same = seed.kind === "role" && name === seed.name && (elsewhere ?? account) === account;
    return name === "" || same ? null : { kind, account: elsewhere ?? account, name };
  }
  // Without a name, a call of IAM is about the caller.
  const user = text(asked, "userName") || seed.name;
  if (seed.kind === "user" && user === seed.name) return null;
  if (kind === "user") return { kind, account, name: user };
  const key = (answered?.["accessKey"] ?? null) as Parts | null;
  const id = text(key, "accessKeyId");
  return id === "" ? null : { kind, account, name: id };
}

function text(parts: Parts | null, name: string): string {
  const value = parts?.[name];
  return typeof value === "string" ? value : "";
}
