import { CreateSnapshotsCommand, DescribeSnapshotsCommand, type Instance, type Snapshot } from "@aws-sdk/client-ec2";
import * as z from "zod";
import { defect, type ResourceRef } from "../../../model/index.ts";
import type { ReadScope } from "../../../providers/index.ts";
import { defineAction } from "../../action.ts";
import { EXAMPLE_HOSTS, findLiving, idOf } from "./instances.ts";
import { type Ec2, ec2Of, everyPage, type Place } from "./pages.ts";

/** The newest set of snapshots that was taken of an instance: its number, from 1, and the volumes that are in it. */
type State = { readonly set: number; readonly volumes: readonly string[] };

const INSTANCE_TAG = "soc2-er-evidence-of";
const SET_TAG = "soc2-er-evidence-set";

export const snapshotVolumes = defineAction<"aws.tagged-instances", Record<string, never>, State>({
  id: "aws.ec2.snapshot-volumes",
  title: "Take snapshots of instances' volumes, which stay",
  description:
    "Irreversible. Takes a snapshot of every EBS volume of each instance at one moment, tagged with the instance and the number of the set, as evidence. A rollback does not delete them: whoever keeps evidence does, when nobody needs it any more. Each plan takes a new set. What is in memory, and volumes of the instance store, are not in it.",
  containment: "destination",
  blastRadius:
    "nobody loses access, and nothing on the host changes; reading a volume may be slower while its snapshot is copied, and the snapshots cost their storage until somebody deletes them; whoever may read snapshots of the account can read what was on the volumes",
  targets: ["aws.tagged-instances"],
  params: z.strictObject({}),
  permissions: {
    read: [
      { service: "ec2", operation: "DescribeInstances", iam: ["ec2:DescribeInstances"] },
      { service: "ec2", operation: "DescribeSnapshots", iam: ["ec2:DescribeSnapshots"] },
    ],
    write: [{ service: "ec2", operation: "CreateSnapshots", iam: ["ec2:CreateSnapshots", "ec2:CreateTags"] }],
  },
  bound: {
    ms: 60_000,
    source:
      "Amazon EBS User Guide, snapshots: the moment is captured when the call is made, and the copy goes on behind it; a minute is allowed until it is listed",
  },
  examples: [
    {
      title: "Two instances with two volumes each",
      selection: EXAMPLE_HOSTS,
      params: {},
      changes: [
        exampleChange("i-0acme01", ["vol-0acme01a", "vol-0acme01b"]),
        exampleChange("i-0acme02", ["vol-0acme02a", "vol-0acme02b"]),
      ],
    },
  ],

  async *plan(scope, selection) {
    const ec2 = await ec2Of(scope, selection);
    for (const instance of await findLiving(ec2, selection.tag)) {
      const volumes = volumesOf(instance);
      if (volumes.length === 0) continue;
      const id = idOf(instance);
      const resource = evidenceRef(selection, id);
      const before = await read(scope, resource);
      yield {
        key: id,
        resource,
        summary: say(id, volumes),
        before,
        after: { set: (before?.set ?? 0) + 1, volumes },
        reversal: { kind: "none", because: `snapshots of ${id} are evidence: a rollback does not delete them` },
      };
    }
  },

  read,

  async apply(scope, { resource, after }) {
    if (after === null) return defect("evidence is not deleted");
    const ec2 = await ec2Of(scope, resource);
    await ec2.send(new CreateSnapshotsCommand(inputOf(resource, after)));
  },

  async verify(scope, { resource, after }) {
    const level = "configuration";
    // Nothing is taken back: what a rollback leaves is what it found.
    if (after === null) return { verdict: "confirmed", level };
    const ec2 = await ec2Of(scope, resource);
    const found = (await snapshotsOf(ec2, resource.id)).filter((snapshot) => setOf(snapshot) === after.set);
    const failed = found.find(({ State }) => State === "error");
    if (failed !== undefined) return { verdict: "contradicted", level, detail: `snapshot ${failed.SnapshotId} failed` };
    const missing = after.volumes.filter((volume) => !found.some(({ VolumeId }) => VolumeId === volume));
    if (missing.length === 0) return { verdict: "confirmed", level };
    return { verdict: "contradicted", level, detail: `set ${after.set} has no snapshot of ${missing.join(", ")}` };
  },

  async probe(scope, { resource, after }) {
    const ec2 = await ec2Of(scope, resource);
    await ec2.send(new CreateSnapshotsCommand(inputOf(resource, after ?? defect("evidence is not deleted"))));
    return { status: "passed", detail: `EC2 would let snapshots of ${resource.id} be taken` };
  },

  async residual(_scope, { resource: { id } }) {
    return [
      {
        what: `what ${id} has in memory and on volumes of the instance store, and what it writes from now on`,
        until: "until somebody captures it on the host",
        why: "a snapshot holds what was on the EBS volumes at its moment and nothing else",
      },
      {
        what: `deletion of the snapshots of ${id} by whoever may delete snapshots (ec2:DeleteSnapshot)`,
        until: "until they are locked, or copied into an account of their own",
        why: "a snapshot is an object of the account like any other",
      },
    ];
  },
});

async function read(scope: ReadScope, resource: ResourceRef): Promise<State | null> {
  const found = await snapshotsOf(await ec2Of(scope, resource), resource.id);
  const set = Math.max(0, ...found.map(setOf));
  if (set === 0) return null;
  const volumes = found.filter((snapshot) => setOf(snapshot) === set).flatMap(({ VolumeId }) => VolumeId ?? []);
  return { set, volumes: volumes.toSorted() };
}

async function snapshotsOf(ec2: Ec2, instance: string): Promise<Snapshot[]> {
  const Filters = [{ Name: `tag:${INSTANCE_TAG}`, Values: [instance] }];
  return everyPage(
    (from) => ec2.send(new DescribeSnapshotsCommand({ OwnerIds: ["self"], Filters, ...from })),
    ({ Snapshots }) => Snapshots,
  );
}

function setOf({ Tags }: Snapshot): number {
  return Number(Tags?.find(({ Key }) => Key === SET_TAG)?.Value ?? 0);
}

function volumesOf({ BlockDeviceMappings }: Instance): string[] {
  return (BlockDeviceMappings ?? []).flatMap(({ Ebs }) => Ebs?.VolumeId ?? []).toSorted();
}

function inputOf({ id }: ResourceRef, { set }: State) {
  const Tags = [
    { Key: "soc2-er", Value: "evidence" },
    { Key: INSTANCE_TAG, Value: id },
    { Key: SET_TAG, Value: String(set) },
  ];
  return {
    InstanceSpecification: { InstanceId: id },
    Description: `evidence of ${id}, set ${set}, taken by soc2-er`,
    TagSpecifications: [{ ResourceType: "snapshot" as const, Tags }],
  };
}

function evidenceRef({ account, region }: Place, id: string): ResourceRef {
  return { provider: "aws", type: "instance-snapshots", account, region, id };
}

function say(id: string, volumes: readonly string[]): string {
  const what = volumes.length === 1 ? "a snapshot of the volume" : `snapshots of the ${volumes.length} volumes`;
  return `take ${what} of ${id}, which stays when this is rolled back`;
}

function exampleChange(id: string, volumes: readonly string[]) {
  const resource = evidenceRef(EXAMPLE_HOSTS, id);
  return { key: id, resource, summary: say(id, volumes), before: null, after: { set: 1, volumes } };
}
