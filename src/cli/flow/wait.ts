import type { Ruling } from "../../approvals/index.ts";
import type { Keyring, RemoteState } from "../../audit/index.ts";
import type { Plan, Role } from "../../model/index.ts";
import { tame } from "../../terminal/index.ts";
import type { Context } from "../context.ts";

const MOST_NAMED = 4;

/** What a person who waits for approvals is told: who gave one, who could give the rest, and when none can arrive. Each once. */
export class Wait {
  readonly #context: Context;
  readonly #plan: Plan;
  readonly #given = new Set<string>();
  readonly #refused = new Set<string>();
  #told = "";
  #cut = false;

  constructor(context: Context, plan: Plan) {
    this.#context = context;
    this.#plan = plan;
  }

  tell({ have, waiting, findings }: Ruling, keyring: Keyring): void {
    for (const { person, role } of have) this.#once(this.#given, `${person} approved as ${role}`);
    for (const { code, detail } of findings) this.#once(this.#refused, `an approval does not count: ${detail} [${code}]`);
    const approved = new Set(have.map(({ person }) => person));
    const who = waiting.map((role) => `${role}${this.#holders(role, keyring, approved)}`).join(" and ");
    if (who !== this.#told) this.#say(`waiting for ${who}: ${this.#here(`soc2-er approve ${this.#plan.digest}`)}`);
    this.#told = who;
  }

  /** An approval made on another laptop comes through the store, or by chat. */
  tellStore({ state, stores }: RemoteState): void {
    const [deciding] = stores;
    const cut = state === "none" ? false : deciding?.state === "down";
    if (cut && !this.#cut) {
      const request = this.#here(`soc2-er plan show ${this.#plan.digest} --request`);
      this.#context.globals.output.warn(
        `no approval of another laptop arrives while store "${deciding?.name}" is away. By chat: ${request}`,
      );
    }
    if (!cut && this.#cut) this.#say("the store is back");
    this.#cut = cut;
  }

  #holders(role: Role, { people }: Keyring, approved: ReadonlySet<string>): string {
    const { operator } = this.#plan.header;
    const able = people
      .filter(({ id, roles }) => roles.includes(role) && id !== operator && !approved.has(id))
      .map(({ id }) => id);
    const more = able.length - MOST_NAMED;
    return able.length === 0 ? "" : ` (${able.slice(0, MOST_NAMED).join(", ")}${more > 0 ? ` and ${more} more` : ""})`;
  }

  #once(told: Set<string>, text: string): void {
    if (told.has(text)) return;
    told.add(text);
    this.#say(text);
  }

  #say(text: string): void {
    this.#context.screen.notice(tame(text));
  }

  #here(command: string): string {
    return this.#context.globals.output.here(command);
  }
}
