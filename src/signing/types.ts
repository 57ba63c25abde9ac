/** An SSH public key: `type` and base64 as in authorized_keys, the wire blob, and the fingerprint as OpenSSH prints it. */
export type SshPublicKey = {
  readonly type: string;
  readonly blob: Uint8Array;
  /** `SHA256:…` without padding */
  readonly fingerprint: string;
  /** `ssh-ed25519 AAAA…`, without comment */
  readonly text: string;
};

/** The domains of a signature, so that a signature for one purpose is worth nothing for another. */
export type SignatureNamespace = "session.soc2-er.v1" | "approval.soc2-er.v1" | "scope.soc2-er.v1" | "keyring.soc2-er.v1";

/** A person's key, wherever it lives. */
export interface PersonSigner {
  readonly publicKey: SshPublicKey;
  /** Armored SSHSIG over sha512 of the message. May ask the person for a touch. */
  sign(namespace: SignatureNamespace, message: Uint8Array): Promise<string>;
}
