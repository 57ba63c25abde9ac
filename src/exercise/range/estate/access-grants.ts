import { s3control } from "../keys.ts";
import { type AccessGrantRow, grantId } from "../service-rows.ts";
import { ACCOUNT, BUCKET, type EstateRow, REGION } from "./names.ts";

/** One grant of each tenant, and one on all of them. */
export function accessGrantRows(): EstateRow[] {
  return [
    grant(`${BUCKET}/tenants/acme/*`, "user/acme-portal", { team: "portal" }),
    grant(`${BUCKET}/tenants/globex/*`, "user/globex-portal", {}),
    grant(`${BUCKET}/tenants/*`, "role/app-data", {}),
  ];
}

function grant(sub: string, grantee: string, tags: AccessGrantRow["tags"]): EstateRow {
  const content = {
    scope: `s3://${sub}`,
    permission: "READ",
    grantee: { type: "IAM", id: `arn:aws:iam::${ACCOUNT}:${grantee}` },
  };
  const value: AccessGrantRow = { id: grantId(content), ...content, location: "default", sub, tags };
  return { key: s3control.grant(ACCOUNT, REGION, value.id), value };
}
