import type { HttpClient } from "@azure/core-rest-pipeline";
import type { Clock, EffectObserver } from "../model/index.ts";
import type { AwsService } from "./permission.ts";

/** One AWS call as the SDK's command sees it, before serialisation. */
export type AwsCall = {
  readonly service: AwsService;
  /** `GetBucketPolicy` */
  readonly operation: string;
  readonly input: object;
  readonly account: string;
  readonly region: string;
};

/**
 * The seam where a simulated cloud stands in for the real one. An AWS answer is the command's output (without `$metadata`) and
 * a request id; a refusal is thrown as the SDK throws it: `name`, `message`, `$metadata.httpStatusCode`. A lost request throws a
 * time-out before acting, a lost response after. With a transport, no client may open a socket.
 */
export interface Transport {
  /** `range` in user-facing text. */
  readonly name: string;
  readonly clock: Clock;
  readonly effects: EffectObserver;
  aws(call: AwsCall): Promise<{ readonly output: object; readonly requestId: string }>;
  readonly azure: HttpClient;
}
