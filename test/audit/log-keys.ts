import { generateKeyPairSync } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileLogKey, type LogKey } from "../../src/signing/index.ts";
import { freshFolder } from "../cli/binary.ts";

export async function newLogKey(type: "ed25519" | "ec" = "ed25519"): Promise<LogKey> {
  const { privateKey } = type === "ec" ? generateKeyPairSync("ec", { namedCurve: "P-256" }) : generateKeyPairSync("ed25519");
  const path = join(freshFolder(), "log-key.pem");
  await writeFile(path, privateKey.export({ format: "pem", type: "pkcs8" }));
  return fileLogKey(path);
}
