import * as z from "zod";
import { ErError, nearest, parseDuration } from "../model/index.ts";
import { editing, type Path, type YamlDocument, type YamlSource } from "./document.ts";

// A file is read once per process: compiling its form costs more than it saves.
z.config({ jitless: true });

/** A mapping with exactly these keys: any other is refused, and the complaint names the nearest known one. */
export function form<S extends z.core.$ZodShape>(shape: S) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys" ? sayUnknown(issue["keys"] as string[], Object.keys(shape)) : undefined,
  });
}

function sayUnknown(keys: readonly string[], known: readonly string[]): string {
  const key = keys[0] ?? "";
  const meant = nearest(key, known);
  return meant
    ? `unknown key "${key}": the nearest known key is "${meant}"`
    : `unknown key "${key}": known here are ${known.join(", ")}`;
}

/** A text that says something. */
export const text = z.string().min(1, "must not be empty");

export function matching(pattern: RegExp, what: string) {
  return z.string().regex(pattern, { error: (issue) => `"${String(issue.input)}" is not ${what}` });
}

export function oneOf<const T extends readonly [string, ...string[]]>(values: T) {
  return z.enum(values, {
    error: (issue) => {
      const meant = typeof issue.input === "string" ? nearest(issue.input, values) : null;
      return typeof issue.input === "string"
        ? `"${issue.input}" is none of ${values.join(", ")}${meant ? `: did you mean "${meant}"?` : ""}`
        : undefined;
    },
  });
}

export function integer(least: number, most: number) {
  return z
    .string()
    .regex(/^(0|[1-9]\d{0,14})$/, { error: (issue) => `"${String(issue.input)}" is not a whole number` })
    .transform(Number)
    .refine((value) => value >= least && value <= most, {
      error: (issue) => `${String(issue.input)} is not between ${least} and ${most}`,
    });
}

export const flag = oneOf(["true", "false"]).transform((value) => value === "true");

/** `30m`, `72h` to milliseconds. */
export const duration = z.string().transform((value, context) => {
  const ms = parseDuration(value);
  if (ms !== null && ms > 0) return ms;
  context.addIssue({ code: "custom", message: `"${value}" is not a duration such as 30m, 24h or 1h30m` });
  return z.NEVER;
});

export type Complaint = { readonly at: string; readonly message: string };

/** Holds a document against a form. The error's message is the first complaint with its place; the others follow as hints. */
export function fill<T>(document: YamlDocument, schema: z.ZodType<T>, source: YamlSource): T {
  const parsed = schema.safeParse(document.value, { reportInput: true });
  if (parsed.success) return parsed.data;
  const unknownFirst = [...parsed.error.issues].sort((left, right) => rank(left) - rank(right));
  throw invalid(
    source,
    unknownFirst.map((issue) => explain(document, issue)),
  );
}

/** A mistyped key also leaves the right one missing: the typo is what to say first. */
function rank(issue: z.core.$ZodIssue): number {
  return issue.code === "unrecognized_keys" ? 0 : 1;
}

export function invalid(source: YamlSource, complaints: readonly Complaint[]): ErError {
  const [first, ...others] = complaints;
  const line = Number(/:(\d+):\d+$/.exec(first?.at ?? "")?.[1] ?? 1);
  return new ErError(source.code, first ? `${first.at}: ${first.message}` : `${source.name} is invalid`, {
    hints: [...others.slice(0, 9).map(({ at, message }) => `also ${at}: ${message}`), editing(source.name, line)],
    detail: complaints,
  });
}

function explain(document: YamlDocument, issue: z.core.$ZodIssue): Complaint {
  if (issue.code === "unrecognized_keys")
    return { at: document.say([...issue.path, issue.keys[0] ?? ""], "key"), message: issue.message };
  if (issue.code === "invalid_key")
    return { at: document.say(issue.path, "key"), message: issue.issues[0]?.message ?? issue.message };
  if (issue.code === "invalid_type")
    return { at: document.say(issue.path), message: sayType(issue.path, issue.expected, issue.input) };
  return { at: document.say(issue.path), message: issue.message };
}

const WORDS: Readonly<Record<string, string>> = { string: "a text", object: "a mapping", record: "a mapping", array: "a list" };

function sayType(path: Path, expected: string, input: unknown): string {
  const name = path.length === 0 ? "the file" : `"${path.map(String).join(".")}"`;
  if (input === undefined) return `${name} is missing`;
  const found = typeof input === "string" ? `the text "${input.slice(0, 60)}"` : Array.isArray(input) ? "a list" : "a mapping";
  return `${name} must be ${WORDS[expected] ?? expected}, not ${found}`;
}
