import assert from "node:assert/strict";
import { after, type TestContext, test } from "node:test";
import { Job } from "./job.ts";
import { emulatorIfLong } from "./long.ts";
import { policy } from "./seed-identity.ts";

const { emulator, options } = await emulatorIfLong({ after });
const ROLE = "soc2-er-responder";

type Mark = { readonly person: string | undefined; readonly incident: string | undefined };

/** What a revocation said of itself each time it asked for the responders' role, and the incident. */
async function marks(t: TestContext, Action: readonly string[]): Promise<{ marks: readonly Mark[]; incident: string }> {
  assert.ok(emulator);
  const job = await Job.begin(t, emulator);
  const trust = { Effect: "Allow", Principal: { AWS: "arn:aws:iam::123456789012:user/operator" }, Action };
  await job.admin("iam:UpdateAssumeRolePolicy", { RoleName: ROLE, PolicyDocument: policy([trust]) });
  let incident = "";
  const reached = await emulator.during(async () => {
    incident = (await job.through(["revoke", "aws:user/intruder"], "contained"))["incident"];
  });
  const assumed = reached.filter(
    ({ operation, parameters }) => operation === "AssumeRole" && parameters["RoleArn"]?.endsWith(`/${ROLE}`),
  );
  return {
    marks: assumed.map(({ parameters }) => ({
      person: parameters["SourceIdentity"],
      incident: parameters["Tags.member.1.Key"] === "soc2-er-incident" ? parameters["Tags.member.1.Value"] : undefined,
    })),
    incident,
  };
}

test("CloudTrail can tell who worked on which incident, where the role's trust permits it", options, async (t) => {
  const found = await marks(t, ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"]);
  assert.deepEqual(
    found.marks.map(({ person }) => person),
    ["on-call", "sec-lead", "eng-lead", "on-call"],
    "to plan, to plan again before each approval, and to apply",
  );
  for (const { incident } of found.marks) assert.equal(incident, found.incident);
});

test("a trust that does not permit it is in nobody's way", options, async (t) => {
  const found = await marks(t, ["sts:AssumeRole"]);
  assert.deepEqual(
    found.marks.filter((_, index) => index % 2 === 0).map(({ person }) => person),
    ["on-call", "sec-lead", "eng-lead", "on-call"],
  );
  for (const given of found.marks.filter((_, index) => index % 2 === 1))
    assert.deepEqual(given, { person: undefined, incident: undefined }, "each was asked for once more");
});
