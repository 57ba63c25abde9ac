import type * as IAM from "@aws-sdk/client-iam";
import { instant } from "../../../model/index.ts";
import { iam } from "../keys.ts";
import type { LoginProfileRow, MfaDeviceRow } from "../rows.ts";
import { AwsFault } from "./fault.ts";
import { iamPage, noSuchEntity, userOf, userResource } from "./iam-common.ts";
import { type Call, type Operation, operation } from "./operation.ts";

function profileOf(call: Call, name: string): LoginProfileRow {
  const profile = call.tx.newest<LoginProfileRow>(iam.loginProfile(call.account, name));
  if (profile === null) throw noSuchEntity(`Login Profile for User ${name} cannot be found.`);
  return profile;
}

function describe({ user, created, resetRequired }: LoginProfileRow): IAM.LoginProfile {
  return { UserName: user, CreateDate: new Date(created), PasswordResetRequired: resetRequired };
}

function exists(message: string): AwsFault {
  return new AwsFault("EntityAlreadyExistsException", 409, message, "EntityAlreadyExists");
}

const passwords: Operation[] = [
  operation<IAM.GetLoginProfileCommandInput, IAM.GetLoginProfileCommandOutput>("iam", "GetLoginProfile", {
    iam: "iam:GetLoginProfile",
    resource: userResource,
    answer: (call) => ({ LoginProfile: describe(profileOf(call, userOf(call, call.input.UserName).name)) }),
  }),
  operation<IAM.CreateLoginProfileCommandInput, IAM.CreateLoginProfileCommandOutput>("iam", "CreateLoginProfile", {
    iam: "iam:CreateLoginProfile",
    resource: userResource,
    answer(call) {
      const { name } = userOf(call, call.input.UserName);
      const key = iam.loginProfile(call.account, name);
      if (call.tx.newest(key) !== null) throw exists(`Login Profile for user ${name} already exists.`);
      const resetRequired = call.input.PasswordResetRequired ?? false;
      const profile: LoginProfileRow = { user: name, created: instant(call.tx.now), resetRequired };
      call.put("iam", key, profile);
      return { LoginProfile: describe(profile) };
    },
  }),
  operation<IAM.UpdateLoginProfileCommandInput, IAM.UpdateLoginProfileCommandOutput>("iam", "UpdateLoginProfile", {
    iam: "iam:UpdateLoginProfile",
    resource: userResource,
    answer(call) {
      const profile = profileOf(call, userOf(call, call.input.UserName).name);
      const resetRequired = call.input.PasswordResetRequired ?? profile.resetRequired;
      call.put("iam", iam.loginProfile(call.account, profile.user), { ...profile, resetRequired });
      return {};
    },
  }),
  operation<IAM.DeleteLoginProfileCommandInput, IAM.DeleteLoginProfileCommandOutput>("iam", "DeleteLoginProfile", {
    iam: "iam:DeleteLoginProfile",
    resource: userResource,
    answer(call) {
      const { user } = profileOf(call, userOf(call, call.input.UserName).name);
      call.put("iam", iam.loginProfile(call.account, user), null);
      return {};
    },
  }),
];

export const iamConsoleOperations: Operation[] = [
  ...passwords,
  operation<IAM.ListMFADevicesCommandInput, IAM.ListMFADevicesCommandOutput>("iam", "ListMFADevices", {
    iam: "iam:ListMFADevices",
    resource: userResource,
    answer(call) {
      const { name } = userOf(call, call.input.UserName);
      const rows = call.tx
        .list<MfaDeviceRow>(iam.mfaDevice(call.account, ""))
        .map((row) => row.value)
        .filter(({ user }) => user === name);
      const { items, rest } = iamPage(call, rows, ({ serial }) => serial);
      const MFADevices = items.map(({ serial, enabled }) => ({
        UserName: name,
        SerialNumber: serial,
        EnableDate: enabled === null ? undefined : new Date(enabled),
      }));
      return { MFADevices, ...rest };
    },
  }),
  // The codes are anybody's guess: the range knows no seeds.
  operation<IAM.EnableMFADeviceCommandInput, IAM.EnableMFADeviceCommandOutput>("iam", "EnableMFADevice", {
    iam: "iam:EnableMFADevice",
    resource: userResource,
    answer(call) {
      const { name } = userOf(call, call.input.UserName);
      const { SerialNumber: serial = "" } = call.input;
      const device = call.tx.newest<MfaDeviceRow>(iam.mfaDevice(call.account, serial));
      if (device === null && serial.startsWith("arn:"))
        throw noSuchEntity(`VirtualMFADevice with serial number ${serial} doesn't exist.`);
      if (device !== null && device.user !== null) throw exists("MFA Device is already in use.");
      const enabled: MfaDeviceRow = { serial, user: name, enabled: instant(call.tx.now) };
      call.put("iam", iam.mfaDevice(call.account, serial), enabled);
      return {};
    },
  }),
  operation<IAM.DeactivateMFADeviceCommandInput, IAM.DeactivateMFADeviceCommandOutput>("iam", "DeactivateMFADevice", {
    iam: "iam:DeactivateMFADevice",
    resource: userResource,
    answer(call) {
      const { name } = userOf(call, call.input.UserName);
      const { SerialNumber: serial = "" } = call.input;
      const key = iam.mfaDevice(call.account, serial);
      const device = call.tx.newest<MfaDeviceRow>(key);
      if (device?.user !== name) throw noSuchEntity(`MFA Device with serial number ${serial} does not exist.`);
      const left: MfaDeviceRow | null = serial.includes(":mfa/") ? { serial, user: null, enabled: null } : null;
      call.put("iam", key, left);
      return {};
    },
  }),
];
