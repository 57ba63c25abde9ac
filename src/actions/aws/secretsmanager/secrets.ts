import { ListSecretsCommand } from "@aws-sdk/client-secrets-manager";
import type { SelectionOf } from "../../../model/index.ts";
import type { ReadScope } from "../../../providers/index.ts";

/** The names of a tenant's secrets in a Region, without replicas. Secrets that are to be deleted are not listed: they cannot be read either. */
export async function secretsAt(scope: ReadScope, { account, region, name }: SelectionOf<"aws.secret">): Promise<string[]> {
  const secrets = await scope.aws("secretsmanager", { account, region });
  const wanted = (found: string) => (name.endsWith("/") ? found.startsWith(name) : found === name);
  const names: string[] = [];
  let token: string | undefined;
  do {
    const page = await secrets.send(
      new ListSecretsCommand({
        Filters: [{ Key: "name", Values: [name] }],
        ...(token === undefined ? {} : { NextToken: token }),
      }),
    );
    for (const { Name, PrimaryRegion } of page.SecretList ?? [])
      if (Name !== undefined && wanted(Name) && (PrimaryRegion ?? region) === region) names.push(Name);
    token = page.NextToken;
  } while (token !== undefined && token !== "");
  return names.sort();
}
