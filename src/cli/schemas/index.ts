import { approval, approvalList, approvalRequest, plan, planList, review, run, scope, sweep } from "./decisions.ts";
import { allowedSigners, keyChange, keyList } from "./keys.ts";
import {
  actionList,
  auditExport,
  checkpoint,
  doctor,
  entry,
  entryList,
  error,
  incident,
  incidentList,
  runbookList,
  status,
  tenantList,
  terraform,
  timeline,
  verification,
} from "./records.ts";
import type { Schema } from "./words.ts";

const ALL: readonly Schema[] = [
  actionList,
  allowedSigners,
  auditExport,
  approval,
  approvalList,
  approvalRequest,
  checkpoint,
  doctor,
  entry,
  entryList,
  error,
  incident,
  incidentList,
  keyChange,
  keyList,
  plan,
  planList,
  review,
  run,
  runbookList,
  scope,
  status,
  sweep,
  tenantList,
  terraform,
  timeline,
  verification,
];

/** JSON Schemas (2020-12) of the documents that commands print, by name and version: `plan@1`. */
export function documentSchemas(): ReadonlyMap<string, Schema> {
  return new Map(ALL.map((schema) => [String(schema["title"]).replace("soc2-er/", ""), schema]));
}
