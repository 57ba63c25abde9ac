export { agentSigners } from "./agent.ts";
export { dsseSign, dsseVerify, preAuthEncoding } from "./dsse.ts";
export { fileSigner, generateKeyFile, unattended } from "./key-file.ts";
export { parsePublicKey } from "./public-key.ts";
export { newSessionKey, type SessionKey, verifySessionSignature } from "./session-key.ts";
export { SignatureError, type SignatureFault } from "./signature-error.ts";
export { verifySshSignature } from "./sshsig.ts";
export * from "./types.ts";
