import * as z from "zod";
import type { Json } from "../model/index.ts";

/**
 * JSON Schema of what may be written, for editors. An editor reads `maxChanges: 500` as a number and `required: false` as a boolean,
 * where our reader takes every scalar for a text: the schema allows both.
 */
export function editorSchema(form: z.ZodType, title: string): Json {
  const schema = z.toJSONSchema(form, { io: "input", override: ({ jsonSchema }) => asEditorsRead(jsonSchema) });
  return JSON.parse(JSON.stringify({ ...schema, title })) as Json;
}

function asEditorsRead(schema: z.core.JSONSchema.BaseSchema): void {
  if (schema.type !== "string") return;
  if (schema.enum?.includes("true")) {
    delete schema.type;
    schema.enum = ["true", "false", true, false];
  } else if (schema.pattern?.includes("\\d{0,14}")) {
    schema.type = ["string", "integer"] as never;
  } else if (Object.keys(schema).length === 1) {
    schema.type = ["string", "number", "boolean"] as never;
  }
}
