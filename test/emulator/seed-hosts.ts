import type { Caller } from "./caller.ts";

type Ids = Map<string, string>;
type Mapped = { BlockDeviceMappings: { Ebs: { VolumeId: string } }[] };

/** The seeded hosts' volumes, roles and settings, as in the range's estate. */
export async function seedHosts(call: Caller, ids: Ids): Promise<void> {
  for (const name of ["acme-worker", "globex-worker", "examiners"])
    await call("iam:CreateInstanceProfile", { InstanceProfileName: name });
  for (const [there, tenant] of [
    ["i-0acme01", "acme"],
    ["i-0acme02", "acme"],
    ["i-0globex01", "globex"],
  ] as const) {
    const InstanceId = ids.get(there);
    await call("ec2:AssociateIamInstanceProfile", { InstanceId, IamInstanceProfile: { Name: `${tenant}-worker` } });
    const behavior = there === "i-0acme01" ? "stop" : "terminate";
    await call("ec2:ModifyInstanceAttribute", { InstanceId, InstanceInitiatedShutdownBehavior: { Value: behavior } });
    const metadata = there === "i-0acme02" ? ["required", 2] : ["optional", 1];
    const [HttpTokens, HttpPutResponseHopLimit] = metadata;
    const rest = { HttpEndpoint: "enabled", HttpProtocolIpv6: "disabled", InstanceMetadataTags: "disabled" };
    await call("ec2:ModifyInstanceMetadataOptions", { InstanceId, HttpTokens, HttpPutResponseHopLimit, ...rest });
    const { Reservations } = await call<{ Reservations: { Instances: Mapped[] }[] }>("ec2:DescribeInstances", {
      InstanceIds: [InstanceId],
    });
    const volumes = Reservations[0]?.Instances[0]?.BlockDeviceMappings.map(({ Ebs }) => Ebs.VolumeId).toSorted() ?? [];
    for (const [index, volume] of volumes.entries()) ids.set(`vol-${there.slice(2)}${"ab"[index]}`, volume);
  }
  const InstanceId = ids.get("i-0acme01");
  await call("ec2:ModifyInstanceAttribute", { InstanceId, DisableApiTermination: { Value: true } });
}
