import type { Config } from "../config/index.ts";
import type { SelectionOf } from "../model/index.ts";
import { orAbsent, type ReadScope } from "../providers/index.ts";

type Pool = { readonly pool: string; readonly account?: string | undefined };

/** `us-east-1_aBcDeFgHi` is of us-east-1. */
export function regionOfPool(pool: string): string {
  return pool.split("_")[0] ?? pool;
}

/** The accounts in which a pool may be: its own where that is said, else all. */
export function poolAccounts({ account }: Pool, config: Config): string[] {
  return account === undefined ? (config.providers.aws?.accounts ?? []).map(({ id }) => id) : [account];
}

/** The pools that a principal's name means: `POOL/USER` that one, `USER` alone those of the organization's file. */
export function poolsMeant(name: string, config: Config): readonly (Pool & { readonly user: string })[] {
  const [, pool, user] = /^([a-z]{2}(?:-[a-z]+)+-\d{1,2}_[A-Za-z0-9]+)\/(.+)$/.exec(name) ?? [];
  const known = new Map<string, Pool>();
  for (const source of config.tenancy.principals)
    if (source.kind === "cognito-group") known.set(source.pool, { pool: source.pool, account: source.account });
  if (pool !== undefined && user !== undefined) return [{ ...(known.get(pool) ?? { pool }), user }];
  return [...known.values()].map((one) => ({ ...one, user: name }));
}

/** Where a Cognito user exists in one account. */
export async function cognitoUsers(
  scope: ReadScope,
  account: string,
  name: string,
  config: Config,
): Promise<readonly SelectionOf<"aws.cognito-user">[]> {
  const here = poolsMeant(name, config).filter((one) => poolAccounts(one, config).includes(account));
  const found = await Promise.all(
    here.map(async ({ pool, user }) => ((await isUser(scope, account, pool, user)) ? [{ pool, user }] : [])),
  );
  return found
    .flat()
    .map(({ pool, user }) => ({ kind: "aws.cognito-user", account, region: regionOfPool(pool), pool, name: user }));
}

async function isUser(scope: ReadScope, account: string, pool: string, user: string): Promise<boolean> {
  const { AdminGetUserCommand } = await import("@aws-sdk/client-cognito-identity-provider");
  const cognito = await scope.aws("cognito", { account, region: regionOfPool(pool) });
  return (await orAbsent(() => cognito.send(new AdminGetUserCommand({ UserPoolId: pool, Username: user })))) !== null;
}
