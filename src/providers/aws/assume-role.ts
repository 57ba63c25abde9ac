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
 * Credentials of a role, asked for once and renewed before they end. The session's name is what CloudTrail shows of us: it names
 * the incident.
 */
export function assumedRole(roleArn: string, sessionName: string, options: Options): () => Promise<AwsCredentials> {
  const { clock } = options;
  let current: Promise<AwsCredentials> | null = null;
  let renewAt = Number.NEGATIVE_INFINITY;
  return () => {
    if (current && clock.now() < renewAt) return current;
    renewAt = clock.now() + SESSION_SECONDS * 1_000 - RENEW_MS;
    const asked = assume(roleArn, sessionName, options);
    asked.catch(() => {
      if (current === asked) current = null;
    });
    current = asked;
    return asked;
  };
}

/** Asked once: whoever makes the call that needs the role knows whether it may be made again. */
async function assume(RoleArn: string, RoleSessionName: string, { clock, deadlineMs, env }: Options): Promise<AwsCredentials> {
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
    const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName, DurationSeconds: SESSION_SECONDS }));
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
