import { networkfirewall } from "../keys.ts";
import type { RuleGroupRow } from "../rows.ts";
import { ACCOUNT, type EstateRow, REGION } from "./names.ts";

/** A rule group as its customer made it beforehand: a variable for emergencies beside one of the customer's own. */
export function firewallRows(): EstateRow[] {
  const value: RuleGroupRow = {
    name: "er-block-networks",
    id: "0f5bd1c6-2a61-4c0e-8f0e-0000000000f1",
    description: "networks blocked in an emergency",
    capacity: 10,
    group: {
      RuleVariables: {
        IPSets: { PARTNERS: { Definition: ["192.0.2.0/28"] }, SOC2_ER_BLOCK: { Definition: ["192.0.2.66/32"] } },
        PortSets: { WEB: { Definition: ["443"] } },
      },
      RulesSource: {
        RulesString: [
          'drop ip $SOC2_ER_BLOCK any -> any any (msg:"blocked"; sid:1000001; rev:1;)',
          'drop ip any any -> $SOC2_ER_BLOCK any (msg:"blocked"; sid:1000002; rev:1;)',
          'alert tcp $PARTNERS any -> any $WEB (msg:"a partner"; sid:1000003; rev:1;)',
        ].join("\n"),
      },
      StatefulRuleOptions: { RuleOrder: "STRICT_ORDER" },
    },
    lockToken: "2f1d7e5a-0000-4000-8000-0000000000f1",
  };
  return [{ key: networkfirewall.ruleGroup(ACCOUNT, REGION, value.name), value }];
}
