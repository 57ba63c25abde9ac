export { agentSigners } from "./agent.ts";
export { dsseSign, dsseVerify, preAuthEncoding } from "./dsse.ts";
export { fileSigner, generateKeyFile, unattended } from "./key-file.ts";
export { fileLogKey, type LogKey } from "./log-key.ts";
export {
  type Checkpoint,
  checkpointText,
  isSignedBy,
  MAX_NOTE_BYTES,
  type NoteKey,
  noteKey,
  parseCheckpoint,
  parseNoteKey,
  signedNote,
  type TreeHead,
  verifyNoteSignature,
} from "./note.ts";
export { parsePublicKey } from "./public-key.ts";
export { newSessionKey, type SessionKey, verifySessionSignature } from "./session-key.ts";
export { SignatureError, type SignatureFault } from "./signature-error.ts";
export { isVerifiedUser, verifySshSignature } from "./sshsig.ts";
export * from "./types.ts";
