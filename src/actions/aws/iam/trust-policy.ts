import { ErError, type JsonObject } from "../../../model/index.ts";
import { type Statement, statementsOf, withStatements } from "../policy-document.ts";
import type { PolicyState } from "../shared-statements.ts";

/** What a role's trust policy has to say so that nobody assumes the role. `*` is anybody: those who come by SAML or web identity, too. */
export const EVERYBODY: Statement = {
  Effect: "Deny",
  Principal: "*",
  Action: ["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"],
};

/** Longest trust policy, in characters: by default, and where AWS raised the account's quota. */
const MOST_CHARACTERS = 2_048;
const MOST_CHARACTERS_RAISED = 4_096;

/** Errors: `limit-exceeded` for roles whose trust policy IAM lets nobody change. */
export function checkPath(role: string, path: string): void {
  if (path.startsWith("/aws-service-role/"))
    throw new ErError("limit-exceeded", `the trust policy of role "${role}" cannot be changed: it belongs to an AWS service`);
  if (path.startsWith("/aws-reserved/")) {
    throw new ErError(
      "limit-exceeded",
      `the trust policy of role "${role}" cannot be changed: it belongs to IAM Identity Center`,
      {
        hints: ["take the person's assignment to the permission set away in IAM Identity Center"],
      },
    );
  }
}

/**
 * What stands at more than the default is taken for a raised quota. Errors: `limit-exceeded` when IAM would not take `after`, for
 * its length or for a principal in it that was deleted.
 */
export function checkText(role: string, before: string, after: string): void {
  const gone = goneIn(after);
  if (gone.length > 0) {
    throw new ErError("limit-exceeded", `the trust policy of role "${role}" cannot be written: ${sayGone(gone)}`, {
      hints: [
        `aws iam get-role --role-name ${role}`,
        `take ${gone.join(", ")} out of the trust policy: it names nobody any more`,
        `soc2-er revoke aws:role/${role} cuts its sessions off without the trust policy`,
      ],
    });
  }
  const most = before.length > MOST_CHARACTERS ? MOST_CHARACTERS_RAISED : MOST_CHARACTERS;
  if (after.length <= most) return;
  throw new ErError(
    "limit-exceeded",
    `the trust policy of role "${role}" would have ${after.length} characters; IAM takes ${most}, unless the account's quota is raised`,
    {
      hints: [
        `aws iam get-role --role-name ${role}`,
        "take statements that nobody needs out of the trust policy",
        `soc2-er revoke aws:role/${role} cuts its sessions off without the trust policy`,
      ],
    },
  );
}

/**
 * Users and roles that were deleted. IAM keeps principals by their unique ids and shows an ARN as long as one belongs to the id;
 * afterwards the id shows (documented), and what is written with it is refused as an invalid principal (reported by many).
 */
export function goneIn(text: string): readonly string[] {
  const principals = statementsOf(text).map(({ Principal }) => (Principal as JsonObject | undefined)?.["AWS"] ?? []);
  return principals
    .flat()
    .filter((name): name is string => typeof name === "string" && /^A(?:ID|RO)A[A-Z0-9]{12,124}$/.test(name));
}

export function sayGone(ids: readonly string[]): string {
  return `it names ${ids.map((id) => `"${id}"`).join(", ")}, a principal that was deleted, and IAM takes no such policy`;
}

/** `*` and `{"AWS":"*"}` are documented as one: ours is told as we write it, however it is handed back. The same state where it is. */
export function toldAs<S extends PolicyState | null>(state: S): S | PolicyState {
  if (state === null) return state;
  const statements = statementsOf(state.policy);
  if (!statements.some(isTurned)) return state;
  const told = statements.map((statement) => (isTurned(statement) ? { ...statement, Principal: "*" } : statement));
  return { policy: withStatements(state.policy, told) ?? state.policy };
}

function isTurned({ Sid, Principal }: Statement): boolean {
  return String(Sid).startsWith("Soc2ErTrust") && JSON.stringify(Principal) === '{"AWS":"*"}';
}
