import { randomBytes, randomUUID } from "node:crypto";
import { defect } from "../../../model/index.ts";
import type { AwsCall, AwsService } from "../../../providers/index.ts";
import { answerRecorded } from "../call-record.ts";
import { type Fault, type KillMoment, type ProcessFaults, takeFault } from "../faults.ts";
import { delaysOf, pageLimitOf } from "../settings.ts";
import type { Transaction, World } from "../world.ts";
import { authorize, type Credentials } from "./authorize.ts";
import { trailOf } from "./cloudtrail.ts";
import { AwsFault, broken, denied, NoAnswer, throttled } from "./fault.ts";
import type { Call, Operation } from "./operation.ts";
import { findOperation } from "./operations.ts";

export type AwsAnswer = { readonly output: object; readonly requestId: string };

export type AwsFront = {
  /** Answers a call of the responders, with the faults that are due. */
  answer(call: AwsCall): Promise<AwsAnswer>;
  /** Answers a call of anybody, without faults. */
  answerAs(who: Credentials, call: AwsCall): AwsAnswer;
};

export type FrontOptions = {
  readonly world: World;
  /** Who the responders are in an account. */
  readonly responder: (account: string) => Credentials;
  readonly faults: ProcessFaults;
  /** Ends the process without cleaning up; for crash tests. */
  readonly kill: ((moment: KillMoment) => void) | null;
};

/** The simulated AWS: one durable transaction per call. */
export function createAwsFront({ world, responder, faults, kill }: FrontOptions): AwsFront {
  const act = (who: Credentials, call: AwsCall, requestId: string, fault: Fault | null): AwsAnswer => {
    const operation = `${call.service}:${call.operation}`;
    const work = (tx: Transaction): AwsAnswer => {
      if (fault !== null) before(fault, call, who, kill);
      const output = answerCall(tx, who, call);
      if (fault?.kind === "kill" && fault.moment === "during") kill?.("during");
      return { output, requestId };
    };
    const record = { who: sessionArn(who), operation, dryRun: isDryRun(call) };
    const codeOf = (error: unknown) => (error instanceof AwsFault ? error.name : null);
    return answerRecorded(world, record, work, codeOf, ({ output }, tx) => trailOf(tx, who, call, output));
  };
  const take = (name: string) => faults.take(name) ?? world.transact((tx) => takeFault(tx, name));
  const answerAs = (who: Credentials, call: AwsCall) => {
    const requestId = newRequestId(call.service);
    return withRequestId(requestId, () => act(who, call, requestId, null));
  };

  async function nextFault(call: AwsCall): Promise<Fault | null> {
    for (;;) {
      const fault = take(`${call.service}:${call.operation}`);
      if (fault?.kind === "delay") await world.clock.sleep(fault.ms);
      else if (fault?.kind === "move") {
        for (const foreign of fault.calls)
          answerAs(responder(call.account), { account: call.account, region: call.region, ...foreign });
      } else return fault;
    }
  }

  /** Who dies after a call dies after a refused one too. */
  const answerOrDie = (call: AwsCall, requestId: string, fault: Fault | null): AwsAnswer => {
    try {
      return act(responder(call.account), call, requestId, fault);
    } finally {
      if (fault?.kind === "kill" && fault.moment === "after") kill?.("after");
    }
  };

  return {
    answerAs,
    async answer(call) {
      const fault = await nextFault(call);
      const requestId = newRequestId(call.service);
      return withRequestId(requestId, () => {
        const answer = answerOrDie(call, requestId, fault);
        if (fault?.kind === "lost-response") throw new NoAnswer();
        if (fault?.kind === "unavailable-after") throw broken(call.service);
        return answer;
      });
    },
  };
}

/** What goes wrong before the call is acted on. */
function before(fault: Fault, call: AwsCall, who: Credentials, kill: FrontOptions["kill"]): void {
  switch (fault.kind) {
    case "denied":
      throw denied(
        call.service,
        sessionArn(who),
        `${call.service}:${call.operation}`,
        "*",
        "because no identity-based policy allows the action",
      );
    case "throttled":
      throw throttled(call.service);
    case "lost-request":
      throw new NoAnswer();
    case "unavailable":
      throw broken(call.service);
    case "kill":
      if (fault.moment === "before") kill?.("before");
  }
}

function answerCall(tx: Transaction, who: Credentials, asked: AwsCall): object {
  const operation = findOperation(asked.service, asked.operation);
  if (operation === null) defect(`the range does not answer "${asked.service}:${asked.operation}"`);
  const limit = pageLimitOf(tx);
  const delays = delaysOf(tx);
  const call: Call = {
    input: asked.input,
    account: asked.account,
    region: asked.region,
    tx,
    caller: sessionArn(who),
    who,
    put: (control, key, value) => tx.put(key, value, delays[control]),
    newId: (digits) =>
      randomBytes(Math.ceil(digits / 2))
        .toString("hex")
        .slice(0, digits),
    pageSize: (size, most) => Math.max(1, Math.min(size ?? most, most, limit ?? most)),
  };
  permit(call, operation, who);
  if (isDryRun(asked)) {
    throw new AwsFault("DryRunOperation", 412, "Request would have succeeded, but DryRun flag is set.");
  }
  return operation.answer(call);
}

function isDryRun({ service, input }: AwsCall): boolean {
  return service === "ec2" && "DryRun" in input && input.DryRun === true;
}

const UNKNOWN_TOKEN = ["UnrecognizedClientException", 400, "The security token included in the request is invalid."] as const;
const UNSIGNED_ID = ["InvalidClientTokenId", 403, "The security token included in the request is invalid."] as const;
/** Most services answer as the JSON protocols do. */
const BAD_CREDENTIALS: Partial<Record<AwsService, readonly [string, number, string]>> = {
  autoscaling: UNSIGNED_ID,
  cloudfront: UNSIGNED_ID,
  ec2: ["AuthFailure", 401, "AWS was not able to validate the provided access credentials"],
  elbv2: UNSIGNED_ID,
  iam: UNSIGNED_ID,
  rds: UNSIGNED_ID,
  s3: ["InvalidAccessKeyId", 403, "The AWS Access Key Id you provided does not exist in our records."],
  sts: UNSIGNED_ID,
};

const SAID: { readonly [policy: string]: string } = {
  control: "a service control policy",
  resource: "a resource-based policy",
};

function permit(call: Call, operation: Operation, who: Credentials): void {
  const action = operation.iam ?? "sts:GetCallerIdentity";
  const resource = operation.resource(call);
  const verdict = authorize(call.tx, who, action, resource, operation.context(call));
  if (verdict.effect === "bad-credentials") throw new AwsFault(...(BAD_CREDENTIALS[operation.service] ?? UNKNOWN_TOKEN));
  if (verdict.effect === "allow" || operation.iam === null) return;
  // A HEAD has no body, so that the SDK has no code to show.
  if (operation.service === "s3" && operation.name.startsWith("Head")) throw new AwsFault("403", 403, "UnknownError");
  const because =
    verdict.effect === "explicit-deny"
      ? `with an explicit deny in ${SAID[verdict.by.policy] ?? "an identity-based policy"}`
      : `because no identity-based policy allows the ${action} action`;
  throw denied(operation.service, sessionArn(who), action, resource, because);
}

function sessionArn(who: Credentials): string {
  switch (who.kind) {
    case "role-session":
      return `arn:aws:sts::${who.account}:assumed-role/${who.role}/${who.session}`;
    case "user":
      return `arn:aws:iam::${who.account}:user/${who.name}`;
    case "access-key":
      return who.id;
  }
}

function withRequestId<T>(requestId: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof AwsFault) error.$metadata.requestId = requestId;
    throw error;
  }
}

function newRequestId(service: AwsService): string {
  return service === "s3" ? randomBytes(8).toString("hex").toUpperCase() : randomUUID();
}
