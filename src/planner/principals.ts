import { accountOf, type Config } from "../config/index.ts";
import { ErError, nearestFew, type Principal, type PrincipalKind, type Selection, sayPrincipal } from "../model/index.ts";
import type { ReadScope } from "../providers/index.ts";
import { ownerOfKey, roleExists, userExists, usersUnder } from "./directory.ts";
import { memberAccount } from "./from-above.ts";
import { identityCenterUsers } from "./identity-center.ts";
import type { Reach } from "./reach.ts";
import type { PlanDeps, Resolved } from "./request.ts";
import { sideBySide } from "./side-by-side.ts";
import { cognitoUsers, poolsMeant } from "./user-pools.ts";

/** As many as a lane takes. Ten thousand at once would be ten thousand calls in memory, of which sixteen are on their way. */
const SIDE_BY_SIDE = 16;

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
  onProgress: PlanDeps["onProgress"],
): Promise<Resolved> {
  for (const principal of principals) {
    if (principal.kind === "cognito:user") checkPools(principal.name, config);
    if (principal.kind === "aws:sso-user" && config.providers.aws?.identityCenter) continue;
    checkDirectory(principal, config);
  }
  const accounts =
    account === undefined ? (config.providers.aws?.accounts ?? []).map(({ id }) => id) : [accountOf(config, account).id];
  let done = 0;
  const found = await sideBySide(principals, SIDE_BY_SIDE, async (principal): Promise<readonly Found[]> => {
    const places =
      principal.kind === "aws:account"
        ? [{ selection: memberAccount(principal.name, config) }]
        : await findEverywhere(principal, accounts, (one) => findIn(principal, one, scope, config), scope, reach);
    onProgress?.({ phase: "found", done: ++done, total: principals.length });
    return places;
  });
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

const IN_ACCOUNTS: readonly PrincipalKind[] = [
  "aws:user",
  "aws:role",
  "aws:key",
  "aws:session",
  "aws:source-identity",
  "aws:account",
  "cognito:user",
];

function checkDirectory({ kind, name }: Principal, config: Config): void {
  const aws = IN_ACCOUNTS.includes(kind);
  if (aws && config.providers.aws) return;
  const what = kind === "email" ? `"${name}"` : `"${kind}/${name}"`;
  const directory =
    kind === "email" ? "directory that knows e-mail addresses" : kind === "aws:sso-user" ? "Identity Center" : kind.split(":")[0];
  throw new ErError("config-part-missing", `${what} cannot be revoked: no ${aws ? "AWS account" : directory} is configured`, {
    hints: [
      aws
        ? `add providers.aws to ${config.source}`
        : "this version revokes aws:user/NAME, aws:role/NAME, aws:key/AKIA…, aws:session/ROLE/SESSION-NAME, aws:sso-user/NAME and cognito:user/POOL/NAME",
    ],
  });
}

function checkPools(name: string, config: Config): void {
  if (poolsMeant(name, config).length > 0) return;
  throw new ErError("config-part-missing", `"cognito:user/${name}" names no user pool, and none is configured`, {
    hints: [`write cognito:user/us-east-1_aBcDeFgHi/${name}`, `add a cognito-group to tenancy.principals of ${config.source}`],
  });
}

async function findEverywhere(
  principal: Principal,
  accounts: readonly string[],
  findIn: (account: string) => Promise<readonly Found[]>,
  scope: ReadScope,
  reach: Reach,
): Promise<Found[]> {
  const looks = accounts.map((account) => reach.look(account, () => findIn(account)));
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

async function findIn({ kind, name }: Principal, account: string, scope: ReadScope, config: Config): Promise<readonly Found[]> {
  switch (kind) {
    case "aws:user":
      return (await userExists(scope, account, name)) ? [{ selection: { kind: "aws.user", account, name } }] : [];
    case "aws:role":
      return (await roleExists(scope, account, name)) ? [{ selection: { kind: "aws.role", account, name } }] : [];
    case "aws:key": {
      const owner = await ownerOfKey(scope, account, name);
      return owner === null ? [] : [{ selection: { kind: "aws.access-key", account, accessKeyId: name }, owner }];
    }
    case "aws:session":
    case "aws:source-identity":
      return sessionsNamed(kind, name, account, scope);
    case "cognito:user":
      return (await cognitoUsers(scope, account, name, config)).map((selection) => ({ selection }));
    case "aws:sso-user":
      return (await identityCenterUsers(scope, account, name, config)).map((selection) => ({ selection }));
    default:
      return [];
  }
}

/** That the role exists is all that can be seen: nobody lists sessions. */
async function sessionsNamed(
  kind: "aws:session" | "aws:source-identity",
  name: string,
  account: string,
  scope: ReadScope,
): Promise<readonly Found[]> {
  const [, role = "", session = ""] = /^([^/]+)\/([\w+=,.@-]{2,64})$/.exec(name) ?? [];
  if (role === "") {
    const example = kind === "aws:session" ? "aws:session/ROLE/SESSION-NAME" : "aws:source-identity/ROLE/IDENTITY";
    throw new ErError("unknown-principal", `"${kind}/${name}" names no session of a role`, { hints: [`write ${example}`] });
  }
  const by = kind === "aws:session" ? "name" : "source-identity";
  return (await roleExists(scope, account, role)) ? [{ selection: { kind: "aws.session", account, role, by, session } }] : [];
}
