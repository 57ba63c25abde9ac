import type * as NF from "@aws-sdk/client-network-firewall";
import type { JsonObject } from "../../../model/index.ts";
import { networkfirewall } from "../keys.ts";
import type { RuleGroupRow } from "../rows.ts";
import { rulesOf, variableOf } from "../rule-group.ts";
import { AwsFault } from "./fault.ts";
import { type Call, type Operation, operation } from "./operation.ts";

const MOST_CHARACTERS = 8_192;

type OnGroup = { RuleGroupName?: string | undefined; Type?: NF.RuleGroupType | undefined };

const arnOf = (call: Call, name: string) => `arn:aws:network-firewall:${call.region}:${call.account}:stateful-rulegroup/${name}`;

function groupOf(call: Call<OnGroup>): RuleGroupRow {
  const { RuleGroupName = "", Type } = call.input;
  const group = call.tx.newest<RuleGroupRow>(networkfirewall.ruleGroup(call.account, call.region, RuleGroupName));
  if (group !== null && Type === "STATEFUL") return group;
  throw new AwsFault("ResourceNotFoundException", 400, "The resource could not be found.");
}

function checked(group: NF.RuleGroup): JsonObject {
  const invalid = (reason: string) => new AwsFault("InvalidRequestException", 400, `rule group is invalid, reason: ${reason}`);
  const row = group as unknown as JsonObject;
  for (const [name, set] of Object.entries(group.RuleVariables?.IPSets ?? {}))
    if (!set.Definition?.length) throw invalid(`variable ${name} has no definition`);
  for (const rule of rulesOf(row)) {
    const value = (_whole: string, name: string): string => {
      const networks = variableOf(row, name);
      if (networks === null) throw invalid(`variable ${name} is not defined`);
      return `[${networks.join(",")}]`;
    };
    if (rule.replace(/\$(\w+)/g, value).length > MOST_CHARACTERS) throw invalid("a rule is too long");
  }
  return row;
}

function response(call: Call, group: RuleGroupRow): NF.RuleGroupResponse {
  return {
    RuleGroupArn: arnOf(call, group.name),
    RuleGroupName: group.name,
    RuleGroupId: group.id,
    Description: group.description,
    Type: "STATEFUL",
    Capacity: group.capacity,
    ConsumedCapacity: rulesOf(group.group).length,
    RuleGroupStatus: "ACTIVE",
  };
}

export const networkFirewallOperations: Operation[] = [
  operation<NF.DescribeRuleGroupCommandInput, NF.DescribeRuleGroupCommandOutput>("networkfirewall", "DescribeRuleGroup", {
    iam: "network-firewall:DescribeRuleGroup",
    resource: (call) => arnOf(call, call.input.RuleGroupName ?? ""),
    answer(call) {
      const group = groupOf(call);
      return {
        UpdateToken: group.lockToken,
        RuleGroup: group.group as unknown as NF.RuleGroup,
        RuleGroupResponse: response(call, group),
      };
    },
  }),
  operation<NF.UpdateRuleGroupCommandInput, NF.UpdateRuleGroupCommandOutput>("networkfirewall", "UpdateRuleGroup", {
    iam: "network-firewall:UpdateRuleGroup",
    resource: (call) => arnOf(call, call.input.RuleGroupName ?? ""),
    answer(call) {
      const group = groupOf(call);
      const { UpdateToken, RuleGroup, Description } = call.input;
      if (UpdateToken !== group.lockToken)
        throw new AwsFault(
          "InvalidTokenException",
          400,
          "Update token is invalid or has expired. Retrieve the rule group again.",
        );
      if (RuleGroup === undefined) throw new AwsFault("InvalidRequestException", 400, "A rule group is needed.");
      // What is left out is gone: an update replaces the whole.
      const next: RuleGroupRow = {
        ...group,
        description: Description ?? "",
        group: checked(RuleGroup),
        lockToken: call.newId(32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5"),
      };
      call.put("network-firewall", networkfirewall.ruleGroup(call.account, call.region, group.name), next);
      return { UpdateToken: next.lockToken, RuleGroupResponse: response(call, next) };
    },
  }),
];
