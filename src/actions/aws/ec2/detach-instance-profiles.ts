import {
  AssociateIamInstanceProfileCommand,
  DescribeIamInstanceProfileAssociationsCommand,
  DisassociateIamInstanceProfileCommand,
  type IamInstanceProfileAssociation,
} from "@aws-sdk/client-ec2";
import * as z from "zod";
import { defect, type ResourceRef, sameJson } from "../../../model/index.ts";
import type { ReadScope } from "../../../providers/index.ts";
import { defineAction } from "../../action.ts";
import { EXAMPLE_HOSTS, findLiving, idOf } from "./instances.ts";
import { type Ec2, ec2Of, everyPage, type Place } from "./pages.ts";

/** `profile` is an ARN; an instance without one has no state. */
type State = { readonly profile: string };

export const detachInstanceProfiles = defineAction<"aws.tagged-instances", Record<string, never>, State>({
  id: "aws.ec2.detach-instance-profiles",
  title: "Take instances' roles away",
  description:
    "Disassociates the instance profile of each instance: the host gets no new credentials of the role. One without a profile is held that way. Nothing is deleted; a restore associates the profile that was there.",
  containment: "access",
  blastRadius:
    "applications and agents on these instances lose the role when the credentials that they hold expire, Session Manager among them, by which responders may want to look at the host; other instances with the same role are not touched, and credentials that were handed out live on",
  targets: ["aws.tagged-instances"],
  params: z.strictObject({}),
  permissions: {
    read: [
      { service: "ec2", operation: "DescribeInstances", iam: ["ec2:DescribeInstances"] },
      {
        service: "ec2",
        operation: "DescribeIamInstanceProfileAssociations",
        iam: ["ec2:DescribeIamInstanceProfileAssociations"],
      },
    ],
    write: [
      { service: "ec2", operation: "DisassociateIamInstanceProfile", iam: ["ec2:DisassociateIamInstanceProfile"] },
      { service: "ec2", operation: "AssociateIamInstanceProfile", iam: ["ec2:AssociateIamInstanceProfile", "iam:PassRole"] },
    ],
  },
  bound: {
    ms: 60_000,
    source: "assumed: the Amazon EC2 User Guide gives no figure for the disassociation of an instance profile",
  },
  examples: [
    {
      title: "Two instances with the tenant's role",
      selection: EXAMPLE_HOSTS,
      params: {},
      changes: ["i-0acme01", "i-0acme02"].map((id) => {
        const before = { profile: "arn:aws:iam::123456789012:instance-profile/acme-worker" };
        return { key: id, resource: profileRef(EXAMPLE_HOSTS, id), summary: say(id, before), before, after: null };
      }),
    },
  ],

  async *plan(scope, selection) {
    const ec2 = await ec2Of(scope, selection);
    for (const id of (await findLiving(ec2, selection.tag)).map(idOf)) {
      const resource = profileRef(selection, id);
      const before = await read(scope, resource);
      yield { key: id, resource, summary: say(id, before), before, after: null, reversal: { kind: "restore" } };
    }
  },

  read,

  async apply(scope, { resource, before, after }) {
    const ec2 = await ec2Of(scope, resource);
    if (after === null) {
      const AssociationId = (await associationOf(ec2, resource.id))?.AssociationId;
      if (AssociationId === undefined) return defect(`${resource.id} lost its profile between two looks`);
      await ec2.send(new DisassociateIamInstanceProfileCommand({ AssociationId }));
    } else if (before === null) {
      const IamInstanceProfile = { Arn: after.profile };
      await ec2.send(new AssociateIamInstanceProfileCommand({ InstanceId: resource.id, IamInstanceProfile }));
    } else defect("a profile is taken away or given back, never replaced");
  },

  async verify(scope, { resource, after }) {
    const now = await read(scope, resource);
    if (sameJson(now, after)) return { verdict: "confirmed", level: "configuration" };
    return { verdict: "contradicted", level: "configuration", detail: `it has ${now?.profile ?? "no profile"}` };
  },

  async residual(_scope, { resource: { id }, before }) {
    const again = {
      what: `whoever may give ${id} a profile again (ec2:AssociateIamInstanceProfile, iam:PassRole)`,
      until: "until that permission is denied to them",
      why: "an instance without a profile may be given one",
    };
    if (before === null) return [again];
    return [
      {
        what: `credentials of instance profile "${before.profile.split("/").at(-1)}" that ${id} handed out, wherever they were taken`,
        until: "until they expire, about 6 hours after their issue",
        why: "without its profile the host gets no new ones, and none is taken back: revoke the role's sessions (soc2-er revoke aws:role/…)",
      },
      again,
    ];
  },
});

async function read(scope: ReadScope, resource: ResourceRef): Promise<State | null> {
  const profile = (await associationOf(await ec2Of(scope, resource), resource.id))?.IamInstanceProfile?.Arn;
  return profile === undefined ? null : { profile };
}

/** One that is on its way out counts as gone: it hands out nothing, and nobody can keep it. */
async function associationOf(ec2: Ec2, instance: string): Promise<IamInstanceProfileAssociation | undefined> {
  const Filters = [{ Name: "instance-id", Values: [instance] }];
  const found = await everyPage(
    (from) => ec2.send(new DescribeIamInstanceProfileAssociationsCommand({ Filters, ...from })),
    ({ IamInstanceProfileAssociations }) => IamInstanceProfileAssociations,
  );
  return found.find(({ State }) => State === "associated" || State === "associating");
}

function profileRef({ account, region }: Place, id: string): ResourceRef {
  return { provider: "aws", type: "instance-profile-association", account, region, id };
}

function say(id: string, before: State | null): string {
  if (before === null) return `hold ${id} without an instance profile`;
  return `take instance profile "${before.profile.split("/").at(-1)}" away from ${id}`;
}
