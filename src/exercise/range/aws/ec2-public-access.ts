import type * as EC2 from "@aws-sdk/client-ec2";
import { ec2 } from "../keys.ts";
import type { InternetBlockRow, InternetExclusionRow } from "../rows.ts";
import { byIds, ec2Arn, ec2Page } from "./ec2-common.ts";
import { AwsFault } from "./fault.ts";
import { type Call, type Operation, operation } from "./operation.ts";

const NEVER_SET: InternetBlockRow = { mode: "off" };

const keyOf = ({ account, region }: Pick<Call, "account" | "region">) => ec2.internetBlock(account, region);

function blockOf(call: Call): InternetBlockRow {
  return call.tx.newest<InternetBlockRow>(keyOf(call)) ?? NEVER_SET;
}

/** An update runs on until the mode that was set last has taken effect. */
function isUpdating(call: Call, { mode }: InternetBlockRow): boolean {
  return (call.tx.effective<InternetBlockRow>(keyOf(call)) ?? NEVER_SET).mode !== mode;
}

function described(call: Call): EC2.VpcBlockPublicAccessOptions {
  const block = blockOf(call);
  const settled = call.tx.newest(keyOf(call)) === null ? "default-state" : "update-complete";
  return {
    AwsAccountId: call.account,
    AwsRegion: call.region,
    State: isUpdating(call, block) ? "update-in-progress" : settled,
    InternetGatewayBlockMode: block.mode,
    ManagedBy: "account",
    ExclusionsAllowed: "allowed",
  };
}

function modify(call: Call<EC2.ModifyVpcBlockPublicAccessOptionsCommandInput>) {
  const block = blockOf(call);
  const { InternetGatewayBlockMode: mode } = call.input;
  if (mode !== "off" && mode !== "block-bidirectional" && mode !== "block-ingress")
    throw new AwsFault("InvalidParameterValue", 400, `Value (${mode}) for parameter InternetGatewayBlockMode is invalid.`);
  if (isUpdating(call, block))
    throw new AwsFault("IncorrectState", 400, "VPC Block Public Access is in state update-in-progress.");
  call.put("internet-gateway", keyOf(call), { mode });
  return { VpcBlockPublicAccessOptions: described(call) };
}

function exclusions({ account, region, tx }: Call): InternetExclusionRow[] {
  return tx.list<InternetExclusionRow>(ec2.internetExclusion(account, region, "")).map((row) => row.value);
}

function exclude(call: Call<EC2.CreateVpcBlockPublicAccessExclusionCommandInput>) {
  const { VpcId, SubnetId, InternetGatewayExclusionMode: mode } = call.input;
  if ((VpcId === undefined) === (SubnetId === undefined) || mode === undefined)
    throw new AwsFault("InvalidParameterCombination", 400, "Exactly one of VpcId and SubnetId, and a mode, must be given.");
  const { account, region } = call;
  const place = VpcId !== undefined ? ec2.vpc(account, region, VpcId) : ec2.subnet(account, region, SubnetId ?? "");
  if (call.tx.newest(place) === null) {
    const [code, id] = VpcId !== undefined ? ["InvalidVpcID.NotFound", VpcId] : ["InvalidSubnetID.NotFound", SubnetId];
    throw new AwsFault(code, 400, `The ID '${id}' does not exist`);
  }
  const resource = VpcId !== undefined ? `vpc/${VpcId}` : `subnet/${SubnetId}`;
  const row: InternetExclusionRow = { id: `vpcbpa-exclude-${call.newId(17)}`, resource, mode };
  call.put("internet-gateway", ec2.internetExclusion(account, region, row.id), row);
  return { VpcBlockPublicAccessExclusion: excluded(call, row) };
}

function excluded(call: Call, { id, resource, mode }: InternetExclusionRow): EC2.VpcBlockPublicAccessExclusion {
  const [type = "", name] = resource.split("/");
  const inForce = call.tx.effective(ec2.internetExclusion(call.account, call.region, id)) !== null;
  return {
    ExclusionId: id,
    InternetGatewayExclusionMode: mode,
    ResourceArn: ec2Arn(call, type, name),
    State: inForce ? "create-complete" : "create-in-progress",
  };
}

export const ec2PublicAccessOperations: Operation[] = [
  operation<EC2.DescribeVpcBlockPublicAccessOptionsCommandInput, EC2.DescribeVpcBlockPublicAccessOptionsCommandOutput>(
    "ec2",
    "DescribeVpcBlockPublicAccessOptions",
    {
      iam: "ec2:DescribeVpcBlockPublicAccessOptions",
      answer: (call) => ({ VpcBlockPublicAccessOptions: described(call) }),
    },
  ),
  operation<EC2.ModifyVpcBlockPublicAccessOptionsCommandInput, EC2.ModifyVpcBlockPublicAccessOptionsCommandOutput>(
    "ec2",
    "ModifyVpcBlockPublicAccessOptions",
    { iam: "ec2:ModifyVpcBlockPublicAccessOptions", answer: modify },
  ),
  operation<EC2.DescribeVpcBlockPublicAccessExclusionsCommandInput, EC2.DescribeVpcBlockPublicAccessExclusionsCommandOutput>(
    "ec2",
    "DescribeVpcBlockPublicAccessExclusions",
    {
      iam: "ec2:DescribeVpcBlockPublicAccessExclusions",
      answer(call) {
        const { ExclusionIds } = call.input;
        const found = byIds(exclusions(call), ExclusionIds, "InvalidVpcBlockPublicAccessExclusionId.NotFound", "exclusion");
        const { items, rest } = ec2Page(call, found);
        return { VpcBlockPublicAccessExclusions: items.map((row) => excluded(call, row)), ...rest };
      },
    },
  ),
  operation<EC2.CreateVpcBlockPublicAccessExclusionCommandInput, EC2.CreateVpcBlockPublicAccessExclusionCommandOutput>(
    "ec2",
    "CreateVpcBlockPublicAccessExclusion",
    { iam: "ec2:CreateVpcBlockPublicAccessExclusion", answer: exclude },
  ),
];
