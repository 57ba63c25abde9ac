import type { JsonObject } from "../../model/index.ts";
import type { ListenerRow, ListenerRuleRow } from "./service-rows.ts";

/**
 * What a listener does with a plain request for this host: one that no condition but the host's takes. Of patterns it knows `*` alone,
 * as a whole label.
 */
export function actionFor({ rules, otherwise }: ListenerRow, host: string): JsonObject | undefined {
  const first = rules.toSorted((left, right) => left.priority - right.priority).find((rule) => takes(rule, host));
  return first === undefined ? otherwise : first.actions.at(-1);
}

function takes({ conditions }: ListenerRuleRow, host: string): boolean {
  return conditions.every(
    (condition) => condition["Field"] === "host-header" && namesOf(condition).some((name) => isFor(name, host)),
  );
}

function namesOf({ HostHeaderConfig, Values }: JsonObject): readonly string[] {
  return ((HostHeaderConfig as { Values?: string[] } | undefined)?.Values ?? Values ?? []) as string[];
}

function isFor(name: string, host: string): boolean {
  const labels = name.toLowerCase().split(".");
  const asked = host.toLowerCase().split(".");
  return labels.length === asked.length && labels.every((label, index) => label === "*" || label === asked[index]);
}
