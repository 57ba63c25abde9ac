import { type Admission, type CallName, currentGate, type Gate } from "../gate.ts";
import type { Lane } from "../lane.ts";
import type { AwsService } from "../permission.ts";
import { ProviderError } from "../provider-error.ts";
import type { AwsPlace } from "../scope.ts";
import type { Transport } from "../transport.ts";
import { classifyAws } from "./classify.ts";

type Args = { readonly input: object; readonly request?: { readonly hostname?: string } };
type Answer = { readonly output: object; readonly response: unknown };
type Next = (args: Args) => Promise<Answer>;
type Context = { readonly commandName?: string };
type Middleware = (next: Next, context: Context) => Next;

/** What every SDK client has; the generated clients differ only in their type parameters. */
export type GuardableClient = {
  readonly middlewareStack: {
    add(
      middleware: never,
      options: { readonly step: "initialize" | "build"; readonly name: string; readonly priority: "high" | "normal" | "low" },
    ): void;
  };
};

/**
 * Puts the guard first in a client's pipeline: it asks the scope, waits for its turn in the lane, sends, records. With a
 * transport the simulated cloud answers and nothing behind this middleware runs.
 */
export function guard(
  client: GuardableClient,
  service: AwsService,
  place: AwsPlace,
  lane: Lane,
  transport: Transport | null,
): void {
  const middleware: Middleware = (next, context) => async (args) => {
    const gate = currentGate();
    const operation = (context.commandName ?? "").replace(/Command$/, "");
    const call: CallName & { readonly kind: "aws" } = { kind: "aws", service, operation, ...place };
    const admission = gate.admit(call);
    const send = (input: object): Promise<Answer> => (transport ? simulate(transport, call, input) : next({ ...args, input }));
    return lane.run({
      write: admission.write && !admission.dryRun,
      urgent: gate.kind === "write",
      signal: gate.signal,
      name: { service: `aws.${service}`, operation },
      attempt: () => attempt(gate, call, admission, () => send(admission.dryRun ? { ...args.input, DryRun: true } : args.input)),
    });
  };
  client.middlewareStack.add(middleware as never, { step: "initialize", name: "soc2ErGuard", priority: "high" });
  client.middlewareStack.add(probeOnlyAws as never, { step: "build", name: "soc2ErProbe", priority: "high" });
}

/** Where EC2 itself answers, by the names that AWS gives to its endpoints. */
const AWS_HOST = /\.(amazonaws\.(com|com\.cn|eu)|api\.aws|api\.amazonwebservices\.(com\.cn|eu))$/;

/** Emulators take a dry run for the call itself. The host is looked at where the SDK has settled it, whatever set it. */
const probeOnlyAws: Middleware = (next, context) => async (args) => {
  const host = args.request?.hostname ?? "";
  if (!("DryRun" in args.input) || AWS_HOST.test(host)) return next(args);
  throw new ProviderError("no-dry-run", {
    service: "aws.ec2",
    operation: (context.commandName ?? "").replace(/Command$/, ""),
    providerCode: "",
    status: null,
    requestId: null,
    message: `nothing was sent: "${host}" is not an endpoint of AWS, and others act on a dry run`,
  });
};

async function attempt(
  gate: Gate,
  call: CallName & { kind: "aws" },
  admission: Admission,
  send: () => Promise<Answer>,
): Promise<Answer> {
  try {
    const answer = await send();
    gate.record(call, admission, { ok: true, requestId: requestIdOf(answer.output) });
    if (admission.dryRun) throw ignoredDryRun(call);
    return answer;
  } catch (error) {
    if (error instanceof ProviderError) throw error;
    const failure = classifyAws(error, call);
    // The service's way to say yes to a dry run.
    const wouldPass = admission.dryRun && failure.providerCode === "DryRunOperation";
    gate.record(call, admission, { ok: wouldPass, requestId: failure.requestId });
    if (wouldPass) return { output: { $metadata: { requestId: failure.requestId } }, response: null };
    throw failure;
  }
}

async function simulate(transport: Transport, call: CallName & { kind: "aws" }, input: object): Promise<Answer> {
  const { service, operation, account, region } = call;
  const { output, requestId } = await transport.aws({ service, operation, input, account, region });
  return {
    output: { $metadata: { httpStatusCode: 200, requestId, attempts: 1, totalRetryDelay: 0 }, ...output },
    response: null,
  };
}

function requestIdOf(output: object): string | null {
  const { $metadata } = output as { readonly $metadata?: { readonly requestId?: string } };
  return $metadata?.requestId ?? null;
}

/** An emulator that answers a dry run like the real call may well have acted on it. */
function ignoredDryRun({ service, operation }: { readonly service: string; readonly operation: string }): ProviderError {
  const message = "the endpoint ignored the dry-run flag: what it answers says nothing, and it may have acted";
  return new ProviderError("unsupported", {
    service: `aws.${service}`,
    operation,
    providerCode: "DryRunIgnored",
    status: null,
    requestId: null,
    message,
  });
}
