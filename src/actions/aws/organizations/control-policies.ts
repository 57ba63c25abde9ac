import {
  DescribeOrganizationCommand,
  DescribePolicyCommand,
  ListParentsCommand,
  ListPoliciesCommand,
  ListTargetsForPolicyCommand,
  type OrganizationsClient,
} from "@aws-sdk/client-organizations";
import { ErError } from "../../../model/index.ts";
import { orAbsent, type ReadScope } from "../../../providers/index.ts";
import { everyPage } from "../ec2/pages.ts";

export type Organizations = Pick<OrganizationsClient, "send">;

/** A service control policy with its exact text. */
export type ControlPolicy = { readonly id: string; readonly name: string; readonly text: string };

const POLICY_ID = /^p-[0-9a-zA-Z_]{8,128}$/;

/** AWS Organizations has one endpoint for all Regions. */
export function organizationsOf(scope: ReadScope, { account }: { readonly account: string }): Promise<Organizations> {
  return scope.aws("organizations", { account, region: "global" });
}

/** By name or id. Errors: `config-invalid` when the organization has no such policy. */
export async function policyNamed(organizations: Organizations, nameOrId: string): Promise<ControlPolicy> {
  const found = await findPolicy(organizations, nameOrId);
  if (found === null) throw noSuchPolicy(nameOrId);
  return found;
}

/** Null where the organization has no such policy of its own. */
export async function findPolicy(organizations: Organizations, nameOrId: string): Promise<ControlPolicy | null> {
  const listed = await everyPage(
    (from) => organizations.send(new ListPoliciesCommand({ Filter: "SERVICE_CONTROL_POLICY", ...from })),
    ({ Policies }) => Policies,
  );
  const found = listed.find(({ Id, Name }) => (POLICY_ID.test(nameOrId) ? Id : Name) === nameOrId);
  if (found?.Id === undefined || found.AwsManaged === true) return null;
  return { id: found.Id, name: found.Name ?? found.Id, text: (await policyText(organizations, found.Id)) ?? "" };
}

export function noSuchPolicy(nameOrId: string): ErError {
  return new ErError("config-invalid", `the organization has no service control policy "${nameOrId}" of its own`, {
    hints: [
      "aws organizations list-policies --filter SERVICE_CONTROL_POLICY",
      "correct providers.aws.organization in soc2-er.yaml",
    ],
  });
}

/** Null for a policy that is gone. */
export async function policyText(organizations: Organizations, id: string): Promise<string | null> {
  const answer = await orAbsent(() => organizations.send(new DescribePolicyCommand({ PolicyId: id })));
  return answer?.Policy?.Content ?? null;
}

/** The account that no service control policy binds; null where the account is in no organization. */
export async function managementAccount(organizations: Organizations): Promise<string | null> {
  const answer = await orAbsent(() => organizations.send(new DescribeOrganizationCommand({})));
  return answer?.Organization?.MasterAccountId ?? null;
}

/** Ids of roots, units and accounts that a policy is attached to. */
export async function targetsOf(organizations: Organizations, policy: string): Promise<readonly string[]> {
  const targets = await everyPage(
    (from) => organizations.send(new ListTargetsForPolicyCommand({ PolicyId: policy, ...from })),
    ({ Targets }) => Targets,
  );
  return targets.flatMap(({ TargetId }) => TargetId ?? []);
}

/** The account, the units that it is in, and the root; the account alone where the organization does not have it. */
export async function above(organizations: Organizations, account: string): Promise<readonly string[]> {
  const found = [account];
  for (;;) {
    const ChildId = found.at(-1) ?? account;
    const answer = await orAbsent(() => organizations.send(new ListParentsCommand({ ChildId })));
    const [parent] = answer?.Parents ?? [];
    if (parent?.Id === undefined) return found;
    found.push(parent.Id);
    if (parent.Type === "ROOT") return found;
  }
}
