import { canonical, digestOfLines, type Json, type JsonObject } from "./bytes.ts";
import { Fault, quote } from "./findings.ts";
import type { Payload } from "./forms.ts";
import type { Plan, PlanHeader } from "./plan.ts";

/** Holds what `plan.created` says of a plan against the plan. Throws a `Fault`. */
export function checkDescription({ body, incident, origin, mode }: Payload, { header, changes }: Plan): void {
  const { runbook, kind, of, target, expiresAt, required } = header;
  const facts = { kind, of, runbook: runbook.id, target, expiresAt, required: [...required], changes: changes.size };
  const place = { origin: header.origin, mode: header.mode, incident: header.incident };
  compare("plan", { ...body, origin, mode, incident }, { ...facts, ...place, contentDigest: contentDigest({ header, changes }) });
}

/** Holds what `run.opened` says of a plan against the plan. Throws a `Fault`. */
export function checkOpening(body: JsonObject, header: PlanHeader, changes: number): void {
  const { kind, of, leasesExpireAt } = header;
  compare("run", body, { kind, of, leasesExpireAt, changes });
}

function compare(code: "plan" | "run", said: JsonObjectOf, is: JsonObjectOf): void {
  for (const [name, value] of Object.entries(is))
    if (canonical(said[name] ?? null) !== canonical(value ?? null))
      throw new Fault(code, `the entry says another ${name} than the plan, which has ${quote(value)}`);
}

type JsonObjectOf = { readonly [name: string]: Json | undefined };

/** What two plannings of the same have in common: not the nonce, the times, the checks, nor why a place was not reached. */
function contentDigest({ header, changes }: Plan): string {
  const { nonce: _nonce, createdAt: _created, expiresAt: _expires, leasesExpireAt: _leases, checks: _checks, ...rest } = header;
  const content = { ...rest } as unknown as JsonObject;
  if (Array.isArray(content.unreached))
    content.unreached = (content.unreached as JsonObject[]).map(({ account, part }) =>
      part === undefined ? String(account) : `${String(account)} ${String(part)}`,
    );
  return digestOfLines(withHeader(Buffer.from(canonical(content)), changes.lines()));
}

function* withHeader(header: Buffer, lines: Iterable<Buffer>): Generator<Buffer> {
  yield header;
  yield* lines;
}
