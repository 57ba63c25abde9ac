import type { ForeignEdit } from "../bench.ts";

type Listed = { Rules: { RuleArn: string; Conditions: { Values?: string[]; HostHeaderConfig?: { Values?: string[] } }[] }[] };

export const foreignEdit: ForeignEdit = {
  what: "an administrator has the rule answer requests for a second name of the tenant, too",
  async edit(bench, { id, ...place }) {
    const [, listener, host = ""] = /^(.+)\/([^/]+)$/.exec(id) ?? [];
    const ListenerArn = `arn:aws:elasticloadbalancing:${place.region}:${place.account}:listener/${listener}`;
    const { Rules } = (await bench.aws("elbv2", "DescribeRules", { ListenerArn }, place)) as Listed;
    const rule = Rules.find(({ Conditions }) =>
      Conditions.some(({ Values, HostHeaderConfig }) => (HostHeaderConfig?.Values ?? Values)?.includes(host)),
    );
    const Conditions = [{ Field: "host-header", HostHeaderConfig: { Values: [host, "acme-labs.shop.example"] } }];
    await bench.aws("elbv2", "ModifyRule", { RuleArn: rule?.RuleArn, Conditions }, place);
  },
  kept: (state) => JSON.stringify(state).includes("acme-labs.shop.example"),
};
