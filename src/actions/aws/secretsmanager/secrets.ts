import { ListSecretsCommand } from "@aws-sdk/client-secrets-manager";
import { compact, type SelectionOf } from "../../../model/index.ts";
import { everyPage, type ReadScope } from "../../../providers/index.ts";

/** The names of a tenant's secrets in a Region, without replicas. Secrets that are to be deleted are not listed: they cannot be read either. */
export async function secretsAt(scope: ReadScope, { account, region, name }: SelectionOf<"aws.secret">): Promise<string[]> {
  const secrets = await scope.aws("secretsmanager", { account, region });
  const wanted = (found: string) => (name.endsWith("/") ? found.startsWith(name) : found === name);
  const Filters = [{ Key: "name" as const, Values: [name] }];
  const listed = await everyPage(
    (from) => secrets.send(new ListSecretsCommand(compact({ Filters, NextToken: from }))),
    ({ SecretList }) => SecretList,
  );
  const own = listed.filter(({ PrimaryRegion }) => (PrimaryRegion ?? region) === region);
  return own.flatMap(({ Name }) => (Name !== undefined && wanted(Name) ? [Name] : [])).sort();
}
