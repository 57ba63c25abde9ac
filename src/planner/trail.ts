import { compact, type Instant, millis, type SweepFinding, type SweepRelation, type SweepSubject } from "../model/index.ts";
import { everyPage, type ReadScope } from "../providers/index.ts";

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

/** So many users are asked for by name; of more, and of roles, whose sessions bear names of their own, all changes are read. */
const FEW_USERS = 5;

/**
 * What principals of an account did since to other principals, by CloudTrail's event history: it has an event minutes after the act, and
 * not before. Who assumed a role is told of few users only.
 */
export async function deedsOf(
  scope: ReadScope,
  seeds: readonly SweepSubject[],
  regions: readonly string[],
  since: Instant,
): Promise<SweepFinding[]> {
  const [first] = seeds;
  if (first === undefined) return [];
  const named = seeds.length <= FEW_USERS && seeds.every(({ kind }) => kind === "user");
  const questions: readonly Question[] = named
    ? [...new Set([HOME, ...regions])].flatMap((region) =>
        seeds.map(({ name }) => ({ region, by: "Username" as const, is: name })),
      )
    : [{ region: HOME, by: "ReadOnly", is: "false" }];
  const events = await Promise.all(questions.map((question) => eventsOf(scope, first.account, question, since)));
  return events.flat().flatMap((event) => seeds.filter((seed) => isBy(event, seed)).flatMap((seed) => findingsIn(event, seed)));
}

type Question = { readonly region: string; readonly by: "Username" | "ReadOnly"; readonly is: string };

async function eventsOf(scope: ReadScope, account: string, { region, by, is }: Question, since: Instant): Promise<TrailEvent[]> {
  const { LookupEventsCommand } = await import("@aws-sdk/client-cloudtrail");
  const trail = await scope.aws("cloudtrail", { account, region });
  const asked = { LookupAttributes: [{ AttributeKey: by, AttributeValue: is }], StartTime: new Date(millis(since)) };
  return everyPage(
    (from) => trail.send(new LookupEventsCommand(compact({ ...asked, NextToken: from }))),
    ({ Events = [] }) =>
      Events.flatMap(({ CloudTrailEvent }) => {
        const event = JSON.parse(CloudTrailEvent ?? "{}") as Partial<TrailEvent>;
        return event.userIdentity !== undefined && DEEDS[event.eventName ?? ""] !== undefined ? [event as TrailEvent] : [];
      }),
  );
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
