import * as z from "zod";
import { defect, ErError, type ResourceRef, type SelectionOf, sameJson } from "../../../model/index.ts";
import type { ReadScope } from "../../../providers/index.ts";
import { defineAction } from "../../action.ts";
import { configOf, DEPLOYED, distributionRef, type Rest, restOf, verifyDeployed, writeMember } from "./distribution.ts";
import { EXAMPLE_ACL, EXAMPLE_ID, EXAMPLE_REST } from "./example-distribution.ts";

type State = { readonly enabled: boolean; readonly rest: Rest };
type Place = SelectionOf<"aws.distribution">;

const ACCOUNT = "123456789012";
const EXAMPLE_STATE: State = { enabled: true, rest: { ...EXAMPLE_REST, WebACLId: EXAMPLE_ACL } };

export const disable = defineAction<"aws.distribution", Record<string, never>, State>({
  id: "aws.cloudfront.disable",
  title: "Switch a CloudFront distribution off",
  description:
    "Sets the entrance's distribution to disabled, under its version (ETag): it answers nobody any more, the responders included. Everything else of its configuration stays as it is, whoever edits it meanwhile; a restore enables it again.",
  containment: "destination",
  blastRadius:
    "total: everybody, responders included, loses everything that comes through this distribution, under all of its names, until it is enabled and deployed again, which takes minutes; its origins answer whoever reaches them directly",
  targets: ["aws.distribution"],
  params: z.strictObject({}),
  permissions: {
    read: [
      { service: "cloudfront", operation: "GetDistributionConfig", iam: ["cloudfront:GetDistributionConfig"] },
      { service: "cloudfront", operation: "GetDistribution", iam: ["cloudfront:GetDistribution"] },
    ],
    write: [{ service: "cloudfront", operation: "UpdateDistribution", iam: ["cloudfront:UpdateDistribution"] }],
  },
  bound: DEPLOYED,
  examples: [
    {
      title: "A distribution that serves the world",
      selection: { kind: "aws.distribution", entrance: "shop-world", account: ACCOUNT, id: EXAMPLE_ID, own: false },
      params: {},
      changes: [
        {
          key: EXAMPLE_ID,
          resource: distributionRef(ACCOUNT, EXAMPLE_ID),
          summary: sayOff("shop-world", EXAMPLE_ID),
          before: EXAMPLE_STATE,
          after: { ...EXAMPLE_STATE, enabled: false },
        },
      ],
    },
  ],

  async *plan(scope, selection) {
    if (selection.own) refuseOwn(selection);
    const resource = distributionRef(selection.account, selection.id);
    const before = (await read(scope, resource)) ?? refuseMissing(selection);
    yield {
      key: resource.id,
      resource,
      summary: sayOff(selection.entrance, selection.id),
      before,
      after: { ...before, enabled: false },
      reversal: { kind: "restore" },
    };
  },

  read,

  async apply(scope, { resource, before, after }) {
    if (before === null || after === null) return defect("a distribution is neither made nor removed");
    const isPlanned = (config: Parameters<typeof stateOf>[0]) => sameJson(stateOf(config), before);
    await writeMember(scope, resource, isPlanned, { Enabled: after.enabled });
  },

  verify(scope, { resource, after }) {
    return verifyDeployed(scope, resource, "Enabled", after?.enabled ?? null);
  },

  merge(base, _change, now, held) {
    if (now === null || base === null || held.length > 0) return { state: now };
    return { state: { ...now, enabled: base.enabled } };
  },

  effects({ resource: { account, region, id } }) {
    return [{ kind: "flow", provider: "aws", account, region, peer: "*", at: id, direction: "in", established: false }];
  },

  async residual(_scope, { resource }) {
    return [
      {
        what: `the origins of distribution "${resource.id}", for whoever reaches them directly`,
        until: "until they let nobody in but CloudFront",
        why: "the distribution is off, what stands behind it is not",
      },
    ];
  },
});

async function read(scope: ReadScope, resource: ResourceRef): Promise<State | null> {
  const looked = await configOf(scope, resource);
  return looked === null ? null : stateOf(looked.config);
}

function stateOf(config: Parameters<typeof restOf>[0]): State {
  return { enabled: config.Enabled === true, rest: restOf(config, "Enabled") };
}

function refuseOwn({ entrance, id }: Place): never {
  throw new ErError("self-lockout", `distribution "${id}" is the responders' own way in: entrance "${entrance}"`, {
    hints: ["come in another way first, and take it off responder-entrance", "lockdown-entrance closes it to others than you"],
  });
}

function refuseMissing({ entrance, account, id }: Place): never {
  throw new ErError("config-part-missing", `distribution "${id}" of entrance "${entrance}" does not exist in ${account}`, {
    hints: ["aws cloudfront list-distributions"],
  });
}

function sayOff(entrance: string, id: string): string {
  return `switch off distribution "${id}" of entrance "${entrance}" for everybody`;
}
