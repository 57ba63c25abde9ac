import type * as EC2 from "@aws-sdk/client-ec2";
import type { Json, JsonObject } from "../../../model/index.ts";
import { ec2 } from "../keys.ts";
import { AwsFault } from "./fault.ts";
import { type Call, type Operation, operation } from "./operation.ts";

/** What can carry tags, by the prefix of its id. */
const KINDS = {
  "vpc-": ec2.vpc,
  "acl-": ec2.acl,
  "sg-": ec2.group,
  "i-": ec2.instance,
  "snap-": ec2.snapshot,
  "eni-": ec2.networkInterface,
} as const;

function keyOf(call: Call, id: string): string {
  const kind = Object.entries(KINDS).find(([prefix]) => id.startsWith(prefix))?.[1];
  const key = kind?.(call.account, call.region, id);
  if (key === undefined || call.tx.newest(key) === null) throw new AwsFault("InvalidID", 400, `The ID '${id}' is not valid`);
  return key;
}

export const ec2TagOperations: Operation[] = [
  operation<EC2.CreateTagsCommandInput, EC2.CreateTagsCommandOutput>("ec2", "CreateTags", {
    iam: "ec2:CreateTags",
    answer(call) {
      const tags = Object.fromEntries((call.input.Tags ?? []).map((tag) => [tag.Key ?? "", tag.Value ?? ""]));
      if (Object.keys(tags).some((key) => key === "" || key.startsWith("aws:"))) {
        throw new AwsFault("InvalidParameterValue", 400, "Tag keys starting with 'aws:' are reserved for internal use");
      }
      for (const id of call.input.Resources ?? []) {
        const key = keyOf(call, id);
        const row = call.tx.newest<JsonObject>(key) ?? {};
        call.put("security-group", key, { ...row, tags: { ...(row["tags"] as JsonObject), ...tags } });
      }
      return {};
    },
  }),
  operation<EC2.DeleteTagsCommandInput, EC2.DeleteTagsCommandOutput>("ec2", "DeleteTags", {
    iam: "ec2:DeleteTags",
    answer(call) {
      for (const id of call.input.Resources ?? []) {
        const key = keyOf(call, id);
        const row = call.tx.newest<JsonObject>(key) ?? {};
        const kept = Object.entries(row["tags"] as JsonObject).filter(([name, value]) => !isMeant(call.input.Tags, name, value));
        call.put("security-group", key, { ...row, tags: Object.fromEntries(kept) });
      }
      return {};
    },
  }),
];

/** Without a value it is meant whatever its value is; without any, all tags are. */
function isMeant(tags: readonly EC2.Tag[] | undefined, name: string, value: Json | undefined): boolean {
  if (tags === undefined) return true;
  return tags.some(({ Key, Value }) => Key === name && (Value === undefined || Value === value));
}
