import type { TableDescription } from "@aws-sdk/client-dynamodb";
import type { ResidualAccess } from "../../../model/index.ts";

/** What a denial by partition key does not reach, as far as the table says what it has. */
export function survivors(name: string, table: TableDescription | null): ResidualAccess[] {
  const key = table?.KeySchema?.find(({ KeyType }) => KeyType === "HASH")?.AttributeName;
  const otherwise = (table?.GlobalSecondaryIndexes ?? []).filter(
    ({ KeySchema = [] }) => !KeySchema.some(({ KeyType, AttributeName }) => KeyType === "HASH" && AttributeName === key),
  );
  const indexes = otherwise.map(({ IndexName }) => `"${IndexName}"`).join(", ");
  const regions = (table?.Replicas ?? []).map(({ RegionName }) => RegionName).join(", ");
  return [
    {
      what: `the tenant's items in scans of table "${name}" and in PartiQL statements that name no key`,
      until: "until whoever may scan is revoked",
      why: "such a request carries no key that a policy could compare; denying it would hit every tenant",
    },
    ...(indexes === ""
      ? []
      : [
          {
            what: `the tenant's items in queries of ${otherwise.length === 1 ? "index" : "indexes"} ${indexes} of table "${name}"`,
            until: "until whoever may query them is revoked",
            why: "policies compare the index's own partition key, which is another",
          },
        ]),
    ...(table?.StreamSpecification?.StreamEnabled === true
      ? [
          {
            what: `the tenant's items in the stream of table "${name}"`,
            until: "for 24 hours after each change",
            why: "a stream has a policy of its own",
          },
        ]
      : []),
    ...(regions === ""
      ? []
      : [
          {
            what: `copies of the tenant's items in table "${name}" in ${regions}`,
            until: "until the tables there are contained, too",
            why: "each Region's table of a global table has a policy of its own",
          },
        ]),
    {
      what: `backups, exports, point-in-time restores and caches (DAX) of table "${name}"`,
      until: "until access to them is revoked",
      why: "a table's policy is not asked for what was taken out of it",
    },
  ];
}
