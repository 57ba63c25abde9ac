import type * as EC2 from "@aws-sdk/client-ec2";
import { ec2 } from "../keys.ts";
import type { InstanceAttributes, InstanceRow, SnapshotRow } from "../rows.ts";
import { byIds, ec2Arn, ec2Page, ec2Tags, instanceOf, matchesFilters, newTags } from "./ec2-common.ts";
import { AwsFault } from "./fault.ts";
import { type Call, type Operation, operation } from "./operation.ts";

type OnInstance = { readonly InstanceId?: string | undefined };
const instanceArn = (call: Call<OnInstance>) => ec2Arn(call, "instance", call.input.InstanceId);

/** Settings of a host that is gone are refused. */
function living(call: Call, id: string | undefined): InstanceRow {
  const row = instanceOf(call, id);
  if (row.state !== "terminated") return row;
  throw new AwsFault("IncorrectInstanceState", 400, `The instance '${id}' is not in a state from which it can be changed`);
}

function save(call: Call, row: InstanceRow): void {
  call.put("instance", ec2.instance(call.account, call.region, row.id), row);
}

function describeAttribute(call: Call<EC2.DescribeInstanceAttributeCommandInput>) {
  const { id, attributes } = instanceOf(call, call.input.InstanceId);
  switch (call.input.Attribute) {
    case "disableApiTermination":
      return { InstanceId: id, DisableApiTermination: { Value: attributes.disableApiTermination } };
    case "disableApiStop":
      return { InstanceId: id, DisableApiStop: { Value: attributes.disableApiStop } };
    case "instanceInitiatedShutdownBehavior":
      return { InstanceId: id, InstanceInitiatedShutdownBehavior: { Value: attributes.instanceInitiatedShutdownBehavior } };
    default:
      throw new AwsFault("InvalidParameterValue", 400, `Value (${call.input.Attribute}) for parameter attribute is invalid.`);
  }
}

/** One attribute per call. */
function modifyAttribute(call: Call<EC2.ModifyInstanceAttributeCommandInput>): Record<string, never> {
  const row = living(call, call.input.InstanceId);
  const { DisableApiTermination, DisableApiStop, InstanceInitiatedShutdownBehavior } = call.input;
  const given = [DisableApiTermination, DisableApiStop, InstanceInitiatedShutdownBehavior].filter((one) => one !== undefined);
  if (given.length !== 1) throw new AwsFault("InvalidParameterCombination", 400, "Exactly one attribute must be given");
  const attributes: InstanceAttributes = {
    disableApiTermination: DisableApiTermination?.Value ?? row.attributes.disableApiTermination,
    disableApiStop: DisableApiStop?.Value ?? row.attributes.disableApiStop,
    instanceInitiatedShutdownBehavior:
      InstanceInitiatedShutdownBehavior === undefined
        ? row.attributes.instanceInitiatedShutdownBehavior
        : InstanceInitiatedShutdownBehavior.Value === "stop"
          ? "stop"
          : "terminate",
  };
  save(call, { ...row, attributes });
  return {};
}

export function describeOptions({ metadata }: InstanceRow): EC2.InstanceMetadataOptionsResponse {
  return {
    State: "applied",
    HttpEndpoint: metadata.endpoint,
    HttpTokens: metadata.tokens,
    HttpPutResponseHopLimit: metadata.hopLimit,
    HttpProtocolIpv6: "disabled",
    InstanceMetadataTags: "disabled",
  };
}

/** What is not named stays. */
function modifyOptions(call: Call<EC2.ModifyInstanceMetadataOptionsCommandInput>) {
  const row = living(call, call.input.InstanceId);
  const { HttpEndpoint, HttpTokens, HttpPutResponseHopLimit } = call.input;
  const metadata = {
    endpoint: HttpEndpoint ?? row.metadata.endpoint,
    tokens: HttpTokens ?? row.metadata.tokens,
    hopLimit: HttpPutResponseHopLimit ?? row.metadata.hopLimit,
  };
  const changed = { ...row, metadata };
  save(call, changed);
  return { InstanceId: row.id, InstanceMetadataOptions: { ...describeOptions(changed), State: "pending" as const } };
}

/** EC2's own ids are random; here one follows from its instance, so that a restored association is the one that was there. */
function describeAssociation({ id, profile }: InstanceRow): EC2.IamInstanceProfileAssociation {
  return {
    AssociationId: `iip-assoc-${id.slice(2)}`,
    InstanceId: id,
    IamInstanceProfile: { Arn: profile ?? "", Id: `AIPA${id.slice(2).toUpperCase()}` },
    State: "associated",
  };
}

function associated(call: Call): InstanceRow[] {
  const all = call.tx.list<InstanceRow>(ec2.instance(call.account, call.region, "")).map((row) => row.value);
  return all.filter(({ profile, state }) => profile !== null && state !== "terminated");
}

function associate(call: Call<EC2.AssociateIamInstanceProfileCommandInput>) {
  const row = living(call, call.input.InstanceId);
  if (row.profile !== null) throw new AwsFault("IncorrectState", 400, `There is an existing association for instance ${row.id}`);
  const { Arn, Name } = call.input.IamInstanceProfile ?? {};
  const changed = { ...row, profile: Arn ?? `arn:aws:iam::${call.account}:instance-profile/${Name}` };
  save(call, changed);
  return { IamInstanceProfileAssociation: { ...describeAssociation(changed), State: "associating" as const } };
}

function disassociate(call: Call<EC2.DisassociateIamInstanceProfileCommandInput>) {
  const { AssociationId } = call.input;
  const row = associated(call).find((one) => describeAssociation(one).AssociationId === AssociationId);
  if (row === undefined)
    throw new AwsFault("InvalidAssociationID.NotFound", 400, `An invalid association-id of '${AssociationId}' was given`);
  save(call, { ...row, profile: null });
  return { IamInstanceProfileAssociation: { ...describeAssociation(row), State: "disassociating" as const } };
}

function createSnapshots(call: Call<EC2.CreateSnapshotsCommandInput>) {
  const row = living(call, call.input.InstanceSpecification?.InstanceId);
  const made = row.volumes.map((volume): SnapshotRow => {
    // EC2's own ids are random; here the next one of a volume is always the same, so that two worlds can be compared.
    const prefix = `snap-${volume.slice("vol-".length)}-`;
    const number = call.tx.list(ec2.snapshot(call.account, call.region, prefix)).length + 1;
    const { Description = "", TagSpecifications } = call.input;
    return { id: `${prefix}${number}`, volume, description: Description, tags: newTags(TagSpecifications) };
  });
  for (const snapshot of made) call.put("instance", ec2.snapshot(call.account, call.region, snapshot.id), snapshot);
  return {
    Snapshots: made.map((snapshot) => ({
      SnapshotId: snapshot.id,
      VolumeId: snapshot.volume,
      OwnerId: call.account,
      State: "pending" as const,
      Tags: ec2Tags(snapshot.tags),
    })),
  };
}

function describeSnapshots(call: Call<EC2.DescribeSnapshotsCommandInput>) {
  const all = call.tx.list<SnapshotRow>(ec2.snapshot(call.account, call.region, "")).map((row) => row.value);
  const wanted = byIds(all, call.input.SnapshotIds, "InvalidSnapshot.NotFound", "snapshot");
  const found = wanted.filter(({ volume, tags }) => matchesFilters(call.input.Filters, tags, { "volume-id": [volume] }));
  const { items, rest } = ec2Page(call, found);
  const Snapshots = items.map((snapshot) => ({
    SnapshotId: snapshot.id,
    VolumeId: snapshot.volume,
    OwnerId: call.account,
    State: "completed" as const,
    Description: snapshot.description,
    Tags: ec2Tags(snapshot.tags),
  }));
  return { Snapshots, ...rest };
}

function deleteSnapshot(call: Call<EC2.DeleteSnapshotCommandInput>): Record<string, never> {
  const key = ec2.snapshot(call.account, call.region, call.input.SnapshotId ?? "");
  if (call.tx.newest(key) === null)
    throw new AwsFault("InvalidSnapshot.NotFound", 400, `The snapshot '${call.input.SnapshotId}' does not exist.`);
  call.put("instance", key, null);
  return {};
}

const profileOperations: Operation[] = [
  operation<EC2.DescribeIamInstanceProfileAssociationsCommandInput, EC2.DescribeIamInstanceProfileAssociationsCommandOutput>(
    "ec2",
    "DescribeIamInstanceProfileAssociations",
    {
      iam: "ec2:DescribeIamInstanceProfileAssociations",
      answer(call) {
        const found = associated(call).filter(({ id }) =>
          matchesFilters(call.input.Filters, {}, { "instance-id": [id], state: ["associated"] }),
        );
        const { items, rest } = ec2Page(call, found);
        return { IamInstanceProfileAssociations: items.map(describeAssociation), ...rest };
      },
    },
  ),
  operation<EC2.AssociateIamInstanceProfileCommandInput, EC2.AssociateIamInstanceProfileCommandOutput>(
    "ec2",
    "AssociateIamInstanceProfile",
    { iam: "ec2:AssociateIamInstanceProfile", resource: instanceArn, answer: associate },
  ),
  operation<EC2.DisassociateIamInstanceProfileCommandInput, EC2.DisassociateIamInstanceProfileCommandOutput>(
    "ec2",
    "DisassociateIamInstanceProfile",
    { iam: "ec2:DisassociateIamInstanceProfile", answer: disassociate },
  ),
];

export const ec2InstanceOperations: Operation[] = [
  ...profileOperations,
  operation<EC2.DescribeInstanceAttributeCommandInput, EC2.DescribeInstanceAttributeCommandOutput>(
    "ec2",
    "DescribeInstanceAttribute",
    { iam: "ec2:DescribeInstanceAttribute", answer: describeAttribute },
  ),
  operation<EC2.ModifyInstanceAttributeCommandInput, EC2.ModifyInstanceAttributeCommandOutput>("ec2", "ModifyInstanceAttribute", {
    iam: "ec2:ModifyInstanceAttribute",
    resource: instanceArn,
    answer: modifyAttribute,
  }),
  operation<EC2.ModifyInstanceMetadataOptionsCommandInput, EC2.ModifyInstanceMetadataOptionsCommandOutput>(
    "ec2",
    "ModifyInstanceMetadataOptions",
    { iam: "ec2:ModifyInstanceMetadataOptions", resource: instanceArn, answer: modifyOptions },
  ),
  operation<EC2.CreateSnapshotsCommandInput, EC2.CreateSnapshotsCommandOutput>("ec2", "CreateSnapshots", {
    iam: "ec2:CreateSnapshots",
    answer: createSnapshots,
  }),
  operation<EC2.DescribeSnapshotsCommandInput, EC2.DescribeSnapshotsCommandOutput>("ec2", "DescribeSnapshots", {
    iam: "ec2:DescribeSnapshots",
    answer: describeSnapshots,
  }),
  operation<EC2.DeleteSnapshotCommandInput, EC2.DeleteSnapshotCommandOutput>("ec2", "DeleteSnapshot", {
    iam: "ec2:DeleteSnapshot",
    answer: deleteSnapshot,
  }),
];
