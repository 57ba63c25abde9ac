import type { ForeignEdit } from "../bench.ts";

const DELETIONS: { readonly [type: string]: readonly [operation: string, id: string] } = {
  "iam-service-credential": ["DeleteServiceSpecificCredential", "ServiceSpecificCredentialId"],
  "iam-signing-certificate": ["DeleteSigningCertificate", "CertificateId"],
  "iam-ssh-key": ["DeleteSSHPublicKey", "SSHPublicKeyId"],
};

/** A credential has nothing to edit but its status: the one edit that is neither ours nor undone by ours is its deletion. */
export const foreignEdit: ForeignEdit = {
  what: "an administrator deletes the credential",
  async edit(bench, resource) {
    const [UserName, id] = resource.id.split("/");
    const [operation, name] = DELETIONS[resource.type] ?? [];
    if (operation === undefined || name === undefined) throw new Error(`nobody deletes a ${resource.type}`);
    await bench.aws("iam", operation, { UserName, [name]: id }, resource);
  },
  kept: (state) => state === null,
};
