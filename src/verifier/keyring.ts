import type { Json, JsonObject } from "./bytes.ts";
import { Fault, quote } from "./findings.ts";
import { checkForm } from "./forms.ts";

/** Who holds which keys and roles, and whose approval is needed, as the log's founding entry says. */
export class Keyring {
  readonly #roles = new Map<string, readonly Json[]>();
  readonly #owners = new Map<string, string>();

  readonly #approvals: JsonObject;

  constructor(genesis: JsonObject) {
    checkForm("policy", genesis.policy, "approvals:object");
    this.#approvals = (genesis.policy as JsonObject).approvals as JsonObject;
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

  /** Keys are compared as text: what is wrong with one shows when it signs. */
  #admit(person: Json): void {
    checkForm("person", person, "id:text roles:list keys:list principals?:list");
    const id = String(person.id);
    if (this.#roles.has(id)) throw new Fault("keyring", `two people are called ${quote(id)}`);
    this.#roles.set(id, person.roles as Json[]);
    for (const line of person.keys as Json[]) {
      const text = String(line).trim().split(/\s+/).slice(0, 2).join(" ");
      const other = this.#owners.get(text);
      if (other !== undefined && other !== id) throw new Fault("keyring", `${quote(other)} and ${quote(id)} have the same key`);
      this.#owners.set(text, id);
    }
  }
}
