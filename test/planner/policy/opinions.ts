import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Caller, ContextValues } from "../../../src/planner/policy/index.ts";
import { evaluate, PolicyError, parsePolicy } from "../../../src/planner/policy/index.ts";

/** A request with everything that applies to it, as JSON: what both evaluators are asked. */
export type Question = {
  readonly caller: Caller;
  readonly action: string;
  readonly resource: string;
  readonly context: ContextValues;
  readonly policies: {
    readonly control?: readonly (readonly object[])[];
    readonly identity: readonly object[];
    readonly boundary?: object;
    readonly session?: object;
    readonly resource?: object;
    readonly closed?: boolean;
    readonly owner?: string;
  };
};

export type Opinion = "allow" | "explicit-deny" | "implicit-deny" | "unknown";

export function ours({ policies, ...request }: Question): Opinion {
  const read = (document: object) => parsePolicy(JSON.stringify(document));
  const perhaps = (document: object | undefined) => (document === undefined ? null : read(document));
  try {
    return evaluate(request, {
      control: policies.control?.map((level) => level.map(read)) ?? null,
      identity: policies.identity.map(read),
      boundary: perhaps(policies.boundary),
      session: perhaps(policies.session),
      resource: perhaps(policies.resource),
      closed: policies.closed === true,
      ...(policies.owner === undefined ? {} : { owner: policies.owner }),
    }).effect;
  } catch (error) {
    if (error instanceof PolicyError) return "unknown";
    throw error;
  }
}

/** The emulator's judge, in a process that answers line by line until the test file ends. */
export function startTheirs(t: { after(end: () => unknown): void }): (question: Question) => Promise<Opinion> {
  const program = join(import.meta.dirname, "../../emulator/judge.py");
  const env = { ...process.env, PYTHONDONTWRITEBYTECODE: "1" };
  const child = spawn("python3", [program], { env, stdio: ["pipe", "pipe", "inherit"] });
  t.after(() => child.stdin.end());
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return async (question) => {
    child.stdin.write(`${JSON.stringify(question)}\n`);
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`the second judge fell silent at ${JSON.stringify(question)}`);
    return value as Opinion;
  };
}
