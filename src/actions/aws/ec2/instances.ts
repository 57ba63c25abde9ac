import { DescribeInstancesCommand, type Instance } from "@aws-sdk/client-ec2";
import { defect, type SelectionOf, type Tag } from "../../../model/index.ts";
import { orAbsent } from "../../../providers/index.ts";
import { type Ec2, everyPage } from "./pages.ts";

/** Where examples are: the hosts of a tenant of the range. */
export const EXAMPLE_HOSTS: SelectionOf<"aws.tagged-instances"> = {
  kind: "aws.tagged-instances",
  tenant: "acme",
  account: "123456789012",
  region: "us-east-1",
  tag: { key: "tenant", value: "acme" },
  quarantineGroup: "soc2-er-quarantine",
};

/** By id, in one order. Those that are terminated are still listed for a while. */
export async function findInstances(ec2: Ec2, tag: Tag): Promise<Instance[]> {
  const found = await everyPage(
    (from) => ec2.send(new DescribeInstancesCommand({ Filters: [{ Name: `tag:${tag.key}`, Values: [tag.value] }], ...from })),
    ({ Reservations }) => Reservations?.flatMap(({ Instances }) => Instances ?? []),
  );
  return found.filter((instance) => hasTag(instance, tag)).toSorted((left, right) => (idOf(left) < idOf(right) ? -1 : 1));
}

/** Those that run, or may be started. */
export async function findLiving(ec2: Ec2, tag: Tag): Promise<Instance[]> {
  return (await findInstances(ec2, tag)).filter(isLiving);
}

export async function findInstance(ec2: Ec2, id: string): Promise<Instance | null> {
  const answer = await orAbsent(() => ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] })));
  const found = answer?.Reservations?.[0]?.Instances?.[0];
  return found !== undefined && isLiving(found) ? found : null;
}

export function idOf({ InstanceId }: Instance): string {
  return InstanceId ?? defect("an instance has no id");
}

/** Filters take wildcards; a tenant's name is meant as it stands. */
function hasTag(instance: Instance, tag: Tag): boolean {
  return instance.Tags?.some(({ Key, Value }) => Key === tag.key && Value === tag.value) ?? false;
}

function isLiving({ State }: Instance): boolean {
  return State?.Name !== "terminated" && State?.Name !== "shutting-down";
}
