import { OperationFailed, ProviderError, type ReadScope, type WriteScope } from "../../../providers/index.ts";

/** What Identity Center says of a job: it answers before it has done what was asked. */
type Job = {
  readonly Status?: string | undefined;
  readonly RequestId?: string | undefined;
  readonly FailureReason?: string | undefined;
};
type Look = (requestId: string) => Promise<Job | undefined>;

const FIRST_LOOK_MS = 500;
const LONGEST_WAIT_MS = 2_000;
/** A job takes seconds for an account; after this long only a look at what it was to change can tell. */
const PATIENCE_MS = 600_000;

/**
 * Follows a job to its end; `token` is what another process follows it by, made of the request's id. Errors: OperationFailed when it was
 * accepted and failed; `no-answer` when it could not be followed.
 */
export async function ended(
  scope: WriteScope,
  job: Job | undefined,
  token: (requestId: string) => string,
  look: Look,
): Promise<void> {
  const { RequestId: id = "" } = job ?? {};
  if (job?.Status === "IN_PROGRESS") await scope.progress(token(id));
  const last = await follow(scope, job, id, look);
  if (last?.Status === "FAILED") throw failure(OperationFailed, "conflict", "Failed", last.FailureReason ?? "the job failed");
}

/** Follows what a process began that died, however it ends. */
export async function resumedJob(scope: ReadScope, requestId: string, look: Look): Promise<void> {
  await follow(scope, { Status: "IN_PROGRESS" }, requestId, look);
}

async function follow({ clock, signal }: ReadScope, first: Job | undefined, id: string, look: Look): Promise<Job | undefined> {
  const began = clock.monotonic();
  let wait = FIRST_LOOK_MS;
  let job = first;
  while (job?.Status === "IN_PROGRESS") {
    if (clock.monotonic() - began > PATIENCE_MS)
      throw failure(ProviderError, "no-answer", "StillRunning", `still running after ${PATIENCE_MS / 60_000} min`);
    await clock.sleep(wait, signal).catch((error) => {
      throw failure(ProviderError, "no-answer", "Aborted", "stopped while the job was running", error);
    });
    wait = Math.min(2 * wait, LONGEST_WAIT_MS);
    job = await look(id);
  }
  return job;
}

function failure(
  Made: typeof ProviderError,
  kind: "conflict" | "no-answer",
  providerCode: string,
  message: string,
  cause?: unknown,
) {
  const facts = { service: "aws.ssoadmin", operation: "job", status: null, requestId: null };
  return new Made(kind, { ...facts, providerCode, message, cause });
}
