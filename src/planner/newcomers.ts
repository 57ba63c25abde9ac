import { compact, type Instant, millis, type SweepSubject } from "../model/index.ts";
import { everyPage, type ReadScope } from "../providers/index.ts";

export type Newcomer = { readonly subject: SweepSubject; readonly createdAt: string };

type Listed = { readonly name: string | undefined; readonly created: Date | undefined; readonly path: string | undefined };

/** Users and roles of an account that were created since, by IAM's own dates, which have seconds. Roles of AWS's services are left out. */
export async function newcomersIn(scope: ReadScope, account: string, since: Instant): Promise<Newcomer[]> {
  const { ListRolesCommand, ListUsersCommand } = await import("@aws-sdk/client-iam");
  const iam = await scope.aws("iam", { account, region: "global" });
  const from = Math.floor(millis(since) / 1000) * 1000;
  const [users, roles] = await Promise.all([
    everyPage(
      (from) => iam.send(new ListUsersCommand(compact({ Marker: from }))),
      ({ Users = [] }) => Users.map(({ UserName: name, CreateDate: created, Path: path }) => ({ name, created, path })),
    ),
    everyPage(
      (from) => iam.send(new ListRolesCommand(compact({ Marker: from }))),
      ({ Roles = [] }) => Roles.map(({ RoleName: name, CreateDate: created, Path: path }) => ({ name, created, path })),
    ),
  ]);
  const fresh = (kind: SweepSubject["kind"], listed: readonly Listed[]): Newcomer[] =>
    listed.flatMap(({ name, created, path }) =>
      name === undefined || created === undefined || created.getTime() < from || path?.startsWith("/aws-") === true
        ? []
        : [{ subject: { kind, account, name }, createdAt: created.toISOString() }],
    );
  return [...fresh("user", users), ...fresh("role", roles)];
}
