import { type JsonObject, parseCidr } from "../../../model/index.ts";
import { ArmFault } from "./answer.ts";
import type { NsgRow, SecurityRule } from "./nsg.ts";

const MOST_RULES = 1_000;
const MOST_PREFIXES = 4_000;
const MOST_DESCRIPTION = 140;

const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];

/** Whom a rule names on one side: prefixes, service tags, or `*`. */
export function prefixesOf({ properties }: SecurityRule, side: "source" | "destination"): readonly string[] {
  const one = properties[`${side}AddressPrefix`];
  return [...(typeof one === "string" && one !== "" ? [one] : []), ...texts(properties[`${side}AddressPrefixes`])];
}

export function portsOf({ properties }: SecurityRule): readonly string[] {
  const one = properties["destinationPortRange"];
  return [...(typeof one === "string" && one !== "" ? [one] : []), ...texts(properties["destinationPortRanges"])];
}

/** What the network provider does not take. Errors: 400 in its words. */
export function checkRule(row: NsgRow, rule: SecurityRule): void {
  const { name, properties } = rule;
  if (!/^\w([\w.-]{0,78}\w)?$/.test(name)) {
    throw refused(
      "InvalidResourceName",
      `Resource name ${name} is invalid. The name can be up to 80 characters long. It must begin with a word character, and it must end with a word character or with '_'. The name may contain word characters or '.', '-', '_'.`,
    );
  }
  checkWords(rule);
  checkPriority(rule);
  for (const side of ["source", "destination"] as const) checkSide(rule, side);
  const description = properties["description"];
  if (typeof description === "string" && description.length > MOST_DESCRIPTION)
    throw refused(
      "SecurityRuleInvalidDescription",
      `Security rule ${name} has a description longer than ${MOST_DESCRIPTION} characters.`,
    );
  const others = row.rules.filter((other) => other.name.toLowerCase() !== name.toLowerCase());
  const rival = others.find(
    (other) => same(other.properties, properties, "priority") && same(other.properties, properties, "direction"),
  );
  if (rival !== undefined) {
    throw refused(
      "SecurityRuleConflict",
      `Security rule ${rival.name} conflicts with rule ${name}. Rules cannot have the same Priority and Direction. To learn more, see aka.ms/nsgrules.`,
    );
  }
  if (others.length >= MOST_RULES) {
    throw refused(
      "NetworkSecurityGroupSecurityRulesLimitReached",
      `Cannot create more than ${MOST_RULES} security rules for network security group ${row.name}.`,
    );
  }
}

function same(left: JsonObject, right: JsonObject, name: string): boolean {
  return String(left[name]).toLowerCase() === String(right[name]).toLowerCase();
}

const WORDS: Readonly<Record<string, readonly string[]>> = {
  access: ["Allow", "Deny"],
  direction: ["Inbound", "Outbound"],
  protocol: ["*", "Tcp", "Udp", "Icmp", "Esp", "Ah"],
};

function checkWords({ name, properties }: SecurityRule): void {
  for (const [property, known] of Object.entries(WORDS)) {
    const value = properties[property];
    if (known.some((word) => word.toLowerCase() === String(value).toLowerCase())) continue;
    throw refused(
      "InvalidRequestFormat",
      `Cannot parse the request: security rule ${name} has invalid ${property} '${value ?? ""}'. Allowed values: ${known.join(", ")}.`,
    );
  }
}

function checkPriority({ name, properties }: SecurityRule): void {
  const { priority } = properties as { priority?: unknown };
  if (typeof priority === "number" && Number.isInteger(priority) && priority >= 100 && priority <= 4096) return;
  throw refused(
    "SecurityRuleInvalidPriority",
    `Security rule has invalid Priority. Value provided: ${priority ?? 0} Allowed range 100-4096. Rule: ${name}`,
  );
}

function checkSide(rule: SecurityRule, side: "source" | "destination"): void {
  const { name, properties } = rule;
  const prefixes = prefixesOf(rule, side);
  const groups = properties[`${side}ApplicationSecurityGroups`];
  if (prefixes.length === 0 && !(Array.isArray(groups) && groups.length > 0)) {
    throw refused(
      "SecurityRuleParameterNullOrEmpty",
      `Required security rule parameters are missing for security rule with Id: ${name}. Security rule must specify ${side}AddressPrefixes, ${side}AddressPrefix, or ${side}ApplicationSecurityGroups.`,
    );
  }
  if (prefixes.length > MOST_PREFIXES)
    throw refused(
      "SecurityRuleAddressPrefixesLimitReached",
      `Security rule ${name} has more than ${MOST_PREFIXES} address prefixes.`,
    );
  const wrong = prefixes.find((prefix) => /[:/]|^\d/.test(prefix) && parseCidr(prefix) === null);
  if (wrong !== undefined)
    throw refused(
      "SecurityRuleInvalidAddressPrefix",
      `Security rule ${name} has invalid Address prefix. Value provided: ${wrong}`,
    );
  const families = new Set(prefixes.map((prefix) => parseCidr(prefix)?.family).filter((family) => family !== undefined));
  if (families.size > 1) {
    throw refused(
      "SecurityRuleAddressPrefixesCannotHaveMixedFamilies",
      `Security rule ${name} cannot have both IPv4 and IPv6 address prefixes.`,
    );
  }
}

function refused(code: string, message: string): ArmFault {
  return new ArmFault(400, code, message);
}
