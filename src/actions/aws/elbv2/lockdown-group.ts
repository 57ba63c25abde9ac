import type { SecurityGroup } from "@aws-sdk/client-ec2";
import { contains, digestJson, ErError, parseCidr, type SelectionOf } from "../../../model/index.ts";
import type { Ec2 } from "../ec2/pages.ts";
import { findGroup, rulesOf } from "../ec2/quarantine-group.ts";

type Place = SelectionOf<"aws.load-balancers">;
export type LockdownGroup = { readonly id: string; readonly rules: readonly string[] };

/**
 * The group that an entrance is closed with in this VPC, as it was approved: by the digest of its rules, or, where none is given,
 * because it lets in nobody but the responders. Errors: `config-part-missing`, `not-as-approved`, `lockdown-group-open`.
 */
export async function lockdownGroupOf(ec2: Ec2, vpc: string, place: Place): Promise<LockdownGroup> {
  const name = place.lockdownGroup;
  const group = await findGroup(ec2, { vpc, name });
  if (group?.GroupId === undefined) {
    throw new ErError(
      "config-part-missing",
      `${vpc} has no security group "${name}" to close entrance "${place.entrance}" with`,
      {
        hints: [
          `aws ec2 create-security-group --region ${place.region} --vpc-id ${vpc} --group-name "${name}" --description "closes an entrance"`,
          "let only the responders' networks into it",
        ],
      },
    );
  }
  const rules = rulesOf(group);
  if (place.approved === undefined) refuseOpen(group, rules, place);
  else refuseDrift(group, rules, place.approved);
  return { id: group.GroupId, rules };
}

/** What a rule lets in from outside: its network, or null where it is another group or a list. */
export function networksIn(rules: readonly string[]): (string | null)[] {
  return rules.flatMap((rule) => {
    const [direction, ...rest] = rule.split(" ");
    return direction === "in" ? [parseCidr(rest.at(-1) ?? "")?.text ?? null] : [];
  });
}

export function sayInbound(rules: readonly string[]): string {
  const inbound = rules.filter((rule) => rule.startsWith("in ")).map((rule) => rule.slice("in ".length));
  if (inbound.length === 0) return "lets nobody in";
  const more = inbound.length > 3 ? ` and ${inbound.length - 3} more` : "";
  return `lets in ${inbound.slice(0, 3).join(", ")}${more}`;
}

function refuseDrift(group: SecurityGroup, rules: readonly string[], approved: string): void {
  const digest = digestJson([...rules]);
  if (digest === approved) return;
  throw new ErError(
    "not-as-approved",
    `the rules of security group "${group.GroupName}" (${group.GroupId}) are not the approved ones: it ${sayInbound(rules)}`,
    {
      hints: [`if they are right, have them approved and write approved: "${digest}"`],
      detail: { group: group.GroupId ?? "", rules: [...rules], digest, approved },
    },
  );
}

function refuseOpen(group: SecurityGroup, rules: readonly string[], { responderNetworks }: Place): void {
  const own = responderNetworks.flatMap((text) => parseCidr(text) ?? []);
  const isOwn = (text: string | null) => {
    const network = text === null ? null : parseCidr(text);
    return network !== null && own.some((one) => contains(one, network));
  };
  if (networksIn(rules).every(isOwn)) return;
  throw new ErError(
    "lockdown-group-open",
    `security group "${group.GroupName}" (${group.GroupId}) lets in others than the responders: it ${sayInbound(rules)}`,
    {
      hints: [
        "let only responder-networks in",
        `if its rules are right, have them approved and write approved: "${digestJson([...rules])}"`,
      ],
      detail: { group: group.GroupId ?? "", rules: [...rules] },
    },
  );
}
