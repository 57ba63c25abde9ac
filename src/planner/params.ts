import { ErError, type Json, nearest, parseDuration, parsePrincipal, sayPrincipal, type Target } from "../model/index.ts";
import type { Param, Runbook, Step } from "../runbooks/index.ts";
import { readCidrs } from "./cidrs.ts";

/** A parameter's text as it stands in the plan, its value for actions, and the target it names, if its type is one. */
export type ParamValue = { readonly text: string; readonly value: Json; readonly target?: Target };
export type ParamValues = ReadonlyMap<string, ParamValue>;

/** Errors: `parameter-invalid` for what is unknown, missing or not of its type; `cidr-invalid` for networks. */
export function readParams(runbook: Runbook, given: Readonly<Record<string, string>>): ParamValues {
  const names = Object.keys(runbook.params);
  for (const name of Object.keys(given)) {
    if (names.includes(name)) continue;
    const meant = nearest(name, names);
    const known = names.length === 0 ? `runbook "${runbook.id}" has no parameters` : `known are ${names.join(", ")}`;
    throw new ErError("parameter-invalid", `unknown parameter "${name}"`, {
      hints: [meant ? `did you mean "${meant}"?` : known],
    });
  }
  const values = new Map<string, ParamValue>();
  for (const [name, param] of Object.entries(runbook.params)) {
    const text = given[name] ?? param.default;
    if (text !== undefined) values.set(name, readValue(name, param, text));
    else if (param.required) {
      throw new ErError("parameter-invalid", `runbook "${runbook.id}" needs the parameter "${name}"`, {
        hints: [`--param ${name}=…   (${param.description})`],
      });
    }
  }
  return values;
}

function readValue(name: string, { type }: Param, text: string): ParamValue {
  const invalid = (what: string) => new ErError("parameter-invalid", `parameter "${name}": "${text}" is not ${what}`);
  switch (type) {
    case "string":
      return { text, value: text };
    case "tenant":
      return { text, value: text, target: { kind: "tenant", name: text } };
    case "entrance":
      return { text, value: text, target: { kind: "entrance", name: text } };
    case "integer":
      if (!/^-?(0|[1-9]\d{0,14})$/.test(text)) throw invalid("a whole number");
      return { text, value: Number(text) };
    case "boolean":
      if (text !== "true" && text !== "false") throw invalid("true or false");
      return { text, value: text === "true" };
    case "duration": {
      const ms = parseDuration(text);
      if (ms === null) throw invalid("a duration such as 30m");
      return { text, value: ms };
    }
    case "cidr":
    case "cidrs": {
      const cidrs = readCidrs(words(text));
      const texts = cidrs.map((cidr) => cidr.text);
      const [only] = texts;
      if (only === undefined || (type === "cidr" && texts.length > 1))
        throw invalid(type === "cidr" ? "one network" : "a list of networks");
      return { text: texts.join(" "), value: type === "cidr" ? only : texts, target: { kind: "cidrs", cidrs } };
    }
    case "principal":
    case "principals": {
      const principals = words(text).map((word) => parsePrincipal(word) ?? invalidPrincipal(word));
      const texts = principals.map(sayPrincipal);
      const [only] = texts;
      if (only === undefined || (type === "principal" && texts.length > 1))
        throw invalid(type === "principal" ? "one principal" : "a list of principals");
      return { text: texts.join(" "), value: type === "principal" ? only : texts, target: { kind: "principals", principals } };
    }
  }
}

function words(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== "");
}

function invalidPrincipal(word: string): never {
  throw new ErError("unknown-principal", `"${word}" is not a principal`, {
    hints: [
      "write aws:user/NAME, aws:role/NAME, aws:key/AKIA…, aws:session/ROLE/SESSION-NAME, aws:sso-user/NAME or cognito:user/POOL/NAME",
    ],
  });
}

/** The target that a step names for itself; null when the parameter was not given, undefined when the step takes the command's. */
export function targetOf(step: Step, values: ParamValues): Target | null | undefined {
  if (step.on === undefined) return undefined;
  return values.get(nameIn(step.on.from))?.target ?? null;
}

/** The action's parameters. What refers to a parameter that was not given is left out. */
export function argumentsOf(step: Step, values: ParamValues): { readonly [name: string]: Json } {
  return Object.fromEntries(
    Object.entries(step.with).flatMap(([name, value]): [string, Json][] => {
      if (typeof value === "string") return [[name, value]];
      const given = values.get(nameIn(value.from));
      return given ? [[name, given.value]] : [];
    }),
  );
}

function nameIn(reference: string): string {
  return reference.slice("params.".length);
}
