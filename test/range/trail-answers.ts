import assert from "node:assert/strict";
import type { RangeWorld } from "../../src/exercise/range/index.ts";
import type { AskFor } from "./entrance-answers.ts";

type Events = { Events: { EventName: string; Username: string; CloudTrailEvent: string }[]; NextToken?: string };

/** The event history tells who changed which identity, once its delay is over, and nothing of what was only looked at. */
export async function answersOfTrail(range: Pick<RangeWorld, "setDelays">, ask: AskFor): Promise<void> {
  await ask("iam:CreateUser", { UserName: "newcomer" });
  const LookupAttributes = [{ AttributeKey: "ReadOnly", AttributeValue: "false" }];
  assert.deepEqual(
    (await ask<Events>("cloudtrail:LookupEvents", { LookupAttributes })).Events,
    [],
    "not before its delay is over",
  );
  range.setDelays({ trail: 0 });
  const { Events } = await ask<Events>("cloudtrail:LookupEvents", { LookupAttributes });
  assert.ok(Events.every(({ EventName }) => !/^(Get|List)/.test(EventName)));
  const event = Events.find(({ EventName }) => EventName === "CreateUser");
  const { userIdentity, requestParameters, responseElements } = JSON.parse(event?.CloudTrailEvent ?? "{}");
  assert.equal(userIdentity.sessionContext.sessionIssuer.userName, "soc2-er-responder");
  assert.deepEqual([requestParameters.userName, responseElements.user.userName], ["newcomer", "newcomer"]);
  const by = { LookupAttributes: [{ AttributeKey: "Username", AttributeValue: "intruder" }] };
  assert.deepEqual((await ask<Events>("cloudtrail:LookupEvents", by)).Events, []);
}
