import type { ForeignEdit } from "../bench.ts";

const THEIRS = "theirs-meanwhile";

type Looked = {
  readonly LockToken: string;
  readonly WebACL: Readonly<Record<string, unknown>> & { readonly Rules: readonly object[] };
};

/** Of what `GetWebACL` tells, what an update does not take. */
const TOLD = ["ARN", "Capacity", "LabelNamespace", "ManagedByFirewallManager", "RetrofittedByFirewallManager", "LockToken"];

export const foreignEdit: ForeignEdit = {
  what: "an administrator adds a rule of their own to the same web ACL",
  async edit(bench, resource) {
    const [Scope, Name, Id] = resource.id.split("/");
    const { LockToken, WebACL } = (await bench.aws("wafv2", "GetWebACL", { Scope, Name, Id }, resource)) as Looked;
    const kept = Object.entries(WebACL).filter(([name, value]) => !TOLD.includes(name) && value !== null);
    const rule = {
      Name: THEIRS,
      Priority: 20,
      Action: { Count: {} },
      Statement: { GeoMatchStatement: { CountryCodes: ["AQ"] } },
      VisibilityConfig: { CloudWatchMetricsEnabled: false, MetricName: THEIRS, SampledRequestsEnabled: false },
    };
    const input = { ...Object.fromEntries(kept), Scope, Name, Id, LockToken, Rules: [...WebACL.Rules, rule] };
    await bench.aws("wafv2", "UpdateWebACL", input, resource);
  },
  kept: (state) => JSON.stringify(state).includes(THEIRS),
};
