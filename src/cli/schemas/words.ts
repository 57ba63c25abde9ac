import type { Json } from "../../model/index.ts";

export type Schema = { readonly [key: string]: Json };

/** An object whose named members are required; those whose name ends in `?` are optional. More members may come: schemas are additive. */
export function object(members: Readonly<Record<string, Schema>>, description?: string): Schema {
  const entries = Object.entries(members).map(([name, schema]) => [name.replace(/\?$/, ""), schema] as const);
  const required = Object.keys(members).filter((name) => !name.endsWith("?"));
  return {
    type: "object",
    ...(description === undefined ? {} : { description }),
    properties: Object.fromEntries(entries),
    required,
  };
}

export function list(items: Schema): Schema {
  return { type: "array", items };
}

export function either(...words: readonly string[]): Schema {
  return { enum: words };
}

export function orNull(schema: Schema): Schema {
  return { anyOf: [schema, { type: "null" }] };
}

export const text: Schema = { type: "string" };
export const count: Schema = { type: "integer", minimum: 0 };
export const flag: Schema = { type: "boolean" };
export const anything: Schema = {};
export const digest: Schema = { type: "string", pattern: "^sha256:[0-9a-f]{64}$" };
export const instant: Schema = { type: "string", format: "date-time", description: "UTC, with milliseconds" };
export const milliseconds: Schema = { type: "integer" };
export const severity: Schema = { type: "integer", minimum: 1, maximum: 4 };
export const mode: Schema = either("real", "drill");

export const next: Schema = list(object({ argv: list(text) }, "a command to type next"));
export const resource: Schema = object({ provider: either("aws", "azure"), type: text, account: text, region: text, id: text });

/** A document of its own, by its schema name. */
export function document(name: string, members: Readonly<Record<string, Schema>>): Schema {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: `soc2-er/${name}`,
    ...object({ schema: { const: `soc2-er/${name}` }, ...members }),
  };
}
