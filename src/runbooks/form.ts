import * as z from "zod";
import { type Json, SWEEP_RELATIONS } from "../model/index.ts";
import { duration, editorSchema, flag, form, integer, matching, oneOf, text } from "../yaml/index.ts";
import { PARAM_TYPES } from "./runbook.ts";

const id = matching(/^[a-z][a-z0-9-]{0,63}$/, "an id (lower-case letters, digits, dash)");
const word = matching(/^[a-z][a-z-]{0,31}$/, "a word of the command line");
const actionId = matching(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, "an action id such as aws.s3.deny-tenant-prefix");
const role = matching(/^[a-z][a-z0-9-]{0,39}$/, "a role name such as security");
const reference = form({ from: matching(/^params\.[a-z][a-z0-9-]{0,63}$/, "a reference such as params.keep-cidr") });

const param = form({
  description: text,
  type: oneOf(PARAM_TYPES),
  required: flag.optional(),
  default: z.string().optional(),
}).refine((value) => !(value.required === true && value.default !== undefined), "a required parameter has no default");

const step = form({
  id,
  action: actionId,
  needs: z.array(id).optional(),
  on: reference.optional(),
  with: z
    .record(
      matching(/^[a-z][A-Za-z0-9]{0,63}$/, "a parameter name in camelCase"),
      z.union([z.string(), reference], { error: "must be a text or { from: params.NAME }" }),
    )
    .optional(),
  onFailure: oneOf(["continue", "stop"]).optional(),
});

/** A runbook as it is written. Scalars are texts: `required: "false"` and `required: false` are the same. */
export const runbookForm = form({
  runbook: id,
  title: text,
  description: text.optional(),
  command: form({ verb: word, noun: word }).optional(),
  controls: z.array(matching(/^[A-Za-z0-9-]+:[A-Za-z0-9.()-]+$/, "a control such as SOC2:CC6.1")).optional(),
  approvals: z.array(role).min(1, "at least one role is needed: what nobody approves may not run").optional(),
  maxChanges: integer(1, 1_000_000).optional(),
  params: z.record(id, param).optional(),
  steps: z.array(step).min(1, "at least one step is needed").max(200, "more than 200 steps"),
  sweep: form({
    steps: z.array(id).min(1, "at least one step is needed"),
    relations: z.array(oneOf(SWEEP_RELATIONS)).min(1, "at least one relation is needed"),
    atMost: integer(1, 1_000),
    for: duration,
  }).optional(),
  triggers: form({ severity: z.array(integer(1, 4)).optional(), dataClass: z.array(text).optional() }).optional(),
});
export type RunbookForm = z.infer<typeof runbookForm>;

export function runbookJsonSchema(): Json {
  return editorSchema(runbookForm, "soc2-er runbook");
}
