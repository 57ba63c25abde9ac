import type * as CloudTrail from "@aws-sdk/client-cloudtrail";
import { instant, type Json, type JsonObject } from "../../../model/index.ts";
import type { AwsCall } from "../../../providers/index.ts";
import { iam } from "../keys.ts";
import type { AccessKeyRow } from "../rows.ts";
import { delaysOf } from "../settings.ts";
import type { CallRecord, Transaction } from "../world.ts";
import type { Credentials } from "./authorize.ts";
import { AwsFault } from "./fault.ts";
import { type Call, type Operation, operation } from "./operation.ts";
import { page } from "./paging.ts";

/** IAM's events stand in one Region. */
const HOME = "us-east-1";
/** Makes keys that sort from the last event to the first. */
const NEWEST_FIRST = 9e15;

/** What of a call the event history has: here, that of identities alone, and of what was changed. */
export function trailOf(
  tx: Transaction,
  who: Credentials,
  { service, operation: name, input }: AwsCall,
  output: object,
): CallRecord["trail"] | null {
  if (service !== "iam" || /^(Get|List)/.test(name)) return null;
  return { by: identityOf(tx, who), asked: asTold(input), answered: asTold(output) };
}

/** CloudTrail writes members with a small first letter, and no secrets. */
function asTold(value: unknown): Json {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(asTold);
  if (value === null || typeof value !== "object") return (value ?? null) as Json;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !/^(\$metadata|SecretAccessKey|Password)$/.test(name))
      .map(([name, member]) => [`${name.slice(0, 1).toLowerCase()}${name.slice(1)}`, asTold(member)]),
  );
}

/** As it was when it called: a key may be gone by the time that somebody asks. */
function identityOf(tx: Transaction, who: Credentials): JsonObject {
  const { account: accountId } = who;
  if (who.kind === "role-session") {
    const sessionIssuer = { type: "Role", userName: who.role, accountId };
    const arn = `arn:aws:sts::${accountId}:assumed-role/${who.role}/${who.session}`;
    return { type: "AssumedRole", arn, accountId, sessionContext: { sessionIssuer } };
  }
  const key = who.kind === "access-key" ? tx.newest<AccessKeyRow>(iam.accessKey(accountId, who.id)) : null;
  const userName = who.kind === "user" ? who.name : (key?.user ?? "");
  const accessKey = who.kind === "access-key" ? { accessKeyId: who.id } : {};
  return { type: "IAMUser", arn: `arn:aws:iam::${accountId}:user/${userName}`, accountId, userName, ...accessKey };
}

function eventOf(call: Call, { at, operation: name, trail }: CallRecord, index: number): CloudTrail.Event | null {
  if (trail === undefined || trail.by["accountId"] !== call.account) return null;
  const [service, eventName = ""] = name.split(":");
  const { by, asked, answered } = trail;
  const told = {
    eventVersion: "1.11",
    userIdentity: by,
    eventTime: `${instant(at).slice(0, 19)}Z`,
    eventSource: `${service}.amazonaws.com`,
    eventName,
    awsRegion: HOME,
    requestParameters: asked,
    responseElements: answered,
    eventID: String(index),
    readOnly: false,
  };
  return {
    EventId: String(index),
    EventName: eventName,
    ReadOnly: "false",
    EventTime: new Date(at),
    EventSource: told.eventSource,
    Username: String(by["userName"] ?? /[^/]*$/.exec(String(by["arn"]))?.[0]),
    CloudTrailEvent: JSON.stringify(told),
  };
}

export const cloudtrailOperations: Operation[] = [
  operation<CloudTrail.LookupEventsCommandInput, CloudTrail.LookupEventsCommandOutput>("cloudtrail", "LookupEvents", {
    iam: "cloudtrail:LookupEvents",
    answer(call) {
      const { LookupAttributes = [], StartTime, EndTime, MaxResults, NextToken } = call.input;
      if (LookupAttributes.length > 1)
        throw new AwsFault("InvalidLookupAttributesException", 400, "Only one lookup attribute can be specified.");
      if (call.region !== HOME) return { Events: [] };
      const [attribute] = LookupAttributes;
      const known = call.tx.now - delaysOf(call.tx).trail;
      const events = call.tx
        .calls()
        .flatMap((record, index) => (record.at > known ? [] : (eventOf(call, record, index) ?? [])))
        .filter(({ EventTime = new Date(0) }) => EventTime >= (StartTime ?? new Date(0)) && EventTime <= (EndTime ?? EventTime))
        .filter(
          (event) =>
            attribute?.AttributeKey === undefined || event[attribute.AttributeKey as "Username"] === attribute.AttributeValue,
        );
      const shown = page(
        events.toReversed(),
        ({ EventId }) => String(NEWEST_FIRST - Number(EventId)),
        call.pageSize(MaxResults, 50),
        NextToken,
      );
      return { Events: [...shown.items], NextToken: shown.next };
    },
  }),
];
