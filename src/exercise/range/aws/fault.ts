import type { AwsService } from "../../../providers/index.ts";

/** A refusal in the form in which the SDK throws it: typed by `name`, with the HTTP status in `$metadata`. */
export class AwsFault extends Error {
  readonly $fault: "client" | "server";
  readonly Code: string;
  $metadata: { httpStatusCode: number; requestId?: string; attempts: number; totalRetryDelay: number };

  /** `code` is the wire code where it differs from the SDK's name. */
  constructor(name: string, status: number, message: string, code = name) {
    super(message);
    this.name = name;
    this.Code = code;
    this.$fault = status >= 500 ? "server" : "client";
    this.$metadata = { httpStatusCode: status, attempts: 1, totalRetryDelay: 0 };
  }
}

/** What the SDK throws when no answer comes: there is no status, because nobody knows whether the call was acted on. */
export class NoAnswer extends Error {
  readonly $metadata = { attempts: 1, totalRetryDelay: 0 };

  constructor() {
    super("socket hang up: the connection timed out");
    this.name = "TimeoutError";
  }
}

export function denied(service: AwsService, who: string, action: string, resource: string, because: string): AwsFault {
  const text = `${who} is not authorized to perform: ${action} on resource: ${resource} ${because}`;
  switch (service) {
    case "ec2":
      return new AwsFault("UnauthorizedOperation", 403, `You are not authorized to perform this operation. User: ${text}`);
    case "cognito":
    case "dynamodb":
    case "identitystore":
    case "kms":
    case "networkfirewall":
    case "organizations":
    case "secretsmanager":
    case "ssoadmin":
    case "wafv2":
      return new AwsFault("AccessDeniedException", 400, `User: ${text}`);
    case "eks":
      return new AwsFault("AccessDeniedException", 403, `User: ${text}`);
    default:
      return new AwsFault("AccessDenied", 403, `User: ${text}`);
  }
}

export function throttled(service: AwsService): AwsFault {
  switch (service) {
    case "ec2":
      return new AwsFault("RequestLimitExceeded", 503, "Request limit exceeded.");
    case "s3":
      return new AwsFault("SlowDown", 503, "Please reduce your request rate.");
    case "cognito":
      return new AwsFault("TooManyRequestsException", 400, "Rate exceeded");
    case "organizations":
      return new AwsFault("TooManyRequestsException", 400, "You have sent too many requests in too short a period of time.");
    case "dynamodb":
    case "identitystore":
    case "kms":
    case "networkfirewall":
    case "secretsmanager":
    case "ssoadmin":
    case "wafv2":
      return new AwsFault("ThrottlingException", 400, "Rate exceeded");
    case "eks":
      return new AwsFault("ThrottlingException", 429, "Rate exceeded");
    default:
      return new AwsFault("Throttling", 400, "Rate exceeded");
  }
}

export function broken(service: AwsService): AwsFault {
  switch (service) {
    case "iam":
      return new AwsFault("ServiceFailureException", 500, "An internal error has occurred.", "ServiceFailure");
    case "wafv2":
      return new AwsFault("WAFInternalErrorException", 500, "Your request is valid, but WAF couldn't perform the operation.");
    case "kms":
      return new AwsFault("KMSInternalException", 500, "An internal exception was encountered. Try the request again.");
    case "identitystore":
    case "ssoadmin":
      return new AwsFault("InternalServerException", 500, "Internal service error.");
    case "cognito":
      return new AwsFault("InternalErrorException", 500, "Something went wrong.");
    case "dynamodb":
    case "networkfirewall":
      return new AwsFault("InternalServerError", 500, "The request processing has failed because of an unknown error.");
    case "organizations":
      return new AwsFault(
        "ServiceException",
        500,
        "AWS Organizations can't complete your request because of an internal service error.",
      );
    case "eks":
      return new AwsFault("ServerException", 500, "Internal server error.");
    case "secretsmanager":
      return new AwsFault("InternalServiceError", 500, "An error occurred on the server side.");
    default:
      return new AwsFault("InternalError", 500, "We encountered an internal error. Please try again.");
  }
}
