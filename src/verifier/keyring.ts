import type { Json, JsonObject } from "./bytes.ts";
import { Fault, quote } from "./findings.ts";
import { checkForm } from "./forms.ts";
import { parseKeyLine } from "./ssh.ts";

/** No pattern, list, quote or option of an allowed_signers file. */
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Who holds which keys and roles, and whose approval is needed, as the log's founding entry says. */
export class Keyring {
  readonly #roles = new Map<string, readonly Json[]>();
  readonly #owners = new Map<string, string>();

  readonly #approvals: JsonObject;
  readonly #preapproved: readonly Json[];

  constructor(genesis: JsonObject) {
    checkForm("policy", genesis.policy, "approvals:object preapproved?:list");
    const policy = genesis.policy as JsonObject;
    this.#approvals = policy.approvals as JsonObject;
    this.#preapproved = (policy.preapproved as Json[] | undefined) ?? [];
    for (const person of genesis.people as Json[]) this.#admit(person);
  }

  /** By `type base64` of the key. */
  ownerOf(key: string): string | undefined {
    return this.#owners.get(key);
  }

  holds(person: string, role: string): boolean {
    return this.#roles.get(person)?.includes(role) ?? false;
  }

  /** The roles without whose approval no plan of the runbook may run, whatever else is asked for. */
  asks(runbook: string): readonly string[] {
    const own = (name: string): Json | undefined => (Object.hasOwn(this.#approvals, name) ? this.#approvals[name] : undefined);
    const roles = own(runbook) ?? own("default");
    return Array.isArray(roles) && roles.length > 0 ? roles.map(String) : ["security", "engineering"];
  }

  /** Whether all roles of the runbook may sign in advance. */
  preapproves(runbook: string): boolean {
    return this.#preapproved.includes(runbook);
  }

  #admit(person: Json): void {
    checkForm("person", person, "id:text roles:list keys:list principals?:list");
    const id = String(person.id);
    if (!ID.test(id)) throw new Fault("keyring", `${quote(id)} cannot be a person's id`);
    if (this.#roles.has(id)) throw new Fault("keyring", `two people are called ${quote(id)}`);
    this.#roles.set(id, person.roles as Json[]);
    for (const line of person.keys as Json[]) {
      const text = admitted(id, line);
      const other = this.#owners.get(text);
      if (other !== undefined) throw new Fault("keyring", `${quote(other)} and ${quote(id)} have the same key`);
      this.#owners.set(text, id);
    }
  }
}

/** The key's text. Its type and point are held against what is admitted: a weak key would sign whatever anybody likes. */
function admitted(id: string, line: Json): string {
  try {
    return parseKeyLine(String(line)).text;
  } catch (error) {
    throw error instanceof Fault ? new Fault("keyring", `a key of ${quote(id)} is not admitted: ${error.message}`) : error;
  }
}
