import assert from "node:assert/strict";
import { test } from "node:test";
import { CreateNetworkAclEntryCommand, EC2Client } from "@aws-sdk/client-ec2";
import { systemClock } from "../../src/model/index.ts";
import { type GuardableClient, guard } from "../../src/providers/aws/guard.ts";
import { Gate, under } from "../../src/providers/gate.ts";
import { Lane } from "../../src/providers/lane.ts";

const PLACE = { account: "123456789012", region: "us-east-1" };
const WRITE = [{ service: "ec2", operation: "CreateNetworkAclEntry", iam: ["ec2:CreateNetworkAclEntry"] }] as const;
const RULE = {
  NetworkAclId: "acl-1",
  RuleNumber: 1,
  Egress: false,
  Protocol: "-1",
  RuleAction: "deny",
  CidrBlock: "192.0.2.0/24",
};
const WOULD = "<Response><Errors><Error><Code>DryRunOperation</Code><Message>would</Message></Error></Errors></Response>";

type Sent = { readonly hostname: string; readonly body: string };

/** A guarded client that sends nothing, and a handler that keeps what would have left. */
function client(region: string, endpoint?: string) {
  const sent: Sent[] = [];
  const requestHandler = {
    handle: async ({ hostname, body }: Sent) => {
      sent.push({ hostname, body });
      return { response: { statusCode: 412, headers: {}, body: new Blob([WOULD]).stream() } };
    },
  };
  const made = new EC2Client({
    region,
    credentials: { accessKeyId: "NOBODY", secretAccessKey: "nothing" },
    maxAttempts: 1,
    requestHandler: requestHandler as never,
    ...(endpoint === undefined ? {} : { endpoint }),
  });
  guard(made as unknown as GuardableClient, "ec2", PLACE, new Lane(systemClock, 1), null);
  const gate = new Gate(
    "probe",
    { read: [], write: WRITE },
    { clock: systemClock, signal: new AbortController().signal, requests: [] },
  );
  return { sent, probe: () => under(gate, () => made.send(new CreateNetworkAclEntryCommand(RULE as never))) };
}

test("a probe is sent to AWS with the dry-run flag, in every partition", async () => {
  for (const region of ["us-east-1", "cn-north-1", "us-gov-west-1", "eusc-de-east-1"]) {
    const { sent, probe } = client(region);
    await probe();
    assert.equal(sent.length, 1, region);
    assert.match(String(sent[0]?.body), /(^|&)DryRun=true(&|$)/);
  }
});

test("a probe is not sent to anybody else: others take it for the call itself", async () => {
  for (const endpoint of ["http://127.0.0.1:5000", "https://ec2.amazonaws.com.attacker.example", "https://notamazonaws.com"]) {
    const { sent, probe } = client("us-east-1", endpoint);
    await assert.rejects(probe(), { kind: "no-dry-run", message: /^nothing was sent: / });
    assert.deepEqual(sent, []);
  }
});
