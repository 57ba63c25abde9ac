import {
  DescribeVpcBlockPublicAccessExclusionsCommand,
  DescribeVpcBlockPublicAccessOptionsCommand,
  type InternetGatewayBlockMode,
  ModifyVpcBlockPublicAccessOptionsCommand,
  type VpcBlockPublicAccessExclusion,
  type VpcBlockPublicAccessOptions,
} from "@aws-sdk/client-ec2";
import * as z from "zod";
import { defect, ErError, type ResidualAccess, type ResourceRef, type SelectionOf, sameJson } from "../../../model/index.ts";
import type { ReadScope } from "../../../providers/index.ts";
import { defineAction } from "../../action.ts";
import { ec2Of, everyPage, type Place } from "./pages.ts";

type State = { readonly mode: InternetGatewayBlockMode };
const MODES = ["block-bidirectional", "block-ingress"] as const;
type Params = { readonly mode: (typeof MODES)[number] };

/** What blocks more stands further back. */
const BY_WEIGHT: readonly InternetGatewayBlockMode[] = ["off", "block-ingress", "block-bidirectional"];

const EXAMPLE = { kind: "aws.region-internet", entrance: "shop", account: "123456789012", region: "us-east-1" } as const;

export const blockPublicAccess = defineAction<"aws.region-internet", Params, State>({
  id: "aws.ec2.block-public-access",
  title: "Block the internet gateways of an account's Region",
  description:
    "Turns on VPC Block Public Access for the account and Region that the entrance is in: nothing in its VPCs is reached from the internet any more, and in the mode block-bidirectional, which is the default, nothing in them reaches it. VPCs and subnets that were excluded beforehand stay open as their exclusion says; the plan names them. No route, gateway or rule is edited. A mode that blocks more than was asked for is left as it is. A restore sets the mode that was there before.",
  containment: "destination",
  blastRadius:
    "the biggest there is: every VPC of the account in this Region, of every entrance and tenant. Internet gateways, egress-only internet gateways and NAT gateways, internet-facing load balancers, CloudFront VPC origins, Global Accelerator and Wavelength's carrier gateways pass nothing any more; responders who come in that way and hosts that call AWS's public endpoints are cut off, too. Gateway Load Balancer and Network Firewall endpoints are blocked even where their subnet is excluded. In the mode block-ingress NAT and egress-only internet gateways go on. What does not take an internet gateway is not stopped: VPN, transit gateways, peering, VPC endpoints and the network inside",
  targets: ["aws.region-internet"],
  params: z.strictObject({ mode: z.enum(MODES).default("block-bidirectional") }),
  permissions: {
    read: [
      { service: "ec2", operation: "DescribeVpcBlockPublicAccessOptions", iam: ["ec2:DescribeVpcBlockPublicAccessOptions"] },
      {
        service: "ec2",
        operation: "DescribeVpcBlockPublicAccessExclusions",
        iam: ["ec2:DescribeVpcBlockPublicAccessExclusions"],
      },
    ],
    write: [{ service: "ec2", operation: "ModifyVpcBlockPublicAccessOptions", iam: ["ec2:ModifyVpcBlockPublicAccessOptions"] }],
  },
  bound: {
    ms: 300_000,
    source:
      "Amazon VPC User Guide, VPC BPA basics: it may take a few minutes for the settings to take effect and the status to be updated; five minutes are allowed",
  },
  examples: [
    {
      title: "The Region that the shop is in",
      selection: EXAMPLE,
      params: { mode: "block-bidirectional" },
      changes: [
        {
          key: "us-east-1",
          resource: regionRef(EXAMPLE),
          summary: sayBlocked(EXAMPLE, "block-bidirectional", "off", []),
          before: { mode: "off" },
          after: { mode: "block-bidirectional" },
        },
      ],
    },
  ],

  async *plan(scope, selection, { mode }) {
    const options = await optionsOf(scope, selection);
    const before = stateOf(options);
    const stands = BY_WEIGHT.indexOf(before.mode) >= BY_WEIGHT.indexOf(mode);
    if (!stands && options.ManagedBy === "declarative-policy") refuseManaged(selection, before);
    const after = stands ? before : { mode };
    const open = (await exclusionsOf(scope, selection)).filter(isOpen(after.mode));
    yield {
      key: selection.region,
      resource: regionRef(selection),
      summary: sayBlocked(selection, after.mode, before.mode, open),
      before,
      after,
      reversal: { kind: "restore" },
    };
  },

  read,

  async apply(scope, { resource, after }) {
    if (after === null) return defect("a Region always has a mode");
    const ec2 = await ec2Of(scope, resource);
    await ec2.send(new ModifyVpcBlockPublicAccessOptionsCommand({ InternetGatewayBlockMode: after.mode }));
  },

  async verify(scope, { resource, after }) {
    const level = "configuration";
    const options = await optionsOf(scope, resource);
    const now = stateOf(options);
    if (!sameJson(now, after)) return { verdict: "contradicted", level, detail: `the mode is ${now.mode}` };
    if (options.State !== "update-in-progress") return { verdict: "confirmed", level };
    return { verdict: "inconclusive", level, detail: "the mode is set, and its update is in progress" };
  },

  effects({ resource: { account, region, id }, after }) {
    const direction = after?.mode === "block-bidirectional" ? "both" : "in";
    return [{ kind: "flow", provider: "aws", account, region, peer: "*", at: id, direction, established: false }];
  },

  async probe(scope, { resource, before, after }) {
    if (after === null || sameJson(before, after))
      return { status: "passed", detail: "it stands already: nothing has to be written" };
    const ec2 = await ec2Of(scope, resource);
    await ec2.send(new ModifyVpcBlockPublicAccessOptionsCommand({ InternetGatewayBlockMode: after.mode }));
    return { status: "passed", detail: "EC2 would let the mode be set" };
  },

  async residual(scope, { resource, after }) {
    const mode = after?.mode ?? "off";
    const open = (await exclusionsOf(scope, resource)).filter(isOpen(mode));
    return [...open.map(sayOpen), ...(mode === "block-ingress" ? [OUTWARD] : []), PRIVATE];
  },
});

const OUTWARD: ResidualAccess = {
  what: "connections outward through NAT gateways and egress-only internet gateways, with data that is carried away",
  until: "until the mode is block-bidirectional",
  why: "block-ingress lets these gateways go on",
};
const PRIVATE: ResidualAccess = {
  what: "VPN, transit gateways, peering, VPC endpoints, and everything between hosts of the Region",
  until: "until the hosts are quarantined or stopped",
  why: "VPC Block Public Access works on internet gateways alone",
};

async function exclusionsOf(scope: ReadScope, place: Place): Promise<VpcBlockPublicAccessExclusion[]> {
  const ec2 = await ec2Of(scope, place);
  return everyPage(
    (from) => ec2.send(new DescribeVpcBlockPublicAccessExclusionsCommand(from)),
    ({ VpcBlockPublicAccessExclusions }) => VpcBlockPublicAccessExclusions,
  );
}

/** One that is being made or removed may be open. Where the mode lets out anyway, one that lets out adds nothing. */
function isOpen(mode: State["mode"]) {
  return ({ State, InternetGatewayExclusionMode }: VpcBlockPublicAccessExclusion) =>
    !/^(create-failed|delete-complete|disable-complete)$/.test(State ?? "") &&
    (mode === "block-bidirectional" || InternetGatewayExclusionMode !== "allow-egress");
}

/** `vpc-…` or `subnet-…` */
function excludedId({ ResourceArn: arn = "" }: VpcBlockPublicAccessExclusion): string {
  return arn.slice(arn.lastIndexOf("/") + 1);
}

function sayOpen(exclusion: VpcBlockPublicAccessExclusion): ResidualAccess {
  const { ExclusionId, InternetGatewayExclusionMode: mode } = exclusion;
  return {
    what: `internet traffic ${mode === "allow-egress" ? "out of" : "to and from"} ${excludedId(exclusion)}`,
    until: "until its exclusion is removed",
    why: `exclusion ${ExclusionId} takes it out of the block`,
  };
}

async function optionsOf(scope: ReadScope, place: Place): Promise<VpcBlockPublicAccessOptions> {
  const ec2 = await ec2Of(scope, place);
  const answer = await ec2.send(new DescribeVpcBlockPublicAccessOptionsCommand({}));
  return answer.VpcBlockPublicAccessOptions ?? {};
}

function stateOf({ InternetGatewayBlockMode: mode }: VpcBlockPublicAccessOptions): State {
  return { mode: mode ?? defect("EC2 says no mode") };
}

async function read(scope: ReadScope, resource: ResourceRef): Promise<State> {
  return stateOf(await optionsOf(scope, resource));
}

function refuseManaged({ account, region }: SelectionOf<"aws.region-internet">, { mode }: State): never {
  throw new ErError(
    "denied",
    `a declarative policy of the organization keeps VPC Block Public Access of ${account} in ${region} at "${mode}"`,
    { hints: ["whoever manages the organization's declarative policies can change it there"] },
  );
}

function regionRef({ account, region }: Place): ResourceRef {
  return { provider: "aws", type: "vpc-block-public-access", account, region, id: `internet-gateways/${region}` };
}

function sayBlocked(
  { entrance, account, region }: SelectionOf<"aws.region-internet">,
  mode: State["mode"],
  before: State["mode"],
  open: readonly VpcBlockPublicAccessExclusion[],
): string {
  const how = mode === "block-ingress" ? "coming in from the internet" : "the internet, in both directions";
  const begin = mode === before ? "keep" : "cut";
  const but = open.length === 0 ? "" : `, except for ${open.map(excludedId).sort().join(", ")}`;
  return `${begin} all of ${account} in ${region}, where entrance "${entrance}" is, off from ${how}${but}`;
}
