import type * as KMS from "@aws-sdk/client-kms";
import { type PolicyDocument, PolicyError, parsePolicy } from "../../../planner/policy/index.ts";
import { kms } from "../keys.ts";
import type { KeyAliasRow, KeyPolicyRow, KeyRow } from "../rows.ts";
import type { Transaction } from "../world.ts";
import { authorizeUnder } from "./authorize.ts";
import { AwsFault } from "./fault.ts";
import { type Call, type Operation, operation } from "./operation.ts";
import { principalExists } from "./s3-bucket.ts";

const POLICY_LIMIT_BYTES = 32_768;

/** What a key that is not enabled refuses, whoever asks. */
const CRYPTOGRAPHIC = /^kms:(Decrypt|DeriveSharedSecret|Encrypt|GenerateDataKey|GenerateMac|ReEncrypt|Sign|Verify|CreateGrant)/;

type OnKey = { KeyId?: string | undefined };

const arnOf = (call: Call, id: string) => `arn:aws:kms:${call.region}:${call.account}:key/${id}`;

/** Whether a key's state lets an action through; true for what is about no key. */
export function keyWorks(tx: Transaction, action: string, resource: string): boolean {
  const [, region = "", account = "", id = ""] = /^arn:aws:kms:([^:]+):([^:]+):key\/(.+)$/.exec(resource) ?? [];
  if (id === "" || !CRYPTOGRAPHIC.test(action)) return true;
  return tx.effective<KeyRow>(kms.key(account, region, id))?.state === "Enabled";
}

/** By id, ARN, alias or the alias's ARN. */
function find(call: Call<OnKey>): KeyRow | null {
  const name = (call.input.KeyId ?? "").replace(`arn:aws:kms:${call.region}:${call.account}:`, "").replace(/^key\//, "");
  const alias = name.startsWith("alias/")
    ? call.tx.newest<KeyAliasRow>(kms.alias(call.account, call.region, name))?.key
    : undefined;
  return call.tx.newest<KeyRow>(kms.key(call.account, call.region, alias ?? name));
}

function keyOf(call: Call<OnKey>): KeyRow {
  const key = find(call);
  if (key !== null) return key;
  throw new AwsFault("NotFoundException", 400, `Key '${call.input.KeyId}' does not exist`);
}

const onKey = (call: Call<OnKey>): string => {
  const key = find(call);
  return key === null ? "*" : arnOf(call, key.id);
};

function malformed(message: string): AwsFault {
  return new AwsFault("MalformedPolicyDocumentException", 400, message);
}

function invalidState(call: Call, { id, state }: KeyRow): AwsFault {
  const words = {
    PendingDeletion: "pending deletion",
    PendingImport: "pending import",
    Enabled: "enabled",
    Disabled: "disabled",
  };
  return new AwsFault("KMSInvalidStateException", 400, `${arnOf(call, id)} is ${words[state]}.`);
}

/** AWS refuses a policy under which its writer could not write the next one. */
function checkedPolicy(call: Call<KMS.PutKeyPolicyCommandInput>, key: KeyRow): string {
  const text = call.input.Policy ?? "";
  if (Buffer.byteLength(text) > POLICY_LIMIT_BYTES) {
    throw new AwsFault("LimitExceededException", 400, "The key policy exceeds the maximum allowed document size.");
  }
  let document: PolicyDocument;
  try {
    document = parsePolicy(text);
  } catch (error) {
    if (error instanceof PolicyError) throw malformed(error.message);
    throw error;
  }
  for (const { principal, resource } of document.statements) {
    if (principal === null) throw malformed("Policy document should specify a principal.");
    if (resource === null) throw malformed("Policy document should specify a resource.");
    for (const name of principal.names["AWS"] ?? [])
      if (!principalExists(call, name)) throw malformed("Policy contains a statement with one or more invalid principals.");
  }
  const again = authorizeUnder(document, call.tx, call.who, "kms:PutKeyPolicy", arnOf(call, key.id));
  if (again.effect !== "allow" && call.input.BypassPolicyLockoutSafetyCheck !== true) {
    throw malformed("The new key policy will not allow you to update the key policy in the future.");
  }
  return text;
}

const policyName = ({ input: { PolicyName: name = "default" } }: Call<{ PolicyName?: string | undefined }>): void => {
  if (name !== "default") throw new AwsFault("NotFoundException", 400, `No such policy exists: ${name}`);
};

function setState(call: Call<OnKey>, state: KeyRow["state"]): void {
  const key = keyOf(call);
  if (key.state === "PendingDeletion" || key.state === "PendingImport") throw invalidState(call, key);
  call.put("key-policy", kms.key(call.account, call.region, key.id), { ...key, state });
}

const managing: Operation[] = [
  operation<KMS.DescribeKeyCommandInput, KMS.DescribeKeyCommandOutput>("kms", "DescribeKey", {
    iam: "kms:DescribeKey",
    resource: onKey,
    answer(call) {
      const key = keyOf(call);
      return {
        KeyMetadata: {
          AWSAccountId: call.account,
          KeyId: key.id,
          Arn: arnOf(call, key.id),
          CreationDate: new Date(key.created),
          Description: key.description,
          Enabled: key.state === "Enabled",
          KeyManager: "CUSTOMER",
          KeySpec: "SYMMETRIC_DEFAULT",
          KeyState: key.state,
          KeyUsage: "ENCRYPT_DECRYPT",
          MultiRegion: false,
          Origin: "AWS_KMS",
        },
      };
    },
  }),
  operation<KMS.GetKeyPolicyCommandInput, KMS.GetKeyPolicyCommandOutput>("kms", "GetKeyPolicy", {
    iam: "kms:GetKeyPolicy",
    resource: onKey,
    answer(call) {
      policyName(call);
      const policy = call.tx.newest<KeyPolicyRow>(kms.policy(call.account, call.region, keyOf(call).id));
      return { Policy: policy?.text, PolicyName: "default" };
    },
  }),
  operation<KMS.PutKeyPolicyCommandInput, KMS.PutKeyPolicyCommandOutput>("kms", "PutKeyPolicy", {
    iam: "kms:PutKeyPolicy",
    resource: onKey,
    answer(call) {
      policyName(call);
      const key = keyOf(call);
      call.put("key-policy", kms.policy(call.account, call.region, key.id), { text: checkedPolicy(call, key) });
      return {};
    },
  }),
  operation<KMS.EnableKeyCommandInput, KMS.EnableKeyCommandOutput>("kms", "EnableKey", {
    iam: "kms:EnableKey",
    resource: onKey,
    answer(call) {
      setState(call, "Enabled");
      return {};
    },
  }),
  operation<KMS.DisableKeyCommandInput, KMS.DisableKeyCommandOutput>("kms", "DisableKey", {
    iam: "kms:DisableKey",
    resource: onKey,
    answer(call) {
      setState(call, "Disabled");
      return {};
    },
  }),
  operation<KMS.ScheduleKeyDeletionCommandInput, KMS.ScheduleKeyDeletionCommandOutput>("kms", "ScheduleKeyDeletion", {
    iam: "kms:ScheduleKeyDeletion",
    resource: onKey,
    answer(call) {
      const { id } = keyOf(call);
      setState(call, "PendingDeletion");
      return { KeyId: arnOf(call, id), KeyState: "PendingDeletion", PendingWindowInDays: call.input.PendingWindowInDays ?? 30 };
    },
  }),
];

/** Ciphertext names its key, as KMS's own does. */
const SEALED = /^range:([^:]+):(.*)$/s;

const sealedBy = (call: Call<KMS.DecryptCommandInput>): readonly string[] =>
  SEALED.exec(Buffer.from(call.input.CiphertextBlob ?? []).toString())?.slice(1) ?? [];

function working(call: Call, key: KeyRow): KeyRow {
  const state = call.tx.effective<KeyRow>(kms.key(call.account, call.region, key.id))?.state ?? key.state;
  if (state === "Enabled") return key;
  throw state === "Disabled"
    ? new AwsFault("DisabledException", 400, `${arnOf(call, key.id)} is disabled.`)
    : invalidState(call, { ...key, state });
}

const using: Operation[] = [
  operation<KMS.EncryptCommandInput, KMS.EncryptCommandOutput>("kms", "Encrypt", {
    iam: "kms:Encrypt",
    resource: onKey,
    answer(call) {
      const { id } = working(call, keyOf(call));
      const text = Buffer.from(call.input.Plaintext ?? []).toString("base64");
      return { CiphertextBlob: new Uint8Array(Buffer.from(`range:${id}:${text}`)), KeyId: arnOf(call, id) };
    },
  }),
  operation<KMS.DecryptCommandInput, KMS.DecryptCommandOutput>("kms", "Decrypt", {
    iam: "kms:Decrypt",
    resource: (call) => onKey({ ...call, input: { KeyId: sealedBy(call)[0] } }),
    answer(call) {
      const [id, text = ""] = sealedBy(call);
      if (id === undefined) throw new AwsFault("InvalidCiphertextException", 400, "UnknownError");
      const key = working(call, keyOf({ ...call, input: { KeyId: id } }));
      return { Plaintext: new Uint8Array(Buffer.from(text, "base64")), KeyId: arnOf(call, key.id) };
    },
  }),
];

export const kmsOperations: Operation[] = [...managing, ...using];
