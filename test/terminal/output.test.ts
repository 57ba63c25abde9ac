import assert from "node:assert/strict";
import { test } from "node:test";
import { ErError, quote } from "../../src/model/index.ts";
import { asErError, colorLevel, interactivity, sayCommand } from "../../src/terminal/index.ts";
import { recorder } from "./screen.ts";

const refused = new ErError("self-lockout", 'role "ops" would be cut off', { hints: ["soc2-er status", "--incident inc-1 (x)"] });

test("with --json stdout is exactly one document, the talk goes to stderr", () => {
  const { output, written } = recorder({ format: "json" });
  output.say("looking");
  output.event({ type: "x" }, "an event");
  output.warn("careful");
  output.result({ schema: "soc2-er/x@1", next: [{ argv: ["soc2-er", "status"] }] }, () => ["for people"]);
  output.next([{ argv: ["soc2-er", "status"] }]);
  assert.equal(JSON.parse(written.out).schema, "soc2-er/x@1");
  assert.equal(written.err, "looking\nan event\nwarning: careful\n");
});

test("with --ndjson every line is a message and the last is the result", () => {
  const { output, written } = recorder({ format: "ndjson" });
  output.event({ type: "first" }, "an event");
  output.result({ schema: "soc2-er/x@1" }, () => []);
  assert.deepEqual(
    written.out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line)),
    [{ type: "first" }, { schema: "soc2-er/x@1" }],
  );
  assert.equal(written.err, "");
});

test("for people the result goes to stdout and the next commands to stderr", () => {
  const { output, written } = recorder();
  output.result({ next: [{ argv: ["soc2-er", "incident", "declare", "--title", "it's on"] }] }, () => ["one", "two"]);
  assert.equal(written.out, "one\ntwo\n");
  assert.equal(written.err, "Next:\n  soc2-er incident declare --title 'it'\\''s on'\n");
});

test("a failure is one document with --json, lines for people, never both results", () => {
  const json = recorder({ format: "json" });
  assert.equal(json.output.fail(refused), 10);
  assert.deepEqual(JSON.parse(json.written.out), {
    schema: "soc2-er/error@1",
    error: {
      code: "self-lockout",
      message: 'role "ops" would be cut off',
      hints: ["soc2-er status", "--incident inc-1 (x)"],
      exit: 10,
    },
  });
  const human = recorder();
  human.output.fail(refused);
  assert.equal(human.written.out, "");
  assert.equal(
    human.written.err,
    'soc2-er: role "ops" would be cut off [self-lockout]\nhint: soc2-er status\nhint: --incident inc-1 (x)\n',
  );
  const late = recorder({ format: "json" });
  late.output.result({ schema: "soc2-er/x@1" }, () => []);
  late.output.fail(refused);
  assert.equal(JSON.parse(late.written.out).schema, "soc2-er/x@1");
});

test("proposed commands carry the global flags that this one had", () => {
  const { output, written } = recorder({ format: "json", carried: ["--range", "--home", "/srv/a b"] });
  output.result({ next: [{ argv: ["soc2-er", "status"] }] }, () => []);
  assert.deepEqual(JSON.parse(written.out).next, [{ argv: ["soc2-er", "status", "--range", "--home", "/srv/a b"] }]);
  const failing = recorder({ format: "json", carried: ["--range"] });
  failing.output.fail(refused);
  assert.deepEqual(JSON.parse(failing.written.out).error.hints, ["soc2-er status --range", "--incident inc-1 (x)"]);
  assert.equal(output.here("soc2-er audit verify   # what else"), "soc2-er audit verify --range --home '/srv/a b'   # what else");
});

test("stack traces only with --debug", () => {
  const error = asErError(new TypeError("boom", { cause: new Error("deep") }));
  assert.equal(error.code, "internal");
  const calm = recorder();
  calm.output.fail(error);
  assert.doesNotMatch(calm.written.err, / {4}at /);
  const debug = recorder({ debug: true });
  debug.output.fail(error);
  assert.match(debug.written.err, / {4}at .*output\.test\.ts/);
  assert.match(debug.written.err, /caused by:/);
});

test("--quiet leaves result, warnings and errors", () => {
  const { output, written } = recorder({ quiet: true });
  output.banner("DRILL");
  output.say("talk");
  output.result({ next: [{ argv: ["soc2-er"] }] }, () => ["result"]);
  output.warn("w");
  assert.equal(written.out, "result\n");
  assert.equal(written.err, "warning: w\n");
});

test("text from outside cannot steer the terminal", () => {
  const { output, written } = recorder();
  output.fail(new ErError("provider-error", "evil \u001b[2J\u202e name"));
  assert.ok(!written.err.includes("\u001b") && !written.err.includes("\u202e"));
  assert.match(written.err, /\\u001b\[2J\\u202e/);
});

test("color is decided per stream: flag, NO_COLOR, FORCE_COLOR, terminal", () => {
  const tty = { isTTY: true };
  assert.equal(colorLevel(tty, {}, "auto"), 1);
  assert.equal(colorLevel({}, {}, "auto"), 0);
  assert.equal(colorLevel(tty, { NO_COLOR: "1" }, "auto"), 0);
  assert.equal(colorLevel(tty, { NO_COLOR: "" }, "auto"), 1);
  assert.equal(colorLevel({}, { FORCE_COLOR: "1" }, "auto"), 1);
  assert.equal(colorLevel(tty, { FORCE_COLOR: "0" }, "auto"), 0);
  assert.equal(colorLevel(tty, { NO_COLOR: "1", FORCE_COLOR: "1" }, "auto"), 0);
  assert.equal(colorLevel(tty, { TERM: "dumb" }, "auto"), 0);
  assert.equal(colorLevel({}, { NO_COLOR: "1" }, "always"), 1);
  assert.equal(colorLevel(tty, { FORCE_COLOR: "1" }, "never"), 0);
  const { output, written } = recorder({ color: "always" });
  output.warn("w");
  assert.ok(written.err.includes("\u001b[33m"));
});

test("nobody is asked without a terminal on stdin and stderr, in CI, or with --no-input", () => {
  const tty = { isTTY: true };
  const pipe = {};
  const because = (stdin: object, stderr: object, env: object, input = true) =>
    interactivity({ stdin, stderr }, env as Record<string, string>, input).because;
  assert.equal(because(tty, tty, {}), null);
  assert.equal(because(tty, tty, { CI: "0" }), null);
  assert.equal(because(tty, tty, { CI: "false" }), null);
  assert.equal(because(pipe, tty, {}), "stdin is no terminal");
  assert.equal(because(tty, pipe, {}), "stderr is no terminal");
  assert.equal(because(tty, tty, { CI: "1" }), "CI is set");
  assert.equal(because(tty, tty, {}, false), "--no-input is given");
  assert.equal(interactivity({ stdin: tty, stderr: tty }, { ACCESSIBLE: "1" }, true).live, false);
});

test("commands are quoted for a POSIX shell", () => {
  assert.equal(quote("sha256:ab"), "sha256:ab");
  assert.equal(quote(""), "''");
  assert.equal(sayCommand(["soc2-er", "revoke", "a b", "$(x)"]), "soc2-er revoke 'a b' '$(x)'");
});
