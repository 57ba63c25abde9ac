import {
  type Instant,
  SWEEP_RELATIONS,
  type SweepClause,
  type SweepFinding,
  type SweepSubject,
  subjectKey,
} from "../model/index.ts";
import { ProviderError, type ReadScope } from "../providers/index.ts";
import { ownerOfKey } from "./directory.ts";
import { newcomersIn } from "./newcomers.ts";
import type { PlanDeps } from "./request.ts";
import { deedsOf } from "./trail.ts";

export type Findings = { readonly findings: readonly SweepFinding[]; readonly unseen: readonly string[] };

/** The seeds first, then what is known to be theirs, then what merely appeared; each subject once, by the closest relation. */
export async function findAll({ seeds }: SweepClause, since: Instant, deps: PlanDeps, scope: ReadScope): Promise<Findings> {
  const unseen = new Set<string>();
  const asking = async <T>(what: string, work: () => Promise<readonly T[]>): Promise<readonly T[]> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      unseen.add(`${what}: ${error.kind}${error.providerCode ? ` (${error.providerCode})` : ""}`);
      return [];
    }
  };
  const accounts = [...new Set(seeds.map(({ account }) => account))];
  const regionsOf = (account: string) => deps.config.providers.aws?.accounts.find(({ id }) => id === account)?.regions ?? [];
  const trail = (account: string, who: readonly SweepSubject[], regions: readonly string[]) =>
    asking(`what principals of ${account} did, in CloudTrail`, () =>
      deedsOf(
        scope,
        who.filter((one) => one.account === account),
        regions,
        since,
      ),
    );
  const deeds = await Promise.all(accounts.map((account) => trail(account, seeds, regionsOf(account))));
  const made = deeds
    .flat()
    .flatMap(({ relation, subject }) => (relation === "created" && subject.kind === "user" ? [subject] : []));
  const further = await Promise.all(accounts.map((account) => trail(account, made, [])));
  const fresh = await Promise.all(
    accounts.map((account) => asking(`what is new in ${account}`, () => newcomersIn(scope, account, since))),
  );
  const all: SweepFinding[] = [
    ...seeds.map((seed): SweepFinding => ({ subject: seed, relation: "itself", by: seed, evidence: "in the plan" })),
    ...deeds.flat(),
    ...further.flat(),
    ...fresh.flat().map(
      ({ subject, createdAt }): SweepFinding => ({
        subject,
        relation: "appeared",
        by: null,
        evidence: `IAM: created at ${createdAt}`,
      }),
    ),
  ];
  all.sort((left, right) => SWEEP_RELATIONS.indexOf(left.relation) - SWEEP_RELATIONS.indexOf(right.relation));
  return {
    findings: [...new Map(all.toReversed().map((one) => [subjectKey(one.subject), one])).values()].toReversed(),
    unseen: [...unseen],
  };
}

/** By `account/key`, as principals of a target. */
export async function ownersOf(findings: readonly SweepFinding[], scope: ReadScope): Promise<Map<string, string>> {
  const keys = findings.flatMap(({ subject }) => (subject.kind === "access-key" ? [subject] : []));
  const owned = await Promise.all(
    keys.map(async ({ account, name }) => [`${account}/${name}`, await ownerOfKey(scope, account, name)] as const),
  );
  return new Map(owned.flatMap(([key, owner]) => (owner === null ? [] : [[key, owner] as const])));
}
