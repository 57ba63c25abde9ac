import { accountOf, type Config } from "../config/index.ts";
import { ErError, nearestFew, type Principal, type Selection, sayPrincipal } from "../model/index.ts";
import type { ReadScope } from "../providers/index.ts";
import { ownerOfKey, roleExists, userExists, usersUnder } from "./directory.ts";
import type { Reach } from "./reach.ts";
import type { Resolved } from "./request.ts";

type Found = { readonly selection: Selection; readonly owner?: string };

/**
 * Where each principal exists: in the account named, else in every configured one that knows it. Errors: `unknown-principal` when
 * none does, `config-part-missing` for directories that are not configured.
 */
export async function findPrincipalTargets(
  principals: readonly Principal[],
  config: Config,
  scope: ReadScope,
  account: string | undefined,
  reach: Reach,
): Promise<Resolved> {
  for (const principal of principals) checkDirectory(principal, config);
  const accounts =
    account === undefined ? (config.providers.aws?.accounts ?? []).map(({ id }) => id) : [accountOf(config, account).id];
  const found = await Promise.all(principals.map((principal) => findEverywhere(principal, accounts, scope, reach)));
  const owners = found
    .flat()
    .flatMap(({ selection, owner }): [string, string][] =>
      selection.kind === "aws.access-key" && owner !== undefined
        ? [[`${selection.account}/${selection.accessKeyId}`, owner]]
        : [],
    );
  return {
    selections: found.flat().map(({ selection }) => selection),
    skipped: [],
    checks: [],
    owners: new Map(owners),
    evidence: "found",
  };
}

function checkDirectory({ kind, name }: Principal, config: Config): void {
  const iam = kind === "aws:user" || kind === "aws:role" || kind === "aws:key";
  if (iam && config.providers.aws) return;
  const what = kind === "email" ? `"${name}"` : `"${kind}/${name}"`;
  const directory =
    kind === "email" ? "directory that knows e-mail addresses" : kind === "aws:sso-user" ? "Identity Center" : kind.split(":")[0];
  throw new ErError("config-part-missing", `${what} cannot be revoked: no ${iam ? "AWS account" : directory} is configured`, {
    hints: [
      iam ? `add providers.aws to ${config.source}` : "this version revokes aws:user/NAME, aws:role/NAME and aws:key/AKIA…",
    ],
  });
}

async function findEverywhere(
  principal: Principal,
  accounts: readonly string[],
  scope: ReadScope,
  reach: Reach,
): Promise<Found[]> {
  const looks = accounts.map((account) => reach.look(account, () => findIn(principal, account, scope)));
  const found = (await Promise.all(looks)).flatMap((one) => one ?? []);
  if (found.length > 0) return found;
  // Who could not look everywhere cannot say that there is no such principal.
  reach.refuseIfLost();
  const users =
    principal.kind === "aws:user" ? await Promise.all(accounts.map((account) => usersUnder(scope, account, "/"))) : [];
  const near = nearestFew(principal.name, new Set(users.flat()));
  const where = accounts.length === 1 ? `account ${accounts[0]}` : `accounts ${accounts.join(", ")}`;
  throw new ErError("unknown-principal", `"${sayPrincipal(principal)}" is not in ${where}`, {
    hints: near.map((name) => `did you mean "aws:user/${name}"?`),
    detail: { nearest: near },
  });
}

async function findIn({ kind, name }: Principal, account: string, scope: ReadScope): Promise<Found | null> {
  switch (kind) {
    case "aws:user":
      return (await userExists(scope, account, name)) ? { selection: { kind: "aws.user", account, name } } : null;
    case "aws:role":
      return (await roleExists(scope, account, name)) ? { selection: { kind: "aws.role", account, name } } : null;
    case "aws:key": {
      const owner = await ownerOfKey(scope, account, name);
      return owner === null ? null : { selection: { kind: "aws.access-key", account, accessKeyId: name }, owner };
    }
    default:
      return null;
  }
}
