import assert from "node:assert/strict";
import { test } from "node:test";
import type { Globals } from "../../src/cli/command.ts";
import { rootHelp } from "../../src/cli/help.ts";
import { helpTexts, parse } from "../../src/cli/program.ts";
import { COMMANDS } from "../../src/cli/registry/index.ts";
import { ErError } from "../../src/model/index.ts";

const quiet = () => undefined;

async function refusal(...argv: string[]): Promise<ErError> {
  return parse(argv, quiet).then(
    () => assert.fail(`"${argv.join(" ")}" was accepted`),
    (error) => {
      assert.ok(error instanceof ErError, String(error));
      return error;
    },
  );
}

test("root help fits 24 lines of 80 columns and names every command", () => {
  const lines = rootHelp().trimEnd().split("\n");
  assert.ok(lines.length <= 24, `${lines.length} lines`);
  for (const line of lines) assert.ok(line.length <= 80, line);
  for (const { path } of COMMANDS) {
    const [first = "", second] = path.split(" ");
    assert.ok(
      lines.some((line) => line.includes(first) && (second === undefined || line.includes(second))),
      path,
    );
  }
});

test("every command has help with examples that parse", async () => {
  const texts = await helpTexts();
  for (const { path, examples } of COMMANDS) {
    assert.match(texts.get(path) ?? "", /Examples:\n {2}soc2-er /, path);
    assert.ok(examples.length >= 2, path);
    for (const example of examples) {
      const words = example.replace(/ <.*$/, "").match(/'[^']*'|\S+/g) ?? [];
      const parsed = await parse(
        words.slice(1).map((word) => word.replaceAll("'", "")),
        quiet,
      );
      assert.equal(parsed?.path, path, example);
    }
  }
});

test("global flags are understood before and after the command", async () => {
  for (const argv of [
    ["--range", "--json", "--home", "/h", "status"],
    ["status", "--json", "--home", "/h", "--range"],
    ["--home", "/h", "incident", "--range", "list", "--json"],
  ]) {
    const parsed = await parse(argv, quiet);
    assert.deepEqual(
      { range: parsed?.flags.range, json: parsed?.flags.json, home: parsed?.flags.home },
      { range: true, json: true, home: "/h" },
      argv.join(" "),
    );
  }
});

test("without a command it is the status", async () => {
  const parsed = await parse(["--home", "/h", "--range"], quiet);
  assert.equal(parsed?.path, "status");
  assert.equal(parsed?.bare, true);
});

test("complaints are lower case, quote the word, and suggest the nearest", async () => {
  const typo = await refusal("statsu");
  assert.equal(typo.code, "unknown-command");
  assert.equal(typo.message, 'unknown command "statsu"');
  assert.deepEqual(typo.hints, ["did you mean status?"]);
  const option = await refusal("status", "--incidnet", "x");
  assert.equal(option.message, 'unknown option "--incidnet"');
  assert.deepEqual(option.hints, ["did you mean --incident?"]);
  const missing = await refusal("isolate", "tenant");
  assert.match(missing.message, /missing required argument "tenant"/);
  assert.deepEqual(missing.hints, ["soc2-er isolate tenant --help"]);
  const noun = await refusal("incident");
  assert.match(noun.message, /"incident" needs a second word: declare, list/);
  const choice = await refusal("incident", "declare", "--title", "x", "--severity", "9");
  assert.match(choice.message, /"9" is invalid/);
  const required = await refusal("incident", "declare", "--title", "x");
  assert.match(required.message, /required option "--severity <1-4>" not specified/);
  for (const error of [typo, option, missing, noun, choice, required]) assert.equal(error.exit, 2);
});

test("options that repeat are collected, in order, wherever they stand", async () => {
  const spec = COMMANDS.find(({ path }) => path === "run");
  assert.ok(spec);
  let options: object = {};
  const load = async () => ({
    run: async (_args: readonly string[], given: object) => {
      options = given;
      return 0;
    },
  });
  const parsed = await parse(["run", "--param", "a=1", "x", "--json", "--param", "b=2"], quiet, {
    commands: [{ ...spec, load }],
  });
  await parsed?.run({} as Globals);
  assert.deepEqual(options, { param: ["a=1", "b=2"], sweep: true });
});
