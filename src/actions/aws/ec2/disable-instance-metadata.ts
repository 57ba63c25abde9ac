import {
  type Instance,
  ModifyInstanceMetadataOptionsCommand,
  type ModifyInstanceMetadataOptionsRequest,
} from "@aws-sdk/client-ec2";
import * as z from "zod";
import { compact, defect, type ResourceRef, sameJson } from "../../../model/index.ts";
import type { ReadScope } from "../../../providers/index.ts";
import { defineAction } from "../../action.ts";
import { EXAMPLE_HOSTS, findInstance, findLiving, idOf } from "./instances.ts";
import { ec2Of, type Place } from "./pages.ts";

/** All options of an instance's metadata service, as EC2 calls them: turned on again it has to be as it was. */
type State = {
  readonly HttpEndpoint: string;
  readonly HttpTokens?: string;
  readonly HttpPutResponseHopLimit?: number;
  readonly HttpProtocolIpv6?: string;
  readonly InstanceMetadataTags?: string;
};

const OFF = "disabled";

export const disableInstanceMetadata = defineAction<"aws.tagged-instances", Record<string, never>, State>({
  id: "aws.ec2.disable-instance-metadata",
  title: "Turn the metadata service of instances off",
  description:
    "Disables the HTTP endpoint of the instance metadata service of each instance: nothing on the host gets the role's credentials, user data or identity documents from it any more. The other options of the service are kept and written back with it.",
  containment: "access",
  blastRadius:
    "everything on these instances that asks the metadata service: applications and agents lose their credentials when those they hold expire, Session Manager among them; credentials that were handed out, and other ways out of the host, are not stopped",
  targets: ["aws.tagged-instances"],
  params: z.strictObject({}),
  permissions: {
    read: [{ service: "ec2", operation: "DescribeInstances", iam: ["ec2:DescribeInstances"] }],
    write: [{ service: "ec2", operation: "ModifyInstanceMetadataOptions", iam: ["ec2:ModifyInstanceMetadataOptions"] }],
  },
  bound: {
    ms: 60_000,
    source: "assumed: EC2 says pending until the options are applied, the Amazon EC2 User Guide gives no figure",
  },
  examples: [
    {
      title: "Two instances, one of which demands tokens",
      selection: EXAMPLE_HOSTS,
      params: {},
      changes: [exampleChange("i-0acme01", "optional", 1), exampleChange("i-0acme02", "required", 2)],
    },
  ],

  async *plan(scope, selection) {
    const ec2 = await ec2Of(scope, selection);
    for (const instance of await findLiving(ec2, selection.tag)) {
      const id = idOf(instance);
      const before = stateOf(instance);
      if (before === null) continue;
      const after = { ...before, HttpEndpoint: OFF };
      yield {
        key: id,
        resource: optionsRef(selection, id),
        summary: say(id, before),
        before,
        after,
        reversal: { kind: "restore" },
      };
    }
  },

  read,

  async apply(scope, { resource, after }) {
    if (after === null) return defect(`the options of ${resource.id} cannot be removed`);
    const ec2 = await ec2Of(scope, resource);
    // Texts come back as EC2 said them.
    const options = after as Omit<ModifyInstanceMetadataOptionsRequest, "InstanceId">;
    await ec2.send(new ModifyInstanceMetadataOptionsCommand({ InstanceId: resource.id, ...options }));
  },

  async verify(scope, { resource, after }, direction) {
    const level = "configuration";
    const ec2 = await ec2Of(scope, resource);
    const instance = await findInstance(ec2, resource.id);
    const now = instance && stateOf(instance);
    const inPlace = direction === "contain" ? now?.HttpEndpoint === OFF : sameJson(now, after);
    if (!inPlace) return { verdict: "contradicted", level, detail: `the endpoint is ${now?.HttpEndpoint ?? "gone"}` };
    if (instance?.MetadataOptions?.State !== "pending") return { verdict: "confirmed", level };
    return { verdict: "inconclusive", level, detail: "the change is pending: the instance does not follow it yet" };
  },

  /** What others set on the service since stays; the endpoint goes back where nobody else holds it. */
  merge(base, _change, now, held) {
    if (now === null || base === null || held.length > 0) return { state: now };
    if (now.HttpEndpoint !== OFF) return { state: now };
    return { state: { ...now, HttpEndpoint: base.HttpEndpoint } };
  },

  async residual(_scope, { resource: { id } }) {
    return [
      {
        what: `credentials that ${id} got from its metadata service before, wherever they were taken`,
        until: "until they expire, about 6 hours after their issue",
        why: "the service hands out no new ones and takes none back: revoke the role's sessions (soc2-er revoke aws:role/…)",
      },
      {
        what: `whoever may change the metadata options of ${id} (ec2:ModifyInstanceMetadataOptions) can turn them on again`,
        until: "until that permission is denied to them",
        why: "it is a setting of the instance and not a denial",
      },
    ];
  },
});

async function read(scope: ReadScope, resource: ResourceRef): Promise<State | null> {
  const ec2 = await ec2Of(scope, resource);
  const instance = await findInstance(ec2, resource.id);
  return instance && stateOf(instance);
}

function stateOf({ MetadataOptions }: Instance): State | null {
  if (MetadataOptions?.HttpEndpoint === undefined) return null;
  const { HttpEndpoint, HttpTokens, HttpPutResponseHopLimit, HttpProtocolIpv6, InstanceMetadataTags } = MetadataOptions;
  return compact({ HttpEndpoint, HttpTokens, HttpPutResponseHopLimit, HttpProtocolIpv6, InstanceMetadataTags });
}

function optionsRef({ account, region }: Place, id: string): ResourceRef {
  return { provider: "aws", type: "instance-metadata-options", account, region, id };
}

function say(id: string, before: State): string {
  return `${before.HttpEndpoint === OFF ? "hold" : "turn"} the metadata service of ${id} off`;
}

function exampleChange(id: string, HttpTokens: string, HttpPutResponseHopLimit: number) {
  const rest = { HttpTokens, HttpPutResponseHopLimit, HttpProtocolIpv6: OFF, InstanceMetadataTags: OFF };
  const before = { HttpEndpoint: "enabled", ...rest };
  return {
    key: id,
    resource: optionsRef(EXAMPLE_HOSTS, id),
    summary: say(id, before),
    before,
    after: { ...before, HttpEndpoint: OFF },
  };
}
