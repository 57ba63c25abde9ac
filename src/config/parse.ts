import { digestBytes } from "../model/index.ts";
import { fill, invalid, readDocument, type YamlSource } from "../yaml/index.ts";
import { type Config, MAX_CONFIG_BYTES } from "./config.ts";
import { configForm } from "./form.ts";
import { crossCheck } from "./references.ts";
import { toConfig } from "./resolve.ts";

/** Throws `config-invalid` with `file:line:column` of the first complaint; the others follow as hints. */
export function parseConfig(text: string | Uint8Array, source: string): Config {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  const from: YamlSource = { name: source, code: "config-invalid", maxBytes: MAX_CONFIG_BYTES };
  const document = readDocument(bytes, from);
  const filled = fill(document, configForm, from);
  const complaints = crossCheck(filled);
  if (complaints.length > 0) {
    throw invalid(
      from,
      complaints.map(({ path, message }) => ({ at: document.say(path), message })),
    );
  }
  return toConfig(filled, source, digestBytes(bytes));
}
