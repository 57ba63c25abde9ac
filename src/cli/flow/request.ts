import { writeFile } from "node:fs/promises";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { armored, armoredIn, type Request, type Ruling, repairPasted, requestApprovals } from "../../approvals/index.ts";
import type { AuditReader } from "../../audit/index.ts";
import { type Digest, ErError, EXIT, isDigest, type Plan, quote } from "../../model/index.ts";
import { decodePlan, planLines } from "../../planner/index.ts";
import { qrLines, tame, type View } from "../../terminal/index.ts";
import type { Context } from "../context.ts";
import { nextOfPlan } from "../documents.ts";
import { readText } from "../stdin.ts";

export type RequestOptions = { readonly for?: string; readonly out?: string; readonly qr?: boolean };

const PLAN = "SOC2-ER PLAN";
const MAX_PLAN = 64 * 1024 * 1024;

/** What those are sent whose approval is missing, and with `--out` the plan itself: then nobody needs the store to read it. */
export async function showRequest(context: Context, plan: Plan, ruling: Ruling, options: RequestOptions): Promise<number> {
  const log = await context.reader();
  const requests = await requestsFor(context, log, plan, ruling, options.for);
  const words = requests.map((request) => wordsOf(plan, request));
  if (options.out !== undefined) await save(options.out, `${words.flat().join("\n")}\n\n${attached(plan)}`);
  const document = {
    schema: "soc2-er/approval-request@1",
    plan: plan.digest,
    incident: plan.header.incident,
    requests: requests.map(toDocument),
    file: options.out ?? null,
    next: nextOfPlan(plan.digest, ruling),
  };
  const { output } = context.globals;
  const codes = await Promise.all(requests.map(({ text }) => (options.qr === true ? codeOf(text, output.out) : [])));
  output.result(document, () => words.flatMap((lines, index) => [...lines, ...(codes[index] ?? [])]));
  return EXIT.ok;
}

export async function requestsFor(
  context: Context,
  log: AuditReader,
  plan: Plan,
  ruling: Ruling,
  only?: string,
): Promise<Request[]> {
  return requestApprovals(plan, ruling, await log.keyring(), {
    clock: context.clock,
    ...(only === undefined ? {} : { only }),
  });
}

export function toDocument({ role, person, key, notAfter, text }: Request) {
  return { role, person, key, notAfter, text };
}

function wordsOf(plan: Plan, { role, person, key, keys, notAfter, text }: Request): string[] {
  const others = keys.filter((one) => one !== key);
  return [
    `Approval wanted from ${person}, as ${role}, until ${notAfter}`,
    `With soc2-er:  soc2-er approve ${plan.digest}`,
    "Without it:    save the lines from the title to seen: as request.txt, then",
    "               ssh-keygen -Y sign -n approval.soc2-er.v1 -f KEY request.txt",
    `               with the key ${key}, and send back request.txt and request.txt.sig.`,
    ...(others.length === 0 ? [] : [`               For another key: --for ${others.join(" or --for ")}`]),
    "To refuse:     write deny in place of approve, then the same.",
    "",
    ...text.trimEnd().split("\n").map(tame),
    "",
  ];
}

/** A code as lines, or why there is none. */
export async function codeOf(text: string, view: View): Promise<string[]> {
  const { needs, lines } = await qrLines(text, view);
  return lines ?? [`no QR code: it needs ${needs} columns, and here are ${view.width}`];
}

async function save(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { mode: 0o600, flag: "wx" });
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    throw new ErError("environment", `cannot write "${path}": ${code === "EEXIST" ? "there is something already" : code}`, {
      hints: [`ls -l ${quote(path)}`],
      cause: error,
    });
  }
}

function attached(plan: Plan): string {
  return armored(PLAN, [deflateRawSync(Buffer.from([...planLines(plan)].join(""))).toString("base64")]);
}

/** What somebody sent: which plan is to be decided on, and the plan where it came along, checked against its digest. */
export type Received = { readonly digest: Digest; readonly plan: Plan | null };

/** Errors: `approval-malformed` when it holds no request, `plan-altered` when the plan in it is another than it names. */
export function receive(text: string): Received {
  const at = text.indexOf(PLAN);
  const { text: statement } = repairPasted(at < 0 ? text : text.slice(0, at));
  const digest = /^plan: (\S+)$/m.exec(statement)?.[1] ?? "";
  if (!isDigest(digest)) throw new ErError("approval-malformed", `"${digest}" is not a plan's digest`);
  const content = at < 0 ? null : armoredIn(text.slice(Math.max(0, at - 80)), PLAN);
  return { digest, plan: content === null ? null : decodePlan(inflated(content), digest) };
}

export async function receiveFile(path: string): Promise<Received> {
  const text = await readText(path, "an approval request").catch((error: unknown) => {
    if (error instanceof ErError) throw error;
    throw new ErError("unknown-plan", `"${path}" is neither a plan in the log nor a file`, {
      hints: ["soc2-er plan list", "soc2-er approve ./request.txt"],
      cause: error,
    });
  });
  return receive(text);
}

function inflated(base64: string): Uint8Array {
  try {
    return inflateRawSync(Buffer.from(base64, "base64"), { maxOutputLength: MAX_PLAN });
  } catch (cause) {
    throw new ErError("plan-altered", "the plan in the request cannot be unpacked", {
      hints: ["ask for the request again, as a file"],
      cause,
    });
  }
}
