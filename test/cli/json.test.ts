import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import * as z from "zod";
import type { CommandSpec } from "../../src/cli/command.ts";
import { COMMANDS } from "../../src/cli/registry/index.ts";
import { documentSchemas } from "../../src/cli/schemas/index.ts";
import { ERROR_EXIT } from "../../src/model/index.ts";
import { type Ended, soc2er } from "./binary.ts";
import { argvOf, fewAtATime, Scene, some } from "./every-command.ts";

/** Documents that are an answer even where the exit code is not 0; everything else that fails is an error document. */
const ANSWERS_WITH_A_CODE: Readonly<Record<string, readonly number[]>> = {
  "soc2-er/plan@1": [8],
  "soc2-er/run@1": [6, 7, 8],
  "soc2-er/approval@1": [8],
  "soc2-er/doctor@1": [1],
  "soc2-er/runbook-check@1": [2],
  "soc2-er/verification@1": [2, 10, 20, 30],
};

type Document = { readonly schema: string; readonly error?: { code: string; message: string; hints: string[]; exit: number } };

let scene: Scene;
/** Two incidents are open. */
let env: Record<string, string>;
before(async () => {
  scene = await Scene.set();
  env = { SOC2_ER_INCIDENT: scene.drill.incident };
});
after(() => scene.end());

/** What stdout holds, which must be one document and agree with the exit code. */
function answer({ code, out, err }: Ended, said: string): Document {
  let document: Document;
  try {
    document = JSON.parse(out);
  } catch {
    assert.fail(`${said}\nexit ${code}\nstdout: ${out}\nstderr: ${err}`);
  }
  check(document, code, said);
  assert.doesNotMatch(err, /^\s+at .*:\d+/m, `${said}: a stack trace without --debug`);
  return document;
}

function check(document: Document, code: number | null, said: string): void {
  const text = `${said}: exit ${code}, ${JSON.stringify(document)}`;
  assert.match(document.schema, /^soc2-er\/[a-z-]+@\d+$/, text);
  const schema = documentSchemas().get(document.schema.replace("soc2-er/", ""));
  if (schema) z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]).parse(document);
  const { error } = document;
  if (error === undefined) {
    assert.ok(code === 0 || ANSWERS_WITH_A_CODE[document.schema]?.includes(code ?? -1), text);
    return;
  }
  assert.equal(document.schema, "soc2-er/error@1", text);
  assert.equal(error.exit, code, text);
  assert.equal((ERROR_EXIT as Record<string, number>)[error.code], code, text);
  assert.notEqual(error.code, "internal", text);
  assert.ok(error.hints.length > 0, `${said} says nothing to do: ${JSON.stringify(error)}`);
  assert.doesNotMatch(error.message, /^[A-Z][a-z]|\n|\.$/, text);
}

/** Every command, with `--json` and what `vary` makes of its command line. */
async function everyCommand(
  vary: (argv: readonly string[], spec: CommandSpec) => readonly string[],
  judge: (document: Document, spec: CommandSpec, code: number | null) => void,
  commands: readonly CommandSpec[] = COMMANDS,
): Promise<void> {
  assert.ok(COMMANDS.length > 30);
  await fewAtATime(commands, async (spec) => {
    const argv = [...vary(argvOf(spec, scene.words), spec), "--json"];
    const ended = await soc2er(argv, { env });
    judge(answer(ended, argv.join(" ")), spec, ended.code);
  });
}

const onRange = ({ path }: CommandSpec): string[] => [
  "--range",
  "--home",
  path === "init" ? scene.newHome() : scene.copyOfHome(),
];
/** Decisions are not the operator's. */
const who = ({ path }: CommandSpec): string[] => (["approve", "authorize", "reject"].includes(path) ? ["--key", "sec-lead"] : []);
const yes = ({ options = [] }: CommandSpec): string[] => (options.some(({ flags }) => flags === "--yes") ? ["--yes"] : []);

test("every command that succeeds answers with one document", async () => {
  await everyCommand(
    (argv, spec) => [...argv, ...onRange(spec), ...who(spec), ...yes(spec)],
    (document, { path }) => assert.equal(document.error, undefined, `${path}: ${JSON.stringify(document)}`),
  );
});

test("commands that confirm or wait, and one that only reads, end their NDJSON stream with their document", async () => {
  const streaming = COMMANDS.filter((spec) => yes(spec).length > 0 || spec.path === "status");
  assert.ok(streaming.length > 10);
  await fewAtATime(streaming, async (spec) => {
    const argv = [...argvOf(spec, scene.words), ...onRange(spec), ...who(spec), ...yes(spec), "--ndjson"];
    const { code, out } = await soc2er(argv, { env });
    const lines = out.split("\n");
    assert.equal(lines.pop(), "", argv.join(" "));
    const messages = lines.map((line): Document => JSON.parse(line));
    for (const { schema } of messages) assert.match(schema, /^soc2-er\//, argv.join(" "));
    const last = messages.at(-1) ?? assert.fail(`${argv.join(" ")} said nothing`);
    check(last, code, argv.join(" "));
    assert.equal(last.error, undefined, JSON.stringify(last));
  });
});

test("every command answers a wrong option with one document", async () => {
  await everyCommand(
    (argv) => [...argv, "--range", "--home", scene.drill.home, "--no-such-option"],
    ({ error }, { path }) => {
      assert.equal(error?.code, "usage", path);
      assert.match(error?.message ?? "", /"--no-such-option"/, path);
    },
  );
});

test("every command answers a word too few or too many with one document", async () => {
  await everyCommand(
    (argv, spec) => {
      const args = spec.args ?? "";
      if (args.startsWith("<")) return [...spec.path.split(" "), "--range", "--home", scene.drill.home];
      const surplus = args.includes("...") ? "neither network nor file" : "surplus";
      return [...argv, surplus, "--range", "--home", scene.drill.home, ...yes(spec)];
    },
    ({ error, schema }, { path }, code) => {
      assert.equal(code, 2, path);
      if (schema !== "soc2-er/runbook-check@1") assert.ok(error, path);
    },
  );
});

test("every command that names something answers with one document when there is no such thing", async () => {
  const unknown = Object.fromEntries(Object.keys(scene.words).map((name) => [name, "no-such-thing"]));
  const words = { ...scene.words, ...unknown, "--title": "x", "--severity": "1", "--reason": "x", "--expires": "1d" };
  await everyCommand(
    (_argv, spec) => [...argvOf(spec, words), ...onRange(spec), ...who(spec), ...yes(spec)],
    (document, { path, args }, code) => {
      if (args === undefined) return;
      assert.equal(code, 2, `${path}: ${JSON.stringify(document)}`);
      assert.match(JSON.stringify(document), /no-such-thing/, path);
    },
  );
});

test("commands answer with one document where the organization's file is missing or wrong", async () => {
  const home = scene.newHome();
  const missing = join(dirname(home), "missing.yaml");
  const wrong = join(dirname(home), "wrong.yaml");
  await writeFile(wrong, "organisation: Acme\n");
  for (const [file, code] of [
    [missing, "config-missing"],
    [wrong, "config-invalid"],
  ] as const) {
    const complaints = new Set<string>();
    await everyCommand(
      (argv, spec) => [...argv, "--config", file, "--home", home, ...yes(spec)],
      ({ error }, { path }) => {
        if (error === undefined) return;
        assert.equal(error.code, code, path);
        complaints.add(path);
      },
      some(COMMANDS),
    );
    assert.ok(complaints.size > some(COMMANDS).length / 2, [...complaints].join(", "));
  }
});

test("commands answer with one document where the home cannot be one", async () => {
  const home = scene.newHome();
  await writeFile(home, "not a folder");
  const complaints = new Set<string>();
  await everyCommand(
    (argv, spec) => [...argv, "--range", "--home", home, ...who(spec), ...yes(spec)],
    ({ error }, { path }) => {
      if (error === undefined) return;
      assert.equal(error.code, "environment", path);
      complaints.add(path);
    },
    some(COMMANDS),
  );
  assert.ok(complaints.size > some(COMMANDS).length / 2, [...complaints].join(", "));
});

test("every command answers with one document where the key belongs to nobody", async () => {
  await everyCommand(
    (argv, spec) => [...argv, ...onRange(spec), "--key", "nobody", ...yes(spec)],
    ({ error }, { path }) => {
      if (error !== undefined) assert.equal(error.code, "key-unknown", path);
    },
  );
});
