import type { EffectAnswer, EffectQuestion } from "../../src/model/index.ts";
import type { Caller } from "./caller.ts";
import { PASSWORD } from "./seed-directories.ts";

/** Tokens that Cognito gave. */
export type Tokens = { readonly AccessToken: string; readonly RefreshToken: string };

type Initiated = { readonly AuthenticationResult: Tokens };

export async function signIn(call: Caller, ClientId: string, USERNAME: string): Promise<Tokens> {
  const AuthParameters = { USERNAME, PASSWORD };
  return (await call<Initiated>("cognito:InitiateAuth", { ClientId, AuthFlow: "USER_PASSWORD_AUTH", AuthParameters }))
    .AuthenticationResult;
}

export async function refresh(call: Caller, ClientId: string, REFRESH_TOKEN: string): Promise<void> {
  await call("cognito:InitiateAuth", { ClientId, AuthFlow: "REFRESH_TOKEN_AUTH", AuthParameters: { REFRESH_TOKEN } });
}

/** Signs in as the user, who knows the password. */
export async function trySignIn(
  call: Caller,
  ClientId: string,
  { user }: Extract<EffectQuestion, { kind: "sign-in" }>,
): Promise<EffectAnswer> {
  try {
    await signIn(call, ClientId, user);
    return "open";
  } catch (error) {
    if (error instanceof Error && /^(NotAuthorized|UserNotFound)Exception$/.test(error.name)) return "blocked";
    throw error;
  }
}
