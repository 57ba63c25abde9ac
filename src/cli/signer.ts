import type { Keyring } from "../audit/index.ts";
import type { RangeWorld } from "../exercise/range/index.ts";
import { ErError, nearest, type Person } from "../model/index.ts";
import type { PersonSigner } from "../signing/index.ts";
import type { Globals } from "./command.ts";

type Facts = { readonly range: RangeWorld | null; readonly keyring: Keyring | null; readonly people: readonly Person[] };

/**
 * Which key signs: `--key`, else `SOC2_ER_KEY`, else on the range the on-call's generated one, else the first key of the
 * ssh-agent that belongs to a person. Before the log exists, the people of the organization's file count.
 */
export async function signerFor(globals: Globals, facts: Facts): Promise<PersonSigner> {
  const { agentSigners, fileSigner, unattended } = await import("../signing/index.ts");
  const named = globals.key ?? (globals.env["SOC2_ER_KEY"] || undefined);
  if (facts.range && (named === undefined || !named.includes("/"))) return fileSigner(rangeKey(facts.range, named ?? "on-call"));
  if (named !== undefined) return fileSigner(named, globals.output.interactivity.prompts ? null : unattended(globals.env));
  const signers = await agentSigners(globals.env);
  const own = signers.find(({ publicKey }) => ownerOf(publicKey.text, facts) !== null);
  if (own) return own;
  const message =
    signers.length === 0
      ? "no key to sign with: no ssh-agent, or it holds no key"
      : `none of the ${signers.length} keys in the ssh-agent belongs to a person of this log`;
  throw new ErError("key-unknown", message, {
    hints: ["ssh-add ~/.ssh/id_ed25519", "or name it: --key FILE or SOC2_ER_KEY=FILE", ...knownPeople(facts)],
  });
}

function rangeKey(range: RangeWorld, person: string): string {
  const path = new Map(Object.entries(range.keys)).get(person);
  if (path !== undefined) return path;
  const meant = nearest(person, Object.keys(range.keys));
  throw new ErError("key-unknown", `"${person}" is nobody on the range`, {
    hints: [
      meant ? `did you mean "${meant}"?` : `people there: ${Object.keys(range.keys).join(", ")}`,
      "a key file is named with its path, as ./key",
    ],
  });
}

/** By the log's keyring; before there is one, by the organization's file. */
export function ownerOf(publicKey: string, facts: Pick<Facts, "keyring" | "people">): Person | null {
  if (facts.keyring) return facts.keyring.ownerOf(publicKey);
  const bare = (key: string): string => key.split(" ").slice(0, 2).join(" ");
  return facts.people.find(({ keys }) => keys.some((key) => bare(key) === bare(publicKey))) ?? null;
}

function knownPeople({ keyring, people }: Facts): string[] {
  const names = (keyring?.people ?? people).map(({ id }) => id);
  return names.length === 0 ? [] : [`people of this log: ${names.join(", ")}`];
}
