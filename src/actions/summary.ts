import type { Action } from "./action.ts";

/** What an action says of itself, readable without loading its code or any SDK. */
export type ActionSummary = Pick<
  Action,
  "id" | "title" | "description" | "containment" | "blastRadius" | "targets" | "bound" | "permissions"
> & {
  /** Path from the project's folder. */
  readonly file: string;
  /** Loads the action's code, and with it the SDK that it uses. */
  load(): Promise<Action>;
};
