import type { AssumeRoleCommandInput } from "@aws-sdk/client-sts";
import type { Clock } from "../../model/index.ts";
import { openAgents } from "./agents.ts";
import { type AwsCredentials, CONNECT_MS } from "./clients.ts";
import { boundAnswers } from "./whole-answer.ts";

/** A session is renewed this long before it ends. */
const RENEW_MS = 300_000;
const SESSION_SECONDS = 3_600;

type Options = {
  readonly clock: Clock;
  readonly deadlineMs: number;
  readonly env: Readonly<Record<string, string | undefined>>;
};

/**
 * What CloudTrail shows of us: the session's name in its own events, the person as source identity in every event, those of roles that are
 * assumed further on included; the incident as a tag of the session.
 */
export type RoleSession = { readonly name: string; readonly person?: string; readonly incident?: string };

/** Credentials of a role, asked for once and renewed before they end. */
export function assumedRole(roleArn: string, session: RoleSession, options: Options): () => Promise<AwsCredentials> {
  const { clock } = options;
  let current: Promise<AwsCredentials> | null = null;
  let renewAt = Number.NEGATIVE_INFINITY;
  return () => {
    if (current && clock.now() < renewAt) return current;
    renewAt = clock.now() + SESSION_SECONDS * 1_000 - RENEW_MS;
    const asked = assume(roleArn, session, options);
    asked.catch(() => {
      if (current === asked) current = null;
    });
    current = asked;
    return asked;
  };
}

/** Asked once: whoever makes the call that needs the role knows whether it may be made again. */
async function assume(RoleArn: string, session: RoleSession, { clock, deadlineMs, env }: Options): Promise<AwsCredentials> {
  const { AssumeRoleCommand, STSClient } = await import("@aws-sdk/client-sts");
  const requestHandler = {
    connectionTimeout: CONNECT_MS,
    requestTimeout: deadlineMs,
    throwOnRequestTimeout: true,
    ...(await openAgents(env)),
  };
  const sts = new STSClient({ requestHandler, region: "us-east-1", maxAttempts: 1 });
  boundAnswers(sts, clock, deadlineMs);
  try {
    const plain = { RoleArn, RoleSessionName: session.name, DurationSeconds: SESSION_SECONDS };
    const marks = marksOf(session);
    const { Credentials } = await sts.send(new AssumeRoleCommand({ ...plain, ...marks })).catch((error: Error) => {
      // A trust that does not permit the marks must not stand in the way of a containment.
      if (error.name !== "AccessDenied" || Object.keys(marks).length === 0) throw error;
      return sts.send(new AssumeRoleCommand(plain));
    });
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = Credentials ?? {};
    if (!AccessKeyId || !SecretAccessKey || !SessionToken) throw new Error(`no credentials came with role "${RoleArn}"`);
    return {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: SessionToken,
      ...(Expiration === undefined ? {} : { expiration: Expiration }),
    };
  } finally {
    sts.destroy();
  }
}

/** As far as STS takes the words. */
function marksOf({ person, incident }: RoleSession): Pick<AssumeRoleCommandInput, "SourceIdentity" | "Tags"> {
  const named = (text: string | undefined): text is string => text !== undefined && /^[\w+=,.@-]{2,64}$/.test(text);
  return {
    ...(named(person) ? { SourceIdentity: person } : {}),
    ...(named(incident) ? { Tags: [{ Key: "soc2-er-incident", Value: incident }] } : {}),
  };
}
