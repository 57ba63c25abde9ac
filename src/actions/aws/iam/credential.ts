import {
  type Change,
  type Claim,
  type Direction,
  defect,
  type ResidualAccess,
  type ResourceRef,
  sameJson,
  type Verification,
} from "../../../model/index.ts";

/** `Active`, `Inactive`, or `Expired`, which nobody can set. */
export type Status = { readonly status: string };

export const INACTIVE: Status = { status: "Inactive" };

/** What does not work any more is left as it is, so that the restored state is the one that was there. */
export function deactivated(before: Status): Status {
  return before.status === "Active" ? INACTIVE : before;
}

export function settable({ resource, after }: Change<Status>): "Active" | "Inactive" {
  if (after?.status === "Active" || after?.status === "Inactive") return after.status;
  return defect(`"${resource.id}" cannot be brought to ${after?.status ?? "absence"}`);
}

export function credentialRef(type: string, account: string, user: string, id: string): ResourceRef {
  return { provider: "aws", type, account, region: "global", id: `${user}/${id}` };
}

/** Names of users have no slash. */
export function partsOf({ id }: ResourceRef): { readonly user: string; readonly id: string } {
  const [user, own] = id.split("/");
  return user === undefined || own === undefined ? defect(`"${id}" names no credential of a user`) : { user, id: own };
}

/** Only what the credential proves is denied: whatever else its user has goes on. */
export function deniedWith(resource: ResourceRef, noun: string): Claim {
  const { user, id } = partsOf(resource);
  return { principal: `aws:user/${user}`, account: resource.account, what: `whatever ${noun} "${id}" proves` };
}

/** A credential that is gone is contained too: nobody can use it. */
export function verifyStatus(now: Status | null, change: Change<Status>, direction: Direction): Verification {
  const inPlace = direction === "contain" ? now?.status !== "Active" : sameJson(now, change.after);
  if (inPlace) return { verdict: "confirmed", level: "configuration" };
  return { verdict: "contradicted", level: "configuration", detail: `it is ${now?.status.toLowerCase() ?? "gone"}` };
}

export function passwordOf(user: string): ResidualAccess {
  return {
    what: `sign-in of user "${user}" to the console, where it has a password`,
    until: "until the password is deleted by hand",
    why: "a deleted password cannot be put back, so it stays; whoever signs in may do nothing while the user is denied everything",
  };
}
