/** `security`, `engineering`, `operator`, or what the organisation names. */
export type Role = string;

/** A person of the keyring. `keys` are public keys in authorized_keys form; `principals` are the accounts the person acts with. */
export type Person = {
  readonly id: string;
  readonly roles: readonly Role[];
  readonly keys: readonly string[];
  readonly principals?: readonly string[];
};
