import { DeactivateMFADeviceCommand, ListMFADevicesCommand } from "@aws-sdk/client-iam";
import * as z from "zod";
import { defect, type ResourceRef, sameJson } from "../../../model/index.ts";
import { orAbsent, type ReadScope } from "../../../providers/index.ts";
import { defineAction } from "../../action.ts";
import { everyPage, iamOf } from "./pages.ts";

/** `enabled` is an instant. */
type State = { readonly enabled: string };
type Device = State & { readonly serial: string };

export const deactivateMfa = defineAction<"aws.user", Record<string, never>, State>({
  id: "aws.iam.deactivate-mfa",
  title: "Take a user's MFA devices away, which cannot be undone",
  description:
    "Irreversible. Deactivates every MFA device of the user: authenticator apps, passkeys and security keys, hardware tokens. It is meant for a device that the attacker enrolled, so that it is no second factor of the user any more. By itself it contains nothing and makes the sign-in weaker: deny the user everything or delete its password first. A virtual device stays in the account as nobody's. A rollback enrolls nothing: whoever holds a device has to enroll it again.",
  containment: "access",
  blastRadius:
    "the user signs in without a second factor from then on: as long as its password is valid, whoever has the password alone gets in, so the user has to be denied everything or its password be deleted first; devices that the person enrolled are taken away with the attacker's; calls that policies allow only with MFA are refused to new sessions; sessions that began with MFA are not stopped, and the password and access keys are not touched",
  targets: ["aws.user"],
  params: z.strictObject({}),
  permissions: {
    read: [{ service: "iam", operation: "ListMFADevices", iam: ["iam:ListMFADevices"] }],
    write: [{ service: "iam", operation: "DeactivateMFADevice", iam: ["iam:DeactivateMFADevice"] }],
  },
  bound: {
    ms: 300_000,
    source:
      "AWS IAM User Guide, changes are not always immediately visible: a change takes time to reach every endpoint; no figure is given, five minutes are allowed",
  },
  examples: [
    {
      title: "A user for whom the attacker enrolled an app",
      selection: { kind: "aws.user", account: "123456789012", name: "intruder" },
      params: {},
      changes: [
        {
          key: "arn:aws:iam::123456789012:mfa/pixel-of-mine",
          resource: deviceRef("123456789012", "intruder", "arn:aws:iam::123456789012:mfa/pixel-of-mine"),
          summary: 'take virtual MFA device "pixel-of-mine" from user "intruder" for good',
          before: { enabled: "2026-11-25T21:58:31.000Z" },
          after: null,
        },
      ],
    },
    {
      title: "A user without MFA",
      selection: { kind: "aws.user", account: "123456789012", name: "deploy-bot" },
      params: {},
      changes: [],
    },
  ],

  async *plan(scope, { account, name: user }) {
    const devices = await devicesOf(scope, account, user);
    for (const { serial, enabled } of devices.toSorted((left, right) => (left.serial < right.serial ? -1 : 1))) {
      const { noun, name, because } = sortOf(serial);
      yield {
        key: serial,
        resource: deviceRef(account, user, serial),
        summary: `take ${noun} "${name}" from user "${user}" for good`,
        before: { enabled },
        after: null,
        reversal: { kind: "none", because },
      };
    }
  },

  read,

  async apply(scope, { resource, after }) {
    const { user, serial } = partsOf(resource);
    if (after !== null) return defect(`no MFA device can be given back to user "${user}"`);
    const iam = await iamOf(scope, resource);
    await iam.send(new DeactivateMFADeviceCommand({ UserName: user, SerialNumber: serial }));
  },

  async verify(scope, change) {
    const now = await read(scope, change.resource);
    // Nothing is given back: what a rollback leaves is what it found.
    if (now === null || sameJson(now, change.after)) return { verdict: "confirmed", level: "configuration" };
    const detail = now.enabled === change.before?.enabled ? "it is the user's still" : `it was enrolled again at ${now.enabled}`;
    return { verdict: "contradicted", level: "configuration", detail };
  },

  async residual(_scope, { resource }) {
    const { user, serial } = partsOf(resource);
    return [
      {
        what: `sign-in of user "${user}" to the console with the password alone, where it has one`,
        until: "until the password is deleted",
        why: "without a device nobody asks for a second factor; whoever signs in may do nothing while the user is denied everything",
      },
      {
        what: `sessions of user "${user}" that began with this device`,
        until: "until they expire, at most 36 hours after their issue, or until the user is denied everything",
        why: "a second factor is asked for at the beginning and not afterwards",
      },
      {
        what: `MFA device "${sortOf(serial).name}" in the hands of whoever has it`,
        until: "until enrolling devices (iam:EnableMFADevice) is denied to them and to the user",
        why: "its seed or key still works and may be enrolled again",
      },
    ];
  },
});

/** None where there is no such user. */
async function devicesOf(scope: ReadScope, account: string, user: string): Promise<Device[]> {
  const iam = await iamOf(scope, { account });
  const found = await orAbsent(() =>
    everyPage(
      (from) => iam.send(new ListMFADevicesCommand({ UserName: user, ...from })),
      ({ MFADevices }) => MFADevices,
    ),
  );
  return (found ?? []).flatMap(({ SerialNumber, EnableDate }) =>
    SerialNumber === undefined ? [] : [{ serial: SerialNumber, enabled: EnableDate?.toISOString() ?? "" }],
  );
}

async function read(scope: ReadScope, resource: ResourceRef): Promise<State | null> {
  const { user, serial } = partsOf(resource);
  const device = (await devicesOf(scope, resource.account, user)).find((candidate) => candidate.serial === serial);
  return device === undefined ? null : { enabled: device.enabled };
}

/** Virtual devices and security keys have ARNs for serial numbers; what else there is, is printed on a token. */
function sortOf(serial: string): { readonly noun: string; readonly name: string; readonly because: string } {
  const [, sort, path = serial] = /^arn:[^:]+:iam::\d{12}:(mfa|u2f)\/(.+)$/.exec(serial) ?? [];
  const again = "only whoever holds it can enroll it again";
  if (sort === "mfa")
    return { noun: "virtual MFA device", name: path, because: `its seed cannot be read back; a new device can be enrolled` };
  if (sort === "u2f") return { noun: "passkey or security key", name: path, because: `its key is in the device; ${again}` };
  return { noun: "MFA token", name: serial, because: `its codes are on the token; ${again}` };
}

function deviceRef(account: string, user: string, serial: string): ResourceRef {
  return { provider: "aws", type: "iam-mfa-device", account, region: "global", id: `${user}/${serial}` };
}

/** Names of users have no slash, serial numbers may. */
function partsOf({ id }: ResourceRef): { readonly user: string; readonly serial: string } {
  const slash = id.indexOf("/");
  return slash < 1 ? defect(`"${id}" names no MFA device of a user`) : { user: id.slice(0, slash), serial: id.slice(slash + 1) };
}
