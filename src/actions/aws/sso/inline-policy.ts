import {
  GetInlinePolicyForPermissionSetCommand,
  ListAccountsForProvisionedPermissionSetCommand,
} from "@aws-sdk/client-sso-admin";
import { compact } from "../../../model/index.ts";
import { everyPage, orAbsent, type ReadScope } from "../../../providers/index.ts";
import { includes, named, type Statement, statementsOf } from "../policy-document.ts";
import { assignmentsOf, instanceArn, membershipsOf, type Place, setArn } from "./grants.ts";

/** A permission set of an instance. */
export type SetAt = Place & { readonly instance: string; readonly set: string };

/** A permission set's inline policy, and whether the roles of all its accounts have the set as it is. */
export type SetPolicy = { readonly text: string | null; readonly provisioned: boolean };

export function onSet({ instance, set }: Pick<SetAt, "instance" | "set">) {
  return { InstanceArn: instanceArn(instance), PermissionSetArn: setArn(instance, set) };
}

/** What denies a user in every session, whatever its name: `aws:userid` has the name, which can be changed. */
export function denialOf(user: string, text: string | null): Statement {
  const Condition = { StringEquals: { "identitystore:userId": user } };
  return named("Soc2ErPerson", { Effect: "Deny", Action: "*", Resource: "*", Condition }, statementsOf(text));
}

export function denies(text: string | null, user: string): boolean {
  return includes(statementsOf(text), denialOf(user, text));
}

/** Null where there is no such permission set. */
export async function policyOfSet(scope: ReadScope, at: SetAt): Promise<SetPolicy | null> {
  const sso = await scope.aws("ssoadmin", at);
  const found = await orAbsent(() => sso.send(new GetInlinePolicyForPermissionSetCommand(onSet(at))));
  if (found === null) return null;
  const behind = await accountsOfSet(scope, at, "LATEST_PERMISSION_SET_NOT_PROVISIONED");
  return { text: found.InlinePolicy || null, provisioned: behind.length === 0 };
}

/** The accounts that have roles of a permission set; with a status those of them alone. */
export async function accountsOfSet(
  scope: ReadScope,
  at: SetAt,
  status?: "LATEST_PERMISSION_SET_NOT_PROVISIONED",
): Promise<readonly string[]> {
  const sso = await scope.aws("ssoadmin", at);
  const asked = { ...onSet(at), ...(status === undefined ? {} : { ProvisioningStatus: status }) };
  return everyPage(
    (from) => sso.send(new ListAccountsForProvisionedPermissionSetCommand(compact({ ...asked, NextToken: from }))),
    ({ AccountIds }) => AccountIds,
  );
}

/** The permission sets that a user is assigned anywhere, by itself or by a group. */
export async function setsOfUser(
  scope: ReadScope,
  place: Place,
  { instance, store, id }: { readonly instance: string; readonly store: string; readonly id: string },
): Promise<readonly string[]> {
  const own = await assignmentsOf(scope, place, instance, { type: "USER", id });
  const groups = (await membershipsOf(scope, place, store, id)).flatMap(({ GroupId }) => GroupId ?? []);
  const sets = new Set(own.map(({ set }) => set));
  for (const group of groups)
    for (const { set } of await assignmentsOf(scope, place, instance, { type: "GROUP", id: group })) sets.add(set);
  return [...sets];
}
