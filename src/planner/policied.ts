import type { Change, Selection } from "../model/index.ts";
import type { Ask } from "./policy-access.ts";

/** A resource whose policy changes of a selection edit: what responders must stay able to read there, and whoever runs this to undo. */
export type Policied = {
  readonly what: "bucket" | "key" | "secret" | "table";
  readonly name: string;
  readonly account: string;
  /** What `read` is asked of, as people say it. */
  readonly shown: string;
  readonly read: Ask;
  readonly undo: readonly Ask[];
};

export function policiedBy(change: Change, selection: Selection | null): Policied | null {
  switch (selection?.kind) {
    case "aws.bucket-prefix": {
      const { bucket, prefix, account } = selection;
      const undo = ["s3:PutBucketPolicy", "s3:DeleteBucketPolicy"];
      return {
        what: "bucket",
        name: bucket,
        account,
        shown: `${bucket}/${prefix}*`,
        read: { action: "s3:GetObject", resource: `arn:aws:s3:::${bucket}/${prefix}any-object` },
        undo: undo.map((action) => ({ action, resource: `arn:aws:s3:::${bucket}` })),
      };
    }
    case "aws.kms-key": {
      const { account, region, alias } = selection;
      const resource = `arn:aws:kms:${region}:${account}:key/${change.resource.id}`;
      const undo = ["kms:GetKeyPolicy", "kms:PutKeyPolicy"].map((action) => ({ action, resource }));
      return { what: "key", name: alias, account, shown: alias, read: { action: "kms:Decrypt", resource }, undo };
    }
    case "aws.secret": {
      const { account, region } = selection;
      const { id } = change.resource;
      const resource = `arn:aws:secretsmanager:${region}:${account}:secret:${id}-abcdef`;
      const undo = ["secretsmanager:PutResourcePolicy", "secretsmanager:DeleteResourcePolicy"];
      return {
        what: "secret",
        name: id,
        account,
        shown: `secret ${id}`,
        read: { action: "secretsmanager:GetSecretValue", resource },
        undo: undo.map((action) => ({ action, resource })),
      };
    }
    case "aws.dynamodb-items": {
      const { account, region, table, leadingKeys } = selection;
      const resource = `arn:aws:dynamodb:${region}:${account}:table/${table}`;
      const context = { "dynamodb:LeadingKeys": leadingKeys.map((key) => key.replace(/\*$/, "any-item")) };
      const undo = ["dynamodb:PutResourcePolicy", "dynamodb:DeleteResourcePolicy"];
      return {
        what: "table",
        name: table,
        account,
        shown: `items ${leadingKeys.join(", ")} of table ${table}`,
        read: { action: "dynamodb:GetItem", resource, context },
        undo: undo.map((action) => ({ action, resource })),
      };
    }
    default:
      return null;
  }
}
