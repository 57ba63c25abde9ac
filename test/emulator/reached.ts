/** A request as the emulator's own recorder has it: nothing of the product's judgement is in it. */
export type Reached = {
  readonly service: string;
  /** `CreateNetworkAclEntry`; for S3, which names none: `GET /acme-data?policy` */
  readonly operation: string;
  /** By its name alone, whatever its parameters ask for. */
  readonly write: boolean;
  /** Of a form. */
  readonly parameters: Readonly<Record<string, string>>;
};

type Recorded = { headers: Record<string, string>; method: string; url: string; body: string; body_encoded: boolean };

const READS = /^(Describe|Get|Head|List)[A-Z]|^AssumeRole$/;

export function reachedIn(recording: string): Reached[] {
  return recording
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => reached(JSON.parse(line)));
}

function reached({ headers, method, url, body, body_encoded }: Recorded): Reached {
  // Credential=AKIA…/20260101/us-east-1/ec2/aws4_request
  const service = /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\//.exec(headers["Authorization"] ?? "")?.[1] ?? "nobody";
  const target = headers["X-Amz-Target"]?.split(".").at(-1);
  const form = service === "s3" ? "" : body_encoded ? Buffer.from(body, "base64").toString() : body;
  const parameters = Object.fromEntries(new URLSearchParams(form));
  const named = service === "s3" ? undefined : (target ?? parameters["Action"]);
  if (named !== undefined) return { service, operation: named, write: !READS.test(named), parameters };
  const { pathname, search } = new URL(url);
  return { service, operation: `${method} ${pathname}${search}`, write: !["GET", "HEAD"].includes(method), parameters: {} };
}
