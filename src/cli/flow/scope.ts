import { checkScope, coverFindings, type Finding, mayWithdraw, parseScope, sayLimit, signScope } from "../../approvals/index.ts";
import { type AuditWriter, type Keyring, requireStore } from "../../audit/index.ts";
import { foldLog, type LogState } from "../../incidents/index.ts";
import { type Clock, type Digest, ErError, EXIT, type GrantedScope, instant, type Plan, type Role } from "../../model/index.ts";
import { ceilingOf, requiredRoles } from "../../planner/index.ts";
import type { Runbook } from "../../runbooks/index.ts";
import { tame, type View, wrap } from "../../terminal/index.ts";
import type { Context } from "../context.ts";
import { runbookNamed } from "../runbooks.ts";
import { countOf, durationOf } from "./containment.ts";
import { writerOfSomebody } from "./decision.ts";
import { accountLimit, paramLimits, targetLimit } from "./scope-limits.ts";

export type AuthorizeOptions = {
  readonly role?: string;
  readonly target: readonly string[];
  readonly param?: readonly string[];
  readonly paramLimit?: readonly string[];
  readonly account?: readonly string[];
  readonly maxChanges?: string;
  readonly expires: string;
  readonly yes?: boolean;
};

/** Signs a role's approval in advance, of what stays within limits, and records it. The runbook's id is typed first, or `--yes` given. */
export async function authorize(context: Context, id: string, options: AuthorizeOptions): Promise<number> {
  const runbook = runbookNamed(await context.runbooks(), id);
  const forMs = durationOf("--expires", options.expires) ?? 0;
  const limits = {
    target: targetLimit(options.target),
    params: paramLimits(runbook, options.param ?? [], options.paramLimit ?? []),
    accounts: accountLimit(context.config, options.account ?? []),
    maxChanges: ceilingOf(runbook, context.config.policy, countOf("--max-changes", options.maxChanges) ?? undefined),
  };
  const log = await writerOfSomebody(context);
  await requireStore(log, "an approval in advance");
  const role = await roleFor(context, log, runbook, options.role);
  const facts = {
    ...limits,
    ...{
      origin: context.origin,
      runbook: runbook.id,
      runbookDigest: runbook.digest,
      role,
      person: log.person.id,
      seen: await log.seen(),
    },
  };
  const body = await signScope({ ...facts, signer: await context.signer(), clock: context.clock, forMs }, async (text) => {
    if (options.yes === true) return;
    if (context.interactive) for (const line of text.trimEnd().split("\n")) context.screen.notice(`  ${line}`);
    await context.screen.confirm(runbook.id, `sign this in advance as ${role}`, unasked(runbook.id, options));
  });
  await log.append([{ type: "scope.granted", body }]);
  return await showScope(context, body.scope);
}

/** The same command, for where nobody can be asked. */
function unasked(runbook: string, options: AuthorizeOptions): string[] {
  const { role, target, param = [], paramLimit = [], account = [], maxChanges, expires } = options;
  const flag = (name: string, values: readonly (string | undefined)[]): string[] =>
    values.flatMap((value) => (value === undefined ? [] : [name, value]));
  return [
    ...["soc2-er", "authorize", runbook, ...flag("--role", [role]), ...flag("--target", target), ...flag("--param", param)],
    ...[...flag("--param-limit", paramLimit), ...flag("--account", account), ...flag("--max-changes", [maxChanges])],
    ...["--expires", expires, "--yes"],
  ];
}

/** Takes a scope back: its signer may, and everybody who approves its runbook. */
export async function withdraw(context: Context, scope: Digest, options: { reason?: string; yes?: boolean }): Promise<number> {
  const log = await writerOfSomebody(context);
  const granted = scopeNamed(await foldLog(log), scope);
  const facts = parseScope(granted.body.statement);
  if (!mayWithdraw(log.person.id, facts, await log.keyring()))
    throw new ErError("approval-role", `"${log.person.id}" neither signed this nor approves "${facts.runbook}"`, {
      hints: [`soc2-er reject ${scope} --key KEY-OF-ANOTHER-PERSON`],
    });
  if (options.yes !== true)
    await context.screen.confirm(facts.runbook, "withdraw what was signed in advance", ["soc2-er", "reject", scope, "--yes"]);
  await log.append([{ type: "scope.withdrawn", body: { scope, reason: options.reason ?? "no reason given" } }]);
  return await showScope(context, scope);
}

async function showScope(context: Context, digest: Digest): Promise<number> {
  const log = await context.writer();
  const document = scopeDocument(scopeNamed(await foldLog(log), digest), await log.keyring(), context.clock, null);
  context.globals.output.result(document, (view) => scopeLines(document, view));
  return EXIT.ok;
}

function scopeNamed(state: LogState, digest: Digest): GrantedScope {
  const found = state.scopes.get(digest);
  if (found) return found;
  throw new ErError("unknown-approval", `nothing that was signed in advance is "${digest}"`, {
    hints: ["soc2-er approval list"],
  });
}

/** The role that the person signs in: the one named, else the first that the runbook's plans need and that they hold. */
async function roleFor(context: Context, log: AuditWriter, runbook: Runbook, named: string | undefined): Promise<Role> {
  const { id, roles } = log.person;
  const required = requiredRoles(runbook, context.config.policy, (await log.keyring()).approvals);
  const role = (named === undefined ? required : [named]).find((one) => roles.includes(one) && required.includes(one));
  if (role !== undefined) return role;
  throw new ErError("approval-role", `"${id}" cannot sign for "${runbook.id}"; its plans need ${required.join(" and ")}`, {
    hints: [`soc2-er authorize ${runbook.id} --key KEY-OF-ANOTHER-PERSON`],
  });
}

export type ScopeDocument = ReturnType<typeof scopeDocument>;

/** What a script reads of a scope (`soc2-er/scope@1`). Against a plan, `findings` say what of it is outside. */
export function scopeDocument(granted: GrantedScope, keyring: Keyring, clock: Clock, plan: Plan | null) {
  const { scope, role, person, statement, signature } = granted.body;
  const findings: readonly Finding[] = [
    ...checkScope(granted, keyring, instant(clock.now())),
    ...(plan === null ? [] : coverFindings(granted, plan)),
  ];
  const facts = parseScope(statement);
  return {
    schema: "soc2-er/scope@1" as const,
    scope,
    runbook: { id: facts.runbook, digest: facts.runbookDigest },
    role,
    person,
    at: granted.at,
    notBefore: facts.notBefore,
    expiresAt: facts.notAfter,
    limits: {
      target: sayLimit(facts.target),
      params: Object.fromEntries(facts.params.map(([name, limit]) => [name, sayLimit(limit)])),
      accounts: facts.accounts,
      maxChanges: facts.maxChanges,
    },
    ...(plan === null ? {} : { plan: plan.digest }),
    text: statement,
    signature,
    valid: findings.length === 0,
    findings,
    next: [{ argv: ["soc2-er", "reject", scope] }],
  };
}

export function scopeLines(document: ScopeDocument, { width, paint }: View): string[] {
  const { scope, role, person, text, valid, findings } = document;
  const state = valid ? paint.green("stands for the role's signature within its limits") : paint.red("does not count");
  return [
    ...wrap(tame(`${person} as ${role} in advance: ${scope}`), width, 2),
    ...text
      .trimEnd()
      .split("\n")
      .flatMap((line) => wrap(tame(`  ${line}`), width, 4)),
    state,
    ...findings.flatMap(({ code, detail }) => wrap(paint.red(tame(`  ${detail} [${code}]`)), width, 4)),
  ];
}
