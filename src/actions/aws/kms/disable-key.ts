import { DisableKeyCommand, EnableKeyCommand } from "@aws-sdk/client-kms";
import * as z from "zod";
import type { ResourceRef } from "../../../model/index.ts";
import type { ReadScope } from "../../../providers/index.ts";
import { defineAction } from "../../action.ts";
import { beyondKey, decrypts, describeKey, KEY_BOUND, keyBehind } from "./keys.ts";

/** As KMS says it. Only `Enabled` and `Disabled` are ever planned; what else a key may be in makes a plan stale. */
type State = { readonly state: string };

const EXAMPLE_KEY = "5d0c61be-0ac3-4e00-8d4a-00000000ac3e";
const EXAMPLE_PLACE = { account: "123456789012", region: "us-east-1" } as const;

export const disableKey = defineAction<"aws.kms-key", Record<string, never>, State>({
  id: "aws.kms.disable-key",
  title: "Disable a tenant's key",
  description:
    "Disables the key that the tenant's alias names: nobody can encrypt, decrypt or sign with it until it is enabled again. Nothing is deleted. A key that is pending deletion or import, or unavailable, cannot be used anyway and is left alone.",
  containment: "destination",
  blastRadius:
    "everybody loses the use of the key, the responders too: evidence that it encrypts cannot be read before the rollback, and databases and volumes that depend on it may stop; deny-tenant-key spares the responders; a key that other tenants' data is encrypted with cuts them off as well; data keys and plaintext that were handed out before still work, and whoever may enable keys can undo it",
  targets: ["aws.kms-key"],
  params: z.strictObject({}),
  permissions: {
    read: [{ service: "kms", operation: "DescribeKey", iam: ["kms:DescribeKey"] }],
    write: [
      { service: "kms", operation: "DisableKey", iam: ["kms:DisableKey"] },
      { service: "kms", operation: "EnableKey", iam: ["kms:EnableKey"] },
    ],
  },
  bound: KEY_BOUND,
  examples: [
    {
      title: "A key in use",
      selection: {
        kind: "aws.kms-key",
        tenant: "acme",
        ...EXAMPLE_PLACE,
        alias: "alias/acme-data",
        exempt: ["arn:aws:iam::123456789012:role/soc2-er-responder"],
      },
      params: {},
      changes: [
        {
          key: EXAMPLE_KEY,
          resource: { provider: "aws", type: "kms-key", ...EXAMPLE_PLACE, id: EXAMPLE_KEY },
          summary: 'disable key "alias/acme-data" of tenant "acme" for everybody, responders included',
          before: { state: "Enabled" },
          after: { state: "Disabled" },
        },
      ],
    },
  ],

  async *plan(scope, selection) {
    const { account, region, alias, tenant } = selection;
    const key = await keyBehind(scope, selection);
    if (key === null) return;
    if (key.state !== "Enabled" && key.state !== "Disabled") return;
    const verb = key.state === "Disabled" ? "hold disabled" : "disable";
    yield {
      key: key.id,
      resource: { provider: "aws", type: "kms-key", account, region, id: key.id },
      summary: `${verb} key "${alias}" of tenant "${tenant}" for everybody, responders included`,
      before: { state: key.state },
      after: { state: "Disabled" },
      reversal: { kind: "restore" },
    };
  },

  read,

  async apply(scope, { resource, after }) {
    const kms = await scope.aws("kms", resource);
    const key = { KeyId: resource.id };
    if (after?.state === "Enabled") await kms.send(new EnableKeyCommand(key));
    else await kms.send(new DisableKeyCommand(key));
  },

  async verify(scope, change) {
    const now = (await read(scope, change.resource))?.state ?? "gone";
    if (now === change.after?.state) return { verdict: "confirmed", level: "configuration" };
    return { verdict: "contradicted", level: "configuration", detail: `the key is ${now}` };
  },

  denies: (_change, { account, alias }) => [{ principal: "*", account, what: `the use of key ${alias}` }],

  effects: (change) => [decrypts(change.resource, [])],

  residual: (scope, change) => beyondKey(scope, change.resource),
});

async function read(scope: ReadScope, resource: ResourceRef): Promise<State | null> {
  const state = (await describeKey(scope, resource, resource.id))?.KeyState;
  return state === undefined ? null : { state };
}
