import type { Config } from "../config/index.ts";
import type { SelectionOf } from "../model/index.ts";
import { orAbsent, type ReadScope } from "../providers/index.ts";

/** The user of that name in each instance of Identity Center that is managed in the account; none where none is configured there. */
export async function identityCenterUsers(
  scope: ReadScope,
  account: string,
  name: string,
  config: Config,
): Promise<readonly SelectionOf<"aws.sso-user">[]> {
  const place = config.providers.aws?.identityCenter;
  if (place?.account !== account) return [];
  const { ListInstancesCommand } = await import("@aws-sdk/client-sso-admin");
  const sso = await scope.aws("ssoadmin", place);
  const { Instances = [] } = await sso.send(new ListInstancesCommand({}));
  const found = await Promise.all(
    Instances.map(async ({ InstanceArn, IdentityStoreId: store }) => {
      if (InstanceArn === undefined || store === undefined) return [];
      const id = await userId(scope, place, store, name);
      const instance = InstanceArn.slice(InstanceArn.lastIndexOf("/") + 1);
      return id === undefined ? [] : [{ kind: "aws.sso-user" as const, ...place, instance, store, name, id }];
    }),
  );
  return found.flat();
}

async function userId(
  scope: ReadScope,
  place: { readonly account: string; readonly region: string },
  store: string,
  name: string,
): Promise<string | undefined> {
  const { GetUserIdCommand } = await import("@aws-sdk/client-identitystore");
  const identities = await scope.aws("identitystore", place);
  const AlternateIdentifier = { UniqueAttribute: { AttributePath: "userName", AttributeValue: name } };
  const answer = await orAbsent(() => identities.send(new GetUserIdCommand({ IdentityStoreId: store, AlternateIdentifier })));
  return answer?.UserId;
}
