import { DescribeInstanceAttributeCommand, type Instance, ModifyInstanceAttributeCommand } from "@aws-sdk/client-ec2";
import * as z from "zod";
import { defect, type ResourceRef, sameJson } from "../../../model/index.ts";
import { orAbsent, type ReadScope } from "../../../providers/index.ts";
import { defineAction } from "../../action.ts";
import { EXAMPLE_HOSTS, findLiving, idOf } from "./instances.ts";
import { type Ec2, ec2Of, type Place } from "./pages.ts";

/** As EC2 says it, as a text: `true`, `false`, `stop`, `terminate`. */
type State = { readonly value: string };

/** In the order in which they are set: nobody may destroy the host, stop it, or end it from inside. */
const GUARDS = {
  disableApiTermination: { value: "true", said: "protect {} from termination", spot: false, storeBacked: true },
  disableApiStop: { value: "true", said: "protect {} from being stopped", spot: true, storeBacked: false },
  instanceInitiatedShutdownBehavior: {
    value: "stop",
    said: "let a shutdown from inside stop {} and not terminate it",
    spot: false,
    storeBacked: false,
  },
} as const;
type Attribute = keyof typeof GUARDS;
const ATTRIBUTES = Object.keys(GUARDS) as Attribute[];

export const protectInstances = defineAction<"aws.tagged-instances", Record<string, never>, State>({
  id: "aws.ec2.protect-instances",
  title: "Protect instances from being terminated or stopped",
  description:
    "Turns on termination protection and stop protection of each instance and has a shutdown from inside stop it, so that what it holds is not lost: one change for each attribute. Spot Instances take stop protection only, instances with a root device in the instance store termination protection only; what they do not take is not proposed.",
  containment: "destination",
  blastRadius:
    "whoever stops or terminates these instances through the API is refused until it is lifted, deployments and the responders included; nobody loses access to them. Auto Scaling, Spot interruptions and a shutdown from inside are not stopped by it",
  targets: ["aws.tagged-instances"],
  params: z.strictObject({}),
  permissions: {
    read: [
      { service: "ec2", operation: "DescribeInstances", iam: ["ec2:DescribeInstances"] },
      { service: "ec2", operation: "DescribeInstanceAttribute", iam: ["ec2:DescribeInstanceAttribute"] },
    ],
    write: [{ service: "ec2", operation: "ModifyInstanceAttribute", iam: ["ec2:ModifyInstanceAttribute"] }],
  },
  bound: { ms: 60_000, source: "assumed: the Amazon EC2 User Guide gives no figure for changes of an instance's attributes" },
  examples: [
    {
      title: "Two instances, the first of them protected from termination",
      selection: EXAMPLE_HOSTS,
      params: {},
      changes: [
        exampleChange("i-0acme01", "disableApiTermination", "true"),
        exampleChange("i-0acme01", "disableApiStop", "false"),
        exampleChange("i-0acme01", "instanceInitiatedShutdownBehavior", "stop"),
        exampleChange("i-0acme02", "disableApiTermination", "false"),
        exampleChange("i-0acme02", "disableApiStop", "false"),
        exampleChange("i-0acme02", "instanceInitiatedShutdownBehavior", "terminate"),
      ],
    },
  ],

  async *plan(scope, selection) {
    const ec2 = await ec2Of(scope, selection);
    for (const instance of await findLiving(ec2, selection.tag)) {
      for (const attribute of ATTRIBUTES.filter((one) => takes(instance, one))) {
        const resource = attributeRef(selection, idOf(instance), attribute);
        const before = await read(scope, resource);
        const after = { value: GUARDS[attribute].value };
        yield {
          key: resource.id,
          resource,
          summary: say(resource, before),
          before,
          after,
          reversal: { kind: "restore" },
        };
      }
    }
  },

  read,

  async apply(scope, { resource, after }) {
    if (after === null) return defect(`attribute "${resource.id}" cannot be removed`);
    const ec2 = await ec2Of(scope, resource);
    await ec2.send(new ModifyInstanceAttributeCommand(inputOf(resource, after)));
  },

  async verify(scope, { resource, after }) {
    const now = await read(scope, resource);
    if (sameJson(now, after)) return { verdict: "confirmed", level: "configuration" };
    const { attribute } = partsOf(resource);
    return { verdict: "contradicted", level: "configuration", detail: `${attribute} is ${now?.value ?? "gone"}` };
  },

  async probe(scope, { resource, before, after }) {
    if (sameJson(before, after)) return { status: "passed", detail: "it stands already: nothing has to be written" };
    const ec2 = await ec2Of(scope, resource);
    await ec2.send(new ModifyInstanceAttributeCommand(inputOf(resource, after ?? defect("nothing is asked for"))));
    const { instance, attribute } = partsOf(resource);
    return { status: "passed", detail: `EC2 would let ${attribute} of ${instance} be changed` };
  },

  async residual(_scope, { resource }) {
    const { instance, attribute } = partsOf(resource);
    // What concerns the instance is said once, at the attribute that each has.
    if (attribute !== "disableApiStop" && attribute !== "disableApiTermination") return [];
    const undone = {
      what: `whoever may change attributes of ${instance} (ec2:ModifyInstanceAttribute) can take the protection off`,
      until: "until that permission is denied to them",
      why: "the protection is a setting of the instance and not a denial",
    };
    if (attribute === "disableApiStop") return [undone];
    return [
      {
        what: `termination of ${instance} by Auto Scaling, by a Spot interruption, or by the end of its volumes`,
        until: "until it is out of the group's service",
        why: "termination protection concerns calls of the EC2 API only: a group replaces what it takes for unhealthy",
      },
    ];
  },
});

async function read(scope: ReadScope, resource: ResourceRef): Promise<State | null> {
  const { instance, attribute } = partsOf(resource);
  const ec2: Ec2 = await ec2Of(scope, resource);
  const answer = await orAbsent(() =>
    ec2.send(new DescribeInstanceAttributeCommand({ InstanceId: instance, Attribute: attribute })),
  );
  if (answer === null) return null;
  const value = {
    disableApiTermination: answer.DisableApiTermination,
    disableApiStop: answer.DisableApiStop,
    instanceInitiatedShutdownBehavior: answer.InstanceInitiatedShutdownBehavior,
  }[attribute]?.Value;
  return value === undefined ? null : { value: String(value) };
}

/** What EC2 refuses to set on such an instance. */
function takes({ InstanceLifecycle, RootDeviceType }: Instance, attribute: Attribute): boolean {
  const { spot, storeBacked } = GUARDS[attribute];
  return (InstanceLifecycle !== "spot" || spot) && (RootDeviceType !== "instance-store" || storeBacked);
}

function inputOf(resource: ResourceRef, { value }: State) {
  const { instance, attribute } = partsOf(resource);
  const on = { Value: value === "true" };
  switch (attribute) {
    case "disableApiTermination":
      return { InstanceId: instance, DisableApiTermination: on };
    case "disableApiStop":
      return { InstanceId: instance, DisableApiStop: on };
    case "instanceInitiatedShutdownBehavior":
      return { InstanceId: instance, InstanceInitiatedShutdownBehavior: { Value: value } };
  }
}

function attributeRef({ account, region }: Place, instance: string, attribute: Attribute): ResourceRef {
  return { provider: "aws", type: "instance-attribute", account, region, id: `${instance}/${attribute}` };
}

function partsOf({ id }: ResourceRef): { readonly instance: string; readonly attribute: Attribute } {
  const [instance = "", name] = id.split("/");
  const attribute = ATTRIBUTES.find((one) => one === name) ?? defect(`"${id}" names no attribute of an instance`);
  return { instance, attribute };
}

function say(resource: ResourceRef, before: State | null): string {
  const { instance, attribute } = partsOf(resource);
  const { value, said } = GUARDS[attribute];
  const whole = said.replace("{}", instance);
  return before?.value === value ? `hold as it is: ${whole}` : whole;
}

function exampleChange(instance: string, attribute: Attribute, value: string) {
  const resource = attributeRef(EXAMPLE_HOSTS, instance, attribute);
  const before = { value };
  return { key: resource.id, resource, summary: say(resource, before), before, after: { value: GUARDS[attribute].value } };
}
