import type * as SM from "@aws-sdk/client-secrets-manager";
import { defect } from "../../../model/index.ts";
import { PolicyError, parsePolicy } from "../../../planner/policy/index.ts";
import { secretsmanager } from "../keys.ts";
import type { RotationRow, SecretPolicyRow, SecretRow } from "../rows.ts";
import { AwsFault } from "./fault.ts";
import { findSecret } from "./find-secret.ts";
import { type Call, type Operation, operation } from "./operation.ts";
import { page } from "./paging.ts";

const POLICY_LIMIT = 20_480;

type OnSecret = { SecretId?: string | undefined };

/** Policies see the whole ARN, of whatever form the request's id is. An unknown secret has none. */
const secretArn = (call: Call<OnSecret>): string => {
  const id = call.input.SecretId ?? "";
  const known = findSecret(call.tx, call.account, call.region, id);
  return known?.arn ?? `arn:aws:secretsmanager:${call.region}:${call.account}:secret:${id}`;
};

function secretOf(call: Call<OnSecret>): SecretRow {
  const secret = findSecret(call.tx, call.account, call.region, call.input.SecretId ?? "");
  if (secret === null) throw new AwsFault("ResourceNotFoundException", 400, "Secrets Manager can't find the specified secret.");
  if (secret.deleted)
    throw new AwsFault(
      "InvalidRequestException",
      400,
      "You can't perform this operation on the secret because it was marked for deletion.",
    );
  return secret;
}

/** A replica takes its policy from its primary. */
function primaryOf(call: Call<OnSecret>): SecretRow {
  const secret = secretOf(call);
  if (secret.primaryRegion === null || secret.primaryRegion === call.region) return secret;
  throw new AwsFault(
    "InvalidRequestException",
    400,
    "Operation not permitted on a replica secret. Call must be made in primary secret's region.",
  );
}

function checkPolicy(text: string): void {
  if (text.length === 0 || text.length > POLICY_LIMIT)
    throw new AwsFault("InvalidParameterException", 400, `Policy length must be between 1 and ${POLICY_LIMIT}.`);
  const malformed = (message: string) => new AwsFault("MalformedPolicyDocumentException", 400, message);
  try {
    for (const { principal, resource } of parsePolicy(text).statements)
      if (principal === null || resource === null) throw malformed("This resource policy lacks a Principal or Resource.");
  } catch (error) {
    if (error instanceof PolicyError) throw malformed(`This resource policy contains a syntax error: ${error.message}`);
    throw error;
  }
}

const policyKey = (call: Call, { name }: SecretRow): string => secretsmanager.policy(call.account, call.region, name);

const policyOperations: Operation[] = [
  operation<SM.GetResourcePolicyCommandInput, SM.GetResourcePolicyCommandOutput>("secretsmanager", "GetResourcePolicy", {
    iam: "secretsmanager:GetResourcePolicy",
    resource: secretArn,
    answer(call) {
      const secret = primaryOf(call);
      // A secret without a policy is answered, and the answer has none.
      const policy = call.tx.newest<SecretPolicyRow>(policyKey(call, secret));
      return { ARN: secret.arn, Name: secret.name, ...(policy === null ? {} : { ResourcePolicy: policy.text }) };
    },
  }),
  operation<SM.PutResourcePolicyCommandInput, SM.PutResourcePolicyCommandOutput>("secretsmanager", "PutResourcePolicy", {
    iam: "secretsmanager:PutResourcePolicy",
    resource: secretArn,
    answer(call) {
      const secret = primaryOf(call);
      const text = call.input.ResourcePolicy ?? "";
      checkPolicy(text);
      if (call.input.BlockPublicPolicy === true) defect("the range does not tell a public policy from another");
      call.put("secret-policy", policyKey(call, secret), { text });
      return { ARN: secret.arn, Name: secret.name };
    },
  }),
  operation<SM.DeleteResourcePolicyCommandInput, SM.DeleteResourcePolicyCommandOutput>("secretsmanager", "DeleteResourcePolicy", {
    iam: "secretsmanager:DeleteResourcePolicy",
    resource: secretArn,
    answer(call) {
      const secret = primaryOf(call);
      call.put("secret-policy", policyKey(call, secret), null);
      return { ARN: secret.arn, Name: secret.name };
    },
  }),
];

/** Of a secret that is never rotated, there is one version. */
const ONLY_VERSION = "5ec7e701-0000-4000-8000-000000000001";

/** Which version bears which labels now. While it is pending, a new version is not the current one. */
function versionsOf(call: Call, { name }: SecretRow): { rotates: boolean; stages: Record<string, string[]> } {
  const key = secretsmanager.rotation(call.account, call.region, name);
  const [now, wanted] = [call.tx.effective<RotationRow>(key), call.tx.newest<RotationRow>(key)];
  if (now === null || wanted === null) return { rotates: false, stages: { [ONLY_VERSION]: ["AWSCURRENT"] } };
  return {
    rotates: true,
    stages: {
      [now.current]: ["AWSCURRENT"],
      ...(now.previous === null ? {} : { [now.previous]: ["AWSPREVIOUS"] }),
      ...(wanted.current === now.current ? {} : { [wanted.current]: ["AWSPENDING"] }),
    },
  };
}

const rotationOperations: Operation[] = [
  operation<SM.DescribeSecretCommandInput, SM.DescribeSecretCommandOutput>("secretsmanager", "DescribeSecret", {
    iam: "secretsmanager:DescribeSecret",
    resource: secretArn,
    answer(call) {
      const secret = secretOf(call);
      const { rotates, stages } = versionsOf(call, secret);
      return { ARN: secret.arn, Name: secret.name, RotationEnabled: rotates, VersionIdsToStages: stages };
    },
  }),
  operation<SM.RotateSecretCommandInput, SM.RotateSecretCommandOutput>("secretsmanager", "RotateSecret", {
    iam: "secretsmanager:RotateSecret",
    resource: secretArn,
    answer(call) {
      const secret = primaryOf(call);
      const invalid = (message: string) => new AwsFault("InvalidRequestException", 400, message);
      const { rotates, stages } = versionsOf(call, secret);
      if (!rotates) throw invalid("No Lambda rotation function ARN is associated with this secret.");
      const labelled = (label: string) => Object.keys(stages).find((id) => stages[id]?.includes(label)) ?? null;
      const version = call.input.ClientRequestToken ?? `${call.newId(8)}-0000-4000-8000-${call.newId(12)}`;
      const pending = labelled("AWSPENDING");
      if (pending !== null && pending !== version)
        throw invalid("A previous rotation isn't complete. That rotation will be reattempted.");
      const answer = { ARN: secret.arn, Name: secret.name, VersionId: version };
      if (stages[version] !== undefined) return answer;
      const row: RotationRow = { current: version, previous: labelled("AWSCURRENT") };
      call.put("rotation", secretsmanager.rotation(call.account, call.region, secret.name), row);
      return answer;
    },
  }),
];

export const secretsOperations: Operation[] = [
  ...policyOperations,
  ...rotationOperations,
  operation<SM.ListSecretsCommandInput, SM.ListSecretsCommandOutput>("secretsmanager", "ListSecrets", {
    iam: "secretsmanager:ListSecrets",
    answer(call) {
      const { Filters = [], IncludePlannedDeletion = false, MaxResults, NextToken } = call.input;
      const [filter] = Filters;
      if (Filters.length > 1 || (filter !== undefined && filter.Key !== "name")) defect("the range lists secrets by name alone");
      const beginnings = filter?.Values ?? [""];
      const secrets = call.tx
        .list<SecretRow>(secretsmanager.secret(call.account, call.region, ""))
        .map((row) => row.value)
        .filter(({ name, deleted }) => beginnings.some((text) => name.startsWith(text)) && (!deleted || IncludePlannedDeletion));
      const shown = page(secrets, ({ name }) => name, call.pageSize(MaxResults, 100), NextToken);
      return {
        SecretList: shown.items.map(({ arn, name, primaryRegion }) => ({
          ARN: arn,
          Name: name,
          ...(primaryRegion === null ? {} : { PrimaryRegion: primaryRegion }),
        })),
        NextToken: shown.next,
      };
    },
  }),
  operation<SM.GetSecretValueCommandInput, SM.GetSecretValueCommandOutput>("secretsmanager", "GetSecretValue", {
    iam: "secretsmanager:GetSecretValue",
    resource: secretArn,
    answer(call) {
      const { arn, name, value } = secretOf(call);
      return { ARN: arn, Name: name, SecretString: value, VersionStages: ["AWSCURRENT"] };
    },
  }),
];
