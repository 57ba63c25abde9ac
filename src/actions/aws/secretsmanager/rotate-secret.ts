import { DescribeSecretCommand, type DescribeSecretCommandOutput, RotateSecretCommand } from "@aws-sdk/client-secrets-manager";
import * as z from "zod";
import { defect, digestJson, type ResourceRef, type SelectionOf, sameJson } from "../../../model/index.ts";
import { orAbsent, type ReadScope } from "../../../providers/index.ts";
import { defineAction } from "../../action.ts";
import { secretsAt } from "./secrets.ts";

type Place = SelectionOf<"aws.secret">;
/** The id of the version that is AWSCURRENT. */
type State = { readonly current: string };

const EXAMPLE = {
  kind: "aws.secret",
  tenant: "acme",
  account: "123456789012",
  region: "us-east-1",
  name: "rotated/acme/",
  exempt: ["arn:aws:iam::123456789012:role/soc2-er-responder"],
} as const;
const EXAMPLE_VERSION = "5ec7e701-0ac3-4e00-8000-00000000a491";

export const rotateSecret = defineAction<"aws.secret", Record<string, never>, State>({
  id: "aws.secretsmanager.rotate-secret",
  title: "Rotate a tenant's secrets now, which cannot be undone",
  description:
    "Irreversible. Has Secrets Manager rotate each of the tenant's secrets for which rotation is set up: its rotation function makes a new value, puts it in force where it is used, and makes it the current one. Secrets without rotation, and those whose last rotation did not end, are left and said. A rollback leaves the new value: the old one is what was stolen.",
  containment: "access",
  blastRadius:
    "whoever holds the old value is refused where the secret is used, as soon as its rotation function has changed it there; applications that keep the value in memory fail until they fetch it anew; a function that alternates between two users leaves the old one valid until the next rotation; while the secret is denied to everyone but the responders, its function is refused, too, and the rotation fails",
  targets: ["aws.secret"],
  params: z.strictObject({}),
  permissions: {
    read: [
      { service: "secretsmanager", operation: "ListSecrets", iam: ["secretsmanager:ListSecrets"] },
      { service: "secretsmanager", operation: "DescribeSecret", iam: ["secretsmanager:DescribeSecret"] },
    ],
    write: [{ service: "secretsmanager", operation: "RotateSecret", iam: ["secretsmanager:RotateSecret"] }],
  },
  bound: {
    ms: 300_000,
    source: "assumed: a rotation takes as long as the customer's own function; five minutes are allowed",
  },
  examples: [
    {
      title: "All secrets under a prefix, of which one is set up for rotation",
      selection: EXAMPLE,
      params: {},
      changes: [
        {
          key: "rotated/acme/api",
          resource: secretRef(EXAMPLE, "rotated/acme/api"),
          summary: summaryOf("acme", "rotated/acme/api"),
          before: { current: EXAMPLE_VERSION },
          after: { current: "b0c521a9-6911-31ab-664b-76d3cd2c57dc" },
        },
      ],
    },
  ],

  async *plan(scope, selection) {
    for (const name of await secretsAt(scope, selection)) {
      const resource = secretRef(selection, name);
      const secret = await describe(scope, resource);
      const current = secret && staged(secret, "AWSCURRENT");
      if (!secret || !current || hindrance(secret) !== null) continue;
      yield {
        key: name,
        resource,
        summary: summaryOf(selection.tenant, name),
        before: { current },
        after: { current: nextVersion(resource, current) },
        reversal: { kind: "none", because: `the value of "${name}" that was current is the one that has to be given up` },
      };
    }
  },

  async leaves(scope, selection) {
    const names = await secretsAt(scope, selection);
    const looks = names.map(async (name) => {
      const resource = secretRef(selection, name);
      const secret = await describe(scope, resource);
      const reason = secret && hindrance(secret);
      return reason ? [{ resource, reason: `secret "${name}" is not rotated: ${reason}` }] : [];
    });
    return (await Promise.all(looks)).flat();
  },

  read,

  // The token becomes the new version's id: the same rotation, asked for twice, is one.
  async apply(scope, { resource, after }) {
    if (after === null) return defect(`secret "${resource.id}" is not deleted`);
    const secrets = await scope.aws("secretsmanager", resource);
    const input = { SecretId: resource.id, ClientRequestToken: after.current, RotateImmediately: true };
    await secrets.send(new RotateSecretCommand(input));
  },

  async verify(scope, change, direction) {
    const now = await read(scope, change.resource);
    const level = "configuration";
    // A later rotation took the old value away no less; and nothing is given back.
    const inPlace = direction === "contain" ? now?.current !== change.before?.current : sameJson(now, change.after);
    if (inPlace || (change.before !== null && sameJson(change.before, change.after))) return { verdict: "confirmed", level };
    return {
      verdict: "contradicted",
      level,
      detail: "the version that was current still is: its rotation has not ended, or failed",
    };
  },

  async residual(_scope, { resource: { id } }) {
    return [
      {
        what: `connections and sessions that were opened with the old value of secret "${id}"`,
        until: "until they end, or are ended where the secret is used",
        why: "a password is asked for at the beginning and not afterwards",
      },
      {
        what: `the old value of secret "${id}", where its rotation function alternates between two users`,
        until: "until it was rotated once more",
        why: "such a function leaves the user before as it is, so that applications go on working",
      },
      {
        what: `the new value of secret "${id}", to whoever may still read the secret`,
        until: "until the secret is denied to them or their permissions are revoked",
        why: "rotation changes the value and not who reads it",
      },
    ];
  },
});

async function describe(scope: ReadScope, resource: ResourceRef): Promise<DescribeSecretCommandOutput | null> {
  const secrets = await scope.aws("secretsmanager", resource);
  return orAbsent(() => secrets.send(new DescribeSecretCommand({ SecretId: resource.id })));
}

async function read(scope: ReadScope, resource: ResourceRef): Promise<State | null> {
  const secret = await describe(scope, resource);
  const current = secret && staged(secret, "AWSCURRENT");
  return current ? { current } : null;
}

function staged({ VersionIdsToStages = {} }: DescribeSecretCommandOutput, stage: string): string | undefined {
  return Object.entries(VersionIdsToStages).find(([, stages]) => stages.includes(stage))?.[0];
}

/** Why Secrets Manager would refuse to rotate the secret, or nobody knows what it would do; null where it can. */
function hindrance(secret: DescribeSecretCommandOutput): string | null {
  if (secret.RotationEnabled !== true) return "rotation is not set up for it; change its value by hand, where it is used, too";
  const pending = staged(secret, "AWSPENDING");
  if (pending !== undefined && pending !== staged(secret, "AWSCURRENT"))
    return `its last rotation did not end: version ${pending} is still AWSPENDING`;
  return null;
}

/** Follows from the version that it replaces: planning it again is the same rotation. */
function nextVersion({ account, region, id }: ResourceRef, current: string): string {
  const hex = digestJson({ account, region, secret: id, replaces: current }).slice("sha256:".length);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
}

function secretRef({ account, region }: Pick<Place, "account" | "region">, name: string): ResourceRef {
  return { provider: "aws", type: "secret", account, region, id: name };
}

function summaryOf(tenant: string, name: string): string {
  return `rotate secret "${name}" of tenant "${tenant}" for good`;
}
