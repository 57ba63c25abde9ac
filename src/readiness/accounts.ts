import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import type { Config } from "../config/index.ts";
import { type Permission, ProviderError, type ScopeFactory } from "../providers/index.ts";

/** One configured account or subscription: who we are there, or the provider's own words why we are nobody. */
export type AccountCheck = { readonly name: string; readonly ok: boolean; readonly detail: string };

const IDENTITY: Permission = { service: "sts", operation: "GetCallerIdentity", iam: ["sts:GetCallerIdentity"] };
const GROUPS: Permission = {
  method: "GET",
  path: "/subscriptions/{subscription}/providers/Microsoft.Network/networkSecurityGroups",
  azureAction: "Microsoft.Network/networkSecurityGroups/read",
};

/** Asks every configured account and subscription one harmless question, side by side. */
export async function checkAccounts(config: Config, scopes: ScopeFactory): Promise<readonly AccountCheck[]> {
  const { aws, azure } = config.providers;
  const accounts = (aws?.accounts ?? []).map(({ id, name, regions }) =>
    look(`aws ${name}`, () => awsIdentity(scopes, id, regions[0] ?? "us-east-1")),
  );
  const subscriptions = (azure?.subscriptions ?? []).map(({ id, name }) => look(`azure ${name}`, () => azureAccess(scopes, id)));
  return Promise.all([...accounts, ...subscriptions]);
}

async function look(name: string, ask: () => Promise<{ ok: boolean; detail: string }>): Promise<AccountCheck> {
  try {
    return { name, ...(await ask()) };
  } catch (error) {
    if (error instanceof ProviderError)
      return { name, ok: false, detail: `${error.kind}: ${error.providerCode} ${error.message}`.trim() };
    return { name, ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}

/** Credentials of another account than the one configured would contain the wrong one. */
async function awsIdentity(scopes: ScopeFactory, account: string, region: string): Promise<{ ok: boolean; detail: string }> {
  const sts = await scopes.read([IDENTITY]).aws("sts", { account, region });
  const { Arn, Account } = await sts.send(new GetCallerIdentityCommand({}));
  if (Account !== account) return { ok: false, detail: `the credentials are of account ${Account ?? "unknown"}, not ${account}` };
  return { ok: true, detail: Arn ?? account };
}

async function azureAccess(scopes: ScopeFactory, subscription: string): Promise<{ ok: boolean; detail: string }> {
  const client = await scopes.read([GROUPS]).azure(subscription);
  let seen = 0;
  for await (const _group of client.networkSecurityGroups.listAll()) {
    seen++;
    if (seen === 1) break;
  }
  return { ok: true, detail: `network security groups can be read in ${subscription}` };
}
