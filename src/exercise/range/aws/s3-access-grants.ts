import type * as S3C from "@aws-sdk/client-s3-control";
import { s3control } from "../keys.ts";
import { type AccessGrantRow, grantId } from "../service-rows.ts";
import { AwsFault } from "./fault.ts";
import { type Call, type Operation, operation } from "./operation.ts";
import { page } from "./paging.ts";

const PAGE = 1_000;

function grants(call: Call): readonly AccessGrantRow[] {
  return call.tx.list<AccessGrantRow>(s3control.grant(call.account, call.region, "")).map((row) => row.value);
}

function arnOf(call: Call, id: string): string {
  return `arn:aws:s3:${call.region}:${call.account}:access-grants/default/grant/${id}`;
}

function describe(call: Call, row: AccessGrantRow): S3C.ListAccessGrantEntry {
  return {
    AccessGrantId: row.id,
    AccessGrantArn: arnOf(call, row.id),
    Grantee: { GranteeType: row.grantee.type as S3C.GranteeType, GranteeIdentifier: row.grantee.id },
    Permission: row.permission as S3C.Permission,
    AccessGrantsLocationId: row.location,
    AccessGrantsLocationConfiguration: { S3SubPrefix: row.sub },
    GrantScope: row.scope,
  };
}

function list(call: Call<S3C.ListAccessGrantsCommandInput>) {
  const { MaxResults, NextToken } = call.input;
  const { items, next } = page(grants(call), ({ id }) => id, call.pageSize(MaxResults, PAGE), NextToken);
  return { AccessGrantsList: items.map((row) => describe(call, row)), ...(next === undefined ? {} : { NextToken: next }) };
}

function grantOf(call: Call, has: (row: AccessGrantRow) => boolean): AccessGrantRow {
  const found = grants(call).find(has);
  if (found === undefined) throw new AwsFault("NoSuchAccessGrantError", 404, "The specified access grant does not exist");
  return found;
}

function create(call: Call<S3C.CreateAccessGrantCommandInput>) {
  const { AccessGrantsLocationId: location = "", AccessGrantsLocationConfiguration, Grantee, Permission, Tags = [] } = call.input;
  const sub = AccessGrantsLocationConfiguration?.S3SubPrefix ?? "*";
  const content = {
    scope: `s3://${sub}`,
    permission: Permission ?? "",
    grantee: { type: Grantee?.GranteeType ?? "", id: Grantee?.GranteeIdentifier ?? "" },
    location,
    sub,
  };
  const same = ({ scope, permission, grantee }: AccessGrantRow): boolean =>
    scope === content.scope && permission === content.permission && grantee.id === content.grantee.id;
  if (grants(call).some(same)) throw new AwsFault("AccessGrantAlreadyExists", 409, "The specified access grant already exists");
  const tags = Object.fromEntries(Tags.map(({ Key = "", Value = "" }) => [Key, Value]));
  const row: AccessGrantRow = { id: grantId(content), ...content, tags };
  call.put("bucket-policy", s3control.grant(call.account, call.region, row.id), row);
  return describe(call, row);
}

export const accessGrantOperations: Operation[] = [
  operation<S3C.ListAccessGrantsCommandInput, S3C.ListAccessGrantsCommandOutput>("s3control", "ListAccessGrants", {
    iam: "s3:ListAccessGrants",
    answer: list,
  }),
  operation<S3C.ListTagsForResourceCommandInput, S3C.ListTagsForResourceCommandOutput>("s3control", "ListTagsForResource", {
    iam: "s3:ListTagsForResource",
    answer: (call) => {
      const { tags } = grantOf(call, ({ id }) => arnOf(call, id) === call.input.ResourceArn);
      return { Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) };
    },
  }),
  operation<S3C.CreateAccessGrantCommandInput, S3C.CreateAccessGrantCommandOutput>("s3control", "CreateAccessGrant", {
    iam: "s3:CreateAccessGrant",
    answer: create,
  }),
  operation<S3C.DeleteAccessGrantCommandInput, S3C.DeleteAccessGrantCommandOutput>("s3control", "DeleteAccessGrant", {
    iam: "s3:DeleteAccessGrant",
    answer: (call) => {
      const { id } = grantOf(call, (row) => row.id === call.input.AccessGrantId);
      call.put("bucket-policy", s3control.grant(call.account, call.region, id), null);
      return {};
    },
  }),
];
